import { createWriteStream, type WriteStream } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { EchoSpeaker } from './echo-speaker.ts';
import { Gt06Speaker } from './gt06-speaker.ts';
import { Jt808Speaker } from './jt808-speaker.ts';
import { Latencies } from './latency.ts';
import { Buffers } from './line.ts';
import { LIVE_MS, type LoadOptions } from './load-options.ts';
import type { LoadResult } from './load-result.ts';
import { type Itinerary, LoadTerminal, type Tally, type TallyAnswer } from './load-terminal.ts';
import { MqttSpeaker } from './mqtt-speaker.ts';
import type { LoadFix, Speaker } from './speaker.ts';

const TICK_MS = 1;
/** How long all stay away in a storm. */
const AWAY_MS = 1000;
const POLL_MS = 20;
/** A terminal far behind in an open loop is still sent to: whoever is slow shall show it. */
const MAX_UNANSWERED = 10_000;

export interface LoadClock {
  /** Ms UTC. */
  readonly now: () => number;
  readonly monotonic: () => number;
}

/** The name of the terminal with this number, as its protocol wants it. */
export function terminalId(protocol: LoadOptions['protocol'], n: number): string {
  switch (protocol) {
    case 'jt808':
    case 'echo':
      return String(n).padStart(12, '0');
    case 'gt06':
      return `86${String(n).padStart(13, '0')}`;
    case 'mqtt':
      return `load-${n}`;
  }
}

