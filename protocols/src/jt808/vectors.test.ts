import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromHex, hexId, toHex } from '../bytes.ts';
import type { Fault, Message, Outgoing } from '../protocol.ts';
import { extraItems } from './extras.ts';
import { jt808 } from './index.ts';
import { bundleRows } from './items/vendor.ts';
import { messages } from './messages.ts';
import { models } from './models.ts';

/** What the scripts `protocols/vectors/jt808-*.py` write. */
interface Vector {
  readonly name: string;
  readonly hex: string;
  readonly from: string;
  readonly message?: Outgoing & { readonly name: string };
  readonly positions?: readonly unknown[];
  readonly fault?: { readonly code: string; readonly offset: number; readonly bytes: number };
  /** The answer to it as our first, accepted, or unsupported where there is no row; null for silence. */
  readonly reply: string | null;
  /** Why our own encode gives other bytes. */
  readonly oneWay?: string;
  /** A frame that comes before: a register of 2011. */
  readonly prelude?: string;
  /** Of the device, where its profile matters. */
  readonly model?: string;
  /** Whether its faults are taken. */
  readonly lenient?: boolean;
  /** Set where the age of the report matters. */
  readonly receivedTime?: number;
}

const DIRECTORY = new URL('./vectors/', import.meta.url);
const vectors = readdirSync(DIRECTORY).flatMap(
  (file) => JSON.parse(readFileSync(new URL(file, DIRECTORY), 'utf8')) as readonly Vector[],
);
const sound = vectors.filter((v) => v.message !== undefined);
const refused = vectors.filter((v) => v.fault !== undefined);
const AUTH_CODE = 'K7QX2M9TB4WZ8R3N';

const bytesOf = (hex: string) => fromHex(hex) ?? new Uint8Array(0);
function open(vector: Vector) {
  const connection = jt808.open({
    anyTime: vector.receivedTime === undefined,
    ...(vector.model === undefined ? {} : { model: vector.model }),
    lenient: vector.lenient ?? false,
  });
  if (vector.prelude !== undefined) connection.push(bytesOf(vector.prelude), 0);
  const read = (bytes: Uint8Array) => connection.push(bytes, vector.receivedTime ?? 0);
  return { connection, read };
}
/** As in the vector's file: no -0, no undefined. */
const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;
const shown = (item: Message | Fault | undefined) => {
  if (item?.kind !== 'message') return item;
  const { id, name, device, edition, serial, fields } = item;
  return plain({ id, name, device, edition, serial, fields });
};

const outgoing = ({ message, model }: Vector) => ({
  ...(message as Outgoing),
  model: model ?? null,
});

describe('every vector', () => {
  it.each(sound)('decodes: $name', (vector) => {
    const items = open(vector).read(bytesOf(vector.hex));
    expect(items.map(shown)).toEqual([vector.message]);
    expect(plain((items[0] as Message).positions)).toEqual(vector.positions);
    expect(toHex((items[0] as Message).raw)).toBe(vector.hex);
  });

  it.each(sound)('is answered: $name', (vector) => {
    const { connection, read } = open(vector);
    const [item] = read(bytesOf(vector.hex));
    const unknown = vector.message?.name === 'unknown';
    const reply = connection.reply(
      item as Message,
      unknown ? { result: 'unsupported' } : { result: 'accepted', authCode: AUTH_CODE },
    );
    expect(reply && toHex(reply)).toBe(vector.reply);
  });

  it.each(sound.filter((v) => v.oneWay === undefined))('encodes to the same bytes: $name', (v) => {
    expect(toHex(jt808.encode(outgoing(v)))).toBe(v.hex);
  });

  it.each(sound.filter((v) => v.message?.name !== 'unknown'))(
    'decodes from our own encode: $name',
    (vector) => {
      const items = open(vector).read(jt808.encode(outgoing(vector)));
      expect(items.map(shown)).toEqual([vector.message]);
    },
  );

  it.each(vectors)('is nothing and no fault when cut short at every byte: $name', (vector) => {
    const bytes = bytesOf(vector.hex);
    for (let size = 0; size < bytes.length; size++) {
      expect(open(vector).read(bytes.subarray(0, size)), `${size} bytes`).toEqual([]);
    }
  });

  it.each(refused)('is refused: $name', (vector) => {
    const { connection, read } = open(vector);
    const items = read(bytesOf(vector.hex));
    expect(items).toHaveLength(1);
    const fault = items[0] as Fault;
    expect(fault).toMatchObject({ kind: 'fault', protocol: 'jt808', ...vector.fault });
    const result = fault.code === 'encrypted' ? 'unsupported' : 'malformed';
    const reply = fault.message === undefined ? null : connection.reply(fault.message, { result });
    expect(reply && toHex(reply)).toBe(vector.reply);
  });
});

describe('the tables', () => {
  it.each(messages)('have a vector for the message $id $name', (row) => {
    const editions = new Set(
      sound.filter((v) => v.message?.id === row.id).map((v) => v.message?.edition),
    );
    for (const edition of Object.keys(row.bodies)) {
      // The text of 2011 needs one of its own only where its table differs.
      if (edition === '2011' && row.bodies['2011'] === row.bodies['2013']) continue;
      if (edition === '2011' && row.bodies['2011']?.[0] === row.bodies['2013']?.[0]) continue;
      expect(editions, edition).toContain(edition);
    }
  });
  it.each(extraItems)('have a vector for the item $name', (row) => {
    const item = `"id":"${hexId(row.id, 2)}","name":"${row.name}"`;
    expect(sound.some((v) => JSON.stringify(v.message?.fields).includes(item))).toBe(true);
  });
  const inside = bundleRows.map((row) => ({ model: 'bsj', row, digits: 4 }));
  const vendor = models.flatMap(({ name, items }) =>
    items.map((row) => ({ model: name, row, digits: 2 })),
  );
  it.each([...vendor, ...inside].map((one) => ({ ...one, name: one.row.name })))(
    'have a vector for the item $name of the model $model',
    ({ model, row, digits }) => {
      const item = `"id":"${hexId(row.id, digits)}","name":"${row.name}"`;
      const own = sound.filter((v) => v.model === model);
      expect(own.some((v) => JSON.stringify(v.message?.fields).includes(item))).toBe(true);
    },
  );
  it.each(models)('have a vector for the model $name', ({ name }) => {
    expect(sound.some((v) => v.model === name)).toBe(true);
  });
  it('name every message, item and id once', () => {
    for (const list of [messages.map((m) => m.id), messages.map((m) => m.name)]) {
      expect(new Set(list).size).toBe(list.length);
    }
    for (const { items } of [{ items: extraItems }, ...models]) {
      expect(new Set(items.map((i) => i.id)).size).toBe(items.length);
    }
    expect(new Set(models.map((m) => m.name)).size).toBe(models.length);
  });
});
