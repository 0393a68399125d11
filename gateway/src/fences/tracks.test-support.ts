import type { Position } from '@xunji/protocols';
import { samplePosition } from '../journal/entries.test-support.ts';
import type { DeviceRef, JournalRecord } from '../journal/record.ts';
import type { Fence, FenceGeometry, FenceProperties, Rule } from '../wire.ts';
import { FenceEngine } from './engine.ts';
import type { CrossingFact, Fact } from './facts.ts';
import { M_PER_DEGREE, metresPerLongitude } from './geometry.ts';

/** Second 0 of every track, ms UTC. */
export const T0 = 1_795_404_000_000;
const ORIGIN = { latitude: 31.2, longitude: 121.4 };
const M_PER_LONGITUDE = metresPerLongitude(ORIGIN.latitude);

/** The place so many metres east and north of the origin. */
export const at = (eastM: number, northM: number) => ({
  latitude: ORIGIN.latitude + northM / M_PER_DEGREE,
  longitude: ORIGIN.longitude + eastM / M_PER_LONGITUDE,
});
/** The same as GeoJSON wants it. */
export const lonLat = (eastM: number, northM: number): [number, number] => {
  const { latitude, longitude } = at(eastM, northM);
  return [longitude, latitude];
};
/** A closed ring through corners given in metres. */
export const ring = (...corners: readonly (readonly [number, number])[]): [number, number][] =>
  [...corners, corners[0] ?? ([0, 0] as const)].map(([east, north]) => lonLat(east, north));
/** The four corners of a rectangle. */
export const box = (west: number, south: number, east: number, north: number) =>
  ring([west, south], [east, south], [east, north], [west, north]);

export function fenceOf(
  id: string,
  geometry: FenceGeometry,
  over: Partial<FenceProperties & { rev: number }> = {},
): Fence {
  return {
    ...{ type: 'Feature', id, geometry },
    properties: {
      ...{ name: `fence ${id}`, kind: 'site', profile: 'neutral', bufferM: 20 },
      ...{ rev: 1, updatedAt: new Date(T0).toISOString() },
      ...over,
    },
  };
}
/** 200 m wide and high around the origin: the way east leaves it at 100 m. */
export const square = (id = 'square', over: Parameters<typeof fenceOf>[2] = {}): Fence =>
  fenceOf(id, { type: 'Polygon', coordinates: [box(-100, -100, 100, 100)] }, over);
export const circle = (id: string, east: number, north: number, radiusM: number): Fence =>
  fenceOf(id, { type: 'Point', coordinates: lonLat(east, north) }, { radiusM });

export const badge: DeviceRef = { protocol: 'mqtt', id: 'badge-1' };
export const car: DeviceRef = { protocol: 'jt808', id: '13912345678' };

interface FixOptions extends Partial<Position> {
  readonly device?: DeviceRef;
  readonly late?: boolean;
}

/** A journal written by hand: seconds after `T0`, metres from the origin. Fixes are the badge's unless said otherwise. */
export class Diary {
  readonly records: JournalRecord[] = [];

  get #next() {
    return this.records.length + 1;
  }

  fence(...fences: readonly Fence[]): this {
    for (const fence of fences) this.#config('fence', fence.id, fence);
    return this;
  }
  noFence(id: string): this {
    return this.#config('fence', id, null);
  }
  rule(rule: Rule): this {
    return this.#config('rule', rule.id, rule);
  }
  noRule(id: string): this {
    return this.#config('rule', id, null);
  }
  device(
    ref: DeviceRef,
    over: { kind: 'vehicle' | 'badge'; name: string; subject: string | null },
  ) {
    return this.#config('device', `${ref.protocol}:${ref.id}`, { ...ref, group: null, ...over });
  }
  noDevice(ref: DeviceRef): this {
    return this.#config('device', `${ref.protocol}:${ref.id}`, null);
  }
  tick(second: number): this {
    this.records.push({ kind: 'tick', seq: this.#next, receivedTime: T0 + second * 1000 });
    return this;
  }
  fix(second: number, eastM: number, northM: number, options: FixOptions = {}): this {
    const { device = badge, late = false, ...over } = options;
    const fixTime = T0 + Math.round(second * 1000);
    this.records.push({
      ...{ kind: 'position', seq: this.#next, receivedTime: fixTime + 400, device, late },
      ...{ edition: null, epoch: 1, hash: 0, raw: new Uint8Array(0) },
      position: samplePosition(0, { fixTime, ...at(eastM, northM), satellites: 10, ...over }),
    });
    return this;
  }
  /** Fixes every `everyS` seconds from one second to another, both included. */
  fixes(
    fromS: number,
    toS: number,
    everyS: number,
    place: (second: number) => readonly [number, number],
    options: FixOptions = {},
  ): this {
    for (let s = fromS; s <= toS; s += everyS) this.fix(s, ...place(s), options);
    return this;
  }

  #config(what: 'fence' | 'rule' | 'device', id: string, value: unknown): this {
    const seq = this.#next;
    this.records.push({ kind: 'config', seq, receivedTime: T0, what, id, revision: seq, value });
    return this;
  }
}

/** What a new engine, or the given one, makes of the records. */
export function factsOf(records: readonly JournalRecord[], engine = new FenceEngine()): Fact[] {
  const facts: Fact[] = [];
  for (const record of records) engine.take(record, facts);
  return facts;
}

export const isCrossing = (fact: Fact): fact is CrossingFact =>
  fact.kind === 'enter' || fact.kind === 'exit';

/** Crossings in short: `exit square @ 83`, the seconds being those of `occurredTime`. */
export const crossings = (facts: readonly Fact[]): string[] =>
  facts
    .filter(isCrossing)
    .map((f) => `${f.kind} ${f.fence.id} @ ${Math.round((f.occurredTime - T0) / 1000)}`);
