import { hexId } from '../bytes.ts';
import type { Fields } from '../layout.ts';
import type { Position } from '../position.ts';
import type { CommandAnswer, Intent, Message } from '../protocol.ts';
import { commandAnswer } from './commands.ts';
import type { Header } from './header.ts';
import type { Row } from './row.ts';
import type { Edition } from './versions.ts';

/** A sound frame, or the frames of one message that came in parts. */
export interface Frame {
  /** Of the frame that completed the message. */
  readonly header: Header;
  readonly row: Row | undefined;
  readonly edition: Edition;
  /** All its frames, exactly as they came. */
  readonly raw: Uint8Array;
  /** Of the last of them in the stream. */
  readonly offset: number;
  readonly isJoined: boolean;
}

const NO_POSITIONS: readonly Position[] = [];

/** A message that remembers its frame, for the answer; its fields are read from the tables when somebody asks. */
export class FrameMessage implements Message {
  readonly kind: 'message';
  readonly protocol: 'jt808';
  readonly id: string;
  readonly name: string;
  readonly device: string;
  readonly edition: Edition;
  readonly serial: number;
  readonly positions: readonly Position[];
  readonly intent: Intent;
  readonly raw: Uint8Array;
  /** Null for a message in parts: each of its frames has one. */
  readonly header: Header | null;
  readonly row: Row | undefined;
  #fields: Fields | (() => Fields);

  /** @param fields what the tables read, or how to read it later */
  constructor(
    { header, row, edition, raw, isJoined }: Frame,
    fields: Fields | (() => Fields),
    positions: readonly Position[] = NO_POSITIONS,
  ) {
    this.kind = 'message';
    this.protocol = 'jt808';
    this.id = row?.id ?? hexId(header.id, 4);
    this.name = row?.name ?? 'unknown';
    this.device = header.device;
    this.edition = edition;
    this.serial = header.serial;
    this.positions = positions;
    this.intent = row?.intent ?? 'unknown';
    this.raw = raw;
    this.header = isJoined ? null : header;
    this.row = row;
    this.#fields = fields;
  }

  get fields(): Fields {
    if (typeof this.#fields === 'function') this.#fields = this.#fields();
    return this.#fields;
  }

  get answers(): CommandAnswer | null {
    return commandAnswer(this.id, this.edition, () => this.fields);
  }
}
