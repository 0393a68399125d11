import { hexId } from '../bytes.ts';
import type { Fields } from '../layout.ts';
import type { Position } from '../position.ts';
import type { CommandAnswer, Intent, Message, PartOf } from '../protocol.ts';
import { commandAnswer } from './commands.ts';
import type { Dialect } from './dialects.ts';
import type { Header } from './header.ts';
import type { Remembered } from './joined-parts.ts';
import type { Row } from './row.ts';
import type { Edition } from './versions.ts';

/** A sound frame, or the frames of one message that came in parts. */
export interface Frame {
  /** Of the frame that completed the message. */
  readonly header: Header;
  readonly row: Row | undefined;
  readonly dialect: Dialect;
  /** All its frames, exactly as they came. */
  readonly raw: Uint8Array;
  /** Of the last of them in the stream. */
  readonly offset: number;
  readonly isJoined: boolean;
  /** Of the first frame, when there are several. */
  readonly firstSerial?: number;
  /** Set when the frame is one part of a message, for whoever joins parts. */
  readonly part?: PartOf;
  /** What will be known of the parts of this message, in case they come again. */
  readonly remembered?: Remembered;
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
  readonly part: PartOf | undefined;
  /** The whole that this is, or whose part came again; null for all else. */
  remembered: Remembered | null;
  /** Null for a message all of whose frames are to be answered: each of them has one. */
  readonly header: Header | null;
  readonly row: Row | undefined;
  readonly dialect: Dialect;
  #fields: Fields | (() => Fields);

  /** @param fields what the tables read, or how to read it later */
  constructor(
    frame: Frame,
    fields: Fields | (() => Fields),
    positions: readonly Position[] = NO_POSITIONS,
  ) {
    const { header, row, dialect, raw } = frame;
    this.kind = 'message';
    this.protocol = 'jt808';
    this.id = row?.id ?? hexId(header.id, 4);
    this.name = row?.name ?? 'unknown';
    this.device = header.device;
    this.edition = dialect.edition;
    this.dialect = dialect;
    this.serial = frame.firstSerial ?? header.serial;
    this.positions = positions;
    this.intent = row?.intent ?? 'unknown';
    this.raw = raw;
    this.part = frame.part;
    this.remembered = frame.remembered ?? null;
    this.header = frame.isJoined ? null : header;
    this.row = row;
    this.#fields = fields;
  }

  get fields(): Fields {
    if (typeof this.#fields === 'function') this.#fields = this.#fields();
    return this.#fields;
  }

  get answers(): CommandAnswer | null {
    if (this.part !== undefined) return null;
    return commandAnswer(this.id, this.edition, () => this.fields);
  }
}
