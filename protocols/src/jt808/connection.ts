import { digitsOfTime, toHex } from '../bytes.ts';
import type { Fields } from '../layout.ts';
import type {
  Command,
  Connection,
  ConnectionOptions,
  Fault,
  FaultCode,
  Message,
  Verdict,
  WrittenCommand,
} from '../protocol.ts';
import { generalAnswer } from './answer.ts';
import { readBody } from './body.ts';
import { eachContent, Framer, type FrameSink } from './frame.ts';
import { type Frame, FrameMessage } from './frame-message.ts';
import { type Header, readHeader } from './header.ts';
import type { Receipt } from './location.ts';
import { rowOf } from './messages.ts';
import { readBatch, readReport } from './report.ts';
import { type Row, tablesOf } from './row.ts';
import { Assembly, MAX_PARTS } from './subpackages.ts';
import type { Edition } from './versions.ts';
import { write } from './write.ts';
import { writeCommand } from './write-command.ts';

/** Result byte of the general answers. @see JT/T 808, general answer clauses */
const generalResults: Readonly<Record<Verdict['result'], number>> = {
  accepted: 0,
  refused: 1,
  unknownDevice: 1,
  malformed: 2,
  unsupported: 3,
};
/** Result byte of 0x8100; a register that could not be read gets the general answer. */
const registerResults = { accepted: 0, refused: 4, unknownDevice: 4 } as const;

type Item = Message | Fault;

/** @see JT/T 808-2019, query server time answer */
const SERVER_TIME_ZONE_HOURS = 0;

const LOCATION_REPORT = 0x0200;
const LOCATION_BATCH = 0x0704;

/** One JT/T 808 connection: frames, sub-packages, the edition of the device and our serials. */
export class Jt808Connection implements Connection, FrameSink {
  readonly #framer: Framer;
  readonly #assembly = new Assembly();
  readonly #side: 'platform' | 'terminal';
  readonly #anyTime: boolean;
  /** What a register of 2011 taught; the header cannot tell. */
  #is2011 = false;
  #isSound = false;
  /** Of the frame before: nearly always of the same sender. */
  #lastHeader: Header | null = null;
  #serial = 0;
  #items: Item[] = [];
  #receivedTime = 0;

