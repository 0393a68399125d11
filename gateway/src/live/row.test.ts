import { describe, expect, it } from 'vitest';
import { sampleEntry, samplePosition } from '../journal/entries.test-support.ts';
import type { DeviceEntry } from '../records/devices.ts';
import { rowFlag } from '../wire.ts';
import type { LatestState } from './latest.ts';
import { liveRow } from './row.ts';

const T0 = 1_795_404_000_000;
const device = (kind: DeviceEntry['kind']) => ({ kind, slot: 12 }) as DeviceEntry;
const state = (over: object = {}, now: object = {}, late = false): LatestState => {
  const fix = sampleEntry(0, { position: samplePosition(0, over), late });
  const report = sampleEntry(0, { position: samplePosition(0, { ...over, ...now }) });
  return { fix, report } as unknown as LatestState;
};
const flagsOf = (
  s: LatestState,
  kind: DeviceEntry['kind'] = 'vehicle',
  online = false,
  level = 0,
) => liveRow(s, device(kind), online, level, T0)?.[5];
const quiet = { ignition: false, speedKmh: 0 };

describe('a live row', () => {
  it('is slot, place, speed, heading, flags and age in whole numbers', () => {
    const s = state({ longitude: -0.1234567, latitude: 51.5, speedKmh: 12.34, courseDeg: 359.7 });
    const flags = rowFlag.online | rowFlag.valid | rowFlag.ignition | rowFlag.moving;
    expect(liveRow(s, device('vehicle'), true, 0, T0 + 2500)).toEqual([
      ...[12, -123_457, 51_500_000, 123, 0, flags, -2500],
    ]);
  });

  it('is none before the first fix, or without coordinates', () => {
    expect(flagsOf({ fix: null, report: null } as unknown as LatestState)).toBeUndefined();
    expect(flagsOf(state({ latitude: null, longitude: null }))).toBeUndefined();
  });

  it.each<[string, LatestState, number]>([
    ['nothing', state(quiet, { valid: false }), 0],
    ['a sound fix', state(quiet), rowFlag.valid],
    ['ignition as last reported', state(quiet, { valid: false, ignition: true }), rowFlag.ignition],
    ['a mocked fix', state({ ...quiet, flags: ['mocked'] }, { valid: false }), rowFlag.suspect],
    ['a low battery', state({ ...quiet, batteryPercent: 20 }), rowFlag.valid | rowFlag.lowBattery],
    [
      'a battery alarm',
      state({ ...quiet, alarms: ['lowBattery'] }),
      rowFlag.valid | rowFlag.lowBattery,
    ],
    ['a late fix', state(quiet, {}, true), rowFlag.valid | rowFlag.late],
  ])('flags %s', (_what, s, flags) => {
    expect(flagsOf(s)).toBe(flags);
  });

  it('moves from 5 km/h as a vehicle and from 2 as a badge, never on an old fix', () => {
    const moves = (speedKmh: number, kind: DeviceEntry['kind'], now = {}) =>
      ((flagsOf(state({ speedKmh }, now), kind) ?? 0) & rowFlag.moving) !== 0;
    expect([moves(4.9, 'vehicle'), moves(5, 'vehicle')]).toEqual([false, true]);
    expect([moves(1.9, 'badge'), moves(2, 'badge')]).toEqual([false, true]);
    expect(moves(50, 'vehicle', { valid: false })).toBe(false);
  });

  it('carries the alarm level in its three bits', () => {
    for (const level of [0, 1, 2, 3, 4]) {
      const flags = flagsOf(state(quiet), 'vehicle', false, level) ?? 0;
      expect((flags & rowFlag.alarmMask) >> rowFlag.alarmShift).toBe(level);
      expect(flags & ~rowFlag.alarmMask).toBe(rowFlag.valid);
    }
  });
});
