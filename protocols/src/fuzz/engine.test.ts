import { describe, expect, it } from 'vitest';
import { jt808 } from '../index.ts';
import type { Position } from '../position.ts';
import type { Message } from '../protocol.ts';
import type { Case, Seeds, StreamCase } from './case.ts';
import { check } from './check.ts';
import { bytesOf, concat, contentOf, rewriteBody } from './frames.ts';
import { minimise } from './minimise.ts';
import { makeCase } from './mutate.ts';
import { Random } from './random.ts';
import { run } from './run.ts';
import { flawOf } from './well-formed.ts';

/*
 * The fuzzer itself: that it would notice, that it makes a find small, that a seed tells everything.
 */

/** A plain heartbeat, worked out by hand: 02 ^ 01 ^ 39 ^ 12 ^ 34 ^ 56 ^ 78 ^ 09. */
const HEARTBEAT = '7e0002000001391234567800093b7e';
const LOGIN = '78780d01012345678901234500018cdd0d0a';

const seeds: Seeds = {
  streams: [
    { protocol: 'jt808', side: 'platform', model: null, before: [], hex: HEARTBEAT },
    { protocol: 'gt06', side: 'platform', model: null, before: [], hex: LOGIN },
  ],
  payloads: [
    {
      topic: 'trk/v1/b/pos',
      payload: '7b226c6174223a317d',
      retain: false,
      key: null,
    },
  ],
  writes: [
    {
      protocol: 'jt808',
      id: '0x8601',
      edition: '2013',
      direction: 'down',
      device: '13912345678',
      serial: 1,
      fields: { ids: [1, 2] },
    },
  ],
};
const still = () => 0;
const stream = (...pieces: readonly string[]): StreamCase => ({
  kind: 'stream',
  protocol: 'jt808',
  side: 'platform',
  lenient: false,
  model: null,
  gated: false,
  pieces,
  cuts: [],
});
const times = (count: number) => {
  let left = count;
  return () => left-- <= 0;
};

describe('a run', () => {
  it('tries the same cases for the same seed, and others for another', () => {
    const tried = (seed: number): readonly Case[] => {
      const cases: Case[] = [];
      const keep = (input: Case): null => {
        cases.push(input);
        return null;
      };
      run(seed, seeds, keep, times(50));
      return cases;
    };
    expect(tried(7)).toHaveLength(50);
    expect(tried(7)).toEqual(tried(7));
    expect(tried(7)).not.toEqual(tried(8));
  });

  it('ends with the first broken promise, as small as it gets', () => {
    const hasFlag = (input: Case) =>
      input.kind === 'stream' && input.pieces.some((piece) => piece.includes('7e'))
        ? 'knows no flag: found one'
        : null;
    const { cases, find } = run(1, seeds, hasFlag, times(200));
    expect(cases).toBeLessThan(200);
    expect(find?.failure).toBe('knows no flag: found one');
    const smallest = find?.case.kind === 'stream' ? find.case.pieces : [];
    expect(smallest).toEqual(['7e']);
  });

  it('finds nothing where nothing is broken', () => {
    expect(run(1, seeds, (input) => check(input, still), times(100))).toEqual({
      cases: 100,
      find: null,
    });
  });
});

describe('a smaller case', () => {
  it('breaks the same promise, not another', () => {
    const failureOf = (input: Case): string | null => {
      if (input.kind !== 'write') return null;
      const ids = input.fields['ids'];
      if (!Array.isArray(ids)) return 'another: no list';
      return ids.includes(2) ? 'the one: 2' : null;
    };
    const [write] = seeds.writes;
    if (write === undefined) throw new Error('no seed');
    const smallest = minimise({ kind: 'write', ...write }, failureOf);
    expect(smallest).toMatchObject({ fields: { ids: [2] } });
  });

  it('keeps its frames sound while their bodies shrink', () => {
    const body = rewriteBody('jt808', bytesOf(HEARTBEAT), () => Uint8Array.of(1, 2, 3, 4, 5, 6));
    const long = Buffer.from(body).toString('hex');
    const failureOf = (input: Case): string | null => {
      const [piece = ''] = input.kind === 'stream' ? input.pieces : [];
      const content = contentOf(bytesOf(piece));
      return content.length > 12 && content.subarray(12).includes(4) ? 'has a four: yes' : null;
    };
    const smallest = minimise(stream(long, HEARTBEAT), failureOf);
    const pieces = smallest.kind === 'stream' ? smallest.pieces : [];
    expect(pieces).toHaveLength(1);
    const [item] = jt808.open().push(bytesOf(pieces[0] ?? ''), 0);
    expect(item).toMatchObject({ kind: 'message', fields: { trailing: '04' } });
  });
});

