import type { MapSources } from '../scene.ts';
import { TRAIL_MS, type Trail } from './trail.ts';

/** Keeps the trail of the selected device: its history once, then each live fix. */
export class TrailKeeper {
  #trail: Trail;
  #sources: MapSources;
  #changed: () => void;
  #key: string | null = null;
  #asking: AbortController | null = null;

  constructor(trail: Trail, sources: MapSources, changed: () => void) {
    this.#trail = trail;
    this.#sources = sources;
    this.#changed = changed;
  }

  /** Begins the trail of a device; null for none. */
  follow(key: string | null): void {
    this.#asking?.abort();
    this.#asking = null;
    this.#key = key;
    this.#trail.clear();
    this.#changed();
    if (key === null) return;
    this.take();
    const { loadTrack, now } = this.#sources;
    if (loadTrack === undefined) return;
    const asking = new AbortController();
    this.#asking = asking;
    const to = now();
    loadTrack(key, to - TRAIL_MS, to, asking.signal).then(
      (track) => {
        if (asking.signal.aborted) return;
        this.#trail.fill(track);
        this.#changed();
      },
      () => {
        // Without its history the trail grows from live fixes; the detail panel says what failed.
      },
    );
  }

  /** Takes the present fix of the device. */
  take(): void {
    if (this.#key === null) return;
    const { fleet } = this.#sources;
    const slot = fleet.slotOf(this.#key);
    if (slot < 0 || !fleet.placed(slot)) return;
    this.#trail.add(fleet.at.x[slot] ?? 0, fleet.at.y[slot] ?? 0, fleet.at.fixTime[slot] ?? 0);
  }
}
