import { decodeMqtt, type Message } from '@xunji/protocols';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { samplePosition } from '../journal/entries.test-support.ts';
import type { DeviceRef } from '../journal/record.ts';
import { NearestBeacons, type SightingResult } from './nearest.ts';
import type { Place } from './zones.ts';

const GATEWAY = 'ac233fc001ea';
const BADGE = 'ac233fa018e3';
const UUID = 'b9a5d27d56cc4e3aab511f2153bcb967';
const hall: Place = { id: '1', name: 'hall', latitude: 31.2, longitude: 121.5, radiusM: 12 };
const gate: Place = { ...hall, id: '2', name: 'gate', latitude: 31.21 };
/** The start of a window. */
const T = 1_795_404_000_000;

function room() {
  const results: SightingResult[] = [];
  const nearest = new NearestBeacons({
    places: {
      placeOf: (name) =>
        name === GATEWAY
          ? hall
          : name === `${UUID}-1-2` || name === 'b0b0b0b0b0b0'
            ? gate
            : undefined,
    },
    isDevice: ({ id }) => [BADGE, `${UUID}-7-7`].includes(id),
    onSighting: (result, count) => results.push(...Array(count).fill(result)),
  });
  const say = (topic: string, payload: unknown, at: number) => {
    const message = decodeMqtt(topic, Buffer.from(JSON.stringify(payload)), at, { retain: false });
    if (message?.kind !== 'message') throw new Error('no message');
    const device: DeviceRef = { protocol: 'mqtt', id: message.device ?? '' };
    return nearest.hear(message, device, at);
  };
  const scan = (at: number, over: object = {}) =>
    say(`trk/v1/gw/${GATEWAY}/scan`, [{ beacon: BADGE, rssi: -60, ...over }], at);
  return { nearest, results, say, scan };
}

const shown = (messages: readonly Message[]) =>
  messages.map(({ name, device, positions: [p] }) => ({ name, device, ...p }));

describe('a report', () => {
  it('is not read field by field to see that it hears nobody', () => {
    const { nearest } = room();
    const device: DeviceRef = { protocol: 'jt808', id: '13912345678' };
    const report = {
      ...{ kind: 'message', protocol: 'jt808', id: '0x0200', name: 'locationReport' },
      ...{ device: device.id, edition: '2013', serial: 1, intent: 'report' },
      positions: [samplePosition(0)],
      raw: new Uint8Array(0),
    } as const;
    const lazy = Object.defineProperty({ ...report, fields: {} }, 'fields', {
      get: () => {
        throw new Error('fields were read');
      },
    }) as Message;
    expect(nearest.hear(lazy, device, T)).toEqual([]);
  });
});

describe('what gateways hear', () => {
  it('makes a position of the badge at their place, without speed or mileage', () => {
    const { scan, nearest, results } = room();
    expect(scan(T, { bat: 80 })).toEqual([]);
    expect(scan(T + 4000)).toEqual([]);
    expect(shown(scan(T + 11_000))).toEqual([
      expect.objectContaining({
        ...{ name: 'beaconZone', device: BADGE, fixTime: T + 4000, source: 'beacon', valid: true },
        ...{ latitude: 31.2, longitude: 121.5, accuracyM: 12, speedKmh: null, mileageKm: null },
        ...{ batteryPercent: 80, extras: { zone: 'hall', beaconId: '1', rssiDbm: -60 } },
      }),
    ]);
    expect(results).toEqual(['used', 'used', 'used']);
    expect(nearest.isHeard({ protocol: 'mqtt', id: BADGE })).toBe(true);
  });

  it('is nobody’s business of strangers, and of no use from a place nobody knows', () => {
    const { say, nearest, results } = room();
    say(`trk/v1/gw/${GATEWAY}/scan`, [{ beacon: '665544332211', rssi: -60 }], T);
    say('trk/v1/gw/elsewhere/scan', [{ beacon: BADGE, rssi: -60 }], T);
    expect(results).toEqual(['used', 'stranger', 'unknownPlace']);
    expect(nearest.sweep(T + 90_000)).toEqual({ derived: [], lost: [] });
  });

  it('is counted by what became of it', () => {
    const { scan, say, results } = room();
    scan(T, { rssi: 99 });
    const elements = [{ type: 'New', mac: BADGE, rssi: -60 }, 5, 6];
    say(`trk/v1/gw/${GATEWAY}/scan`, elements, T);
    expect(results).toEqual(['rejected', 'rejected', 'rejected', 'unknownType', 'used']);
  });

  it('knows a badge by its iBeacon as well', () => {
    const { say } = room();
    const heard = [{ uuid: UUID, major: 7, minor: 7, rssi: -60 }];
    for (const at of [T, T + 1000]) say(`trk/v1/gw/${GATEWAY}/scan`, heard, at);
    const [found] = say(`trk/v1/gw/${GATEWAY}/scan`, heard, T + 10_000);
    expect(found?.device).toBe(`${UUID}-7-7`);
  });

  it('happened when it came, unless it is told of long after', () => {
    const { scan } = room();
    // Ten seconds of drift would cut the window in two.
    scan(T + 1000, { ts: T - 9000 });
    scan(T + 2000, { ts: T - 8000 });
    const [found] = scan(T + 10_000);
    expect(found?.positions[0]?.fixTime).toBe(T + 2000);
  });

  it('ends a minute after the last of it', () => {
    const { scan, nearest } = room();
    for (const at of [T, T + 1000]) scan(at);
    const { derived } = nearest.sweep(T + 11_000);
    expect(derived.map(({ name }) => name)).toEqual(['beaconZone']);
    const { derived: last, lost } = nearest.sweep(T + 61_001);
    expect(last.map(({ name, fields }) => [name, fields])).toEqual([
      ['beaconLost', { zone: 'hall' }],
    ]);
    expect(lost).toEqual([{ protocol: 'mqtt', id: BADGE }]);
  });
});

