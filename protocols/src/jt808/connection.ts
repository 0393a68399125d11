import { toHex } from '../bytes.ts';
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
import { generalAnswer, mediaAnswer } from './answer.ts';
import { type Dialect, dialectOf } from './dialects.ts';
import { eachContent, Framer, type FrameSink } from './frame.ts';
import { type Frame, FrameMessage } from './frame-message.ts';
import { asEdition, type Header, readHeader } from './header.ts';
import type { Receipt } from './location.ts';
import { mediaForm, packageOf } from './messages/media.ts';
import { rowOf } from './messages.ts';
import { Profiles } from './profiles.ts';
import { locationFields, mediaIdOf, readRow, serverTime, withQuirks } from './read-fields.ts';
import { readBatch, readReport } from './report.ts';
import type { Row } from './row.ts';
import { SentParts } from './sent-parts.ts';
import {
  type GivenUp,
  type Holder,
  MAX_PARTS,
  missing,
  newHolder,
  type OpenSet,
  Subpackages,
} from './subpackages.ts';
import type { Edition } from './versions.ts';
import { joined, writeFrames } from './write.ts';
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

const LOCATION_REPORT = 0x0200;
const LOCATION_BATCH = 0x0704;
const MEDIA_DATA = 0x0801;
const TERMINAL_ANSWER = 0x0001;
/** Asking for parts again, the platform and the terminal. */
const RETRANSMIT = 0x8003;
const RETRANSMIT_UP = 0x0005;
/** Indexes in one request: those of media data count in a byte and stay below it, the others fill a frame. */
const MAX_ASKED = { media: 125, '2013': 255, '2019': 498 } as const;

/** One JT/T 808 connection: frames, sub-packages, the edition of the device and our serials. */
export class Jt808Connection implements Connection, FrameSink {
  readonly #framer: Framer;
  readonly #subpackages: Subpackages;
  /** Parts are handed out, and joined only when they are handed back. */
  readonly #isGated: boolean;
  /** What this connection brought of sets that are incomplete; most connections bring none. */
  #holder: Holder | null = null;
  #requests: Uint8Array[] = [];
  #sent: SentParts | null = null;
  readonly #side: 'platform' | 'terminal';
  readonly #anyTime: boolean;
  readonly #profiles: Profiles;
  #isForgiven = false;
  /** What a register of 2011 taught; the header cannot tell. */
  #is2011: boolean | null = null;
  #isSound = false;
  /** Of the frame before: nearly always of the same sender. */
  #lastHeader: Header | null = null;
  #serial = 0;
  #items: Item[] = [];
  #receivedTime = 0;

