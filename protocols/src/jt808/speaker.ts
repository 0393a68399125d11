import type { Fields } from '../layout.ts';
import type { Command, Verdict, WrittenCommand } from '../protocol.ts';
import { generalAnswer, mediaAnswer } from './answer.ts';
import { type Dialect, dialectOf } from './dialects.ts';
import { eachContent } from './frame.ts';
import type { FrameMessage } from './frame-message.ts';
import { asEdition, type Header, readHeader } from './header.ts';
import { rowOf } from './messages.ts';
import { mediaIdOf, serverTime } from './read-fields.ts';
import type { Row } from './row.ts';
import { SentParts } from './sent-parts.ts';
import { missing, type OpenSet } from './subpackages.ts';
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

const MEDIA_DATA = 0x0801;
const TERMINAL_ANSWER = 0x0001;
/** Asking for parts again, the platform and the terminal. */
const RETRANSMIT = 0x8003;
const RETRANSMIT_UP = 0x0005;
/** Indexes in one request: those of media data count in a byte and stay below it, the others fill a frame. */
const MAX_ASKED = { media: 125, '2013': 255, '2019': 498 } as const;

/** What a connection says: answers, commands and what it asks for by itself, all with serials of one count. */
export class Speaker {
  readonly #side: 'platform' | 'terminal';
  #serial = 0;
  /** Made with the first long message; most connections send none. */
  #sent: SentParts | null = null;
  #requests: Uint8Array[] = [];

  constructor(side: 'platform' | 'terminal') {
    this.#side = side;
  }

  /** What it has asked for since it was last asked, null for nothing. */
  takeRequests(): Uint8Array | null {
    if (this.#requests.length === 0) return null;
    const requests = joined(this.#requests);
    this.#requests = [];
    return requests;
  }

  /** @param now ms UTC, for whoever asks for the time */
  reply(message: FrameMessage, verdict: Verdict, now: number): Uint8Array | null {
    const edition = message.dialect.model?.answerEdition ?? message.edition;
    if (message.header !== null) {
      const { row } = message;
      const header = asWanted(message.header, message.dialect);
      if (message.part !== undefined)
        return this.#answerPart(header, row, verdict, edition, message);
      if (header.id === MEDIA_DATA)
        return this.#answerMedia([header], row, verdict, edition, message, now);
      return this.#answer(header, row, verdict, edition, message, now);
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
    if (first.id === MEDIA_DATA)
      return this.#answerMedia(headers, row, verdict, edition, message, now);
    const once = row?.answer === 'registration' && verdict.result in registerResults;
    const answers = (once ? [first] : headers).flatMap(
      (header) => this.#answer(header, row, verdict, edition, message, now) ?? [],
    );
    return answers.length === 0 ? null : joined(answers);
  }

  /** @throws RangeError as `writeCommand` does */
  command(to: Header, edition: Edition, command: Command): WrittenCommand {
    const written = writeCommand(to, edition, command, command.serial ?? this.#serial);
    this.#keep(written.serial, written.frames);
    if (command.serial === undefined) this.#serial = (this.#serial + written.serials) & 0xffff;
    return written;
  }

  /** Asks the sender for the parts that have not come. The text of 2011 has a way for media data only. */
  ask(set: OpenSet, edition: Edition): void {
    const { header, firstSerial, parts } = set;
    if (this.#side === 'terminal') return;
    const mediaId = header.id === MEDIA_DATA ? mediaIdOf(parts.get(1)?.raw) : null;
    if (mediaId !== null) {
      const indexes = missing(set, MAX_ASKED.media);
      this.#requests.push(mediaAnswer(header, edition, this.#nextSerial(), mediaId, indexes));
    } else if (edition !== '2011') {
      const ids = missing(set, MAX_ASKED[edition]);
      const fields = { originalSerial: firstSerial, ids };
      this.#requests.push(this.#send(RETRANSMIT, header, edition, fields));
    }
  }

  #answer(
    header: Header,
    row: Row | undefined,
    verdict: Verdict,
    edition: Edition,
    message: FrameMessage,
    now: number,
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
      const time = serverTime(now, hours);
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
    edition: Edition,
    message: FrameMessage,
  ): Uint8Array | null {
    if (this.#side === 'terminal' || header.id === TERMINAL_ANSWER) return null;
    const { result } = verdict;
    const answer = generalAnswer(header, 0x8001, this.#nextSerial(), generalResults[result]);
    const mediaId = message.remembered?.mediaId ?? null;
    if (mediaId === null || result !== 'accepted' || row === undefined) return answer;
    // All was there before, and the sender has missed that.
    return joined([answer, mediaAnswer(header, edition, this.#nextSerial(), mediaId)]);
  }

  /** Part by part in general, and as a whole by its id. @see the wire reference, section 8.2 */
  #answerMedia(
    headers: readonly Header[],
    row: Row | undefined,
    verdict: Verdict,
    edition: Edition,
    message: FrameMessage,
    now: number,
  ): Uint8Array | null {
    const last = headers.at(-1);
    const isWhole = verdict.result === 'accepted' && this.#side === 'platform';
    const general = headers.flatMap((header) =>
      isWhole && (header.package?.total ?? 1) === 1
        ? []
        : (this.#answer(header, row, verdict, edition, message, now) ?? []),
    );
    if (!isWhole || last === undefined) return general.length === 0 ? null : joined(general);
    const mediaId = Number(message.fields['mediaId']);
    if (message.remembered !== null) message.remembered.mediaId = mediaId;
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
}

/** The header to answer with: some models want that of another edition. */
function asWanted(header: Header, { model }: Dialect): Header {
  const edition = model?.answerEdition ?? null;
  return edition === null ? header : asEdition(header, edition);
}
