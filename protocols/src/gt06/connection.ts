import { toHex } from '../bytes.ts';
import type { Fields } from '../layout.ts';
import type {
  Command,
  Connection,
  ConnectionOptions,
  DeviceMemory,
  Fault,
  FaultCode,
  Message,
  Verdict,
  WrittenCommand,
} from '../protocol.ts';
import { answerOf } from './answers.ts';
import { writeCommand } from './commands.ts';
import {
  contentEnd,
  DEFAULT_MAX_FRAME_BYTES,
  Framer,
  type FrameSink,
  LONG_START,
} from './frame.ts';
import { FrameMessage } from './frame-message.ts';
import { login } from './messages/session.ts';
import { downRow, type RowTable, upRow } from './messages.ts';
import { type Model, modelOf } from './models.ts';
import { modulePositions } from './module-position.ts';
import { positionOf, type Receipt, voltageName } from './position.ts';
import { freshProfile, profileOf } from './profile.ts';
import { readPosition } from './report.ts';
import type { Row } from './row.ts';
import { sightingOf, stateChange } from './sightings.ts';

/** An edit of a device's settings is heeded while its connection lasts. */
const ASK_AGAIN_MS = 10_000;
const NO_FIELDS: Fields = {};
type Writable<T> = { -readonly [K in keyof T]: T[K] };
const NO_POSITIONS: Message['positions'] = [];

/**
 * One GT06 connection. Only the log-in names the device: what comes before it has none, what comes after a second
 * log-in belongs to the second. @see gt06.md section 3
 */
export class Gt06Connection implements Connection, FrameSink {
  readonly #rowOf: RowTable;
  readonly #framer: Framer;
  readonly #memory: DeviceMemory | undefined;
  readonly #profileOf: ConnectionOptions['profileOf'];
  /** For whom nobody set anything else. */
  readonly #others: { readonly model: Model; readonly lenient: boolean };
  /** Of the frame at hand: one for all, because most are read in no time. */
  readonly #receipt: Writable<Receipt>;
  /** When the settings of the device were asked for last. */
  #askedTime = 0;
  readonly #anyTime: boolean;
  #device: string | null = null;
  #isSound = false;
  #found: (Message | Fault)[] = [];
  /** Of our commands; answers echo the serial of the device instead. */
  #serial = 1;
  /** Names our commands; 0 is what devices say that do not know which they answer. */
  #flag = 1;