/** What the terminals of one process do together, and what came of it. */
export class Load implements Tally {
  readonly terminals: readonly LoadTerminal[];
  readonly #options: LoadOptions;
  readonly #clock: LoadClock;
  readonly #live = new Latencies();
  readonly #buffered = new Latencies();
  readonly #log: WriteStream | null;
  #served = new Uint8Array(0);
  #unserved = 0;
  #servedFrom = 0;
  #servedMs: number | null = null;
  #total = 0;
  #refused = 0;
  #stray = 0;
  #cutOff = 0;
  #linesLost = 0;
  #repeatedSeconds = 0;
  #acknowledged = 0;
  #openLines = 0;
  #isMeasuring = false;
  #measureFrom = 0;
  #measuredMs = 0;
  #uploadFrom = 0;
  #settledMs: number | null = null;
  #ended: string | null = null;
  #ending = () => {};
  readonly #over = new Promise<void>((resolve) => {
    this.#ending = resolve;
  });
  #pacer: NodeJS.Timeout | null = null;
  #leaving = false;

  constructor(options: LoadOptions, clock: LoadClock) {
    this.#options = options;
    this.#clock = clock;
    this.#log = options.log === null ? null : createWriteStream(options.log, { flags: 'a' });
    const { host, port, protocol, firstId, sockets } = options;
    const { monotonic } = clock;
    const field = { host, port, buffers: new Buffers(), tally: this, monotonic };
    this.terminals = Array.from({ length: sockets }, (_, index) => {
      const id = terminalId(protocol, firstId + index);
      return new LoadTerminal(id, index, this.#speaker(id), this.#itinerary(index), field);
    });
    this.#awaitServed();
  }

  /** Ends the run early; its result says why. */
  stop(why: string): void {
    this.#ended ??= why;
    this.#ending();
  }

  /** @param onHeld an idle load has all its terminals in */
  async run(onHeld: (result: LoadResult) => void = () => undefined): Promise<LoadResult> {
    const { mode, seconds, warmupS, rate, window } = this.#options;
    if (mode === 'live') {
      if (rate === null) for (const terminal of this.terminals) terminal.keep(window);
      await this.#connectAll();
      if (rate !== null) this.#pace(rate);
      await this.#atMost(this.#allServed());
      await this.#pause(warmupS * 1000 - (this.#clock.monotonic() - this.#servedFrom));
      this.#measure();
      await this.#pause(seconds * 1000);
    } else {
      await this.#connectAll();
      await this.#atMost(this.#allServed());
      if (mode === 'idle') {
        onHeld(this.#result());
        await this.#pause(seconds * 1000);
      } else {
        if (mode === 'storm') await this.#fallAndReturn();
        this.#measure();
        this.#upload();
        this.#pace(rate ?? Math.ceil(this.terminals.length / 10));
        await this.#within(seconds * 1000, () => this.terminals.every((t) => t.backlog === 0));
      }
    }
    this.#measuredMs = this.#clock.monotonic() - this.#measureFrom;
    this.#isMeasuring = false;
    await this.#drain();
    this.#leaving = true;
    const result = this.#result();
    for (const terminal of this.terminals) terminal.end();
    if (this.#log !== null) {
      await new Promise<void>((done) => this.#log?.end(done));
    }
    return result;
  }

  opened(terminal: LoadTerminal): void {
    this.#openLines++;
    // Where the greeting is answered, that is the first answer.
    if (terminal.speaker.answers === 'turn' || this.#options.login) this.#serve(terminal);
  }

  lost(terminal: LoadTerminal, why: string): void {
    if (this.#leaving) return;
    this.#linesLost++;
    this.#openLines = this.terminals.reduce((n, t) => n + (t.isOpen ? 1 : 0), 0);
    this.#cutOff += terminal.unanswered;
    if (!this.#options.reconnect) {
      this.stop(`connection lost: ${why}`);
      return;
    }
    setTimeout(() => {
      if (!this.#leaving && this.#ended === null) terminal.connect();
    }, this.#options.redialMs);
  }

  answered(terminal: LoadTerminal, answer: TallyAnswer): void {
    const { count, isBacklog, latencyMs } = answer;
    if (!answer.accepted) {
      this.#refused += count;
      return;
    }
    this.#total += count;
    this.#serve(terminal);
    if (this.#log !== null) this.#write(terminal, answer);
    if (isBacklog) {
      this.#buffered.add(latencyMs, count);
      this.#settledMs = Math.round(this.#clock.monotonic() - this.#uploadFrom);
    } else if (this.#isMeasuring) {
      this.#acknowledged += count;
      // What was sent before has waited through the warm-up.
      if (answer.sentAt >= this.#measureFrom) this.#live.add(latencyMs, count);
    }
  }

  stray(): void {
    this.#stray++;
  }

  /** Reports of one terminal, apart from what the load sends by itself. */
  report(index: number, sos: boolean): void {
    this.terminals[index]?.report(this.#clock.monotonic(), sos);
  }

  #speaker(id: string): Speaker {
    const { protocol, login } = this.#options;
    switch (protocol) {
      case 'jt808':
        return new Jt808Speaker(id, login);
      case 'echo':
        return new EchoSpeaker(id);
      case 'gt06':
        return new Gt06Speaker(id);
      case 'mqtt':
        return new MqttSpeaker(id);
    }
  }

  /** Each terminal walks its own way: one distinct fix a report, so that each can be told apart in a store. */
  #itinerary(index: number): Itinerary {
    const { startTime, log, backlogS, intervalS } = this.#options;
    const place = (n: number, fix: LoadFix) => {
      fix.latitudeE6 = 31_200_000 + ((index * 37 + n * 11) % 90_000);
      fix.longitudeE6 = 121_400_000 + ((index * 53 + n * 7) % 90_000);
      fix.sos = false;
    };
    const from = Math.floor(startTime / 1000) * 1000;
    const bufferedFrom = Math.floor(this.#clock.now() / 1000 - backlogS) * 1000;
    return {
      live: (n, fix) => {
        place(n, fix);
        fix.time = from + n * 1000;
        // A log names times by their number; whoever asks for one starts early enough.
        if (log !== null) return;
        const last = Math.floor((this.#clock.now() + LIVE_MS) / 1000) * 1000;
        if (fix.time <= last) return;
        fix.time = last;
        this.#repeatedSeconds++;
      },
      buffered: (n, fix) => {
        place(n, fix);
        fix.time = bufferedFrom + n * intervalS * 1000;
      },
    };
  }

  async #connectAll(): Promise<void> {
    const { connecting } = this.#options;
    let next = 0;
    this.#servedFrom = this.#clock.monotonic();
    const isGoing = () => next < this.terminals.length && this.#ended === null;
    while (isGoing()) {
      const room = connecting - (next - this.#openLines);
      for (let i = 0; i < room && next < this.terminals.length; i++) {
        this.terminals[next++]?.connect();
      }
      if (isGoing()) await wait(1);
    }
  }

  /** All go within a second, without a goodbye, and all return at once. */
  async #fallAndReturn(): Promise<void> {
    for (const terminal of this.terminals) {
      this.#cutOff += terminal.unanswered;
      terminal.drop();
    }
    await this.#pause(AWAY_MS);
    this.#awaitServed();
    this.#servedFrom = this.#clock.monotonic();
    for (const terminal of this.terminals) terminal.connect();
  }

  #upload(): void {
    const { backlogS, intervalS } = this.#options;
    this.#uploadFrom = this.#clock.monotonic();
    for (const terminal of this.terminals) terminal.upload(Math.floor(backlogS / intervalS));
  }

  /** An open loop: the k-th report is due k / rate after the first, however slow the answers are. */
  #pace(rate: number): void {
    const from = this.#clock.monotonic();
    const { length } = this.terminals;
    let sent = 0;
    const tick = () => {
      const due = Math.floor(((this.#clock.monotonic() - from) * rate) / 1000);
      for (; sent < due; sent++) {
        const terminal = this.terminals[sent % length];
        if (terminal === undefined || terminal.unanswered > MAX_UNANSWERED) continue;
        terminal.report(from + (sent * 1000) / rate);
      }
      this.#pacer = setTimeout(tick, TICK_MS);
    };
    tick();
  }

  #measure(): void {
    this.#isMeasuring = true;
    this.#measureFrom = this.#clock.monotonic();
  }

  #awaitServed(): void {
    this.#served = new Uint8Array(this.terminals.length);
    this.#unserved = this.terminals.length;
    this.#servedMs = null;
  }

  #serve(terminal: LoadTerminal): void {
    if (this.#served[terminal.index] === 1) return;
    this.#served[terminal.index] = 1;
    this.#unserved--;
    if (this.#unserved > 0) return;
    this.#servedMs = Math.round(this.#clock.monotonic() - this.#servedFrom);
  }

  async #allServed(): Promise<void> {
    // An open loop and a backlog without log-in have no first answer to wait for.
    const waits = this.#options.login || this.#options.rate === null;
    const { mode } = this.#options;
    if (!waits || (mode === 'backlog' && !this.#options.login)) return;
    while (this.#unserved > 0 && this.#ended === null) await wait(POLL_MS);
  }

  /** Nothing more is sent; what is on its way is waited for. */
  async #drain(): Promise<void> {
    if (this.#pacer !== null) clearTimeout(this.#pacer);
    this.#pacer = null;
    for (const terminal of this.terminals) terminal.keep(0);
    if (this.#ended !== null) return;
    const until = this.#clock.monotonic() + this.#options.graceS * 1000;
    const isWaiting = () => this.terminals.some((t) => t.isOpen && t.unanswered > 0);
    while (isWaiting() && this.#ended === null && this.#clock.monotonic() < until) {
      await wait(POLL_MS);
    }
  }

  async #within(ms: number, isDone: () => boolean): Promise<void> {
    const until = this.#clock.monotonic() + ms;
    while (!isDone() && this.#ended === null && this.#clock.monotonic() < until) {
      await wait(POLL_MS);
    }
  }

  #atMost(work: Promise<void>): Promise<void> {
    return Promise.race([work, this.#over]);
  }

  async #pause(ms: number): Promise<void> {
    if (ms <= 0 || this.#ended !== null) return;
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    await Promise.race([over, this.#over]);
    clearTimeout(timer);
  }

  #write(terminal: LoadTerminal, { from, count, isBacklog }: TallyAnswer): void {
    for (let i = 0; i < count; i++) {
      const { time, latitudeE6, longitudeE6 } = terminal.fixAt(from + i, isBacklog);
      this.#log?.write(`${terminal.id} ${time} ${latitudeE6} ${longitudeE6}\n`);
    }
  }

  #result(): LoadResult {
    const { protocol, mode, sockets, window, rate, seconds } = this.#options;
    const hasBacklog = mode === 'backlog' || mode === 'storm';
    const measuredS = Math.max(this.#measuredMs, 1) / 1000;
    const isSettled = this.terminals.every((t) => t.backlog === 0);
    const settledMs = isSettled ? this.#settledMs : null;
    const servedS = (this.#servedMs ?? 0) / 1000;
    const cpu = process.cpuUsage();
    let unreadable = 0;
    let unanswered = 0;
    for (const terminal of this.terminals) {
      unreadable += terminal.speaker.broken;
      if (terminal.isOpen) unanswered += terminal.unanswered;
    }
    return {
      ...{ protocol, mode, sockets, rate, seconds },
      window: rate === null ? window : null,
      acknowledged: this.#acknowledged,
      perSecond: Math.round(this.#acknowledged / measuredS),
      p50Ms: this.#live.quantile(0.5),
      p99Ms: this.#live.quantile(0.99),
      maxMs: this.#live.maxMs,
      servedMs: this.#servedMs,
      servedPerSecond: servedS > 0 ? Math.round(sockets / servedS) : null,
      ...{ total: this.#total, refused: this.#refused, broken: this.#stray + unreadable },
      ...{ cutOff: this.#cutOff, unanswered, linesLost: this.#linesLost },
      repeatedSeconds: this.#repeatedSeconds,
      backlog: hasBacklog
        ? {
            acknowledged: this.#buffered.count,
            perSecond: Math.round((this.#buffered.count * 1000) / (this.#settledMs ?? 1)),
            p50Ms: this.#buffered.quantile(0.5),
            p99Ms: this.#buffered.quantile(0.99),
            settledMs,
          }
        : null,
      cpuSeconds: Number(((cpu.user + cpu.system) / 1e6).toFixed(2)),
      ended: this.#ended ?? 'done',
    };
  }
}
