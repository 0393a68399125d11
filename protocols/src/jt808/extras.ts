import { fromHex, hexId, toHex } from '../bytes.ts';
import { type Kind, numberAt, type Output, Unreadable } from '../layout.ts';
import { type Findings, type Item, type ItemRow, noFindings } from './items/item.ts';
import { standardItems } from './items/standard.ts';
import { activeSafetyItems } from './items/subiao.ts';

export type { Findings, Item, ItemRow } from './items/item.ts';

/*
 * The walk over the items of a location report, and of bundles inside them: id, length, value, to the end. An unknown
 * id or an unusual length costs nothing but the name.
 */

/** How items stand on the wire. */
export interface ItemForm {
  readonly idBytes: 1 | 2;
  readonly lengthBytes: 1 | 2 | 4;
  /** The length counts the id too. */
  readonly lengthHasId: boolean;
}

/** @see JT/T 808, table of additional information items */
export const standardForm: ItemForm = { idBytes: 1, lengthBytes: 1, lengthHasId: false };

/** Every item that is understood whatever the device. */
export const extraItems: readonly ItemRow[] = [...standardItems, ...activeSafetyItems];

const rowsOf = (rows: readonly ItemRow[]) => new Map(rows.map((row) => [row.id, row]));

/** The items one device may send: which it has, and how they stand on the wire. */
export class ItemTable {
  readonly rows: readonly ItemRow[];
  /** The items to the end of the body; what follows an overlong one is left over. */
  readonly kind: Kind<readonly Item[]>;
  /** Items that fill their place to the last byte, or cannot be read. */
  readonly whole: Kind<readonly Item[]>;
  /** Ids and lengths are of one byte: what the short way reads. */
  readonly isStandardForm: boolean;
  readonly #form: ItemForm;
  readonly #byId: ReadonlyMap<number, ItemRow>;
  readonly #byText: ReadonlyMap<string, ItemRow>;
  readonly #idDigits: number;
  // Dense, because they are asked for each item of each report.
  readonly #dense: readonly (ItemRow | undefined)[];
  readonly #idTexts: readonly string[];
  readonly #keys: readonly string[];

  /** @param rows a later row takes the place of an earlier one of the same id */
  constructor(rows: readonly ItemRow[], form: ItemForm = standardForm) {
    this.#form = form;
    this.#byId = rowsOf(rows);
    this.rows = [...this.#byId.values()];
    this.#idDigits = form.idBytes * 2;
    this.#byText = new Map(this.rows.map((row) => [hexId(row.id, this.#idDigits), row]));
    this.isStandardForm = form.idBytes === 1 && form.lengthBytes === 1 && !form.lengthHasId;
    this.#dense = Array.from({ length: 256 }, (_, id) => this.#byId.get(id));
    this.#idTexts = Array.from({ length: 256 }, (_, id) => hexId(id, this.#idDigits));
    this.#keys = this.#idTexts.map((id) => `item${id.slice(2)}`);
    this.kind = {
      width: null,
      extent: (bytes, from) => this.#wholeItems(bytes, from) - from,
      declare: (parser, name) => {
        parser.buffer(name, { readUntil: 'eof' });
      },
      read: (parsed) => this.#read(parsed as Uint8Array),
      write: (out, value, field) => this.#write(out, value, field),
      shape: 'items to the end',
    };
    this.whole = {
      ...this.kind,
      extent: (bytes, from) => Math.max(0, bytes.length - from),
      read: (parsed) => {
        const bytes = parsed as Uint8Array;
        if (this.#wholeItems(bytes, 0) !== bytes.length) return new Unreadable('whole items');
        return this.#read(bytes);
      },
    };
  }

  /** What the items of one report say, in the units of positions; items without a row under `itemXX` as hex. */
  findings(list: readonly Item[]): Findings {
    const found = noFindings();
    for (const one of list) this.#note(one, found);
    return found;
  }

  /**
   * Notes the whole items of `bytes[from, to)`, which are of the standard form, as `findings` does those that were
   * read.
   * @returns where the last whole one ends: `to` when nothing is left over
   */
  note(bytes: Uint8Array, from: number, to: number, found: Findings): number {
    let at = from;
    while (at + 2 <= to) {
      const id = bytes[at] ?? 0;
      const start = at + 2;
      const next = start + (bytes[at + 1] ?? 0);
      if (next > to) break;
      const row = this.#dense[id];
      if (row?.isNumber === true && row.width === next - start) {
        let value = 0;
        for (let i = start; i < next; i++) value = value * 256 + (bytes[i] ?? 0);
        row.note(value, found);
      } else {
        const read = this.#readItem(id, bytes.subarray(start, next));
        if ('hex' in read) found.extras[this.#keys[id] ?? ''] = read.hex;
        else row?.note(read.value, found);
      }
      at = next;
    }
    return at;
  }

  /** What items inside an item say, beside those of the report. */
  noteAll(list: readonly Item[], found: Findings): void {
    for (const one of list) this.#note(one, found);
  }

  #note(one: Item, found: Findings): void {
    if ('hex' in one) found.extras[`item${one.id.slice(2)}`] = one.hex;
    else this.#byText.get(one.id)?.note(one.value, found);
  }

  /** Where the value of the item at `at` ends; before its start, or at infinity, for one that makes no sense. */
  #end(bytes: Uint8Array, at: number): number {
    const { idBytes, lengthBytes, lengthHasId } = this.#form;
    const start = at + idBytes + lengthBytes;
    if (start > bytes.length) return Number.POSITIVE_INFINITY;
    const length = this.#lengthAt(bytes, at) - (lengthHasId ? idBytes : 0);
    return length < 0 ? Number.POSITIVE_INFINITY : start + length;
  }

  /** A length that counts the id stands in front of it, any other behind. */
  #lengthAt(bytes: Uint8Array, at: number): number {
    const { idBytes, lengthBytes, lengthHasId } = this.#form;
    return numberAt(bytes, lengthHasId ? at : at + idBytes, lengthBytes);
  }

