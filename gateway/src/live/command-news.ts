import type { CommandChange, CommandsMessage } from '../wire.ts';

/** Named in one message; a list of more is quicker read again. */
const MAX_NAMED = 200;

/** Commands that have changed since somebody was told: the newest state of each, and no more than fits a message. */
export class CommandNews {
  readonly #changes = new Map<string, CommandChange>();
  #hasMore = false;

  note(change: CommandChange): void {
    if (this.#changes.size < MAX_NAMED || this.#changes.has(change.id)) {
      this.#changes.set(change.id, change);
    } else this.#hasMore = true;
  }

  /** All that somebody else would be told now. */
  add({ items, more }: CommandsMessage): void {
    for (const change of items) this.note(change);
    this.#hasMore ||= more;
  }

  /** Null when there is nothing to tell. */
  take(): CommandsMessage | null {
    if (this.#changes.size === 0) return null;
    const message = { items: [...this.#changes.values()], more: this.#hasMore };
    this.#changes.clear();
    this.#hasMore = false;
    return message;
  }
}
