/**
 * Devices in view as the last frame drew them, in columns that keep their room from frame to frame.
 * `order` names the entries from lowest to topmost.
 */
export class Drawn {
  count = 0;
  slot = new Int32Array(256);
  /** CSS pixels from the map's left top corner. */
  x = new Float32Array(256);
  y = new Float32Array(256);
  /** Drawing rank, 0 lowest; below `RANKS`. */
  rank = new Uint8Array(256);
  order = new Int32Array(256);

  /** Forgets all entries. */
  clear(): void {
    this.count = 0;
  }

  /** Adds a device. */
  add(slot: number, x: number, y: number, rank: number): void {
    const i = this.count;
    if (i === this.slot.length) this.#grow();
    this.slot[i] = slot;
    this.x[i] = x;
    this.y[i] = y;
    this.rank[i] = rank;
    this.count = i + 1;
  }

  /** Sorts `order` by rank, entries of one rank by slot order of arrival; linear. */
  sort(): void {
    const starts = new Int32Array(RANKS + 1);
    for (let i = 0; i < this.count; i += 1) {
      const r = (this.rank[i] ?? 0) + 1;
      starts[r] = (starts[r] ?? 0) + 1;
    }
    for (let r = 1; r <= RANKS; r += 1) starts[r] = (starts[r] ?? 0) + (starts[r - 1] ?? 0);
    for (let i = 0; i < this.count; i += 1) {
      const r = this.rank[i] ?? 0;
      const at = starts[r] ?? 0;
      this.order[at] = i;
      starts[r] = at + 1;
    }
  }

  #grow(): void {
    const n = this.slot.length * 2;
    const wide = <T extends { set(from: T): void }>(made: T, from: T): T => {
      made.set(from);
      return made;
    };
    this.slot = wide(new Int32Array(n), this.slot);
    this.x = wide(new Float32Array(n), this.x);
    this.y = wide(new Float32Array(n), this.y);
    this.rank = wide(new Uint8Array(n), this.rank);
    this.order = wide(new Int32Array(n), this.order);
  }
}

/** Ranks a device can be drawn at: the states, four alarm levels above them, the selected one on top. */
export const RANKS = 16;

/** Reach of a click, CSS px: pointers aim better than fingers. */
export const REACH_PX = { mouse: 12, touch: 24 } as const;
/** Devices this much further than the nearest still count as lying under the same click, px. */
const TOGETHER_PX = 6;

/**
 * The devices under a click, nearest first: the nearest within reach and those that lie so close to it that
 * the click cannot have meant one of them. Linear in what is drawn.
 */
export const pick = (drawn: Drawn, x: number, y: number, reachPx: number): number[] => {
  const near: { slot: number; d: number }[] = [];
  for (let i = 0; i < drawn.count; i += 1) {
    const dx = (drawn.x[i] ?? 0) - x;
    if (dx > reachPx || dx < -reachPx) continue;
    const dy = (drawn.y[i] ?? 0) - y;
    const d = Math.hypot(dx, dy);
    if (d <= reachPx) near.push({ slot: drawn.slot[i] ?? -1, d });
  }
  near.sort((a, b) => a.d - b.d);
  const limit = (near[0]?.d ?? 0) + TOGETHER_PX;
  return near.filter((n) => n.d <= limit).map((n) => n.slot);
};

/** Slots of what is drawn from a point outwards: the order in which Tab goes through them. */
export const outwards = (drawn: Drawn, x: number, y: number): number[] =>
  Array.from({ length: drawn.count }, (_, i) => ({
    slot: drawn.slot[i] ?? -1,
    d: Math.hypot((drawn.x[i] ?? 0) - x, (drawn.y[i] ?? 0) - y),
  }))
    .sort((a, b) => a.d - b.d)
    .map((n) => n.slot);
