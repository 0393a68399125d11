import type { Device, Severity } from '@xunji/gateway/wire';
import {
  type Part,
  type Shape,
  severityShapes,
  shapeParts,
  spriteScale,
  turns,
} from '../../marks/shapes.ts';
import { fontOf, isClear, type Palette } from '../palette.ts';

/** Courses a turning shape is drawn in: every 5 degrees. */
export const HEADINGS = 72;
/** Edge of a cell, CSS px: the largest sprite with its halo. */
export const CELL = 36;
/** Badges are drawn this much smaller than vehicles. */
const BADGE = 0.9;
/** Halo of the land's colour around each shape, CSS px on each side. */
const HALO = 2;

const shapes = Object.keys(shapeParts) as Shape[];
const turning = shapes.filter(turns);
const standing = shapes.filter((s) => !turns(s));
const severities = Object.keys(severityShapes) as Severity[];
const kinds = ['vehicle', 'badge'] as const satisfies Device['kind'][];
/** Size of a level's mark beside a device: waiting for a person, or taken note of. */
const MARK_PX = { waiting: 16, seen: 13 } as const;

/** Column of a course, degrees clockwise from north. */
export const headingStep = (degrees: number): number =>
  ((Math.round((degrees / 360) * HEADINGS) % HEADINGS) + HEADINGS) % HEADINGS;

/** All sprites of one theme and pixel ratio on one canvas: a row per turning shape, the rest on the last row. */
export class SpriteAtlas {
  readonly canvas: HTMLCanvasElement;
  readonly pixelRatio: number;
  /** Edge of a cell in pixels of the canvas. */
  readonly cellPx: number;
  readonly palette: Palette;

  constructor(palette: Palette, pixelRatio: number) {
    this.palette = palette;
    this.pixelRatio = pixelRatio;
    this.cellPx = Math.ceil(CELL * pixelRatio);
    this.canvas = document.createElement('canvas');
    this.canvas.width = this.cellPx * HEADINGS;
    this.canvas.height = this.cellPx * (turning.length * kinds.length + 1);
    const g = this.canvas.getContext('2d');
    if (g === null) return;
    turning.forEach((shape, i) => {
      kinds.forEach((kind, k) => {
        for (let step = 0; step < HEADINGS; step += 1) {
          this.#at(g, step, i * kinds.length + k);
          drawShape(g, shape, palette, kind, (step / HEADINGS) * 2 * Math.PI);
        }
      });
    });
    const last = turning.length * kinds.length;
    standing.forEach((shape, i) => {
      kinds.forEach((kind, k) => {
        this.#at(g, i * kinds.length + k, last);
        drawShape(g, shape, palette, kind, 0);
      });
    });
    severities.forEach((severity, i) => {
      for (const [k, size] of [MARK_PX.waiting, MARK_PX.seen].entries()) {
        this.#at(g, standing.length * kinds.length + i * 2 + k, last);
        drawSeverity(g, severity, palette, size);
      }
    });
  }

  /** Draws a device; `x`, `y` in device pixels, `g` untransformed. */
  device(
    g: CanvasRenderingContext2D,
    shape: Shape,
    kind: Device['kind'],
    courseDeg: number,
    x: number,
    y: number,
  ): void {
    const k = kind === 'badge' ? 1 : 0;
    if (turns(shape)) {
      this.#copy(g, headingStep(courseDeg), turning.indexOf(shape) * 2 + k, x, y);
    } else {
      this.#copy(g, standing.indexOf(shape) * 2 + k, turning.length * 2, x, y);
    }
  }

  /** Draws the mark of a level; device pixels. */
  severity(
    g: CanvasRenderingContext2D,
    severity: Severity,
    waiting: boolean,
    x: number,
    y: number,
  ): void {
    const column = standing.length * 2 + severities.indexOf(severity) * 2 + (waiting ? 0 : 1);
    this.#copy(g, column, turning.length * 2, x, y);
  }

