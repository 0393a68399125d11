import { distance } from '../../text/text.ts';
import { fontOf, type Palette } from '../palette.ts';
import { lengthM, pixelX, pixelY, toX, toY, type View } from '../project.ts';
import type { FenceDraft, FenceShape } from '../scene.ts';
import { polygonsOf, stretchAt } from './outline.ts';
import { hatch, type PixelRings, trace } from './paint-fence.ts';
import { handlesOf, type Place, type Sketch, shapeOfSketch, verticesOf } from './sketch.ts';

type Context = CanvasRenderingContext2D;

/** Edges shorter than this on the screen carry no length, px. */
const NAMED_EDGE_PX = 70;

/** Pixel of a place, device pixels. */
const pixel = (view: View, [lon, lat]: Place): [number, number] => [
  pixelX(view, toX(lon)) * view.pixelRatio,
  pixelY(view, toY(lat)) * view.pixelRatio,
];

const ringsOf = (view: View, shape: FenceShape): PixelRings[] =>
  polygonsOf(shape).map((rings) =>
    rings.map((ring) => ring.map(([lon = 0, lat = 0]) => pixel(view, [lon, lat]))),
  );

/** Device pixels that a metre on the ground takes at a shape. */
const pixelsPerMetre = (view: View, shape: FenceShape): number => {
  const lat = polygonsOf(shape)[0]?.[0]?.[0]?.[1] ?? 0;
  return (stretchAt(toY(lat)) / view.resolution) * view.pixelRatio;
};

const outline = (g: Context, palette: Palette, r: number): void => {
  g.strokeStyle = palette.of['m-halo'];
  g.lineWidth = 5 * r;
  g.stroke();
  g.strokeStyle = palette.of.ink;
  g.lineWidth = 2 * r;
  g.stroke();
};

/** Paints a fence in the editor: blind ring, buffer band, outline, lengths and handles; `g` untransformed. */
export const paintDraft = (g: Context, view: View, draft: FenceDraft, palette: Palette): void => {
  const r = view.pixelRatio;
  const scale = pixelsPerMetre(view, draft);
  g.save();
  g.lineJoin = 'round';
  for (const rings of ringsOf(view, draft)) {
    if (draft.blindRingM !== null)
      paintBlindRing(g, view, rings, draft.blindRingM * scale, palette);
    trace(g, rings);
    g.strokeStyle = palette.of.ink;
    g.fillStyle = palette.of.ink;
    g.globalAlpha = 0.1;
    g.lineWidth = 2 * draft.bufferM * scale;
    if (draft.bufferM > 0) g.stroke();
    g.globalAlpha = 0.05;
    g.fill('evenodd');
    g.globalAlpha = 1;
    outline(g, palette, r);
  }
  paintLengths(g, view, draft, palette);
  paintHandles(g, view, draft, palette);
  g.restore();
};

const paintBlindRing = (
  g: Context,
  view: View,
  rings: PixelRings,
  widthPx: number,
  palette: Palette,
): void => {
  const r = view.pixelRatio;
  g.save();
  trace(g, rings);
  g.rect(0, 0, view.width * r, view.height * r);
  g.clip('evenodd');
  trace(g, rings);
  g.lineWidth = 2 * widthPx;
  g.globalAlpha = 0.3;
  g.strokeStyle = hatch(g, palette.of['text-3'], Math.round(8 * r)) ?? palette.of['text-3'];
  g.stroke();
  g.restore();
};

const note = (
  g: Context,
  text: string,
  x: number,
  y: number,
  palette: Palette,
  r: number,
): void => {
  g.font = fontOf(palette, 12 * r);
  g.textAlign = 'center';
  g.textBaseline = 'middle';
  g.strokeStyle = palette.of['m-halo'];
  g.lineWidth = 3.5 * r;
  g.strokeText(text, x, y);
  g.fillStyle = palette.of['text-2'];
  g.fillText(text, x, y);
};

