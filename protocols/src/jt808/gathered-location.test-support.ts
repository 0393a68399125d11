import { expect } from 'vitest';
import { bitsOf, toHex } from '../bytes.ts';
import type { Message } from '../protocol.ts';
import { extraItems, type Item } from './extras.ts';
import type { Checks } from './gathered.test-support.ts';
import { checkItem, type GatheredItem } from './gathered-items.test-support.ts';
import type { BatchItem } from './location.ts';
import { type Edition, versions } from './versions.ts';

/** A location as the gathered file says it. */
export interface GatheredLocation {
  readonly alarm: number;
  readonly status: number;
  readonly fixed: boolean;
  readonly accOn: boolean;
  readonly latRaw: number;
  readonly lonRaw: number;
  readonly latitude: number;
  readonly longitude: number;
  readonly altitudeM: number;
  readonly speedKmh: number;
  readonly direction: number;
  readonly timeBcd: string;
  readonly timeUtc: string | null;
  readonly extras: readonly GatheredItem[];
  readonly extrasTrailing?: string;
}

const itemHex = (item: Item): string => {
  if ('hex' in item) return item.hex;
  const row = extraItems.find((one) => one.name === item.name);
  return row === undefined ? '' : toHex(row.body.encode({ value: item.value }));
};

/** Compares every field. */
export function checkLocation(
  fields: BatchItem,
  position: Message['positions'][number] | undefined,
  edition: Edition,
  expected: GatheredLocation,
): void {
  const version = versions[edition];
  expect({
    alarm: bitsOf(fields.alarms, version.alarms),
    status: bitsOf(fields.status, version.status),
    fixed: fields.status.includes('fixed'),
    accOn: position?.ignition,
    latRaw: fields.latitude,
    lonRaw: fields.longitude,
    latitude: position?.latitude,
    longitude: position?.longitude,
    altitudeM: fields.altitude,
    speedKmh: fields.speed / 10,
    direction: fields.direction,
    timeBcd: fields.time,
    extrasTrailing: fields.trailing,
  }).toEqual({
    alarm: expected.alarm,
    status: expected.status,
    fixed: expected.fixed,
    accOn: expected.accOn,
    latRaw: expected.latRaw,
    lonRaw: expected.lonRaw,
    latitude: expected.latitude === 0 ? 0 : expected.latitude,
    longitude: expected.longitude === 0 ? 0 : expected.longitude,
    altitudeM: expected.altitudeM,
    speedKmh: expected.speedKmh,
    direction: expected.direction,
    timeBcd: expected.timeBcd,
    extrasTrailing: expected.extrasTrailing,
  });
  if (expected.timeUtc === null) expect(position?.timeSource).toBe('server');
  else expect(position?.fixTime).toBe(Date.parse(expected.timeUtc));
  expect(fields.extras.map((item) => [item.id, itemHex(item)])).toEqual(
    expected.extras.map(({ id, hex }) => [id, hex]),
  );
  for (const [i, item] of fields.extras.entries()) {
    const theirs = expected.extras[i];
    if (theirs !== undefined) checkItem(item, theirs);
  }
}

/** Positions. */
export const locationChecks: Checks = {
  '0x0200': ({ fields, edition, positions }, body) => {
    const expected = body as unknown as GatheredLocation;
    checkLocation(fields as unknown as BatchItem, positions[0], edition as Edition, expected);
  },
  '0x0704': ({ fields, edition, positions }, body) => {
    const items = fields['items'] as readonly BatchItem[];
    const expected = body['items'] as readonly GatheredLocation[];
    expect([fields['count'], fields['kind'], fields['trailing'], items.length]).toEqual([
      body['count'],
      body['type'],
      body['trailing'],
      expected.length,
    ]);
    for (const [i, item] of items.entries()) {
      checkLocation(item, positions[i], edition as Edition, expected[i] as GatheredLocation);
    }
  },
};
