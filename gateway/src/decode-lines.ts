import type { Fault, Message, Position, Protocol, Verdict } from '@xunji/protocols';
import { Gate, type Registry } from './ingest/gate.ts';
import { Sessions } from './ingest/session.ts';

/** What every register is answered with here, so that the output of the same input is always the same. */
export const DECODE_AUTH_CODE = '0123456789ABCDEF';

/** Everybody may come in, nobody is remembered. */
const openDoor: Registry = {
  find: () => ({ admission: 'known' }),
  createPending: () => undefined,
  noteKnocking: () => undefined,
  setAuthCode: () => DECODE_AUTH_CODE,
  verifyAuth: () => true,
  touch: () => undefined,
  hasKnown: () => true,
};

const plain = (name: string): string =>
  name
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '')
    .replace(/^JM/, '');

/** The name of a model as its profile has it, however it was written; undefined: there is none. */
export const modelNamed = (protocol: Protocol, text: string): string | undefined =>
  protocol.models.find(({ name }) => plain(name) === plain(text))?.name;

export interface DecodedLine {
  readonly messages: readonly object[];
  readonly faults: readonly object[];
}

/**
 * Reads lines of hex as the successive chunks of one connection, as a gateway in admission mode `open` would:
 * our serials start at 0, every device time that exists is believed, and a GT06 frame before any log-in is answered as
 * one behind it.
 */
export class LineDecoder {
  readonly #connection;
  readonly #gate = new Gate(openDoor, 'open');
  readonly #session = new Sessions(0).open({
    transport: 'tcp',
    remote: '',
    close: () => undefined,
  });
  #consumed = 0;

  constructor(
    protocol: Protocol,
    options: { readonly lenient: boolean; readonly model?: string | null },
  ) {
    const { lenient, model = null } = options;
    this.#connection = protocol.open({
      ...{ lenient, anyTime: true },
      ...(model === null ? {} : { model }),
    });
  }

  /** One line, blanks ignored. What is no hex text of whole bytes is a fault and reaches nobody. */
  decode(line: string, now: number): DecodedLine {
    const text = line.replace(/\s/g, '');
    if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) {
      const detail = 'the line is not hex';
      return {
        messages: [],
        faults: [{ code: 'badPayload', offset: this.#consumed, bytes: 0, detail }],
      };
    }
    const chunk = Buffer.from(text, 'hex');
    const items = this.#connection.push(chunk, now);
    this.#consumed += chunk.length;
    const messages: object[] = [];
    const faults: object[] = [];
    for (const item of items) {
      if (item.kind === 'message') messages.push(this.#message(item, now));
      else faults.push(this.#fault(item));
    }
    return { messages, faults };
  }

  #message(message: Message, now: number): object {
    const decided = this.#gate.decide(message, this.#session, now);
    // Whoever shows a frame alone wants to see its answer: its sender counts as logged in.
    const verdict: Verdict | null =
      message.device === null ? { result: 'accepted' } : decided.verdict;
    const { id, name, device, edition, serial, fields } = message;
    return {
      id,
      name,
      device,
      edition,
      serial,
      fields,
      positions: message.positions.map((p) => shownPosition(p, device)),
      reply: this.#reply(message, verdict),
    };
  }

  #fault({ code, offset, bytes, detail, message }: Fault): object {
    const verdict: Verdict = { result: code === 'encrypted' ? 'unsupported' : 'malformed' };
    return {
      code,
      offset,
      bytes,
      ...(detail === undefined ? {} : { detail }),
      ...(message === undefined
        ? {}
        : { id: message.id, device: message.device, reply: this.#reply(message, verdict) }),
    };
  }

  #reply(message: Message, verdict: Verdict | null): string | null {
    const reply = verdict === null ? null : this.#connection.reply(message, verdict);
    return reply === null ? null : Buffer.from(reply).toString('hex');
  }
}

/** A position by the names of the REST interface. */
function shownPosition(position: Position, device: string | null): object {
  const { fixTime, timeSource, valid, latitude, longitude, altitudeM, ...rest } = position;
  const { speedKmh, courseDeg, satellites, mileageKm, alarms, buffered, ...others } = rest;
  return {
    device,
    fixTime: new Date(fixTime).toISOString(),
    valid,
    latitude,
    longitude,
    altitudeM,
    speedKmh,
    courseDeg,
    satellites,
    mileageKm,
    alarms,
    ...others,
    timeSource,
    late: buffered,
  };
}
