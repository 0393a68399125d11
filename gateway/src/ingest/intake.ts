import type { Connection, Fault, Message, Verdict } from '@xunji/protocols';
import type { DeviceRef, Entry, PositionEntry } from '../journal/record.ts';
import type { Metrics } from '../metrics.ts';
import { type Gate, plausible } from './gate.ts';
import { positionHash } from './position-hash.ts';
import type { Session, Sessions } from './session.ts';

/** The journal as the intake sees it. */
export interface Appender {
  append(entries: readonly Entry[]): Promise<number>;
}

export interface IntakeOptions {
  readonly journal: Appender;
  readonly gate: Gate;
  readonly sessions: Sessions;
  readonly metrics: Metrics;
  readonly liveMaxAgeMs: number;
  readonly onFault: (fault: Fault, session: Session) => void;
}

/** What one read came to. */
export interface Outcome {
  /** The answers in order, null when there is nothing to say. */
  readonly answer: Uint8Array | null;
  /** The gate turned a message away. */
  readonly refused: boolean;
}

const NO_BYTES = new Uint8Array(0);

/**
 * frame → message → gate → journal → answer. The one place that decides when a device may be told that we have
 * its data: after the fsync of this frame and of every earlier frame of its connection.
 */
export class Intake {
  readonly #options: IntakeOptions;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /**
   * Takes what one read gave. Resolves once everything it holds, and everything before it on
   * this connection, is durable.
   */
  async receive(
    session: Session,
    items: readonly (Message | Fault)[],
    receivedTime: number,
    connection: Connection | null,
  ): Promise<Outcome> {
    const entries: Entry[] = [];
    const answers: Uint8Array[] = [];
    let refused = false;
    for (const item of items) {
      const message = item.kind === 'fault' ? this.#fault(item, session) : item;
      if (message === undefined) continue;
      const verdict: Verdict | null =
        item.kind === 'fault'
          ? { result: item.code === 'encrypted' ? 'unsupported' : 'malformed' }
          : this.#message(item, session, receivedTime, entries);
      refused ||= verdict?.result === 'refused';
      const answer = verdict === null ? null : (connection?.reply(message, verdict) ?? null);
      if (answer !== null) answers.push(answer);
    }
    if (entries.length > 0) session.lastAppend = this.#options.journal.append(entries);
    await session.lastAppend;
    return { answer: answers.length === 0 ? null : Buffer.concat(answers), refused };
  }

  /** The connection is gone: its device goes offline, unless a newer connection speaks for it. */
  async closed(session: Session, receivedTime: number): Promise<void> {
    const device = session.device;
    if (!this.#options.sessions.close(session) || device === null) return;
    await this.#options.journal.append([presence(session, device, 'disconnected', receivedTime)]);
  }

  #fault(fault: Fault, session: Session): Message | undefined {
    const { metrics, onFault } = this.#options;
    metrics.faults.inc({ protocol: fault.protocol, code: fault.code });
    metrics.faultBytes.inc({ protocol: fault.protocol }, fault.bytes);
    onFault(fault, session);
    return fault.message;
  }

  #message(
    message: Message,
    session: Session,
    receivedTime: number,
    entries: Entry[],
  ): Verdict | null {
    const { gate, sessions, metrics } = this.#options;
    const decision = gate.decide(message, session, receivedTime);
    metrics.messages.inc({
      protocol: message.protocol,
      name: message.name,
      result: decision.reason,
    });
    if (!decision.keep || message.device === null) return decision.verdict;
    const device: DeviceRef = { protocol: message.protocol, id: message.device };
    const bound = sessions.bind(session, device);
    if (bound.left !== null)
      entries.push(presence(session, bound.left, 'disconnected', receivedTime));
    if (bound.online) entries.push(presence(session, device, 'connected', receivedTime));
    if (message.positions.length > 0)
      this.#positions(message, device, session, receivedTime, entries);
    else entries.push(messageEntry(message, device, session, receivedTime));
    return decision.verdict;
  }

  #positions(
    message: Message,
    device: DeviceRef,
    session: Session,
    receivedTime: number,
    entries: Entry[],
  ): void {
    const { metrics, liveMaxAgeMs } = this.#options;
    let raw = message.raw;
    for (const decoded of message.positions) {
      const position = plausible(decoded, receivedTime);
      const late = position.buffered || receivedTime - position.fixTime > liveMaxAgeMs;
      const entry: PositionEntry = {
        kind: 'position',
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
      metrics.positions.inc({
        protocol: device.protocol,
        kind: position.valid ? (late ? 'late' : 'live') : 'invalid',
      });
      for (const flag of position.flags) metrics.flaggedPositions.inc({ flag });
    }
  }
}

/** Register and authenticate carry secrets: the fact is kept, the bytes are not. */
function messageEntry(
  message: Message,
  device: DeviceRef,
  session: Session,
  receivedTime: number,
): Entry {
  const secret = message.intent === 'register' || message.intent === 'authenticate';
  return {
    kind: 'message',
    receivedTime,
    device,
    edition: message.edition,
    epoch: session.epoch,
    name: message.name,
    fields: secret ? {} : message.fields,
    raw: secret ? NO_BYTES : message.raw,
  };
}

function presence(
  session: Session,
  device: DeviceRef,
  name: 'connected' | 'disconnected',
  receivedTime: number,
): Entry {
  return {
    kind: 'message',
    receivedTime,
    device,
    edition: null,
    epoch: session.epoch,
    name,
    fields: {},
    raw: NO_BYTES,
  };
}
