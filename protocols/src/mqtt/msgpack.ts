/** How deep maps and lists may lie in each other, and how many values there may be in all. */
const MAX_DEPTH = 8;
const MAX_VALUES = 10_000;

/**
 * A value of MessagePack. Texts and binaries are both bytes, because older writers put binaries into texts; keys that
 * are no text are dropped with their value.
 */
export type Packed =
  | null
  | boolean
  | number
  | Uint8Array
  | readonly Packed[]
  | ReadonlyMap<string, Packed>;

class Malformed extends Error {}

/**
 * One value that takes all of `bytes`. Bytes in the result are views of them. Linear in their length, whatever lengths
 * they state.
 * @returns undefined for what is no MessagePack, is cut short or goes on after its end, or is nested more than 8 deep
 * @see the MessagePack specification, formats
 */
export function readMessagePack(bytes: Uint8Array): Packed | undefined {
  const reader = new Reader(bytes);
  try {
    const value = reader.value(0);
    return reader.isAtEnd ? value : undefined;
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  #values = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  value(depth: number): Packed {
    if (depth > MAX_DEPTH || ++this.#values > MAX_VALUES) throw new Malformed();
    const head = this.#unsigned(1);
    if (head <= 0x7f) return head;
    if (head >= 0xe0) return head - 0x100;
    if (head <= 0x8f) return this.#map(head & 0x0f, depth);
    if (head <= 0x9f) return this.#list(head & 0x0f, depth);
    if (head <= 0xbf) return this.#take(head & 0x1f);
    switch (head) {
      case 0xc0:
        return null;
      case 0xc2:
      case 0xc3:
        return head === 0xc3;
      case 0xc4:
      case 0xd9:
        return this.#take(this.#unsigned(1));
      case 0xc5:
      case 0xda:
        return this.#take(this.#unsigned(2));
      case 0xc6:
      case 0xdb:
        return this.#take(this.#unsigned(4));
      case 0xca:
        return this.#view.getFloat32(this.#skip(4));
      case 0xcb:
        return this.#view.getFloat64(this.#skip(8));
      case 0xcc:
        return this.#unsigned(1);
      case 0xcd:
        return this.#unsigned(2);
      case 0xce:
        return this.#unsigned(4);
      // Beyond 2^53 they lose digits, as all numbers here do.
      case 0xcf:
        return Number(this.#view.getBigUint64(this.#skip(8)));
      case 0xd0:
        return this.#view.getInt8(this.#skip(1));
      case 0xd1:
        return this.#view.getInt16(this.#skip(2));
      case 0xd2:
        return this.#view.getInt32(this.#skip(4));
      case 0xd3:
        return Number(this.#view.getBigInt64(this.#skip(8)));
      case 0xdc:
        return this.#list(this.#unsigned(2), depth);
      case 0xdd:
        return this.#list(this.#unsigned(4), depth);
      case 0xde:
        return this.#map(this.#unsigned(2), depth);
      case 0xdf:
        return this.#map(this.#unsigned(4), depth);
      default:
        // Extension types, and the one code that is never used.
        throw new Malformed();
    }
  }

  #list(length: number, depth: number): readonly Packed[] {
    const list: Packed[] = [];
    for (let i = 0; i < length; i++) list.push(this.value(depth + 1));
    return list;
  }

  #map(length: number, depth: number): ReadonlyMap<string, Packed> {
    const map = new Map<string, Packed>();
    for (let i = 0; i < length; i++) {
      const key = this.value(depth + 1);
      const value = this.value(depth + 1);
      if (key instanceof Uint8Array) map.set(asciiOf(key), value);
    }
    return map;
  }

  #unsigned(bytes: 1 | 2 | 4): number {
    const at = this.#skip(bytes);
    if (bytes === 1) return this.#view.getUint8(at);
    return bytes === 2 ? this.#view.getUint16(at) : this.#view.getUint32(at);
  }

  #take(length: number): Uint8Array {
    const at = this.#skip(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** @returns where they began */
  #skip(length: number): number {
    const at = this.#at;
    if (at + length > this.#bytes.length) throw new Malformed();
    this.#at += length;
    return at;
  }
}

const MAX_TEXT = 256;

/** A short text of ASCII; what is longer is cut, what is no ASCII becomes a question mark. */
export function asciiOf(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes.subarray(0, MAX_TEXT)) {
    text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '?';
  }
  return text;
}
