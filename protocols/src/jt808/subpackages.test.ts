import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../bytes.ts';
import { openConnection } from '../index.ts';
import type { Fault, Message } from '../protocol.ts';
import { seal } from './frame.ts';
import { jt808 } from './index.ts';

const NOW = Date.UTC(2026, 10, 23, 7, 0, 0);
const PHONE = '013912345678';
const batch = jt808.encode({
  id: '0x0704',
  device: '13912345678',
  edition: '2013',
  serial: 0,
  fields: {
    count: 3,
    kind: 0,
    items: [1, 2, 3].map((second) => ({
      alarms: [],
      status: ['acc', 'fixed'],
      latitude: 31230416,
      longitude: 121473701 + second,
      altitude: 7,
      speed: 523,
      direction: 90,
      time: `26112314550${second}`,
      extras: [],
    })),
  },
});
/** The body of the batch: three reports of 28 bytes, nothing in it is escaped. */
const body = batch.subarray(13, batch.length - 2);

/** Part `index` of `total`, as a terminal cuts it: at any byte. */
function part(
  index: number,
  total: number,
  serial: number,
  bytes: Uint8Array,
  id = 0x0704,
): Uint8Array {
  const content = new Uint8Array(16 + bytes.length);
  const view = new DataView(content.buffer);
  view.setUint16(0, id);
  view.setUint16(2, bytes.length | 0x2000);
  content.set(fromHex(PHONE) ?? [], 4);
  view.setUint16(10, serial);
  view.setUint16(12, total);
  view.setUint16(14, index);
  content.set(bytes, 16);
  return seal(content);
}
const cut = (total: number, first: number, jump = 1): Uint8Array[] => {
  const size = Math.ceil(body.length / total);
  return Array.from({ length: total }, (_, i) =>
    part(i + 1, total, first + i * jump, body.subarray(i * size, (i + 1) * size)),
  );
};
const ack = (serial: number, ours: number) =>
  toHex(
    jt808.encode({
      id: '0x8001',
      device: '13912345678',
      edition: '2013',
      serial: ours,
      fields: { answeredSerial: serial, answeredId: '0x0704', result: 0 },
    }),
  );
const faultsOf = (items: readonly (Message | Fault)[]) =>
  items.filter((item) => item.kind === 'fault');

function read(frames: readonly Uint8Array[]) {
  const connection = jt808.open({ anyTime: true });
  return { connection, items: frames.flatMap((frame) => connection.push(frame, NOW)) };
}