describe('what a badge hears', () => {
  const beacon = { uuid: UUID, major: 1, minor: 2, rssi: -60 };

  it('makes its position at the fixed beacon', () => {
    const { say } = room();
    const topic = 'trk/v1/badge-7/beacon';
    say(
      topic,
      [
        { ...beacon, ts: T },
        { ...beacon, ts: T + 1000 },
      ],
      T + 2000,
    );
    expect(shown(say(topic, [{ ...beacon, ts: T + 10_000 }], T + 12_000))).toEqual([
      expect.objectContaining({ device: 'badge-7', latitude: 31.21, source: 'beacon' }),
    ]);
  });

  it('may stand in the report of any protocol', () => {
    const { nearest } = room();
    const device: DeviceRef = { protocol: 'gt06', id: '861234567890123' };
    const beacons = [{ mac: 'b0b0b0b0b0b0', rssiDbm: -61 }];
    const report = (at: number): Message => ({
      ...{
        kind: 'message',
        protocol: 'gt06',
        id: '0x94',
        name: 'x',
        device: device.id,
        edition: null,
      },
      ...{ serial: 0, fields: {}, intent: 'report', raw: new Uint8Array(0) },
      positions: [
        {
          ...samplePosition(0),
          fixTime: at,
          valid: false,
          extras: { beacons: JSON.stringify(beacons) },
        },
      ],
    });
    for (const at of [T, T + 3000]) expect(nearest.hear(report(at), device, at)).toEqual([]);
    const listed: Message = { ...report(T + 10_000), positions: [], fields: { beacons } };
    expect(shown(nearest.hear(listed, device, T + 10_000))).toEqual([
      expect.objectContaining({ device: device.id, latitude: 31.21, fixTime: T + 3000 }),
    ]);
  });

  it('gives way to satellites that see it better than 30 m', () => {
    const { say } = room();
    const topic = 'trk/v1/badge-7/beacon';
    const fix = (acc: number) => ({ v: 1, ts: T, lat: 31, lon: 121, acc });
    const hear = (at: number) => say(topic, [{ ...beacon, ts: at }], at);
    for (const at of [T, T + 1000]) hear(at);
    say('trk/v1/badge-7/pos', fix(30), T + 2000);
    expect(hear(T + 10_000)).toHaveLength(1);
    hear(T + 11_000);
    say('trk/v1/badge-7/pos', fix(29), T + 12_000);
    expect(hear(T + 20_000)).toEqual([]);
    hear(T + 21_000);
    expect(hear(T + 42_000)).toHaveLength(1);
  });
});

describe('whatever is heard', () => {
  const topics = ['trk/v1/gw/hall/scan', 'trk/v1/badge-7/beacon', 'trk/v1/badge-7/pos'];
  const element = fc.record(
    {
      ts: fc.oneof(fc.integer({ min: T - 400_000, max: T + 900_000 }), fc.anything()),
      beacon: fc.oneof(fc.constantFrom(BADGE, 'b0b0b0b0b0b0', '665544332211'), fc.anything()),
      rssi: fc.oneof(fc.integer({ min: -140, max: 40 }), fc.constant('-60'), fc.anything()),
      acc: fc.integer({ min: 0, max: 60 }),
    },
    { requiredKeys: [] },
  );

  it('makes sound positions of our own devices in the order of time, and of nobody else', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.constantFrom(...topics),
            fc.array(element, { maxLength: 8 }),
            fc.nat({ max: 8000 }),
          ),
          {
            maxLength: 40,
          },
        ),
        (messages) => {
          const nearest = new NearestBeacons({
            places: {
              placeOf: (name) => (name === '665544332211' ? undefined : { ...hall, id: name }),
            },
            isDevice: ({ id }) => id === BADGE,
            onSighting: () => undefined,
          });
          let now = T;
          const times = new Map<string, number>();
          const take = (derived: readonly Message[]) => {
            for (const { device, positions } of derived) {
              expect([BADGE, 'badge-7']).toContain(device);
              for (const { fixTime } of positions) {
                expect(fixTime).toBeLessThanOrEqual(now);
                expect(fixTime).toBeGreaterThan(times.get(device ?? '') ?? 0);
                times.set(device ?? '', fixTime);
              }
            }
          };
          for (const [topic, payload, gap] of messages) {
            now += gap;
            const bytes = Buffer.from(JSON.stringify(payload));
            const message = decodeMqtt(topic, bytes, now, { retain: false });
            if (message?.kind === 'message') {
              take(nearest.hear(message, { protocol: 'mqtt', id: message.device ?? '' }, now));
            }
            if (gap % 3 === 0) take(nearest.sweep(now).derived);
          }
          now += 120_000;
          take(nearest.sweep(now).derived);
        },
      ),
      { numRuns: 300 },
    );
  });
});