  constructor(options: Omit<ConnectionOptions, 'prefer'> = {}) {
    this.#framer = new Framer({
      ...(options.maxFrameBytes === undefined ? {} : { maxFrameBytes: options.maxFrameBytes }),
      ignoreChecksum: options.lenient ?? false,
    });
    this.#side = options.side ?? 'platform';
    this.#anyTime = options.anyTime ?? false;
  }

  get protocol(): 'jt808' | null {
    return this.#isSound ? 'jt808' : null;
  }

  get pendingBytes(): number {
    return this.#framer.pendingBytes;
  }

  get heldBytes(): number {
    return this.#framer.pendingBytes + this.#assembly.bytes;
  }

  push(chunk: Uint8Array, receivedTime: number): readonly Item[] {
    this.#receivedTime = receivedTime;
    this.#framer.push(chunk, this);
    return this.#taken();
  }

  expire(now: number): readonly Item[] {
    this.#assembly.expire(now, ({ offset, bytes, detail }) =>
      this.dropped('subpackageDropped', offset, bytes, detail),
    );
    return this.#taken();
  }

  reply(message: Message, verdict: Verdict): Uint8Array | null {
    if (message instanceof FrameMessage && message.header !== null) {
      const { header, row } = message;
      return this.#answer(header, row, verdict, message.edition);
    }
    const answers: Uint8Array[] = [];
    // A joined message has several frames. Its sender may wait for an answer to each; a register has but one.
    eachContent(message.raw, (content) => {
      const header = readHeader(content);
      if (header === null) return;
      const row = rowOf(header.id);
      const once = row?.answer === 'registration' && verdict.result in registerResults;
      if (once && answers.length > 0) return;
      const answer = this.#answer(header, row, verdict, message.edition as Edition);
      if (answer !== null) answers.push(answer);
    });
    const [first] = answers;
    if (first === undefined) return null;
    return answers.length === 1 ? first : Uint8Array.from(answers.flatMap((a) => [...a]));
  }

  command(command: Command): WrittenCommand | null {
    const to = this.#lastHeader;
    if (to === null) return null;
    const edition: Edition = to.form === '2019' ? '2019' : this.#is2011 ? '2011' : '2013';
    const written = writeCommand(to, edition, command, command.serial ?? this.#serial);
    if (command.serial === undefined) this.#serial = (this.#serial + written.serials) & 0xffff;
    return written;
  }

  #answer(
    header: Header,
    row: Row | undefined,
    verdict: Verdict,
    edition: Edition,
  ): Uint8Array | null {
    // Only what comes from the other side is answered; an answer to an answer would never end.
    const mine = this.#side === 'platform' ? 0x8000 : 0;
    if ((header.id & 0x8000) === mine || row?.answer === 'none') return null;
    const { result } = verdict;
    const answeredSerial = header.serial;
    if (row?.answer === 'registration' && result in registerResults) {
      const code = registerResults[result as keyof typeof registerResults];
      const fields = { answeredSerial, result: code };
      return this.#send(0x8100, header, edition, {
        ...fields,
        ...(result === 'accepted' ? { authCode: verdict.authCode ?? '' } : {}),
      });
    }
    if (row?.answer === 'time' && result === 'accepted') {
      const time = sayable(this.#receivedTime);
      if (time !== null) return this.#send(0x8004, header, edition, { time });
      return generalAnswer(header, mine | 0x0001, this.#nextSerial(), generalResults.refused);
    }
    return generalAnswer(header, mine | 0x0001, this.#nextSerial(), generalResults[result]);
  }

  #send(id: number, to: Header, edition: Edition, fields: Fields): Uint8Array {
    return write({ ...to, id, serial: this.#nextSerial() }, edition, fields);
  }

  #nextSerial(): number {
    const serial = this.#serial;
    this.#serial = (serial + 1) & 0xffff;
    return serial;
  }

  /** @internal called by the framer */
  dropped(code: FaultCode, offset: number, bytes: number, detail: string): void {
    this.#items.push({ kind: 'fault', protocol: 'jt808', code, offset, bytes, detail });
  }

  /** @internal called by the framer */
  frame(content: Uint8Array, length: number, raw: Uint8Array, offset: number): void {
    const header = readHeader(content, length, this.#lastHeader);
    if (header === null) {
      this.dropped('badLength', offset, raw.length, 'announced length and header do not add up');
      return;
    }
    this.#isSound = true;
    this.#lastHeader = header;
    const row = rowOf(header.id);
    const edition: Edition = header.form === '2019' ? '2019' : this.#is2011 ? '2011' : '2013';
    const frame: Frame = { header, row, edition, raw, offset, isJoined: false };
    if (header.encryption !== 0) {
      this.#unusable('encrypted', frame, `encryption ${header.encryption}`);
    } else if (header.package !== null && row !== undefined && header.package.total !== 1) {
      this.#part(frame, row, content.slice(header.bodyAt, length));
    } else if (!this.#locations(frame, content, length)) {
      this.#body(frame, content.subarray(header.bodyAt, length));
    }
  }

  #part(frame: Frame, row: Row, body: Uint8Array): void {
    const { header, raw, offset } = frame;
    const { total, index } = header.package ?? { total: 0, index: 0 };
    if (index < 1 || index > total || total > MAX_PARTS) {
      this.#unusable('subpackageDropped', frame, `part ${index} of ${total}`);
      return;
    }
    const joined = this.#assembly.add(
      header,
      { body, raw: Uint8Array.from(raw), offset },
      this.#receivedTime,
      (what) => this.dropped('subpackageDropped', what.offset, what.bytes, what.detail),
    );
    // A part alone is not answered: the answer would say that we have it, and nothing is kept before the whole.
    if (joined !== null) {
      this.#body({ ...frame, row, raw: joined.raw, isJoined: true }, joined.body);
    }
  }

  /** The short way of the messages that make up nearly all traffic; false: the tables have to look at it. */
  #locations(frame: Frame, content: Uint8Array, length: number): boolean {
    const { header, edition } = frame;
    const read =
      header.id === LOCATION_REPORT ? readReport : header.id === LOCATION_BATCH ? readBatch : null;
    const positions = read?.(content, header.bodyAt, length, edition, this.#receipt()) ?? null;
    if (positions === null) return false;
    this.#items.push(new FrameMessage(frame, () => locationFields(frame), positions));
    return true;
  }

  #body(frame: Frame, body: Uint8Array): void {
    const { header, row, edition: assumed } = frame;
    if (row === undefined) {
      this.#items.push(new FrameMessage(frame, { body: toHex(body) }));
      return;
    }
    const edition = row.editionOf?.(body, assumed) ?? assumed;
    const read = readRow(row, edition, body);
    if (!read.ok) {
      const detail = `${row.name}.${read.field} at byte ${read.offset}: wants ${read.expected}`;
      this.#unusable('badBody', { ...frame, edition }, detail);
      return;
    }
    const rejected = row.reject?.(read.fields) ?? null;
    if (rejected !== null) {
      const detail = `${row.name}.${rejected}: nothing in it can be read`;
      this.#unusable('badBody', { ...frame, edition }, detail);
      return;
    }
    if (row.editionOf !== undefined && header.form === '2013') this.#is2011 = edition === '2011';
    const fields = withQuirks(read.fields, header);
    const positions = row.positions?.(fields, this.#receipt()) ?? [];
    this.#items.push(new FrameMessage({ ...frame, edition }, fields, positions));
  }

  #receipt(): Receipt {
    return { receivedTime: this.#receivedTime, anyTime: this.#anyTime };
  }

  /** A sound frame whose content is of no use: the sender learns it. */
  #unusable(code: FaultCode, frame: Frame, detail: string): void {
    this.#items.push({
      kind: 'fault',
      protocol: 'jt808',
      code,
      offset: frame.offset,
      bytes: frame.raw.length,
      message: new FrameMessage(frame, {}),
      detail,
    });
  }

  #taken(): readonly Item[] {
    const items = this.#items;
    this.#items = [];
    return items;
  }
}