describe('a message in parts', () => {
  const orders: [string, number[]][] = [
    ['in order', [0, 1, 2, 3]],
    ['in reverse', [3, 2, 1, 0]],
    ['mixed', [2, 0, 3, 1]],
    ['with a part twice', [0, 1, 1, 2, 0, 3]],
  ];
  it.each(orders)('is one message once all parts are there, %s', (_, order) => {
    const frames = cut(4, 100);
    const { connection, items } = read(order.map((i) => frames[i] ?? new Uint8Array(0)));
    expect(items).toHaveLength(1);
    const [message] = items as Message[];
    expect(message?.positions.map((p) => new Date(p.fixTime).getUTCSeconds())).toEqual([1, 2, 3]);
    // All parts are answered, none before the whole could be kept.
    const reply = connection.reply(message as Message, { result: 'accepted' });
    expect(toHex(reply ?? body)).toBe([0, 1, 2, 3].map((i) => ack(100 + i, i)).join(''));
  });

  it('joins parts whose serials jump, and those whose serials wrap', () => {
    expect(read(cut(3, 100, 17)).items).toMatchObject([{ kind: 'message', serial: 100 }]);
    expect(read(cut(3, 65534)).items).toHaveLength(1);
  });

  it('is begun anew by another first part, and the old one is counted', () => {
    const [first = body, second = body] = cut(3, 100);
    const { items } = read([first, second, ...cut(3, 200)]);
    expect(items).toMatchObject([
      { code: 'subpackageDropped', offset: 0, bytes: first.length + second.length },
      { kind: 'message' },
    ]);
  });

  it('is given up after a minute without a new part, and counted', () => {
    const [first = body, second = body] = cut(3, 100);
    const { connection } = read([first]);
    connection.push(second, NOW + 50_000);
    expect(connection.expire(NOW + 109_999)).toEqual([]);
    expect(connection.expire(NOW + 110_000)).toMatchObject([
      { code: 'subpackageDropped', bytes: first.length + second.length },
    ]);
    expect(connection.expire(NOW + 999_999)).toEqual([]);
  });

  it('of one part is a message like any other', () => {
    expect(read([part(1, 1, 5, body)]).items).toMatchObject([{ name: 'locationBatch' }]);
  });

  it('without a row is answered part by part as unsupported', () => {
    const { connection, items } = read([part(1, 3, 5, body, 0x0f42)]);
    expect(items).toMatchObject([{ name: 'unknown', id: '0x0F42' }]);
    const reply = connection.reply(items[0] as Message, { result: 'unsupported' });
    expect(toHex(reply ?? body)).toContain('0f4203');
  });

  it('decides the protocol of a port like any sound frame, long before it is complete', () => {
    const port = openConnection({ prefer: 'gt06' });
    const filler = new Uint8Array(1000);
    const parts = Array.from({ length: 6 }, (_, i) => part(i + 1, 7, i, filler));
    expect(parts.flatMap((p) => port.push(p, NOW))).toEqual([]);
    expect(port.protocol).toBe('jt808');
  });

  it('waits for no bytes of the stream', () => {
    const [first = body] = cut(3, 100);
    expect(read([first]).connection.pendingBytes).toBe(0);
  });
});

describe('a flood of parts', () => {
  it('opens no more than sixteen sets, the oldest give way', () => {
    const firsts = Array.from({ length: 400 }, (_, i) =>
      part(1, 2 + i, 1000 * i, body.subarray(0, 9)),
    );
    const faults = faultsOf(read(firsts).items);
    expect(faults).toHaveLength(400 - 16);
    expect(new Set(faults.map((f) => f.code))).toEqual(new Set(['subpackageDropped']));
  });

  it('holds no more than its bytes, whatever the set', () => {
    const filler = new Uint8Array(1000);
    // Nothing but escapes: twice as long in memory.
    filler.fill(0x7e);
    const parts = Array.from({ length: 4000 }, (_, i) => part(i + 1, 4096, i, filler));
    const { connection, items } = read(parts);
    expect(connection.heldBytes).toBeLessThanOrEqual(8 << 20);
    const dropped = faultsOf(items).reduce((sum, fault) => sum + fault.bytes, 0);
    const left = faultsOf(connection.expire(NOW + 999_999)).reduce((sum, f) => sum + f.bytes, 0);
    expect(dropped + left).toBe(parts.reduce((sum, p) => sum + p.length, 0));
    expect(left).toBeLessThan(8 << 20);
    expect(connection.heldBytes).toBe(0);
  });

  it('of next to nothing each is weighed by the memory it takes', () => {
    const sets = Array.from({ length: 16 }, (_, set) => 4096 - set).flatMap((total) =>
      Array.from({ length: 2000 }, (_, i) => part(i + 1, total, i, Uint8Array.of(1))),
    );
    const { connection, items } = read(sets);
    expect(faultsOf(items).length).toBeGreaterThan(0);
    expect(connection.heldBytes).toBeLessThanOrEqual(8 << 20);
    connection.expire(NOW + 999_999);
    expect(connection.heldBytes).toBe(0);
  });

  it.each([
    [0, 0],
    [9, 3],
    [0, 3],
    [1, 4097],
  ])('refuses part %i of %i and says so', (index, total) => {
    const { connection, items } = read([part(index, total, 7, body)]);
    const [fault] = faultsOf(items);
    expect(fault).toMatchObject({ code: 'subpackageDropped', message: { id: '0x0704' } });
    const reply = connection.reply(fault?.message as Message, { result: 'malformed' });
    expect(toHex(reply ?? body)).toContain('070402');
  });
});
