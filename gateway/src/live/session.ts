import type { Socket } from 'socket.io';
import { handlers, historians } from '../access/access.ts';
import type { DeviceRef } from '../journal/record.ts';
import type { Logger } from '../logger.ts';
import type { DeviceRegistry } from '../records/devices.ts';
import {
  type ClientToServer,
  type CommandsMessage,
  type Device,
  type Hello,
  LIVE_VERSION,
  type ServerToClient,
  type User,
} from '../wire.ts';
import { CommandNews } from './command-news.ts';
import type { AlarmChange, AlarmDesk } from './desk.ts';
import { deviceToWire } from './device-wire.ts';
import type { LatestPositions } from './latest.ts';
import type { Rows } from './rows.ts';
import { type Call, type CallPayload, calls } from './schemas.ts';
import { Subscription } from './subscription.ts';
import { thresholds } from './thresholds.ts';
import { CallThrottle } from './throttle.ts';

export type LiveSocket = Socket<ClientToServer, ServerToClient>;
type Notice = Parameters<ServerToClient['notice']>[0];

/** What every session shares. */
export interface LiveShared {
  readonly rows: Rows;
  readonly desk: AlarmDesk;
  readonly devices: DeviceRegistry;
  readonly latest: LatestPositions;
  readonly boot: string;
  readonly build: string;
  readonly rateMs: number;
  /** Ms UTC. */
  readonly now: () => number;
  /** Ms, monotonic. */
  readonly monotonic: () => number;
  readonly logger: Logger;
  /** What is degraded now, for those who have just come. */
  readonly notices: () => readonly Notice[];
  /** Revision of the list of devices, grows with each message about it. */
  readonly nextMetaRev: () => number;
}

export interface LiveUser {
  readonly user: User;
  /** Of the log-in session; counts as its use, and says whether it still lives. */
  readonly use: () => boolean;
}

const MAX_SUBSCRIPTIONS = 4;
/** @see ux.md section 8, rule 1 */
const MAX_UNWRITABLE_MS = 30_000;
const DEVICES_PER_META = 500;

type Answer = { ok: boolean } & Record<string, unknown>;
const refuse = (code: string, message: string): Answer => ({ ok: false, code, message });

/**
 * One dashboard. Positions are told when the line takes them, newest only; alarms are told always and in order; a
 * dashboard that does not read for 30 s is closed.
 */
export class LiveSession {
  readonly #socket: LiveSocket;
  readonly #shared: LiveShared;
  readonly #who: LiveUser;
  readonly #throttle: CallThrottle;
  readonly #subs = new Map<string, Subscription>();
  /** Devices whose names or groups it has still to be told. */
  readonly #meta = new Map<string, DeviceRef>();
  readonly #commands = new CommandNews();
  /** The last alarm seq it was told, null before it has said hello. */
  #alarmSeq: number | null = null;
  /** Alarms that come while hello is being answered. */
  #held: AlarmChange[] | null = null;
  #catchingUp = false;
  /** Since when the line takes nothing; null while it does. */
  #unwritableSince: number | null = null;

  constructor(socket: LiveSocket, who: LiveUser, shared: LiveShared) {
    this.#socket = socket;
    this.#shared = shared;
    this.#who = who;
    this.#throttle = new CallThrottle(shared.monotonic());
    socket.onAny((event: string, ...args: unknown[]) => {
      const ack = args.at(-1);
      // Every call of the protocol asks for an answer; what does not is none.
      if (typeof ack === 'function') void this.#called(event, args[0], ack as (a: Answer) => void);
    });
  }

  /** Whether its line took nothing at the last batch. */
  get isStuck(): boolean {
    return this.#unwritableSince !== null;
  }

