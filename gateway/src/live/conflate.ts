/** What became of a device since a subscription last heard of it. */
export type Seen<Row> = { readonly in: true; readonly row: Row } | { readonly in: false };

/**
 * What one subscription still has to be told: at most one entry a device, whatever arrives meanwhile, so a slow reader
 * gets fewer and newer rows and never a growing queue. Pure; knows devices by slot only.
 */
export class Conflator {
  readonly #dirty = new Set<number>();
  /** What the subscriber has on its map. */
  readonly #shown = new Set<number>();

  /** Devices waiting; bounded by the number of devices. */
  get size(): number {
    return this.#dirty.size;
  }

  mark(slot: number): void {
    this.#dirty.add(slot);
  }

  /** The subscriber was given exactly these by a snapshot; what was marked before is in it. */
  reset(slots: Iterable<number>): void {
    this.#dirty.clear();
    this.#shown.clear();
    for (const slot of slots) this.#shown.add(slot);
  }

  /** Takes everything marked: rows in scope as they are now, and the slots that were shown and left. */
  take<Row>(look: (slot: number) => Seen<Row>): { rows: Row[]; gone: number[] } {
    const rows: Row[] = [];
    const gone: number[] = [];
    for (const slot of this.#dirty) {
      const seen = look(slot);
      if (seen.in) {
        this.#shown.add(slot);
        rows.push(seen.row);
      } else if (this.#shown.delete(slot)) gone.push(slot);
    }
    this.#dirty.clear();
    return { rows, gone };
  }
}
