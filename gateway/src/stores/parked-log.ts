import { readIfThere, replaceFile } from '../journal/snapshot-file.ts';
import type { Parked } from './store.ts';

type Entry = Parked['recent'][number];

interface Kept {
  readonly total: number;
  readonly recent: readonly Entry[];
  /** Sequences parked beyond the store's cursor: a crash before the cursor has moved shows them again. */
  readonly ahead: readonly number[];
}

const RECENT = 100;
const MAX_REASON_CHARS = 500;
const nothing: Kept = { total: 0, recent: [], ahead: [] };

/**
 * What an engine refused for good, kept in a small file that outlives the process: a count of all, the newest with
 * their reasons. A record is counted once however often its batch is tried.
 */
export class ParkedLog {
  readonly #path: string | null;
  #kept: Kept;

  private constructor(path: string | null, kept: Kept) {
    this.#path = path;
    this.#kept = kept;
  }

  /**
   * @param path null: in memory only
   * @throws SyntaxError when the file is not one of these
   */
  static async open(path: string | null): Promise<ParkedLog> {
    const text = path === null ? null : await readIfThere(path);
    return new ParkedLog(path, text === null ? nothing : keptOf(text));
  }

  /**
   * Resolves once they are durable; call before the store's cursor passes them.
   * @param cursor what the store has durably passed so far
   */
  async add(refused: readonly Entry[], cursor: number): Promise<void> {
    const ahead = new Set(this.#kept.ahead.filter((seq) => seq > cursor));
    const fresh = refused.filter(({ seq }) => !ahead.has(seq)).sort((a, b) => a.seq - b.seq);
    if (fresh.length === 0) return;
    const shown = fresh.map((e) => ({ ...e, reason: e.reason.slice(0, MAX_REASON_CHARS) }));
    const kept: Kept = {
      total: this.#kept.total + fresh.length,
      recent: [...this.#kept.recent, ...shown.slice(-RECENT)].slice(-RECENT),
      ahead: [...ahead, ...fresh.map(({ seq }) => seq)],
    };
    if (this.#path !== null) await replaceFile(this.#path, `${JSON.stringify(kept)}\n`);
    this.#kept = kept;
  }

  parked(): Parked {
    return { total: this.#kept.total, recent: this.#kept.recent };
  }
}

function keptOf(text: string): Kept {
  const kept = JSON.parse(text) as Partial<Kept>;
  if (!Number.isSafeInteger(kept.total) || !Array.isArray(kept.recent)) {
    throw new SyntaxError('no list of parked records');
  }
  return { ...nothing, ...kept };
}
