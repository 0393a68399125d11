/** Squares of the index, px. */
const SIDE = 64;

/** Rectangles taken on the screen, so that labels can yield to them; indexed by squares of 64 px. */
export class Boxes {
  #cells = new Map<number, number[]>();
  #at: number[] = [];

  /** Forgets all. */
  clear(): void {
    this.#cells.clear();
    this.#at.length = 0;
  }

  /** Takes a rectangle. */
  add(x: number, y: number, w: number, h: number): void {
    const id = this.#at.length;
    this.#at.push(x, y, x + w, y + h);
    this.#each(x, y, w, h, (key) => {
      const cell = this.#cells.get(key);
      if (cell === undefined) this.#cells.set(key, [id]);
      else cell.push(id);
      return false;
    });
  }

  /** Whether the rectangle overlaps one that is taken; touching edges do not count. */
  hit(x: number, y: number, w: number, h: number): boolean {
    const at = this.#at;
    return this.#each(x, y, w, h, (key) => {
      for (const id of this.#cells.get(key) ?? []) {
        if (
          x < (at[id + 2] ?? 0) &&
          x + w > (at[id] ?? 0) &&
          y < (at[id + 3] ?? 0) &&
          y + h > (at[id + 1] ?? 0)
        ) {
          return true;
        }
      }
      return false;
    });
  }

  #each(x: number, y: number, w: number, h: number, run: (key: number) => boolean): boolean {
    const right = Math.floor((x + w) / SIDE);
    const bottom = Math.floor((y + h) / SIDE);
    for (let i = Math.floor(x / SIDE); i <= right; i += 1) {
      for (let j = Math.floor(y / SIDE); j <= bottom; j += 1) {
        if (run(i * 65_536 + j)) return true;
      }
    }
    return false;
  }
}
