import { toHex } from '../bytes.ts';
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
import {
  type AttachmentItem,
  AttachmentStream,
  beginsData,
  mayBeginData,
} from './attachment-stream.ts';
import { type Dialect, dialectOf } from './dialects.ts';
import { Framer, type FrameSink } from './frame.ts';
import { type Frame, FrameMessage } from './frame-message.ts';
import { type Header, readHeader } from './header.ts';
import type { Receipt } from './location.ts';
import { mediaForm, packageOf } from './messages/media.ts';
import { rowOf } from './messages.ts';
import { Profiles } from './profiles.ts';
import { locationFields, readRow, withQuirks } from './read-fields.ts';
import { readBatch, readReport } from './report.ts';
import { Speaker } from './speaker.ts';
import {
  type GivenUp,
  type Holder,
  MAX_PARTS,
  newHolder,
  type OpenSet,
  Subpackages,
} from './subpackages.ts';
import type { Edition } from './versions.ts';
import { joined } from './write.ts';

type Item = Message | Fault;

const LOCATION_REPORT = 0x0200;
const LOCATION_BATCH = 0x0704;
const MEDIA_DATA = 0x0801;
/** What announces files, whose bytes then come between the frames. */
const ATTACHMENTS = 0x1210;
const NO_BYTES = new Uint8Array(0);
/** Nobody fills tables with more; reading it would keep all other devices waiting. A file is not read but kept. */
const MAX_TABLE_BYTES = 512 << 10;

/** One JT/T 808 connection: frames, sub-packages, the edition of the device and our serials. */
export class Jt808Connection implements Connection, FrameSink {
  readonly #framer: Framer;
  readonly #subpackages: Subpackages;
  /** Parts are handed out, and joined only when they are handed back. */
  readonly #isGated: boolean;
  /** What this connection brought of sets that are incomplete; most connections bring none. */
  #holder: Holder | null = null;
  readonly #speaker: Speaker;
  readonly #anyTime: boolean;
  readonly #profiles: Profiles;
  #isForgiven = false;
  /** What a register of 2011 taught; the header cannot tell. */
  #is2011: boolean | null = null;
  #isSound = false;
  /** Of the frame before: nearly always of the same sender. */
  #lastHeader: Header | null = null;
  #items: Item[] = [];
  #receivedTime = 0;
  #hasAnnounced = false;
  /** The first bytes, while they may be the head of a piece of a file. */
  #start: Uint8Array = NO_BYTES;
  /** Of a connection with files: nearly none has them, and the others are spared looking for them. */
  #files: AttachmentStream | null = null;
  #filesAt = 0;
  /** Bytes of the stream before the chunk at hand, and those of them that the framer saw. */
  #pushed = 0;
  #framed = 0;
  /** What an offset of the framer lacks to be one of the stream. */
  #shift = 0;

  constructor(options: Omit<ConnectionOptions, 'prefer'> = {}) {
    const { maxFrameBytes } = options;
    this.#framer = new Framer(maxFrameBytes === undefined ? {} : { maxFrameBytes });
    this.#profiles = new Profiles(options);
    this.#subpackages = options.subpackages ?? new Subpackages();
    this.#isGated = options.subpackages !== undefined;
    this.#speaker = new Speaker(options.side ?? 'platform');
    this.#anyTime = options.anyTime ?? false;
  }

  get protocol(): 'jt808' | null {
    return this.#isSound ? 'jt808' : null;
  }

  get pendingBytes(): number {
    return this.#start.length + this.#framer.pendingBytes + (this.#files?.pendingBytes ?? 0);
  }

  get heldBytes(): number {
    return this.pendingBytes + (this.#holder?.bytes ?? 0);
  }

  push(chunk: Uint8Array, receivedTime: number): readonly Item[] {
    this.#receivedTime = receivedTime;
    const bytes = this.#pushed > 0 ? chunk : this.#begun(chunk);
    if (bytes !== null) this.#use(bytes);
    return this.#taken();
  }

  /** What has come so far; null while that is too little to tell whether the stream begins with a piece of a file. */
  #begun(chunk: Uint8Array): Uint8Array | null {
    const bytes = this.#start.length === 0 ? chunk : joined([this.#start, chunk]);
    const isOpen = mayBeginData(bytes);
    this.#start = isOpen ? Uint8Array.from(bytes) : NO_BYTES;
    return isOpen ? null : bytes;
  }

