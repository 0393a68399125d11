import {
  type CommandAnswer,
  type Connection,
  type Fault,
  type Media,
  type Message,
  mediaOf,
  Subpackages,
  type Verdict,
} from '@xunji/protocols';
import type { NearestBeacons } from '../beacons/nearest.ts';
import {
  type DeviceRef,
  deviceKey,
  type Entry,
  PART,
  type PositionEntry,
} from '../journal/record.ts';
import type { Metrics } from '../metrics.ts';
import { Counts } from './counts.ts';
import {
  type Desk,
  MAX_JOINED_BYTES,
  messageEntry,
  NO_BYTES,
  plainMessage,
  presence,
} from './entries.ts';
import { type Decision, type Gate, plausible } from './gate.ts';
import { positionHash } from './position-hash.ts';
import { type Link, Session, type Sessions } from './session.ts';

/** The journal as the intake sees it. */
export interface Appender {
  append(entries: readonly Entry[]): Promise<number>;
}

/** Who stores the files that devices send. */
export interface PhotoKeeper {
  hasRoom(bytes: number): boolean;
  /** Resolves once it is durable. */
  keep(device: DeviceRef, media: Media, receivedTime: number): Promise<void>;
}

export interface IntakeOptions {
  readonly journal: Appender;
  readonly gate: Gate;
  readonly sessions: Sessions;
  readonly metrics: Metrics;
  readonly liveMaxAgeMs: number;
  /** Makes positions of what badges and gateways hear. */
  readonly nearest?: NearestBeacons;
  readonly onFault: (fault: Fault, session: Session) => void;
  /** A device that is let in says something of a command of ours. */
  readonly onAnswer?: (device: DeviceRef, answer: CommandAnswer, message: Message) => void;
  /** Shared by all connections; by default of its own. */
  readonly subpackages?: Subpackages;
  readonly onFileError?: (error: unknown) => void;
  /** Without it files are refused as not supported. */
  readonly photos?: PhotoKeeper;
}

/** What one read came to. */
export interface Outcome {
  /** The answers in order, null when there is nothing to say. */
  readonly answer: Uint8Array | null;
  /** The gate turned a message away. */
  readonly refused: boolean;
}

/** A terminal whose code is wrong registers anew after one or two tries; whoever goes on is guessing. */
const MAX_WRONG_AUTH_CODES = 5;
const MEDIA = 'mediaData';
/** Of what is said about a device that has no connection. */
const NOWHERE: Link = { transport: 'mqtt', remote: '', close: () => undefined };

/** What one read comes to, as it is worked through. */
interface Work extends Desk {
  readonly connection: Connection | null;
  readonly answers: Uint8Array[];
  /** Files under way, each with the message that brought it. */
  readonly files: { readonly message: Message; readonly kept: Promise<void> }[];
  refused: boolean;
}

