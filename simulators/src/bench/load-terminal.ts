import { type Buffers, Line } from './line.ts';
import { Pending } from './pending.ts';
import type { LoadFix, Speaker } from './speaker.ts';

/** Where terminals connect, and who counts what they do. */
export interface LoadField {
  readonly host: string;
  readonly port: number;
  readonly buffers: Buffers;
  readonly tally: Tally;
  /** Ms, monotonic. */
  readonly monotonic: () => number;
}

/** Told of every answer and of every line; measuring is its affair. */
export interface Tally {
  opened(terminal: LoadTerminal): void;
  lost(terminal: LoadTerminal, why: string): void;
  answered(terminal: LoadTerminal, answer: TallyAnswer): void;
  /** Something was answered that was not asked. */
  stray(): void;
}

/** Changed by the next answer. */
export interface TallyAnswer {
  latencyMs: number;
  sentAt: number;
  from: number;
  count: number;
  isBacklog: boolean;
  accepted: boolean;
}

/** Fixes of one upload of buffered ones: what a 0x0704 without sub-packages holds. */
export const BATCH_FIXES = 30;

/** Says which fix is the n-th of a terminal, the same whenever it is asked. */
export interface Itinerary {
  live(n: number, fix: LoadFix): void;
  buffered(n: number, fix: LoadFix): void;
}

const answer: TallyAnswer = {
  ...{ latencyMs: 0, sentAt: 0, from: 0, count: 0 },
  ...{ isBacklog: false, accepted: false },
};
const fix: LoadFix = { time: 0, latitudeE6: 0, longitudeE6: 0, sos: false };

/**
 * One terminal of a load: connects, keeps a window of reports unanswered or reports when it is told to, and uploads
 * what it has buffered, one batch after the other. A batch that a lost line left unanswered is sent again on the next.
 */
export class LoadTerminal {
  readonly id: string;
  readonly index: number;
  readonly speaker: Speaker;
  readonly #itinerary: Itinerary;
  readonly #field: LoadField;
  readonly #pending = new Pending();
  #line: Line | null = null;
  /** Reports kept unanswered: 0 in an open loop. */
  #window = 0;
  #freed = 0;
  #next = 0;
  #backlogFrom = 0;
  #backlogEnd = 0;
  #backlogWaits = false;

  constructor(id: string, index: number, speaker: Speaker, itinerary: Itinerary, field: LoadField) {
    this.id = id;
    this.index = index;
    this.speaker = speaker;
    this.#itinerary = itinerary;
    this.#field = field;
  }

  get isOpen(): boolean {
    return this.#line?.isOpen ?? false;
  }
  /** Reports sent and not answered yet. */
  get unanswered(): number {
    return this.#pending.reports;
  }
  /** Buffered fixes not acknowledged yet. */
  get backlog(): number {
    return this.#backlogEnd - this.#backlogFrom;
  }
  /** The n-th fix, into a shared object. */
  fixAt(n: number, isBacklog: boolean): LoadFix {
    if (isBacklog) this.#itinerary.buffered(n, fix);
    else this.#itinerary.live(n, fix);
    return fix;
  }

  connect(): void {
    const { host, port, buffers, tally } = this.#field;
    this.#pending.clear();
    this.#backlogWaits = false;
    this.#line = new Line({
      ...{ host, port, buffers, speaker: this.speaker },
      events: {
        open: () => {
          tally.opened(this);
          this.#freed = this.#window;
          this.#turn();
        },
        answered: (key, accepted) => this.#answered(key, accepted),
        endOfChunk: () => this.#turn(),
        lost: (why) => tally.lost(this, why),
      },
    });
  }

  /** Keeps `window` reports unanswered from now on; where one answer is for many, they are a turn. */
  keep(window: number): void {
    this.#window = window;
    this.#freed = window - this.#pending.reports;
    if (this.isOpen) this.#turn();
  }

  /** One report now. @param intendedAt when it was to be sent, ms monotonic: latencies count from there */
  report(intendedAt: number, sos = false): void {
    if (!this.isOpen) return;
    this.#report(intendedAt, 1, sos);
    this.#line?.flush();
  }

  /** Uploads the buffered fixes 0 to `count`, one batch at a time. */
  upload(count: number): void {
    this.#backlogEnd = count;
    if (this.isOpen) this.#turn();
  }

  heartbeat(): void {
    this.#line?.write((speaker, out, at) => speaker.heartbeat(out, at));
    this.#line?.flush();
  }

  drop(): void {
    this.#line?.drop();
  }
  end(): void {
    this.#line?.end();
  }

  #answered(key: number, accepted: boolean): void {
    const asked = this.#pending.take(key);
    const { tally, monotonic } = this.#field;
    if (asked === null) {
      // The heartbeat that keeps a line alive is answered too, and nobody waits for it.
      if (this.speaker.answers === 'each') tally.stray();
      return;
    }
    const { sentAt, from, count, isBacklog } = asked;
    answer.latencyMs = monotonic() - sentAt;
    answer.sentAt = sentAt;
    answer.from = from;
    answer.count = count;
    answer.isBacklog = isBacklog;
    answer.accepted = accepted;
    if (isBacklog) {
      // A refused one would be refused again.
      this.#backlogFrom = from + count;
      this.#backlogWaits = false;
    } else if (this.#window > 0) this.#freed += count;
    tally.answered(this, answer);
  }

  /** All that one socket sends at a time leaves in one write. */
  #turn(): void {
    if (!this.isOpen) return;
    if (this.#freed > 0) {
      const count = this.#freed;
      this.#freed = 0;
      this.#report(this.#field.monotonic(), count, false);
    }
    if (!this.#backlogWaits && this.backlog > 0) {
      const from = this.#backlogFrom;
      const count = Math.min(BATCH_FIXES, this.backlog);
      this.#backlogWaits = true;
      this.#line?.write((speaker, out, at) =>
        speaker.backlog(out, at, count, (i) => this.fixAt(from + i, true)),
      );
      this.#pending.add(this.speaker.key, this.#field.monotonic(), from, count, true);
    }
    this.#line?.flush();
  }

  #report(sentAt: number, count: number, sos: boolean): void {
    const line = this.#line;
    if (line === null) return;
    const from = this.#next;
    for (let i = 0; i < count; i++) {
      this.fixAt(this.#next++, false);
      fix.sos = sos;
      line.write(writeReport);
      if (this.speaker.answers === 'each') {
        this.#pending.add(this.speaker.key, sentAt, from + i, 1);
      }
    }
    if (this.speaker.answers === 'turn') {
      line.write(writeEndOfTurn);
      this.#pending.add(this.speaker.key, sentAt, from, count);
    }
  }
}

// Made once: a closure for every report would cost more than the report.
const writeReport = (speaker: Speaker, out: Uint8Array, at: number): number =>
  speaker.report(out, at, fix);
const writeEndOfTurn = (speaker: Speaker, out: Uint8Array, at: number): number =>
  speaker.endTurn(out, at);
