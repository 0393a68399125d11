import { hexId, toHex } from '../bytes.ts';
import type { Fields } from '../layout.ts';
import type {
  Connection,
  ConnectionOptions,
  Fault,
  FaultCode,
  Intent,
  Message,
  Verdict,
} from '../protocol.ts';
import { DeviceClock } from './clock.ts';
import {
  DEFAULT_MAX_FRAME_BYTES,
  type FrameParts,
  Framer,
  type FrameSink,
  partsOf,
  writeFrame,
} from './frame.ts';
import { downByType, login, type Row, upByType } from './messages.ts';
import { type Profile, positionOf } from './position.ts';

const NO_CONTENT = new Uint8Array(0);
const NO_FIELDS: Fields = {};
const CRC_BAD: Fields = { crcOk: false };
const NO_POSITIONS: Message['positions'] = [];

/**
 * One GT06 connection. Only the log-in names the device: what comes before it has none, what comes after a second
 * log-in belongs to the second. @see gt06.md section 3
 */
export class Gt06Connection implements Connection, FrameSink {
  readonly #rows: ReadonlyMap<number, Row>;
  readonly #framer: Framer;
  #device: string | null = null;
  #profile: Profile;
  #isSound = false;
  #found: (Message | Fault)[] = [];
  #receivedTime = 0;
  readonly #anyTime: boolean;

  constructor({ side, lenient, maxFrameBytes, anyTime }: Omit<ConnectionOptions, 'prefer'>) {
    this.#rows = side === 'terminal' ? downByType : upByType;
    this.#anyTime = anyTime ?? false;
    this.#profile = freshProfile(this.#anyTime);
    this.#framer = new Framer(
      { lenient: lenient ?? false, maxFrameBytes: maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES },
      this,
    );
  }

  get protocol(): 'gt06' | null {
    return this.#isSound ? 'gt06' : null;
  }

  get pendingBytes(): number {
    return this.#framer.pendingBytes;
  }

  get heldBytes(): number {
    return this.#framer.pendingBytes;
  }

  push(chunk: Uint8Array, receivedTime: number): readonly (Message | Fault)[] {
    this.#receivedTime = receivedTime;
    this.#framer.push(chunk, receivedTime);
    return this.#take();
  }

  expire(now: number): readonly (Message | Fault)[] {
    this.#receivedTime = now;
    this.#framer.expire(now);
    return this.#take();
  }

  /** The bare answer with the device's own serial; only to frames the gateway took. @see gt06.md section 3.1 */
  reply(message: Message, verdict: Verdict): Uint8Array | null {
    const row = this.#rows.get(typeOf(message.id));
    if (row === undefined || !row.isAnswered) return null;
    // A stranger left without these two answers reconnects for ever and burns its data volume.
    const isCourtesy = row.intent === 'authenticate' || row.intent === 'keepalive';
    return verdict.result === 'accepted' || (verdict.result === 'unknownDevice' && isCourtesy)
      ? writeFrame(row.type, NO_CONTENT, message.serial)
      : null;
  }

  frame(raw: Uint8Array, offset: number, crcOk: boolean): void {
    this.#isSound = true;
    const parts = partsOf(raw);
    const row = this.#rows.get(parts.type);
    const content = raw.subarray(parts.contentStart, parts.contentEnd);
    if (row === undefined) {
      const fields = { content: toHex(content), ...(crcOk ? NO_FIELDS : CRC_BAD) };
      const id = hexId(parts.type, 2);
      this.#found.push(this.#message(parts, id, 'unknown', 'unknown', raw, fields));
      return;
    }
    const decoded = row.body.decode(content);
    if (!decoded.ok) {
      this.#found.push({
        kind: 'fault',
        protocol: 'gt06',
        code: 'badBody',
        offset,
        bytes: raw.length,
        message: this.#message(parts, row.id, row.name, row.intent, raw, NO_FIELDS),
        detail: `${row.name}.${decoded.field}: wants ${decoded.expected}`,
      });
      return;
    }
    const fields = decoded.value as Record<string, unknown>;
    if (row === login) this.#bind(fields);
    if (!crcOk) fields['crcOk'] = false;
    const positions = row.hasPosition
      ? [positionOf(fields, this.#receivedTime, this.#profile, crcOk)]
      : NO_POSITIONS;
    this.#found.push(this.#message(parts, row.id, row.name, row.intent, raw, fields, positions));
  }

  lost(code: FaultCode, offset: number, bytes: number): void {
    this.#found.push({ kind: 'fault', protocol: 'gt06', code, offset, bytes });
  }

  #bind(fields: Record<string, unknown>): void {
    const device = deviceOf(String(fields['terminalId']));
    // Another device has another clock.
    if (device !== this.#device) this.#profile = freshProfile(this.#anyTime);
    this.#device = device;
    if (!DECIMAL.test(device)) fields['idFormat'] = 'hex';
  }

  #message(
    { serial }: FrameParts,
    id: string,
    name: string,
    intent: Intent,
    raw: Uint8Array,
    fields: Fields,
    positions = NO_POSITIONS,
  ): Message {
    return {
      kind: 'message',
      protocol: 'gt06',
      id,
      name,
      device: this.#device,
      edition: null,
      serial,
      fields,
      positions,
      intent,
      raw,
    };
  }

  #take(): readonly (Message | Fault)[] {
    const found = this.#found;
    if (found.length > 0) this.#found = [];
    return found;
  }
}

const freshProfile = (anyTime: boolean): Profile => ({
  clock: new DeviceClock(anyTime),
  usesSpareCourseBits: false,
});

const typeOf = (id: string): number => Number.parseInt(id, 16);

const DECIMAL = /^\d+$/;

/** IMEI of the sixteen nibbles of a log-in: one leading zero is padding; clones have sixteen digits, or no digits. */
function deviceOf(terminalId: string): string {
  return DECIMAL.test(terminalId) && terminalId.startsWith('0') ? terminalId.slice(1) : terminalId;
}

/** The sixteen nibbles that name `device` in a log-in. */
export function terminalIdOf(device: string): string {
  return device.padStart(16, '0');
}
