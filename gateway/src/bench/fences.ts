import { FenceEngine } from '../fences/engine.ts';
import type { Fact } from '../fences/facts.ts';
import { M_PER_DEGREE, metresPerLongitude } from '../fences/geometry.ts';
import type { JournalRecord, PositionEntry } from '../journal/record.ts';
import type { Fence, FenceGeometry } from '../wire.ts';

/*
 * The fence engine alone, on one core: seeded vehicles drive through a city of fences, every position judged with
 * full state (grid, hysteresis, holds, events). Prints one JSON line {checksPerSecond, spread, fences, facts} of the
 * best of several rounds.
 */
const fenceCount = 1000;
const vehicles = 500;
const perVehicle = 200;
const intervalMs = 10_000;
const rounds = 5;
const seed = 20_261_123;
const citySideM = 20_000;
const start = Date.UTC(2026, 10, 23, 6);
const origin = { latitude: 31.1, longitude: 121.3 };

/** mulberry32. */
function seeded(from: number): () => number {
  let a = from >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const place = (eastM: number, northM: number): [number, number] => [
  origin.longitude + eastM / metresPerLongitude(origin.latitude),
  origin.latitude + northM / M_PER_DEGREE,
];

/** Half circles, half polygons of 8 to 40 corners, 50 to 400 m wide: some overlap. */
function fences(random: () => number): JournalRecord[] {
  return Array.from({ length: fenceCount }, (_, i) => {
    const [east, north] = [random() * citySideM, random() * citySideM];
    const radiusM = 50 + random() * 350;
    const corners = 8 + Math.floor(random() * 32);
    const ring = Array.from({ length: corners }, (__, k) => {
      const angle = (k / corners) * 2 * Math.PI;
      const r = radiusM * (0.6 + random() * 0.4);
      return place(east + r * Math.cos(angle), north + r * Math.sin(angle));
    });
    const first = ring[0] ?? [0, 0];
    const isCircle = i % 2 === 0;
    const geometry: FenceGeometry = isCircle
      ? { type: 'Point', coordinates: place(east, north) }
      : { type: 'Polygon', coordinates: [[...ring, first]] };
    const fence: Fence = {
      type: 'Feature',
      id: `fence-${i}`,
      geometry,
      properties: {
        name: `fence ${i}`,
        kind: 'site',
        profile: i % 3 === 0 ? 'lenient' : 'neutral',
        bufferM: 20,
        rev: 1,
        updatedAt: new Date(start).toISOString(),
        ...(isCircle ? { radiusM } : {}),
      },
    };
    return {
      ...{ kind: 'config', what: 'fence', seq: i + 1, receivedTime: start },
      ...{ id: fence.id, revision: i + 1, value: fence },
    };
  });
}

/** Straight roads with a turn now and then, bouncing off the edge of the city, 3 to 20 m/s. */
function drives(random: () => number): JournalRecord[] {
  const raw = new Uint8Array(0);
  const cars = Array.from({ length: vehicles }, (_, i) => ({
    device: { protocol: 'jt808' as const, id: String(13_900_000_000 + i) },
    ...{ east: random() * citySideM, north: random() * citySideM },
    ...{ heading: random() * 2 * Math.PI, speed: 3 + random() * 17 },
  }));
  const records: JournalRecord[] = [];
  for (let n = 0; n < perVehicle; n++) {
    for (const car of cars) {
      if (random() < 0.1) car.heading += random() < 0.5 ? Math.PI / 2 : -Math.PI / 2;
      const stepM = (car.speed * intervalMs) / 1000;
      car.east = within(car.east + Math.sin(car.heading) * stepM);
      car.north = within(car.north + Math.cos(car.heading) * stepM);
      const [longitude, latitude] = place(car.east, car.north);
      const fixTime = start + n * intervalMs;
      // One literal, as the intake makes them: objects of many spreads are several times as slow to read.
      const position: PositionEntry['position'] = {
        fixTime,
        timeSource: 'device',
        valid: true,
        latitude,
        longitude,
        altitudeM: 7,
        speedKmh: car.speed * 3.6,
        courseDeg: 0,
        satellites: 12,
        hdop: null,
        accuracyM: null,
        mileageKm: null,
        batteryPercent: null,
        ignition: true,
        source: 'gnss',
        buffered: false,
        alarms: [],
        flags: [],
        extras: {},
      };
      records.push({
        kind: 'position',
        seq: fenceCount + records.length + 1,
        receivedTime: fixTime,
        device: car.device,
        edition: null,
        epoch: 1,
        late: false,
        position,
        hash: 0,
        raw,
      });
    }
  }
  return records;
}

const within = (m: number): number => Math.abs(citySideM - Math.abs(citySideM - m)) % citySideM;

const random = seeded(seed);
const config = fences(random);
const positions = drives(random);
const collect = (globalThis as { gc?: () => void }).gc;
const rates: number[] = [];
let found = 0;
for (let round = 0; round < rounds; round++) {
  collect?.();
  found = 0;
  const facts: Fact[] = [];
  const engine = new FenceEngine();
  for (const record of config) engine.take(record, facts);
  const from = performance.now();
  for (const record of positions) {
    engine.take(record, facts);
    if (facts.length === 0) continue;
    found += facts.length;
    facts.length = 0;
  }
  rates.push(Math.round(positions.length / ((performance.now() - from) / 1000)));
}
if (found === 0) throw new Error('nobody came into a fence: nothing was measured');
const best = Math.max(...rates);
process.stdout.write(
  `${JSON.stringify({ checksPerSecond: best, spread: Number((1 - Math.min(...rates) / best).toFixed(2)), fences: fenceCount, facts: found })}\n`,
);
