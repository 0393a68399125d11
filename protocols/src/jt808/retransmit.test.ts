import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../bytes.ts';
import type { Fault, Message } from '../protocol.ts';
import { Framer, seal } from './frame.ts';
import { readHeader } from './header.ts';
import { jt808 } from './index.ts';
import { Subpackages } from './subpackages.ts';

const NOW = Date.UTC(2026, 10, 23, 7, 0, 0);
const PHONE = '013912345678';
const NOTHING = new Uint8Array(0);
const word = (n: number) => n.toString(16).padStart(4, '0');
const bytesOf = (hex: string) => fromHex(hex) ?? NOTHING;

/** Part `index` of `total`, in the short header or the long one. */
function part(
  [index, total]: readonly [number, number],
  serial: number,
  body: Uint8Array,
  { id = 0x0704, isLong = false, phone = PHONE } = {},
): Uint8Array {
  const flags = body.length | 0x2000 | (isLong ? 0x4000 : 0);
  const who = isLong ? `01${phone.padStart(20, '0')}` : phone;
  const head = word(id) + word(flags) + who + word(serial) + word(total) + word(index);
  return seal(bytesOf(head + toHex(body)));
}
const beat = (serial: number) => seal(bytesOf(`00020000${PHONE}${word(serial)}`));
const one = Uint8Array.of(1);
const said = (bytes: Uint8Array | null | undefined) => toHex(bytes ?? NOTHING);
const request = (edition: '2013' | '2019', originalSerial: number, ids: number[], serial = 0) =>
  toHex(
    jt808.encode({
      ...{ id: '0x8003', device: '13912345678', edition, serial },
      fields: { originalSerial, ids },
    }),
  );

describe('parts that are missing', () => {
  it.each<[string, Uint8Array[], string]>([
    ['in 2013', [part([1, 3], 100, one), part([3, 3], 102, one)], request('2013', 100, [2])],
    ['in 2019', [part([2, 3], 101, one, { isLong: true })], request('2019', 100, [1, 3])],
    ['over the end of the serials', [part([3, 3], 1, one)], request('2013', 65535, [1, 2])],
    [
      'of serials that jump',
      [part([1, 4], 0x4d1, one), part([2, 4], 0x4e2, one)],
      request('2013', 0x4d1, [3, 4]),
    ],
  ])(
    '%s are asked for by the serial of the first, three times and then no more',
    (_, frames, expected) => {
      const connection = jt808.open();
      for (const frame of frames) connection.push(frame, NOW);
      const asked: [number, string][] = [];
      for (let at = 0; at < 60_000; at += 500) {
        expect(connection.expire(NOW + at)).toEqual([]);
        const bytes = connection.takeRequests?.() ?? null;
        if (bytes !== null) asked.push([at, toHex(bytes)]);
      }
      expect(asked.map(([at]) => at)).toEqual([10_000, 25_000, 45_000]);
      expect(asked[0]?.[1]).toBe(expected);
      expect(connection.expire(NOW + 60_000)).toMatchObject([{ code: 'subpackageDropped' }]);
      expect(connection.heldBytes).toBe(0);
      expect(connection.takeRequests?.()).toBeNull();
    },
  );

  it('are not asked for in 2011, which has no word for it', () => {
    const connection = jt808.open({
      profileOf: () => ({ model: null, lenient: false, edition: '2011' }),
    });
    connection.push(part([1, 3], 100, one), NOW);
    connection.expire(NOW + 30_000);
    expect(connection.takeRequests?.()).toBeNull();
  });

  it('are asked for as many as a frame holds', () => {
    const connection = jt808.open();
    connection.push(part([1, 4096], 0, one, { isLong: true }), NOW);
    connection.expire(NOW + 10_000);
    const asked = connection.takeRequests?.() ?? NOTHING;
    const terminal = jt808.open({ side: 'terminal' });
    const [message] = terminal.push(asked, NOW) as Message[];
    expect(message?.fields['ids']).toEqual(Array.from({ length: 498 }, (_, i) => i + 2));
  });

  it('are kept alive by no part that came before', () => {
    const connection = jt808.open();
    for (let at = 0; at < 60_000; at += 5000) connection.push(part([1, 3], 100, one), NOW + at);
    expect(connection.expire(NOW + 60_000)).toMatchObject([{ code: 'subpackageDropped' }]);
  });
});

describe('a part that came before', () => {
  it('with the same bytes changes nothing, with others it takes its place', () => {
    const text = (byte: number) => Uint8Array.of(byte, byte, byte);
    const connection = jt808.open();
    const options = { id: 0x0102 };
    const push = (index: number, byte: number) =>
      connection.push(part([index, 2], 9 + index, text(byte), options), NOW);
    push(1, 0x41);
    push(1, 0x41);
    push(1, 0x42);
    expect(push(2, 0x43)).toMatchObject([{ fields: { authCode: 'BBBCCC' }, serial: 10 }]);
    // All of it was joined: the same frames say nothing new, others with the same serials do.
    expect([...push(1, 0x42), ...push(2, 0x43)]).toEqual([]);
    push(1, 0x44);
    expect(push(2, 0x45)).toMatchObject([{ fields: { authCode: 'DDDEEE' } }]);
  });
});

