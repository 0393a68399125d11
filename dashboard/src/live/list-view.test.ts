import type { Alarm, Device, LiveRow } from '@xunji/gateway/wire';
import { rowFlag } from '@xunji/gateway/wire';
import { expect, test } from 'vitest';
import { Fleet } from './fleet.ts';
import { initials, inOrder, keysOf, type ListFilter, listView, matches } from './list-view.ts';

const device = (slot: number, name: string, group: string | null = null): Device => ({
  id: `1390000000${slot}`,
  protocol: 'jt808',
  kind: 'vehicle',
  name,
  group,
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
const T0 = 1_000_000;
const row = (slot: number, flags: number): LiveRow => [slot, 121e6, 31e6, 0, 0, flags, 0];
const alive = rowFlag.online | rowFlag.valid;
const everything: ListFilter = { search: '', states: [], inView: null };
const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const view = (
  fleet: Fleet,
  worst: ReadonlyMap<string, Alarm>,
  filter: ListFilter,
): ReturnType<typeof listView> =>
  listView(fleet, inOrder(fleet.devices(), order), worst, filter, T0);
const alarm = (severity: Alarm['severity']): Alarm => ({ severity }) as Alarm;

const town = (): Fleet => {
  const fleet = new Fleet();
  fleet.setDevices([
    device(0, 'B', 'east'),
    device(1, 'A', 'east'),
    device(2, 'C'),
    device(3, 'D', 'west'),
  ]);
  fleet.snapshot(
    'map',
    T0,
    [row(0, alive), row(1, alive | rowFlag.moving), row(2, alive), row(3, alive)],
    0,
    1,
  );
  return fleet;
};

test('devices with an alarm come first, loudest first; then groups by name, those without one last', () => {
  const worst = new Map([
    ['jt808:13900000002', alarm('medium')],
    ['jt808:13900000003', alarm('critical')],
  ]);
  const list = view(town(), worst, everything);
  expect(keysOf(list.lines)).toEqual([3, 2, 1, 0].map((n) => `jt808:1390000000${n}`));
  expect(list.lines.flatMap((l) => ('head' in l ? [[l.kind, l.head, l.count]] : []))).toEqual([
    ['alarms', '', 2],
    ['group', 'east', 2],
  ]);
  expect(list.shown).toBe(4);
});

test('a state chip narrows the list, and its count says what it would show', () => {
  const list = view(town(), new Map(), { ...everything, states: ['moving'] });
  expect(keysOf(list.lines)).toEqual(['jt808:13900000001']);
  expect(list.counts.moving).toBe(1);
  expect(list.counts.parked).toBe(3);
  expect([list.shown, list.all]).toEqual([1, 4]);
});

test('only what lies in the view is listed, and a device without a place does not', () => {
  const fleet = town();
  fleet.addDevices([device(4, 'E')], []);
  const list = view(fleet, new Map(), { ...everything, inView: (s) => s !== 2 });
  expect(keysOf(list.lines)).toHaveLength(3);
});

test('a plate is found without its dot, a device by its id', () => {
  expect(matches(device(1, '沪A·10422'), '沪a 10422')).toBe(true);
  expect(matches(device(1, '沪A·10422'), '0422')).toBe(true);
  expect(matches(device(1, '沪A·10422'), '39000')).toBe(true);
  expect(matches(device(1, '沪A·10422'), '10423')).toBe(false);
});

test('a person is found by the initials of the name', () => {
  expect(initials('张伟')).toBe('zw');
  expect(initials('沪A·10422')).toBe('ha10422');
  expect(initials('欧阳晓燕')).toBe('oyxy');
  expect(matches(device(1, '赵敏'), 'zm')).toBe(true);
  expect(matches(device(1, '赵敏'), 'zx')).toBe(false);
});