  /** Alarm changes in the order of their seq. */
  alarms(changes: readonly AlarmChange[]): void {
    if (this.#held !== null) this.#held.push(...changes);
    if (this.#alarmSeq === null) return;
    const pushedTime = this.#shared.now();
    for (const { seq, op, alarm } of changes) {
      if (seq <= this.#alarmSeq) continue;
      this.#socket.emit('alarm', { seq, prev: this.#alarmSeq, op, alarm, pushedTime });
      this.#alarmSeq = seq;
    }
  }

  notice(notice: Notice): void {
    if (this.#alarmSeq !== null) this.#socket.emit('notice', notice);
  }

  /** Once every `rateMs`: what changed since, told now or kept conflated until the line is free. */
  tick(
    slots: ReadonlySet<number>,
    meta: ReadonlyMap<string, DeviceRef>,
    commands: CommandsMessage | null,
  ): void {
    for (const sub of this.#subs.values()) sub.mark(slots);
    if (this.#alarmSeq !== null) {
      for (const [key, device] of meta) this.#meta.set(key, device);
      if (commands !== null && historians.includes(this.#who.user.role)) {
        this.#commands.add(commands);
      }
    }
    const { conn } = this.#socket;
    if (conn.transport.writable) {
      this.#unwritableSince = null;
      this.#send();
      return;
    }
    const now = this.#shared.monotonic();
    if (this.#unwritableSince === null) {
      this.#unwritableSince = now;
      conn.once('drain', () => {
        this.#unwritableSince = null;
        this.#send();
      });
    } else if (now - this.#unwritableSince >= MAX_UNWRITABLE_MS) {
      this.#shared.logger.info({ code: 'slowDashboard' }, 'liveClosed');
      conn.close(true);
    }
  }

  #send(): void {
    for (const sub of this.#subs.values()) this.#push(sub);
    if (this.#meta.size > 0) this.#sendMeta();
    const news = this.#commands.take();
    if (news !== null) this.#socket.emit('commands', news);
  }

  #push(sub: Subscription): void {
    const batch = sub.take();
    if (batch === null) return;
    if ('delta' in batch) this.#socket.emit('delta', batch.delta);
    else for (const part of batch.snap) this.#socket.emit('snap', part);
  }

  #sendMeta(): void {
    const { devices, latest, nextMetaRev } = this.#shared;
    const changed: Device[] = [];
    const removed: DeviceRef[] = [];
    for (const [key, device] of this.#meta) {
      const entry = devices.find(device);
      if (entry === undefined || entry.slot < 0) removed.push(device);
      else changed.push(deviceToWire(entry, latest.presence(entry)));
      this.#meta.delete(key);
      if (changed.length + removed.length >= DEVICES_PER_META) break;
    }
    this.#socket.emit('meta', { rev: nextMetaRev(), devices: changed, removed });
  }

  async #called(event: string, payload: unknown, ack: (answer: Answer) => void): Promise<void> {
    const turn = this.#throttle.take(this.#shared.monotonic());
    if (turn === 'close') {
      this.#shared.logger.info({ code: 'floodingDashboard' }, 'liveClosed');
      this.#socket.disconnect(true);
      return;
    }
    if (turn === 'refuse') return ack(refuse('tooManyCalls', 'at most 20 calls a second'));
    try {
      ack(await this.#answer(event, payload));
      if (event === 'sub' && this.#unwritableSince === null) this.#send();
    } catch (error) {
      this.#shared.logger.error({ err: error, event }, 'liveCallFailed');
      ack(refuse('internal', 'this is our mistake; the log has the details'));
    }
  }

  #answer(event: string, payload: unknown): Promise<Answer> | Answer {
    if (!Object.hasOwn(calls, event)) return refuse('unknownCall', 'there is no such call');
    const call = event as Call;
    const parsed = calls[call].safeParse(payload);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      return refuse('badInput', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
    }
    if (call !== 'hello' && this.#alarmSeq === null) return refuse('helloFirst', 'say hello first');
    switch (call) {
      case 'hello':
        return this.#hello(parsed.data as CallPayload<'hello'>);
      case 'sub':
        return this.#sub(parsed.data as CallPayload<'sub'>);
      case 'unsub':
        this.#subs.delete((parsed.data as CallPayload<'unsub'>).id);
        return { ok: true };
      case 'alarms.since':
        return this.#since(parsed.data as CallPayload<'alarms.since'>);
      case 'alarm.ack':
        return this.#acknowledge(parsed.data as CallPayload<'alarm.ack'>);
      case 'time':
        return { ok: true, t: (parsed.data as CallPayload<'time'>).t, now: this.#shared.now() };
    }
  }

  async #hello({ v }: CallPayload<'hello'>): Promise<Answer> {
    if (v !== LIVE_VERSION)
      return refuse('version', `version ${LIVE_VERSION} is spoken here; reload`);
    const { desk, boot, build, rateMs, now, notices } = this.#shared;
    this.#held = [];
    const alarmSeq = await desk.lastSeq();
    // The answer leaves first: what follows it is only understood after it.
    setImmediate(() => {
      const held = this.#held ?? [];
      this.#held = null;
      this.#alarmSeq = alarmSeq;
      this.alarms(held);
      for (const notice of notices()) this.notice(notice);
    });
    const { user } = this.#who;
    const hello: Hello = {
      ...{ v: LIVE_VERSION, boot, now: now(), user, thresholds, rateMs, alarmSeq, build },
    };
    return { ok: true, ...hello };
  }

  #sub({ id, scope }: CallPayload<'sub'>): Answer {
    const old = this.#subs.get(id);
    if (old === undefined && this.#subs.size >= MAX_SUBSCRIPTIONS) {
      return refuse('tooManySubscriptions', `at most ${MAX_SUBSCRIPTIONS} subscriptions`);
    }
    const { rows, now } = this.#shared;
    rows.begin(now());
    const sub = new Subscription(id, scope, rows, old?.seq ?? 0);
    this.#subs.set(id, sub);
    return { ok: true, ...sub.open() };
  }

  /** One at a time, and the answer waits for the line: it may be large. */
  async #since({ seq, limit }: CallPayload<'alarms.since'>): Promise<Answer> {
    if (this.#catchingUp) return refuse('busy', 'the last alarms.since is still being answered');
    this.#catchingUp = true;
    try {
      const { desk } = this.#shared;
      await this.#writable();
      const [page, counts] = await Promise.all([desk.since(seq, limit), desk.counts()]);
      return { ok: true, ...page, counts };
    } finally {
      this.#catchingUp = false;
    }
  }

  async #acknowledge({ id, rev, note }: CallPayload<'alarm.ack'>): Promise<Answer> {
    const { user, use } = this.#who;
    if (!handlers.includes(user.role)) return refuse('forbidden', 'your role does not allow this');
    if (!use()) return refuse('unauthorized', 'log in first');
    const answer = await this.#shared.desk.ack(id, rev, user.username, note ?? null);
    if (answer.ok) return { ok: true, alarm: answer.alarm };
    return answer.code === 'conflict'
      ? { ...refuse('conflict', 'it was changed by somebody else'), alarm: answer.alarm }
      : refuse('notFound', 'there is no such alarm');
  }

  #writable(): Promise<void> {
    const { conn } = this.#socket;
    if (conn.transport.writable) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        conn.off('drain', done);
        conn.off('close', done);
        resolve();
      };
      conn.on('drain', done);
      conn.on('close', done);
    });
  }
}