describe('a check', () => {
  it('notices work that takes too long, and forgives what was slow once', () => {
    let now = 0;
    const slow = () => (now += 10_000);
    expect(check(stream(HEARTBEAT), slow)).toMatch(/^costs time in proportion: /);
    let calls = 0;
    const slowOnce = () => (++calls === 2 ? 10_000 : calls > 2 ? 10_000 : 0);
    expect(check(stream(HEARTBEAT), slowOnce)).toBeNull();
  });

  const message: Message = {
    kind: 'message',
    protocol: 'jt808',
    id: '0x0200',
    name: 'locationReport',
    device: '1',
    edition: '2013',
    serial: 0,
    fields: {},
    positions: [],
    intent: 'report',
    raw: new Uint8Array(0),
  };
  const position: Position = {
    fixTime: 0,
    timeSource: 'device',
    valid: true,
    latitude: 31,
    longitude: 121,
    altitudeM: null,
    speedKmh: null,
    courseDeg: null,
    satellites: null,
    hdop: null,
    accuracyM: null,
    mileageKm: null,
    batteryPercent: null,
    ignition: null,
    source: 'gnss',
    buffered: false,
    alarms: [],
    flags: [],
    extras: {},
  };
  it('takes sound items', () => {
    expect(flawOf({ ...message, positions: [position] })).toBeNull();
  });
  it.each<readonly [string, Partial<Message>, RegExp]>([
    ['a number that is none', { fields: { a: [{ b: Number.NaN }] } }, /^fields\.a\.0\.b is NaN/],
    ['no number at all', { fields: { a: undefined } }, /undefined/],
    ['bytes', { fields: { a: new Uint8Array(2) } }, /no plain data/],
    ['a serial below zero', { serial: -1 }, /^serial/],
    ['half a millisecond', { positions: [{ ...position, fixTime: 0.5 }] }, /fixTime/],
    ['a place beyond the pole', { positions: [{ ...position, latitude: 90.1 }] }, /latitude/],
    ['no place that is valid', { positions: [{ ...position, longitude: null }] }, /longitude/],
    ['a course of 360', { positions: [{ ...position, courseDeg: 360 }] }, /course/],
    ['an infinite speed', { positions: [{ ...position, speedKmh: Infinity }] }, /Infinity/],
  ])('notices %s', (_, flaw, how) => {
    expect(flawOf({ ...message, ...flaw })).toMatch(how);
  });
  it('notices a fault that counts bytes there cannot be', () => {
    const fault = {
      kind: 'fault',
      protocol: 'jt808',
      code: 'garbage',
      offset: -1,
      bytes: 1,
    } as const;
    expect(flawOf(fault)).toMatch(/-1/);
  });
});

describe('a mutation', () => {
  it('leaves most frames sound, so that what lies behind the checksum is reached', () => {
    let sound = 0;
    let cases = 0;
    for (let i = 0; i < 400; i++) {
      const input = makeCase(new Random(i), seeds);
      if (input.kind !== 'stream' || input.protocol !== 'jt808') continue;
      cases++;
      const content = contentOf(concat(input.pieces.map(bytesOf)));
      if (content.length > 0) sound++;
    }
    expect(cases).toBeGreaterThan(50);
    expect(sound / cases).toBeGreaterThan(0.7);
  });
});
