import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toWgs84, wgs84ToGcj02 } from './datum.ts';
import { decodeMqtt, encodeOwnPosition, MAX_BATCH, type OwnPosition } from './index.ts';

const NOW = Date.UTC(2026, 10, 23, 8, 0, 0);
const TOPIC = 'trk/v1/badge-7/pos';
const gatewayTopics = [
  { filter: 'site/+/scan', adapter: 'auto', gatewayIdFrom: 'topic' },
  { filter: 'any/#', adapter: 'auto', gatewayIdFrom: 'payload' },
] as const;
const read = (topic: string, payload: Uint8Array, retain = false) =>
  decodeMqtt(topic, payload, NOW, { retain, gatewayTopics, owntracksKey: new Uint8Array(32) });

function positionsIn(payload: Uint8Array) {
  const item = read(TOPIC, payload);
  if (item?.kind !== 'message') throw new Error(`no message but ${item?.detail}`);
  return item.positions;
}

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const finite = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const ownPosition = fc
  .record({
    ts: fc.integer({ min: NOW - 86_400_000, max: NOW }),
    lat: finite(-90, 90),
    lon: finite(-180, 180),
    acc: optional(finite(0, 1e6)),
    alt: optional(finite(-500, 9000)),
    spd: optional(finite(0, 500)),
    crs: optional(finite(0, 359.9)),
    sat: optional(fc.integer({ min: 0, max: 64 })),
    hdop: optional(finite(0, 99)),
    bat: optional(finite(0, 100)),
    seq: optional(fc.nat({ max: 0xffffffff })),
    buf: optional(fc.boolean()),
    ext: optional(fc.dictionary(fc.string({ maxLength: 8 }), fc.integer(), { maxKeys: 32 })),
  })
  // What is left out must be absent, as on the wire.
  .map((p) => JSON.parse(JSON.stringify(p)) as OwnPosition);

describe('our own position', () => {
  it('is read back as it was written, alone and in a batch', () => {
    fc.assert(
      fc.property(fc.array(ownPosition, { minLength: 1, maxLength: 5 }), (sent) => {
        const batch = positionsIn(encodeOwnPosition(sent));
        const alone = sent.flatMap((p) => [...positionsIn(encodeOwnPosition(p))]);
        expect(batch).toEqual(alone);
        for (const [i, p] of sent.entries()) {
          expect(alone[i]).toMatchObject({
            fixTime: p.ts,
            latitude: p.lat,
            longitude: p.lon,
            accuracyM: p.acc ?? null,
            altitudeM: p.alt ?? null,
            speedKmh: p.spd ?? null,
            courseDeg: p.crs ?? null,
            satellites: p.sat ?? null,
            hdop: p.hdop ?? null,
            batteryPercent: p.bat ?? null,
            buffered: p.buf ?? false,
          });
          expect(alone[i]?.extras['seq']).toBe(p.seq);
          for (const [key, value] of Object.entries(p.ext ?? {})) {
            expect(alone[i]?.extras[`x_${key}`]).toBe(value);
          }
        }
      }),
    );
  });

  it('has a bound on what is written at once', () => {
    const one = { ts: NOW, lat: 1, lon: 2 };
    expect(() => encodeOwnPosition([])).toThrow(RangeError);
    expect(() => encodeOwnPosition(Array(MAX_BATCH + 1).fill(one))).toThrow(/batch/);
    expect(positionsIn(encodeOwnPosition(Array(MAX_BATCH).fill(one)))).toHaveLength(MAX_BATCH);
  });
});