  #at(g: CanvasRenderingContext2D, column: number, row: number): void {
    const r = this.pixelRatio;
    g.setTransform(r, 0, 0, r, (column + 0.5) * this.cellPx, (row + 0.5) * this.cellPx);
  }

  #copy(g: CanvasRenderingContext2D, column: number, row: number, x: number, y: number): void {
    const c = this.cellPx;
    const left = Math.round(x - c / 2);
    const top = Math.round(y - c / 2);
    g.drawImage(this.canvas, column * c, row * c, c, c, left, top, c, c);
  }
}

const drawShape = (
  g: CanvasRenderingContext2D,
  shape: Shape,
  palette: Palette,
  kind: Device['kind'],
  angle: number,
): void => {
  const scale = spriteScale[shape] * (kind === 'badge' ? BADGE : 1);
  const parts = shapeParts[shape];
  const dashed = parts.some((p) => 'dash' in p && p.dash !== undefined);
  g.save();
  g.lineJoin = 'round';
  g.save();
  g.rotate(angle);
  g.scale(scale, scale);
  g.translate(-8, -8);
  for (const part of parts) if ('d' in part) drawHalo(g, part, palette, scale);
  for (const part of parts) if ('d' in part) drawPart(g, part, palette, dashed);
  g.restore();
  // The question mark stays upright, whatever the course.
  for (const part of parts)
    if ('letter' in part) drawBadge(g, part.letter, palette.of[part.color], palette);
  g.restore();
};

const drawHalo = (
  g: CanvasRenderingContext2D,
  part: Extract<Part, { d: string }>,
  palette: Palette,
  scale: number,
): void => {
  const path = new Path2D(part.d);
  const inner = 'stroke' in part ? part.width : 0;
  g.strokeStyle = palette.of['m-halo'];
  g.lineCap = 'round';
  g.lineWidth = inner + (2 * HALO) / scale;
  g.stroke(path);
  if ('stroke' in part && part.dash === undefined) {
    g.fillStyle = palette.of['m-halo'];
    g.fill(path);
  }
};

const drawPart = (
  g: CanvasRenderingContext2D,
  part: Extract<Part, { d: string }>,
  palette: Palette,
  dashed: boolean,
): void => {
  const path = new Path2D(part.d);
  g.globalAlpha = part.opacity ?? 1;
  if ('fill' in part) {
    g.fillStyle = palette.of[part.fill];
    g.fill(path);
  } else {
    g.strokeStyle = palette.of[part.stroke];
    g.lineWidth = part.width;
    g.lineCap = dashed ? 'butt' : 'round';
    g.setLineDash([...(part.dash ?? [])]);
    g.stroke(path);
    g.setLineDash([]);
  }
  g.globalAlpha = 1;
};

const drawBadge = (
  g: CanvasRenderingContext2D,
  letter: string,
  color: string,
  palette: Palette,
): void => {
  g.beginPath();
  g.arc(8.5, -8.5, 6.5, 0, 2 * Math.PI);
  g.fillStyle = palette.of['m-halo'];
  g.fill();
  g.strokeStyle = color;
  g.lineWidth = 1.2;
  g.stroke();
  g.fillStyle = color;
  g.font = fontOf(palette, 10, true);
  g.textAlign = 'center';
  g.textBaseline = 'middle';
  g.fillText(letter, 8.5, -8.1);
};

const drawSeverity = (
  g: CanvasRenderingContext2D,
  severity: Severity,
  palette: Palette,
  size: number,
): void => {
  const shape = severityShapes[severity];
  const path = new Path2D(shape.d);
  const edge = palette.of[`${shape.token}-e`];
  const scale = size / 16;
  g.save();
  g.scale(scale, scale);
  g.translate(-8, -8);
  g.lineJoin = 'round';
  g.strokeStyle = palette.of['m-halo'];
  g.lineWidth = 4 / scale;
  g.stroke(path);
  g.fillStyle = palette.of[shape.token];
  g.fill(path);
  if (!isClear(edge)) {
    g.strokeStyle = edge;
    g.lineWidth = 1 / scale;
    g.stroke(path);
  }
  g.fillStyle = palette.of[`on-${shape.token}`];
  g.font = fontOf(palette, shape.letterSize, true);
  g.textAlign = 'center';
  g.textBaseline = 'alphabetic';
  g.fillText(shape.letter, 8, shape.letterY);
  g.restore();
};