  constructor(options: Omit<ConnectionOptions, 'prefer'> = {}) {
    this.#framer = new Framer({
      ...(options.maxFrameBytes === undefined ? {} : { maxFrameBytes: options.maxFrameBytes }),
    });
    this.#profiles = new Profiles(options);
    this.#subpackages = options.subpackages ?? new Subpackages();
    this.#isGated = options.subpackages !== undefined;
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
    return this.#framer.pendingBytes + (this.#holder?.bytes ?? 0);
  }

  push(chunk: Uint8Array, receivedTime: number): readonly Item[] {
    this.#receivedTime = receivedTime;
    this.#framer.push(chunk, this);
    return this.#taken();
  }

  expire(now: number): readonly Item[] {
    if (this.#holder !== null) {
      this.#subpackages.expire(this.#holder, now, (set) => this.#ask(set), this.#givenUp);
    }
    return this.#taken();
  }

  join(part: Message, receivedTime: number): readonly Item[] {
    if (part instanceof FrameMessage && part.header !== null && part.part !== undefined) {
      const { header, row, dialect, raw } = part;
      this.#receivedTime = receivedTime;
      // The parts of a set wait for minutes: a view would hold the memory of others.
      this.#join(
        { header, row, dialect, raw: Uint8Array.from(raw), offset: 0, isJoined: false },
        part,
      );
    }
    return this.#taken();
  }

  takeRequests(): Uint8Array | null {
    if (this.#requests.length === 0) return null;
    const requests = joined(this.#requests);
    this.#requests = [];
    return requests;
  }

  leave(): void {
    if (this.#holder !== null) this.#subpackages.leave(this.#holder);
    this.#holder = null;
  }

  reply(message: Message, verdict: Verdict): Uint8Array | null {
    if (!(message instanceof FrameMessage)) return null;
    const edition = message.dialect.model?.answerEdition ?? message.edition;
    if (message.header !== null) {
      const { row } = message;
      const header = asWanted(message.header, message.dialect);
      if (this.#isGated && verdict.result === 'accepted') this.#adopt(header.device);
      if (message.part !== undefined) return this.#answerPart(header, row, verdict, message);
      if (header.id === MEDIA_DATA) return this.#answerMedia([header], row, verdict, message);
      return this.#answer(header, row, verdict, edition, message);
    }
    // A joined message has several frames. Its sender may wait for an answer to each; a register has but one.
    const headers: Header[] = [];
    eachContent(message.raw, (content) => {
      const header = readHeader(content);
      if (header !== null) headers.push(asWanted(header, message.dialect));
    });
    const [first] = headers;
    if (first === undefined) return null;
    const row = rowOf(first.id);
    if (first.id === MEDIA_DATA) return this.#answerMedia(headers, row, verdict, message);
    const once = row?.answer === 'registration' && verdict.result in registerResults;
    const answers = (once ? [first] : headers).flatMap(
      (header) => this.#answer(header, row, verdict, edition, message) ?? [],
    );
    return answers.length === 0 ? null : joined(answers);
  }

  command(command: Command): WrittenCommand | null {
    const to = this.#lastHeader;
    if (to === null) return null;
    const written = writeCommand(to, this.#editionOf(to), command, command.serial ?? this.#serial);
    this.#keep(written.serial, written.frames);
    if (command.serial === undefined) this.#serial = (this.#serial + written.serials) & 0xffff;
    return written;
  }

  #answer(
    header: Header,
    row: Row | undefined,
    verdict: Verdict,
    edition: Edition,
    message: FrameMessage,
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
      const hours = message.dialect.model?.serverTimeHours ?? 0;
      const time = serverTime(this.#receivedTime, hours);
      if (time !== null) return this.#send(0x8004, header, edition, { time });
      return generalAnswer(header, mine | 0x0001, this.#nextSerial(), generalResults.refused);
    }
    if (header.id === RETRANSMIT_UP && result === 'accepted') {
      const again = this.#sent?.again(message.fields);
      if (again !== undefined) return again;
      return generalAnswer(header, 0x8001, this.#nextSerial(), generalResults.refused);
    }
    return generalAnswer(header, mine | 0x0001, this.#nextSerial(), generalResults[result]);
  }

  /** The standard lets a terminal wait for an answer to each part, whatever answers the whole. */
  #answerPart(
    header: Header,
    row: Row | undefined,
    verdict: Verdict,
    message: FrameMessage,
  ): Uint8Array | null {
    if (this.#side === 'terminal' || header.id === TERMINAL_ANSWER) return null;
    const { result } = verdict;
    const answer = generalAnswer(header, 0x8001, this.#nextSerial(), generalResults[result]);
    const mediaId = message.remembered?.mediaId ?? null;
    if (mediaId === null || result !== 'accepted' || row === undefined) return answer;
    // All was there before, and the sender has missed that.
    return joined([answer, mediaAnswer(header, message.edition, this.#nextSerial(), mediaId)]);
  }

  /** Part by part in general, and as a whole by its id. @see the wire reference, section 8.2 */
  #answerMedia(
    headers: readonly Header[],
    row: Row | undefined,
    verdict: Verdict,
    message: FrameMessage,
  ): Uint8Array | null {
    const edition = message.edition as Edition;
    const last = headers.at(-1);
    const isWhole = verdict.result === 'accepted' && this.#side === 'platform';
    const general = headers.flatMap((header) =>
      isWhole && (header.package?.total ?? 1) === 1
        ? []
        : (this.#answer(header, row, verdict, edition, message) ?? []),
    );
    if (!isWhole || last === undefined) return general.length === 0 ? null : joined(general);
    const mediaId = mediaIdOf(message.raw);
    if (message instanceof FrameMessage && message.remembered !== null) {
      message.remembered.mediaId = mediaId;
    }
    return joined([...general, mediaAnswer(last, edition, this.#nextSerial(), mediaId)]);
  }

  #send(id: number, to: Header, edition: Edition, fields: Fields): Uint8Array {
    const frames = writeFrames(
      { ...to, id, serial: this.#serial },
      dialectOf(edition, null),
      fields,
    );
    this.#keep(this.#serial, frames);
    this.#serial = (this.#serial + frames.length) & 0xffff;
    return joined(frames);
  }

  #keep(serial: number, frames: readonly Uint8Array[]): void {
    if (frames.length === 1) return;
    this.#sent ??= new SentParts();
    this.#sent.keep(serial, frames);
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
    const found = this.#header(content, length);
    if (found === null) {
      this.dropped('badLength', offset, raw.length, 'announced length and header do not add up');
      return;
    }
    this.#isSound = true;
    this.#lastHeader = found;
    const header = this.#packaged(found, content, length);
    const row = rowOf(header.id);
    const { model } = this.#profiles.of(header.device, this.#receivedTime);
    const dialect = dialectOf(this.#editionOf(header), model);
    const frame: Frame = { header, row, dialect, raw, offset, isJoined: false };
    if (header.encryption !== 0) {
      this.#unusable('encrypted', frame, `encryption ${header.encryption}`);
    } else if (header.package !== null && row !== undefined && header.package.total !== 1) {
      this.#part(frame);
    } else if (!this.#locations(frame, content, length)) {
      this.#body(frame, content.subarray(header.bodyAt, length));
    }
  }

  #part(frame: Frame): void {
    const { header, raw } = frame;
    const part = header.package ?? { total: 0, index: 0 };
    if (part.index < 1 || part.index > part.total || part.total > MAX_PARTS) {
      this.#unusable('subpackageDropped', frame, `part ${part.index} of ${part.total}`);
    } else if (this.#isGated) {
      this.#items.push(new FrameMessage({ ...frame, part }, {}));
    } else {
      this.#join({ ...frame, raw: Uint8Array.from(raw) }, null);
    }
  }

  /** @param part as it was handed out, when it was */
  #join(frame: Frame, part: FrameMessage | null): void {
    const { header, raw, offset } = frame;
    this.#holder ??= newHolder();
    const whole = this.#subpackages.add(
      this.#holder,
      header,
      { raw, serial: header.serial, offset },
      this.#receivedTime,
      this.#givenUp,
    );
    if (whole === null) return;
    if (!('body' in whole)) {
      if (part !== null) part.remembered = whole;
      return;
    }
    const { firstSerial, remembered } = whole;
    const isJoined = part === null;
    this.#body({ ...frame, raw: whole.raw, isJoined, firstSerial, remembered }, whole.body);
  }

  readonly #givenUp = ({ offset, bytes, detail }: GivenUp): void =>
    this.dropped('subpackageDropped', offset, bytes, detail);

  #adopt(device: string): void {
    if (this.#subpackages.size === 0 || !this.#subpackages.hasOrphans(device)) return;
    this.#holder ??= newHolder();
    this.#subpackages.adopt(device, this.#holder);
  }

  /** Asks the sender for the parts that have not come. The text of 2011 has a way for media data only. */
  #ask(set: OpenSet): void {
    const { header, firstSerial, parts } = set;
    if (this.#side === 'terminal') return;
    const edition = this.#editionOf(header);
    const first = parts.get(1);
    if (header.id === MEDIA_DATA && first !== undefined) {
      const indexes = missing(set, MAX_ASKED.media);
      const mediaId = mediaIdOf(first.raw);
      this.#requests.push(mediaAnswer(header, edition, this.#nextSerial(), mediaId, indexes));
    } else if (edition !== '2011') {
      const ids = missing(set, MAX_ASKED[edition]);
      const fields = { originalSerial: firstSerial, ids };
      this.#requests.push(this.#send(RETRANSMIT, header, edition, fields));
    }
  }

  /** In 2011 media data count their packages in their own heads; who joins parts joins these alike. */
  #packaged(header: Header, content: Uint8Array, length: number): Header {
    if (!this.#isGated || header.id !== MEDIA_DATA || header.package !== null) return header;
    const body = content.subarray(header.bodyAt, length);
    if (mediaForm(body, this.#editionOf(header)) !== 'packaged') return header;
    const own = packageOf(body);
    return own.total === 1 ? header : { ...header, package: own };
  }

  #editionOf({ form, device }: Header): Edition {
    if (form === '2019') return '2019';
    const { edition } = this.#profiles.of(device, this.#receivedTime);
    return (this.#is2011 ?? edition === '2011') ? '2011' : '2013';
  }

  /** The short way of the messages that make up nearly all traffic; false: the tables have to look at it. */
  #locations(frame: Frame, content: Uint8Array, length: number): boolean {
    const { header, dialect } = frame;
    const read =
      header.id === LOCATION_REPORT ? readReport : header.id === LOCATION_BATCH ? readBatch : null;
    const positions = read?.(content, header.bodyAt, length, this.#receipt(dialect)) ?? null;
    if (positions === null) return false;
    this.#items.push(new FrameMessage(frame, () => locationFields(frame), positions));
    return true;
  }

  #body(frame: Frame, body: Uint8Array): void {
    const { header, row, dialect: assumed } = frame;
    if (row === undefined) {
      this.#items.push(new FrameMessage(frame, { body: toHex(body) }));
      return;
    }
    const edition = row.editionOf?.(body, assumed.edition) ?? assumed.edition;
    const dialect = edition === assumed.edition ? assumed : dialectOf(edition, assumed.model?.name);
    const read = readRow(row, dialect, body);
    if (!read.ok) {
      const detail = `${row.name}.${read.field} at byte ${read.offset}: wants ${read.expected}`;
      this.#unusable('badBody', { ...frame, dialect }, detail);
      return;
    }
    const rejected = row.reject?.(read.fields) ?? null;
    if (rejected !== null) {
      const detail = `${row.name}.${rejected}: nothing in it can be read`;
      this.#unusable('badBody', { ...frame, dialect }, detail);
      return;
    }
    if (row.editionOf !== undefined && header.form === '2013') this.#is2011 = edition === '2011';
    const fields = withQuirks(read.fields, header);
    const positions = row.positions?.(fields, this.#receipt(dialect)) ?? [];
    this.#items.push(new FrameMessage({ ...frame, dialect }, fields, positions));
  }

  #receipt(dialect: Dialect): Receipt {
    return { receivedTime: this.#receivedTime, anyTime: this.#anyTime, dialect };
  }

  /** By the rules; of a device whose faults are taken, also one with a wrong length. */
  #header(content: Uint8Array, length: number): Header | null {
    const isForgiven = this.#isForgiven;
    this.#isForgiven = false;
    let header = readHeader(content, length, this.#lastHeader);
    if (header === null) {
      header = readHeader(content, length, this.#lastHeader, true);
      if (header === null || !this.#isLenient(header)) return null;
    }
    return isForgiven ? { ...header, wrongChecksum: true } : header;
  }

  /** @internal called by the framer */
  forgives(content: Uint8Array, length: number): boolean {
    const header = readHeader(content, length, null, true);
    this.#isForgiven = header !== null && this.#isLenient(header);
    return this.#isForgiven;
  }

  #isLenient({ device }: Header): boolean {
    return this.#profiles.of(device, this.#receivedTime).lenient;
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

/** The header to answer with: some models want that of another edition. */
function asWanted(header: Header, { model }: Dialect): Header {
  const edition = model?.answerEdition ?? null;
  return edition === null ? header : asEdition(header, edition);
}