/** JSON values with the names the tables know, mostly with the wrong thing in them. */
const names = [
  ...[
    'v',
    'ts',
    'lat',
    'lon',
    'fix',
    'acc',
    'spd',
    'crs',
    'seq',
    'buf',
    'evt',
    'ext',
    'cs',
    'batch',
  ],
  ...[
    '_type',
    'tst',
    'vel',
    't',
    'imei',
    'ign',
    'type',
    'on',
    'online',
    '__proto__',
    'constructor',
  ],
  ...['rssi', 'beacon', 'uuid', 'major', 'minor', 'sightings', 'mac', 'rawData', 'battery'],
  ...['msg', 'gmac', 'obj', 'dmac', 'data1', 'msg_id', 'device_info', 'data', 'action', 'gateway'],
];
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(
    'AC233FA018E3',
    '0201061AFF4C000215',
    3070,
    'advData',
    'Gateway',
    'encrypted',
    -60,
  ),
  fc.constantFrom(1, 0, -0, 1e308, 91, NOW, NOW / 1000, '31.5', 'location', 'sos', 'gcj02', true),
);
const hostile = fc.oneof(
  fc.dictionary(fc.constantFrom(...names), value).map((o) => JSON.stringify(o)),
  fc.array(fc.dictionary(fc.constantFrom(...names), value)).map((a) => JSON.stringify(a)),
  fc.json(),
);
const topics = fc.oneof(
  fc.constantFrom(
    ...['pos', 'event', 'state', 'beacon', 'cmd', 'cmd/ack', 'x'].map((t) => `trk/v1/badge-7/${t}`),
    ...['scan', 'state', 'x'].map((t) => `trk/v1/gw/ac233fc001ea/${t}`),
    ...['site/hall/scan', 'any/thing'],
    ...['', '/event', '/waypoints', '/beacon', '/cmd'].map((t) => `owntracks/alice/phone${t}`),
  ),
  fc.string(),
);