  constructor(options: Omit<ConnectionOptions, 'prefer'>) {
    const { side, lenient, maxFrameBytes, anyTime, model, memory } = options;
    this.#rowOf = side === 'terminal' ? downRow : upRow;
    this.#anyTime = anyTime ?? false;
    this.#memory = memory;
    this.#profileOf = options.profileOf;
    this.#others = { model: modelOf(model), lenient: lenient ?? false };
    this.#receipt = {
      receivedTime: 0,
      profile: freshProfile(this.#anyTime),
      model: this.#others.model,
      crcOk: true,
    };
    this.#framer = new Framer(
      { lenient: this.#others.lenient, maxFrameBytes: maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES },
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
    this.#receipt.receivedTime = receivedTime;
    if (receivedTime - this.#askedTime >= ASK_AGAIN_MS) this.#ask();
    this.#framer.push(chunk, receivedTime);
    return this.#take();
  }

  expire(now: number): readonly (Message | Fault)[] {
    this.#receipt.receivedTime = now;
    this.#framer.expire(now);
    return this.#take();
  }

  reply(message: Message, verdict: Verdict): Uint8Array | null {
    return message instanceof FrameMessage ? answerOf(message, verdict, this.#receipt.model) : null;
  }

  command(command: Command): WrittenCommand | null {
    if (this.#device === null) return null;
    const written = writeCommand(command, command.serial ?? this.#flag, this.#serial);
    this.#serial = (this.#serial + 1) & 0xffff;
    if (command.serial === undefined) this.#flag = this.#flag === LAST_FLAG ? 1 : this.#flag + 1;
    return written;
  }

  /** @internal called by the framer */
  frame(raw: Uint8Array, offset: number, crcOk: boolean): void {
    this.#isSound = true;
    const isLong = raw[0] === LONG_START;
    const contentStart = isLong ? 5 : 4;
    const type = raw[contentStart - 1] ?? 0;
    const row = this.#rowOf(type, isLong);
    const receipt = this.#receipt;
    receipt.crcOk = crcOk;
    if (row?.isShort) {
      const position = readPosition(raw, contentStart, contentEnd(raw), receipt);
      if (position !== null) {
        this.#found.push(this.#message(type, row, raw, null, [position]));
        return;
      }
    }
    const content = raw.subarray(contentStart, contentEnd(raw));
    if (row === undefined) {
      const fields = withCrc({ content: toHex(content) }, crcOk);
      this.#found.push(this.#message(type, undefined, raw, fields));
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
        message: this.#message(type, row, raw, NO_FIELDS),
        detail: `${row.name}.${decoded.field}: wants ${decoded.expected}`,
      });
      return;
    }
    const fields = withCrc(decoded.value, crcOk);
    if (row === login) this.#bind(fields);
    if (row.place === 'state') this.#nameVoltage(fields);
    this.#found.push(this.#message(type, row, raw, fields, positionsOf(row, fields, receipt)));
  }

  /** @internal called by the framer */
  lost(code: FaultCode, offset: number, bytes: number, detail?: string): void {
    const fault = { kind: 'fault', protocol: 'gt06', code, offset, bytes } as const;
    this.#found.push(detail === undefined ? fault : { ...fault, detail });
  }

  #bind(fields: Record<string, unknown>): void {
    const device = deviceOf(String(fields['terminalId']));
    // Another device has another clock.
    if (device !== this.#device) {
      this.#receipt.profile = profileOf(device, this.#memory, this.#anyTime);
    }
    this.#device = device;
    this.#ask();
    if (!DECIMAL.test(device)) fields['idFormat'] = 'hex';
  }

  /** What people set for the device; before its log-in nobody knows whose settings hold. */
  #ask(): void {
    this.#askedTime = this.#receipt.receivedTime;
    const set = this.#device === null ? null : this.#profileOf?.('gt06', this.#device);
    const isSet = set !== null && set !== undefined;
    this.#receipt.model = isSet ? modelOf(set.model) : this.#others.model;
    this.#framer.lenient = set?.lenient ?? this.#others.lenient;
  }

  #nameVoltage(fields: Record<string, unknown>): void {
    if (fields['voltage'] !== undefined && this.#receipt.model.voltageOf !== undefined) {
      fields[voltageName(this.#receipt.model)] = fields['voltage'];
    }
  }

  #message(
    type: number,
    row: Row | undefined,
    raw: Uint8Array,
    fields: Fields | null,
    positions = NO_POSITIONS,
  ): Message {
    const { receivedTime } = this.#receipt;
    return new FrameMessage(type, row, this.#device, raw, receivedTime, fields, positions);
  }

  #take(): readonly (Message | Fault)[] {
    const found = this.#found;
    if (found.length > 0) this.#found = [];
    return found;
  }
}

function positionsOf(row: Row, fields: Fields, receipt: Receipt): Message['positions'] {
  switch (row.place) {
    case 'gps':
      return [positionOf(fields, receipt)];
    case 'radio':
      return [sightingOf(fields, receipt)];
    case 'modules':
      return modulePositions(fields, receipt);
    case 'state':
      return stateChange(fields, receipt);
    default:
      return NO_POSITIONS;
  }
}

function withCrc(fields: Fields, crcOk: boolean): Record<string, unknown> {
  const noted = fields as Record<string, unknown>;
  if (!crcOk) noted['crcOk'] = false;
  return noted;
}

const LAST_FLAG = 0xffff_ffff;
const DECIMAL = /^\d+$/;

/** IMEI of the sixteen nibbles of a log-in: one leading zero is padding; clones have sixteen digits, or no digits. */
function deviceOf(terminalId: string): string {
  return DECIMAL.test(terminalId) && terminalId.startsWith('0') ? terminalId.slice(1) : terminalId;
}

/** The sixteen nibbles that name `device` in a log-in. */
export function terminalIdOf(device: string): string {
  return device.padStart(16, '0');
}
