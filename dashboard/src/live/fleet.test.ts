import type { Device, LiveRow } from '@xunji/gateway/wire';
import { rowFlag } from '@xunji/gateway/wire';
import { expect, test } from 'vitest';
import { levelOf, stateOf } from './device-state.ts';
import { Fleet } from './fleet.ts';

const device = (id: string, slot: number, protocol: Device['protocol'] = 'jt808'): Device => ({
  id,
  protocol,
  kind: 'vehicle',
  name: id,
  group: null,
  subject: null,
  admission: 'known',
  edition: null,
  model: null,
  lenient: false,
  online: true,
  lastSeen: null,
  slot,
  rev: 1,
});
const ON = rowFlag.online | rowFlag.valid;
const row = (slot: number, flags: number = ON, dt = 0): LiveRow => [
  slot,
  121_470_000,
  31_230_000,
  455,
  90,
  flags,
  dt,
];
const limits = { staleMs: 60_000, offlineMs: 600_000 };

test('a state follows from flags and age alone', () => {
  const moving = ON | rowFlag.moving;
  expect(stateOf(moving, 1000, 0, limits)).toBe('moving');
  expect(stateOf(moving, 60_001, 0, limits)).toBe('stale');
  expect(stateOf(moving, 600_001, 0, limits)).toBe('offline');
  expect(stateOf(moving & ~rowFlag.online, 0, 0, limits)).toBe('offline');
  expect(stateOf(rowFlag.online, 0, 0, limits)).toBe('noFix');
  expect(stateOf(ON, 0, 0, limits)).toBe('parked');
  expect(stateOf(ON | rowFlag.ignition, 0, 119_000, limits)).toBe('parked');
  expect(stateOf(ON | rowFlag.ignition, 0, 121_000, limits)).toBe('idling');
  expect(stateOf(moving | rowFlag.suspect, 0, 0, limits)).toBe('suspect');
  expect(stateOf(moving | rowFlag.private, 0, 0, limits)).toBe('offHours');
  expect(levelOf(moving | (4 << rowFlag.alarmShift))).toBe(4);
});

test('a silent device ages from moving to delayed to offline by the clock', () => {
  const fleet = new Fleet();
  fleet.setDevices([device('a', 0)]);
  fleet.snapshot('all', 1_000_000, [row(0, ON | rowFlag.moving)], 0, 1);
  expect(fleet.state(0, 1_000_500)).toBe('moving');
  expect(fleet.state(0, 1_070_000)).toBe('stale');
  expect(fleet.state(0, 1_700_000)).toBe('offline');
});

test('rows are scaled back to degrees, km/h and ms', () => {
  const fleet = new Fleet();
  fleet.snapshot('all', 5_000, [row(3, ON, -250)], 0, 1);
  expect([fleet.at.lon[3], fleet.at.lat[3], fleet.at.speed[3], fleet.at.fixTime[3]]).toEqual([
    121.47, 31.23, 45.5, 4750,
  ]);
});

test('a snapshot in parts drops what it no longer names, a delta names what is gone', () => {
  const fleet = new Fleet();
  fleet.snapshot('all', 0, [row(0), row(1), row(2)], 0, 1);
  fleet.snapshot('all', 0, [row(0)], 0, 2);
  expect(fleet.has(1)).toBe(true);
  fleet.delta('all', 0, [row(5)], []);
  fleet.snapshot('all', 0, [row(2)], 1, 2);
  expect([0, 1, 2, 5].map((s) => fleet.has(s))).toEqual([true, false, true, true]);
  fleet.delta('all', 0, [], [2]);
  expect(fleet.has(2)).toBe(false);
});

test('a row held by two subscriptions stays until both let go', () => {
  const fleet = new Fleet();
  fleet.snapshot('map', 0, [row(1)], 0, 1);
  fleet.snapshot('focus', 0, [row(1)], 0, 1);
  fleet.delta('map', 0, [], [1]);
  expect(fleet.has(1)).toBe(true);
  fleet.drop('focus');
  expect(fleet.has(1)).toBe(false);
});

test('after a new boot no slot carries the name of another', () => {
  const fleet = new Fleet();
  fleet.setDevices([device('a', 0), device('b', 1)]);
  fleet.snapshot('all', 0, [row(0), row(1)], 0, 1);
  fleet.reset();
  fleet.snapshot('all', 0, [row(0)], 0, 1);
  expect(fleet.device(0)).toBeUndefined();
  fleet.setDevices([device('b', 0)]);
  expect(fleet.device(0)?.id).toBe('b');
  expect(fleet.slotOf('jt808:a')).toBe(-1);
});

test('the same id in two families is two devices; columns grow with the slots', () => {
  const fleet = new Fleet();
  fleet.addDevices([device('1', 0), device('1', 4000, 'gt06')], []);
  fleet.snapshot('all', 0, [row(4000)], 0, 1);
  expect(fleet.slotOf('gt06:1')).toBe(4000);
  expect(fleet.size).toBe(2);
  fleet.addDevices([], [{ id: '1', protocol: 'gt06' }]);
  expect(fleet.has(4000)).toBe(false);
  expect(fleet.slotOf('jt808:1')).toBe(0);
});

test('what changes while the list is under way is not lost by an older list', () => {
  const fleet = new Fleet();
  fleet.awaitDevices();
  fleet.addDevices([device('2', 1), { ...device('1', 0), name: 'renamed' }], []);
  fleet.addDevices([], [{ id: '3', protocol: 'jt808' }]);
  fleet.setDevices([device('1', 0), device('3', 2)]);
  expect(fleet.devices().map((d) => d.name)).toEqual(['renamed', '2']);
  // The next list is as new as it comes.
  fleet.awaitDevices();
  fleet.setDevices([device('1', 0)]);
  expect(fleet.devices().map((d) => d.name)).toEqual(['1']);
});
