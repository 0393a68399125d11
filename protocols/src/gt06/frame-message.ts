import { hexId } from '../bytes.ts';
import type { Fields } from '../layout.ts';
import type { Position } from '../position.ts';
import type { CommandAnswer, Intent, Message } from '../protocol.ts';
import { commandAnswer } from './commands.ts';
import { LONG_START, partsOf, serialOf } from './frame.ts';
import type { Row } from './row.ts';

const NOTHING: readonly string[] = [];

/** A message that remembers what its answer needs; its fields are read from the tables when somebody asks. */
export class FrameMessage implements Message {
  readonly kind: 'message';
  readonly protocol: 'gt06';
  readonly id: string;
  readonly name: string;
  readonly device: string | null;
  readonly edition: null;
  readonly serial: number;
  readonly positions: readonly Position[];
  readonly intent: Intent;
  readonly raw: Uint8Array;
  /** Undefined for a type that no table has. */
  readonly row: Row | undefined;
  /** Ms UTC, for the answers that tell the time. */
  readonly receivedTime: number;
  #fields: Fields | null;

  /** @param fields what the tables read; null where they are asked later */
  constructor(
    type: number,
    row: Row | undefined,
    device: string | null,
    raw: Uint8Array,
    receivedTime: number,
    fields: Fields | null,
    positions: readonly Position[],
  ) {
    this.kind = 'message';
    this.protocol = 'gt06';
    this.id = row === undefined ? hexId(type, 2) : row.id;
    this.name = row === undefined ? 'unknown' : row.name;
    this.device = device;
    this.edition = null;
    this.serial = serialOf(raw);
    this.positions = positions;
    this.intent = row === undefined ? 'unknown' : row.intent;
    this.raw = raw;
    this.row = row;
    this.receivedTime = receivedTime;
    this.#fields = fields;
  }

  get fields(): Fields {
    if (this.#fields === null) {
      const { contentStart, contentEnd } = partsOf(this.raw);
      const read = this.row?.body.decode(this.raw.subarray(contentStart, contentEnd));
      this.#fields = read?.ok ? read.value : {};
    }
    return this.#fields;
  }

  get sensitive(): readonly string[] {
    return this.row?.sensitive?.(this.fields) ?? NOTHING;
  }

  get answers(): CommandAnswer | null {
    return commandAnswer(this.id, () => this.fields);
  }

  /** The device sent the long header, which some answers repeat. */
  get isLong(): boolean {
    return this.raw[0] === LONG_START;
  }
}