describe('any message at all', () => {
  it('is a message, a fault or nothing, and pollutes nobody', () => {
    fc.assert(
      fc.property(topics, hostile, fc.boolean(), (topic, payload, retain) => {
        const item = read(topic, Buffer.from(payload), retain);
        if (item?.kind === 'message') {
          for (const p of item.positions) {
            expect(Number.isSafeInteger(p.fixTime)).toBe(true);
            expect(p.valid && (p.latitude === null || Math.abs(p.latitude) > 90)).toBe(false);
            for (const extra of Object.values(p.extras)) {
              expect(['number', 'string', 'boolean']).toContain(typeof extra);
            }
          }
          for (const { rssi, time, beacon } of item.sightings ?? []) {
            expect(Math.abs(rssi)).toBeLessThanOrEqual(127);
            expect(Number.isSafeInteger(time)).toBe(true);
            expect(beacon ?? 'ac233fa018e3').toMatch(/^[0-9a-f]{12}$/);
          }
          // What is kept must survive being written down.
          expect(() => JSON.stringify({ ...item, raw: null })).not.toThrow();
        }
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
      { numRuns: 3000 },
    );
  });

  it('may be any bytes', () => {
    fc.assert(
      fc.property(topics, fc.uint8Array({ maxLength: 300 }), (topic, payload) => {
        expect(['message', 'fault', undefined]).toContain(read(topic, payload)?.kind);
      }),
      { numRuns: 1000 },
    );
  });

  it('costs little whatever is in it', () => {
    const deep = `{"a":`.repeat(3000);
    const payloads = ['['.repeat(16_384), deep, `{"v":1,"batch":[${'{},'.repeat(5000)}{}]}`];
    const start = performance.now();
    const gateway = 'trk/v1/gw/hall/scan';
    for (let i = 0; i < 20; i++) {
      // Lists that say they are longer than the payload, one in the other.
      expect(read(gateway, Buffer.alloc(16_384, 0x81))?.kind).toBe('fault');
      expect(read(gateway, Buffer.from('81a161dfffffffff', 'hex'))?.kind).toBe('fault');
      expect(read(gateway, Buffer.alloc(16_384, '$GPRP,'))?.kind).toBe('fault');
    }
    for (const payload of payloads) {
      for (let i = 0; i < 20; i++) expect(read(TOPIC, Buffer.from(payload))?.kind).toBe('fault');
    }
    expect(read(TOPIC, Buffer.alloc(64 << 20, 0x5b))?.kind).toBe('fault');
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

describe('the datums of Chinese phone kits', () => {
  const metres = (a: { latitude: number; longitude: number }, b: typeof a) =>
    Math.hypot(
      (a.latitude - b.latitude) * 111_320,
      (a.longitude - b.longitude) * 111_320 * Math.cos((a.latitude * Math.PI) / 180),
    );

  it('shift some hundred metres inside China and nothing elsewhere', () => {
    const shanghai = { latitude: 31.230416, longitude: 121.473701 };
    const shift = metres(wgs84ToGcj02(shanghai), shanghai);
    expect(shift).toBeGreaterThan(300);
    expect(shift).toBeLessThan(700);
    const paris = { latitude: 48.8566, longitude: 2.3522 };
    expect(wgs84ToGcj02(paris)).toEqual(paris);
    expect(toWgs84(paris, 'gcj02')).toEqual(paris);
  });

  it('come back within a millimetre', () => {
    fc.assert(
      fc.property(finite(18, 53), finite(74, 135), (latitude, longitude) => {
        const place = { latitude, longitude };
        expect(metres(toWgs84(wgs84ToGcj02(place), 'gcj02'), place)).toBeLessThan(0.001);
      }),
    );
  });

  it('shift as the published conversions print it', () => {
    const spot = { latitude: 39.915, longitude: 116.404 };
    const shifted = wgs84ToGcj02(spot);
    expect(shifted.latitude).toBeCloseTo(39.91640428150164, 9);
    expect(shifted.longitude).toBeCloseTo(116.41024449916938, 9);
    // The published inverse of BD-09 is itself an approximation.
    const twice = { latitude: 39.92133699351021, longitude: 116.41036949371029 };
    expect(metres(toWgs84(twice, 'bd09'), toWgs84(spot, 'gcj02'))).toBeLessThan(1);
  });

  it('are told in the message', () => {
    const spot = { latitude: 39.90734, longitude: 116.39103 };
    const gcj = wgs84ToGcj02(spot);
    const sent = { ts: NOW, lat: gcj.latitude, lon: gcj.longitude };
    const [found] = positionsIn(encodeOwnPosition({ ...sent, cs: 'gcj02' }));
    expect(found?.latitude).toBeCloseTo(spot.latitude, 7);
    expect(found?.longitude).toBeCloseTo(spot.longitude, 7);
    expect(found?.extras['sentDatum']).toBe('gcj02');
    expect(positionsIn(encodeOwnPosition(sent))[0]).toMatchObject({
      latitude: gcj.latitude,
      longitude: gcj.longitude,
      extras: {},
    });
  });
});

describe('answers to commands', () => {
  const read = (topic: string, json: object) =>
    decodeMqtt(topic, new TextEncoder().encode(JSON.stringify(json)), Date.UTC(2026, 10, 23), {
      retain: false,
    });
  const phone = { _type: 'location', lat: 31.2, lon: 121.4, tst: Date.UTC(2026, 10, 23) / 1000 };

  it.each([
    ['trk/v1/badge-7/cmd/ack', { id: 'c-81', ok: true }, 81, 'done'],
    ['trk/v1/badge-7/cmd/ack', { id: 'c-81', ok: false, msg: 'x' }, 81, 'failed'],
    ['trk/v1/badge-7/cmd/ack', { id: 'c-81' }, 81, 'failed'],
    ['owntracks/alice/phone', { ...phone, t: 'r' }, null, 'done'],
  ])('%s %j', (topic, json, serial, result) => {
    expect(read(topic, json)).toMatchObject({ answers: { serial, result } });
  });

  it.each([
    ['trk/v1/badge-7/cmd/ack', { id: 'mine', ok: true }],
    ['trk/v1/badge-7/cmd/ack', { id: 'c-1e9', ok: true }],
    ['owntracks/alice/phone', { ...phone, t: 'u' }],
  ])('are none: %s %j', (topic, json) => {
    const message = read(topic, json);
    expect(message?.kind === 'message' && (message.answers ?? null)).toBeNull();
  });
});