  #use(chunk: Uint8Array): void {
    if (this.#files === null && this.#mayHaveFiles(chunk)) this.#haveFiles(0);
    const used = this.#files === null ? this.#framer.push(chunk, this) : 0;
    if (this.isElsewhere) this.#haveFiles(used);
    for (const item of this.#files?.push(chunk.subarray(used)) ?? []) this.#mixed(item);
    this.#pushed += chunk.length;
  }

  /** @internal asked by the framer: what stands behind the frame that says that files come is for another reader */
  get isElsewhere(): boolean {
    return this.#hasAnnounced && this.#files === null;
  }

  /** @param used bytes of the chunk at hand that the framer had */
  #haveFiles(used: number): void {
    this.#filesAt = this.#pushed + used;
    this.#framed = this.#filesAt;
    this.#files = new AttachmentStream({}, this.#filesAt > 0);
  }

  #mayHaveFiles(chunk: Uint8Array): boolean {
    if (this.#pushed === 0) return beginsData(chunk);
    return this.#hasAnnounced && this.#framer.pendingBytes === 0;
  }

  /** A piece of a file is told of and not kept: where it belongs and how long it is. */
  #mixed(item: AttachmentItem): void {
    const offset = this.#filesAt + item.offset;
    const from = this.#lastHeader;
    if (item.kind === 'frame') {
      this.#shift = offset - this.#framed;
      this.#framed += item.raw.length;
      this.#framer.push(item.raw, this);
    } else if (item.kind === 'dropped') {
      this.#fault(item.code, offset, item.bytes, item.detail);
    } else if (from === null) {
      this.#fault('garbage', offset, item.bytes, 'a piece of a file that nobody announced');
    } else {
      const { name, offset: at, data } = item.piece;
      this.#items.push({
        ...{ kind: 'message', protocol: 'jt808', id: '0x30316364', name: 'attachmentData' },
        ...{ device: from.device, edition: this.#editionOf(from), serial: from.serial },
        ...{ fields: { name, offset: at, length: data.length }, positions: [], intent: 'report' },
        raw: NO_BYTES,
      });
    }
  }

  expire(now: number): readonly Item[] {
    if (this.#holder !== null) {
      const ask = (set: OpenSet) => this.#speaker.ask(set, this.#editionOf(set.header));
      this.#subpackages.expire(this.#holder, now, ask, this.#givenUp);
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
    return this.#speaker.takeRequests();
  }

  reply(message: Message, verdict: Verdict): Uint8Array | null {
    if (!(message instanceof FrameMessage)) return null;
    const isTaken = this.#isGated && verdict.result === 'accepted';
    if (isTaken && message.header !== null) this.#adopt(message.header.device);
    return this.#speaker.reply(message, verdict, this.#receivedTime);
  }

  command(command: Command): WrittenCommand | null {
    const to = this.#lastHeader;
    return to === null ? null : this.#speaker.command(to, this.#editionOf(to), command);
  }

  leave(): void {
    if (this.#holder !== null) this.#subpackages.leave(this.#holder);
    this.#holder = null;
  }

  /** @internal called by the framer */
  dropped(code: FaultCode, offset: number, bytes: number, detail: string): void {
    this.#fault(code, offset + this.#shift, bytes, detail);
  }

  #fault(code: FaultCode, offset: number, bytes: number, detail: string): void {
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
    const at = offset + this.#shift;
    const frame: Frame = { header, row, dialect, raw, offset: at, isJoined: false };
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
    const { body, firstSerial, remembered } = whole;
    const all = { ...frame, raw: whole.raw, isJoined: part === null, firstSerial, remembered };
    if (body.length <= MAX_TABLE_BYTES || header.id === MEDIA_DATA) this.#body(all, body);
    else this.#unusable('badBody', all, `${body.length} bytes, more than ${MAX_TABLE_BYTES}`);
  }

  readonly #givenUp = ({ offset, bytes, detail }: GivenUp): void =>
    this.#fault('subpackageDropped', offset, bytes, detail);

  #adopt(device: string): void {
    if (this.#subpackages.size === 0 || !this.#subpackages.hasOrphans(device)) return;
    this.#holder ??= newHolder();
    this.#subpackages.adopt(device, this.#holder);
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
    if (row.number === ATTACHMENTS) this.#hasAnnounced = true;
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