describe('any body', () => {
  it('is the same however it is cut, ordered and repeated', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ min: 0x41, max: 0x5a, minLength: 1, maxLength: 400 }),
        fc.array(fc.nat(), { maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 30 }),
        fc.integer({ min: 0, max: 0xffff }),
        fc.boolean(),
        (body, cuts, order, first, isLong) => {
          const edges = [0, ...cuts.map((c) => c % body.length).sort((a, b) => a - b), body.length];
          const total = edges.length - 1;
          const frames = edges.slice(1).map((to, i) =>
            part([i + 1, total], (first + i) & 0xffff, body.subarray(edges[i], to), {
              ...{ id: 0x0102, isLong },
            }),
          );
          const connection = jt808.open();
          const stream = [...order.map((n) => frames[n % total] ?? NOTHING), ...frames];
          const items = stream.flatMap((frame) => connection.push(frame, NOW));
          const whole = items.filter((item) => item.kind === 'message');
          // A body in one part is a message each time it comes.
          if (total > 1) expect(items).toHaveLength(1);
          expect(whole[0]?.fields['authCode']).toBe(String.fromCharCode(...body));
          expect(connection.heldBytes).toBe(0);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('a body that would keep others waiting', () => {
  it('is refused once it is whole, and a file of that length is not', () => {
    const piece = new Uint8Array(1000);
    const whole = (id: number) => {
      const connection = jt808.open();
      return Array.from({ length: 600 }, (_, i) =>
        connection.push(part([i + 1, 600], i, piece, { id }), NOW),
      ).flat();
    };
    expect(whole(0x0704)).toMatchObject([{ code: 'badBody', message: { id: '0x0704' } }]);
    expect(whole(0x0801)).toMatchObject([{ kind: 'message', name: 'mediaData' }]);
  });
});

describe('a long message of ours', () => {
  // 15 bytes and the data.
  const fields = { type: 0, manufacturerId: 'QHK', version: 'V2.0', data: 'a5'.repeat(2586) };
  const command = { device: '13912345678', id: '0x8108', fields };

  it('is cut into frames of a thousand bytes, each with a serial, and read as one', () => {
    const connection = jt808.open();
    connection.push(beat(1), NOW);
    const written = connection.command(command);
    expect(written).toMatchObject({ serial: 0, serials: 3 });
    const heads: unknown[] = [];
    const sink = {
      frame: (content: Uint8Array, length: number) => {
        const header = readHeader(content, length);
        heads.push([header?.serial, header?.package, length - (header?.bodyAt ?? 0)]);
      },
      dropped: () => heads.push('dropped'),
      forgives: () => false,
    };
    new Framer().push(written?.bytes ?? NOTHING, sink);
    expect(heads).toEqual([
      [0, { total: 3, index: 1 }, 1000],
      [1, { total: 3, index: 2 }, 1000],
      [2, { total: 3, index: 3 }, 601],
    ]);
    const terminal = jt808.open({ side: 'terminal' });
    expect(terminal.push(written?.bytes ?? NOTHING, NOW)).toMatchObject([
      { id: '0x8108', serial: 0, fields },
    ]);
    expect(connection.command({ ...command, fields: { ...fields, data: '' } })?.serial).toBe(3);
  });

  it('is sent again in part, unchanged, when the terminal asks', () => {
    const connection = jt808.open();
    connection.push(beat(1), NOW);
    const all = said(connection.command(command)?.bytes);
    const frames = all.split('7e7e').map((f) => `7e${f.replace(/^7e|7e$/g, '')}7e`);
    const ask = (originalSerial: number, ids: number[]) => {
      const asking = jt808.encode({
        ...{ id: '0x0005', device: '13912345678', edition: '2019', serial: 7 },
        fields: { originalSerial, ids },
      });
      const [message] = connection.push(asking, NOW) as Message[];
      return said(message && connection.reply(message, { result: 'accepted' }));
    };
    expect(ask(0, [3, 1, 3, 99])).toBe(`${frames[2]}${frames[0]}`);
    // What we do not have is answered as failed.
    expect(ask(1, [1])).toMatch(/000501..7e$/);
    expect(ask(0, [])).toMatch(/000501..7e$/);
  });
});

describe('the parts of all devices together', () => {
  const faultsOf = (items: readonly (Message | Fault)[]) => items.filter((i) => i.kind === 'fault');

  it('take no more than they may: those longest without a part give way, and are counted', () => {
    const subpackages = new Subpackages({ maxBytes: 50_000 });
    const body = new Uint8Array(1000);
    const connection = jt808.open({ subpackages });
    const take = (frame: Uint8Array) =>
      (connection.push(frame, NOW) as Message[]).flatMap((m) => connection.join?.(m, NOW) ?? []);
    const items = Array.from({ length: 100 }, (_, n) =>
      take(part([1, 9], n, body, { phone: `01380000${word(n)}`, id: 0x0102 })),
    ).flat();
    expect(subpackages.bytes).toBeLessThanOrEqual(50_000);
    expect(subpackages.size + faultsOf(items).length).toBe(100);
    expect(connection.heldBytes).toBe(subpackages.bytes);
    // The newest are there still.
    expect(subpackages.hasOrphans('1380000063')).toBe(false);
    connection.leave?.();
    expect(connection.heldBytes).toBe(0);
    const dropped: unknown[] = [];
    subpackages.sweep(NOW + 59_999, (what) => dropped.push(what));
    expect(dropped).toEqual([]);
    subpackages.sweep(NOW + 60_000, (what) => dropped.push(what));
    expect([subpackages.bytes, subpackages.size, subpackages.oldest()]).toEqual([0, 0, null]);
  });
});
