import { fontOf, type Palette } from '../palette.ts';

/** Size of a name on the map, px. */
export const LABEL_PX = 12;
const HALO = 3.5;
/** Height of a name's strip, CSS px. */
export const STRIP = 20;
/** Edge of the sheet, CSS px; when it is full it starts anew. */
const SHEET = 1024;

export type LabelStyle = 'plain' | 'loud' | 'quiet';

interface Strip {
  readonly x: number;
  readonly y: number;
  /** Width of the text alone, CSS px. */
  readonly width: number;
}

/** Names drawn once with their halo and copied from then on: setting text costs far more than copying it. */
export class LabelSheet {
  readonly pixelRatio: number;
  readonly palette: Palette;
  #canvas = document.createElement('canvas');
  #g: CanvasRenderingContext2D | null;
  #strips = new Map<string, Strip>();
  #widths = new Map<string, number>();
  #x = 0;
  #y = 0;

  constructor(palette: Palette, pixelRatio: number) {
    this.palette = palette;
    this.pixelRatio = pixelRatio;
    this.#canvas.width = Math.ceil(SHEET * pixelRatio);
    this.#canvas.height = Math.ceil(SHEET * pixelRatio);
    this.#g = this.#canvas.getContext('2d');
  }

  /** Width of a name, CSS px. */
  width(text: string, style: LabelStyle): number {
    const key = `${style}${text}`;
    const known = this.#widths.get(key);
    if (known !== undefined) return known;
    if (this.#g === null) return 0;
    this.#g.font = fontOf(this.palette, LABEL_PX, style === 'loud');
    const width = this.#g.measureText(text).width;
    if (this.#widths.size > 20_000) this.#widths.clear();
    this.#widths.set(key, width);
    return width;
  }

  /** Copies a name so that its text begins at `x` and is centred on `y`, CSS px; `g` is untransformed. */
  draw(g: CanvasRenderingContext2D, text: string, style: LabelStyle, x: number, y: number): void {
    const strip = this.#strip(text, style);
    if (strip === null) return;
    const r = this.pixelRatio;
    const w = Math.ceil((strip.width + 2 * HALO) * r);
    const h = Math.ceil(STRIP * r);
    g.drawImage(
      this.#canvas,
      Math.round(strip.x * r),
      Math.round(strip.y * r),
      w,
      h,
      Math.round((x - HALO) * r),
      Math.round((y - STRIP / 2) * r),
      w,
      h,
    );
  }

  #strip(text: string, style: LabelStyle): Strip | null {
    const key = `${style}${text}`;
    const known = this.#strips.get(key);
    if (known !== undefined) return known;
    const g = this.#g;
    if (g === null) return null;
    const width = this.width(text, style);
    const room = Math.ceil(width + 2 * HALO) + 1;
    if (room > SHEET) return null;
    if (this.#x + room > SHEET) {
      this.#x = 0;
      this.#y += STRIP;
    }
    if (this.#y + STRIP > SHEET) {
      this.#strips.clear();
      this.#x = 0;
      this.#y = 0;
      g.setTransform(1, 0, 0, 1, 0, 0);
      g.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    }
    const strip: Strip = { x: this.#x, y: this.#y, width };
    this.#x += room;
    const r = this.pixelRatio;
    g.setTransform(r, 0, 0, r, Math.round(strip.x * r), Math.round(strip.y * r));
    g.font = fontOf(this.palette, LABEL_PX, style === 'loud');
    g.textAlign = 'left';
    g.textBaseline = 'middle';
    g.lineJoin = 'round';
    g.strokeStyle = this.palette.of['m-halo'];
    g.lineWidth = HALO;
    g.strokeText(text, HALO, STRIP / 2);
    g.fillStyle = this.palette.of[colors[style]];
    g.fillText(text, HALO, STRIP / 2);
    this.#strips.set(key, strip);
    return strip;
  }
}

const colors = { plain: 'text-3', loud: 'text', quiet: 'm-label' } as const;