  /** The end of the items from `from` on that are whole; what follows an overlong one cannot be found. */
  #wholeItems(bytes: Uint8Array, from: number): number {
    let at = from;
    while (at < bytes.length) {
      const next = this.#end(bytes, at);
      if (next > bytes.length) break;
      at = next;
    }
    return at;
  }

  #read(bytes: Uint8Array): readonly Item[] {
    const { idBytes, lengthBytes, lengthHasId } = this.#form;
    const end = this.#wholeItems(bytes, 0);
    const found: Item[] = [];
    for (let at = 0; at < end; ) {
      const next = this.#end(bytes, at);
      const id = numberAt(bytes, lengthHasId ? at + lengthBytes : at, idBytes);
      found.push(this.#readItem(id, bytes.subarray(at + idBytes + lengthBytes, next)));
      at = next;
    }
    return found;
  }

  #readItem(number: number, body: Uint8Array): Item {
    const row = this.#byId.get(number);
    const id = this.#idTexts[number] ?? hexId(number, this.#idDigits);
    if (row !== undefined && (row.width === null || row.width === body.length)) {
      const read = row.body.decode(body);
      if (read.ok && read.trailing === 0) return { id, name: row.name, value: read.value.value };
    }
    return { id, hex: toHex(body) };
  }

  #write(out: Output, value: unknown, field: string): void {
    if (!Array.isArray(value)) throw new RangeError(`${field}: wants a list of items`);
    for (const [i, one] of (value as readonly (Item | null)[]).entries()) {
      if (typeof one !== 'object' || one === null) {
        throw new RangeError(`${field}.${i}: wants an item`);
      }
      this.#writeItem(out, one, `${field}.${i}`);
    }
  }

  #writeItem(out: Output, item: Item, field: string): void {
    const { idBytes, lengthBytes, lengthHasId } = this.#form;
    const isId = new RegExp(`^0x[0-9A-F]{${this.#idDigits}}$`).test(item.id);
    if (!isId) {
      const example = hexId(1, this.#idDigits);
      throw new RangeError(`${field}.id: wants an id such as ${example}, got ${item.id}`);
    }
    const body = this.#bodyOf(item, field);
    const most = 2 ** (8 * lengthBytes) - 1 - (lengthHasId ? idBytes : 0);
    if (body === null || body.length > most) {
      throw new RangeError(`${field}.hex: wants at most ${most} bytes as hex digits`);
    }
    const id = Number.parseInt(item.id.slice(2), 16);
    if (lengthHasId) out.number(body.length + idBytes, lengthBytes);
    out.number(id, idBytes);
    if (!lengthHasId) out.number(body.length, lengthBytes);
    out.bytes(body);
  }

  #bodyOf(item: Item, field: string): Uint8Array | null {
    if ('hex' in item) return typeof item.hex === 'string' ? fromHex(item.hex) : null;
    const row = this.#byText.get(item.id);
    if (row === undefined) throw new RangeError(`${field}.id: ${item.id} has no row, give its hex`);
    try {
      return row.body.encode({ value: item.value });
    } catch (error) {
      const said = error instanceof Error ? error.message : 'unfit';
      // A writer that trips over a value names no field.
      throw new RangeError(`${field}.${error instanceof RangeError ? said : `value: ${said}`}`);
    }
  }
}
