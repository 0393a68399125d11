import { StringDecoder } from 'node:string_decoder';

const QUOTE = 34;
const COMMA = 44;
const LF = 10;
const CR = 13;

/**
 * Reads the rows of a CSV answer as its chunks arrive (RFC 4180: quoted fields, quotes doubled), holding no more than
 * one unfinished row. The array handed on is used again for the next row.
 * @param maxRowChars beyond which a row is no answer of a database
 */
export class CsvReader {
  readonly #onRow: (cells: readonly string[]) => void;
  readonly #maxRowChars: number;
  readonly #decoder = new StringDecoder('utf8');
  readonly #cells: string[] = [];
  #rest = '';
  /** How far the unfinished row has been searched for its end, and whether that place is inside quotes. */
  #searched = 0;
  #quoted = false;

  constructor(onRow: (cells: readonly string[]) => void, maxRowChars: number) {
    this.#onRow = onRow;
    this.#maxRowChars = maxRowChars;
  }

  /** @throws RangeError for a row longer than the bound */
  push(chunk: Buffer): void {
    const text = this.#rest + this.#decoder.write(chunk);
    let begin = 0;
    let quoted = this.#quoted;
    for (let at = this.#searched; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) quoted = !quoted;
      else if (code === LF && !quoted) {
        this.#row(text, begin, at);
        begin = at + 1;
      }
    }
    this.#quoted = quoted;
    this.#rest = text.slice(begin);
    this.#searched = this.#rest.length;
    if (this.#rest.length > this.#maxRowChars) throw new RangeError('a row without an end');
  }

  /** @returns whether the answer ended with a whole row */
  end(): boolean {
    return this.#rest === '';
  }

  #row(text: string, from: number, lineEnd: number): void {
    const end = lineEnd > from && text.charCodeAt(lineEnd - 1) === CR ? lineEnd - 1 : lineEnd;
    // An empty line parts the series of an answer.
    if (end === from) return;
    const cells = this.#cells;
    cells.length = 0;
    let at = from;
    for (;;) {
      if (text.charCodeAt(at) === QUOTE) {
        let close = at + 1;
        let isDoubled = false;
        for (; close < end; close++) {
          if (text.charCodeAt(close) !== QUOTE) continue;
          if (text.charCodeAt(close + 1) !== QUOTE) break;
          isDoubled = true;
          close++;
        }
        const field = text.slice(at + 1, close);
        cells.push(isDoubled ? field.replaceAll('""', '"') : field);
        at = close + 1;
      } else {
        let close = at;
        while (close < end && text.charCodeAt(close) !== COMMA) close++;
        cells.push(text.slice(at, close));
        at = close;
      }
      if (at >= end) break;
      at++;
    }
    this.#onRow(cells);
  }
}