/** A length beside the middle of an edge, on the side away from the shape's inside. */
const paintLengths = (g: Context, view: View, shape: FenceShape, palette: Palette): void => {
  const r = view.pixelRatio;
  const vertices = verticesOf(shape);
  if (vertices === null) {
    if (shape.geometry.type !== 'Point') return;
    const edge = handlesOf(shape).find((h) => h.kind === 'edge');
    if (edge === undefined) return;
    const [x, y] = pixel(view, edge.at);
    note(g, distance(shape.radiusM ?? 0), x + 34 * r, y, palette, r);
    return;
  }
  const points = vertices.map((v) => pixel(view, v));
  const cx = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const cy = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  vertices.forEach((a, i) => {
    const b = vertices[(i + 1) % vertices.length] ?? a;
    const [ax, ay] = points[i] ?? [0, 0];
    const [bx, by] = points[(i + 1) % points.length] ?? [0, 0];
    const length = Math.hypot(bx - ax, by - ay);
    if (length < NAMED_EDGE_PX * r) return;
    const mx = (ax + bx) / 2;
    const my = (ay + by) / 2;
    const nx = -(by - ay) / length;
    const ny = (bx - ax) / length;
    const out = (mx - cx) * nx + (my - cy) * ny >= 0 ? 1 : -1;
    // A text is wider than high, so it stands further off from a steep edge.
    const off = (14 + 18 * Math.abs(nx)) * r * out;
    note(g, distance(lengthM(a, b)), mx + nx * off, my + ny * off, palette, r);
  });
};

const paintHandles = (g: Context, view: View, draft: FenceDraft, palette: Palette): void => {
  const r = view.pixelRatio;
  const { of } = palette;
  const handles = handlesOf(draft);
  for (const handle of handles) {
    if (handle.kind !== 'middle') continue;
    const [x, y] = pixel(view, handle.at);
    g.beginPath();
    g.arc(x, y, 4.5 * r, 0, 2 * Math.PI);
    g.fillStyle = of['m-halo'];
    g.fill();
    g.strokeStyle = of['text-2'];
    g.lineWidth = 1.4 * r;
    g.stroke();
  }
  for (const handle of handles) {
    if (handle.kind === 'middle') continue;
    const chosen = handle.kind === 'vertex' && handle.index === draft.vertex;
    paintSquare(g, ...pixel(view, handle.at), chosen, handle.kind === 'centre', palette, r);
  }
};

const paintSquare = (
  g: Context,
  x: number,
  y: number,
  chosen: boolean,
  round: boolean,
  { of }: Palette,
  r: number,
): void => {
  const half = (chosen ? 7 : 5) * r;
  g.fillStyle = of['m-halo'];
  const halo = half + 3 * r;
  g.fillRect(x - halo, y - halo, 2 * halo, 2 * halo);
  g.beginPath();
  if (round) g.arc(x, y, half, 0, 2 * Math.PI);
  else g.rect(x - half, y - half, 2 * half, 2 * half);
  g.fillStyle = chosen ? of.ink : of.panel;
  g.fill();
  g.strokeStyle = of.ink;
  g.lineWidth = 2 * r;
  g.stroke();
};

/** Paints an outline while it is being drawn, with the point under the pointer. */
export const paintSketch = (
  g: Context,
  view: View,
  sketch: Sketch,
  pointer: Place | null,
  palette: Palette,
): void => {
  const r = view.pixelRatio;
  const shape = shapeOfSketch(sketch, pointer);
  g.save();
  g.lineJoin = 'round';
  if (shape !== null) {
    for (const rings of ringsOf(view, shape)) {
      trace(g, rings);
      g.globalAlpha = 0.06;
      g.fillStyle = palette.of.ink;
      g.fill();
      g.globalAlpha = 1;
      if (sketch.kind === 'circle') outline(g, palette, r);
    }
    paintLengths(g, view, shape, palette);
  }
  const points = sketch.points.map((p) => pixel(view, p));
  if (sketch.kind === 'polygon' && points.length > 0) {
    const line = pointer === null ? points : [...points, pixel(view, pointer)];
    g.beginPath();
    line.forEach(([x, y], i) => {
      if (i === 0) g.moveTo(x, y);
      else g.lineTo(x, y);
    });
    outline(g, palette, r);
    const [first, last] = [line[0], line[line.length - 1]];
    if (first && last && line.length > 2) {
      g.beginPath();
      g.moveTo(...last);
      g.lineTo(...first);
      g.setLineDash([4 * r, 4 * r]);
      g.strokeStyle = palette.of['text-2'];
      g.lineWidth = 1.4 * r;
      g.stroke();
      g.setLineDash([]);
    }
  }
  points.forEach(([x, y], i) => {
    paintSquare(g, x, y, i === 0 && points.length > 2, sketch.kind === 'circle', palette, r);
  });
  g.restore();
};