/** What the tables say of a message that went the short way. */
function locationFields({ header, row, edition, raw }: Frame): Fields {
  let fields: Fields = {};
  eachContent(raw, (content) => {
    const read = row && readRow(row, edition, content.subarray(header.bodyAt));
    if (read?.ok) fields = withQuirks(read.fields, header);
  });
  return fields;
}

/** UTC by the text, other than all other times. Null outside the years that the wire can say. */
function sayable(time: number): string | null {
  const year = new Date(time).getUTCFullYear();
  return year >= 2000 && year <= 2099 ? digitsOfTime(time, SERVER_TIME_ZONE_HOURS) : null;
}

function readRow(
  row: Row,
  edition: Edition,
  body: Uint8Array,
): ReturnType<typeof readBody<Fields>> {
  const tables = tablesOf(row, edition);
  for (const table of tables) {
    const read = readBody(table, body);
    if (table === tables.at(-1) || (read.ok && read.fields['trailing'] === undefined)) return read;
  }
  return { ok: false, field: '', offset: 0, expected: 'a body of this edition' };
}

/** Headers that differ from their edition are noted beside the fields of the body. */
function withQuirks(fields: Fields, header: Header): Fields {
  const mismatch = header.versionFlag !== (header.form === '2019');
  const version = header.versionByte !== null && header.versionByte !== 1;
  if (!mismatch && !version) return fields;
  return {
    ...fields,
    ...(mismatch ? { versionFlagMismatch: true } : {}),
    ...(version ? { protocolVersion: header.versionByte } : {}),
  };
}
