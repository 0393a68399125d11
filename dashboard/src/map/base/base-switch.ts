import type { BaseMap } from '@xunji/gateway/wire';
import type { BaseMapState } from '../scene.ts';
import type { BaseLayer } from './base-layer.ts';
import { loadBase } from './load-base.ts';

/** A base map that failed is asked for again after this long, ms. */
const AGAIN_MS = 30_000;

/** Brings the chosen base map onto its layer; while it loads or fails, the built-in one is there alone. */
export class BaseSwitch {
  #layer: BaseLayer;
  #tell: (state: BaseMapState) => void;
  #wanted = 0;
  #again: ReturnType<typeof setTimeout> | null = null;

  constructor(layer: BaseLayer, tell: (state: BaseMapState) => void) {
    this.#layer = layer;
    this.#tell = tell;
  }

  /** Shows a base map; null for the built-in one alone. */
  show(base: BaseMap | null): void {
    this.dispose();
    const wanted = this.#wanted;
    if (base === null || base.kind === 'builtin' || base.url === null) {
      this.#layer.setData(null);
      this.#tell('ready');
      return;
    }
    this.#tell('loading');
    loadBase(base.url).then(
      (data) => {
        if (wanted !== this.#wanted) return;
        this.#layer.setData(data);
        this.#tell('ready');
      },
      () => {
        if (wanted !== this.#wanted) return;
        this.#layer.setData(null);
        this.#tell('failed');
        this.#again = setTimeout(() => this.show(base), AGAIN_MS);
      },
    );
  }

  /** Forgets what was wanted. */
  dispose(): void {
    this.#wanted += 1;
    if (this.#again !== null) clearTimeout(this.#again);
    this.#again = null;
  }
}