/**
 * frame → message → gate → journal → answer. The one place that decides when a device may be told that we have
 * its data: after the fsync of this frame and of every earlier frame of its connection.
 */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #counts: Counts;
  /** Of badges that only gateways hear. */
  readonly #heard = new Map<string, Session>();
  /** What the connections of the ports are to be opened with. */
  readonly subpackages: Subpackages;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.subpackages = options.subpackages ?? new Subpackages();
    this.#counts = new Counts(options.metrics);
  }

  /**
   * Takes what one read gave. Resolves once everything it holds, and everything before it on
   * this connection, is durable.
   */
  receive(
    session: Session,
    items: readonly (Message | Fault)[],
    receivedTime: number,
    connection: Connection | null,
  ): Promise<Outcome> {
    try {
      return this.#receive(session, items, receivedTime, connection);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #receive(
    session: Session,
    items: readonly (Message | Fault)[],
    receivedTime: number,
    connection: Connection | null,
  ): Promise<Outcome> {
    const entries: Entry[] = [];
    const answers: Uint8Array[] = [];
    const files: Work['files'] = [];
    const work = { session, receivedTime, connection, entries, answers, files, refused: false };
    for (const item of items) this.#take(item, work);
    if (entries.length > 0) session.lastAppend = this.#options.journal.append(entries);
    if (files.length > 0) return this.#afterFiles(work);
    const [first = null] = answers;
    const answer = answers.length > 1 ? Buffer.concat(answers) : first;
    const outcome = { answer, refused: work.refused };
    return session.lastAppend.then(() => outcome);
  }

  /** A file that could not be written is not answered: its sender brings it again. */
  async #afterFiles(work: Work): Promise<Outcome> {
    await work.session.lastAppend;
    for (const { message, kept } of work.files) {
      try {
        await kept;
        this.#answer(message, { result: 'accepted' }, work);
      } catch (error) {
        this.#options.onFileError?.(error);
      }
    }
    const answer = work.answers.length === 0 ? null : Buffer.concat(work.answers);
    return { answer, refused: work.refused };
  }

  #take(item: Message | Fault, work: Work): void {
    if (item.kind === 'fault') {
      const message = this.#fault(item, work.session);
      const result = item.code === 'encrypted' ? 'unsupported' : 'malformed';
      if (message !== undefined) this.#answer(message, { result }, work);
    } else if (item.part !== undefined) this.#part(item, work);
    else {
      // Fields are read from the bytes when somebody asks, which nobody does of a report.
      const media = item.name === MEDIA ? mediaOf(item, work.receivedTime) : null;
      if (media !== null) this.#file(item, media, work);
      else this.#answer(item, this.#message(item, work), work);
    }
  }

  /** The file goes to its room, what is said of it into the journal, and the answer waits for both. */
  #file(message: Message, media: Media, work: Work): void {
    const { photos } = this.#options;
    const { data, position: _, ...said } = media;
    const fields = { ...said, bytes: data.length };
    const told = { ...plainMessage(message), fields };
    const verdict = this.#message(told, work);
    const device = work.session.device;
    if (verdict?.result !== 'accepted' || device === null) this.#answer(message, verdict, work);
    else if (photos === undefined) this.#answer(message, { result: 'unsupported' }, work);
    else if (!photos.hasRoom(data.length)) this.#answer(message, { result: 'refused' }, work);
    else {
      const kept = photos.keep(device, media, work.receivedTime);
      // Whoever waits for it comes later; until then nobody hears that it failed.
      kept.catch(() => undefined);
      work.files.push({ message, kept });
    }
  }

  #answer(message: Message, verdict: Verdict | null, work: Work): void {
    work.refused ||= verdict?.result === 'refused';
    const answer = verdict === null ? null : (work.connection?.reply(message, verdict) ?? null);
    if (answer !== null) work.answers.push(answer);
  }

  /**
   * One part of a message. Many terminals send the next part only when this one is answered, and an answer means
   * durable: so each part is journalled, and after a crash the sets go on with what was answered. What is in the whole
   * comes before its last part: a journal that ends between the two makes the sender repeat that part, and what comes
   * of it again is stored once.
   */
  #part(part: Message, work: Work): void {
    const { connection, receivedTime, entries, answers, files } = work;
    const decision = this.#decide(part, PART, work);
    if (decision.verdict?.result !== 'accepted') {
      this.#answer(part, decision.verdict, work);
      return;
    }
    const device = decision.keep ? this.#bind(part, work) : null;
    const before = answers.length + files.length;
    let isLast = false;
    for (const item of connection?.join?.(part, receivedTime) ?? []) {
      isLast ||= item.kind === 'message' || item.message !== undefined;
      this.#take(item, work);
    }
    if (device !== null) {
      const fields = { id: part.id, ...part.part, isLast };
      entries.push({ ...messageEntry(part, device, work), name: PART, fields });
    }
    if (answers.length + files.length === before) this.#answer(part, decision.verdict, work);
  }

  /** The connection is gone: its device goes offline, unless a newer connection speaks for it. */
  async closed(session: Session, receivedTime: number): Promise<void> {
    const device = session.device;
    if (!this.#options.sessions.close(session) || device === null) return;
    await this.#options.journal.append([presence(session, device, 'disconnected', receivedTime)]);
  }

  /** What the clock alone makes known of badges that are heard. */
  async sweepBeacons(now: number): Promise<void> {
    const { nearest, journal } = this.#options;
    if (nearest === undefined) return;
    const { derived, lost } = nearest.sweep(now);
    const entries: Entry[] = [];
    for (const message of derived) this.#derived(message, now, entries);
    if (entries.length > 0) await journal.append(entries);
    for (const device of lost) {
      nearest.forget(device);
      const session = this.#heard.get(deviceKey(device));
      if (session === undefined) continue;
      this.#heard.delete(deviceKey(device));
      await this.closed(session, now);
    }
  }

  /** Nobody listens any more: badges that only gateways hear go offline. */
  async leaveHeard(now: number): Promise<void> {
    const all = [...this.#heard.values()];
    this.#heard.clear();
    await Promise.all(all.map((session) => this.closed(session, now)));
  }

  /** A message of ours about a badge: it speaks through its own connection, or through one of the gateways' ears. */
  #derived(message: Message, receivedTime: number, entries: Entry[]): void {
    const { sessions } = this.#options;
    const { protocol, device: id } = message;
    if (id === null) return;
    const device = { protocol, id };
    const key = deviceKey(device);
    let session = sessions.of(device) ?? this.#heard.get(key);
    if (session === undefined) {
      // What a badge had heard before it left says nothing of its presence now.
      if (this.#options.nearest?.isHeard(device) !== true) {
        const unbound = new Session(0, NOWHERE);
        const desk = { session: unbound, receivedTime, entries };
        if (message.positions.length > 0) this.#positions(message, device, desk);
        else entries.push(messageEntry(message, device, desk));
        return;
      }
      // The badge itself has connected, or is heard no more.
      const close = () => {
        const own = this.#heard.get(key);
        this.#heard.delete(key);
        if (own !== undefined) sessions.close(own);
      };
      session = sessions.open({ transport: 'mqtt', remote: '', close });
      this.#heard.set(key, session);
    }
    this.#message(message, { session, receivedTime, entries });
  }

  #fault(fault: Fault, session: Session): Message | undefined {
    const { metrics, onFault } = this.#options;
    metrics.faults.inc({ protocol: fault.protocol, code: fault.code });
    metrics.faultBytes.inc({ protocol: fault.protocol }, fault.bytes);
    onFault(fault, session);
    return fault.message;
  }

  #decide(message: Message, name: string, { session, receivedTime }: Desk): Decision {
    const decision = this.#options.gate.decide(message, session, receivedTime);
    this.#counts.message(message.protocol, name, decision.reason).n++;
    if (session.wrongAuthCodes >= MAX_WRONG_AUTH_CODES) session.link.close('wrongAuthCode');
    return decision;
  }

  #message(message: Message, work: Desk): Verdict | null {
    const decision = this.#decide(message, message.name, work);
    if (!decision.keep) return decision.verdict;
    const device = this.#bind(message, work);
    if (device === null) return decision.verdict;
    const { answers } = message;
    if (answers) this.#options.onAnswer?.(device, answers, message);
    if (message.positions.length > 0) this.#positions(message, device, work);
    else work.entries.push(messageEntry(message, device, work));
    for (const derived of this.#options.nearest?.hear(message, device, work.receivedTime) ?? []) {
      this.#derived(derived, work.receivedTime, work.entries);
    }
    return decision.verdict;
  }

  /** The connection speaks for the device of `message` from now on. */
  #bind({ protocol, device: id }: Message, work: Desk): DeviceRef | null {
    const { session, receivedTime, entries } = work;
    const bearer = session.device;
    if (id === null) return null;
    if (bearer !== null && bearer.id === id && bearer.protocol === protocol) return bearer;
    const device = { protocol, id };
    const { left, online } = this.#options.sessions.bind(session, device);
    if (left !== null) entries.push(presence(session, left, 'disconnected', receivedTime));
    if (online) entries.push(presence(session, device, 'connected', receivedTime));
    return device;
  }

  #positions(message: Message, device: DeviceRef, work: Desk): void {
    const { metrics, liveMaxAgeMs } = this.#options;
    const { session, receivedTime, entries } = work;
    let raw = message.raw.length > MAX_JOINED_BYTES ? NO_BYTES : message.raw;
    for (const decoded of message.positions) {
      const position = plausible(decoded, receivedTime);
      const late = position.buffered || receivedTime - position.fixTime > liveMaxAgeMs;
      const entry: PositionEntry = {
        kind: 'position',
        seq: 0,
        receivedTime,
        device,
        edition: message.edition,
        epoch: session.epoch,
        late,
        position,
        hash: positionHash(position),
        raw,
      };
      raw = NO_BYTES;
      entries.push(entry);
      this.#counts.position(device.protocol, position.valid ? (late ? 'late' : 'live') : 'invalid')
        .n++;
      for (const flag of position.flags) metrics.flaggedPositions.inc({ flag });
    }
  }
}
