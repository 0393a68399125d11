import type { Alarm, Device } from '@xunji/gateway/wire';
import { rank } from './alarm-book.ts';
import type { chipStates, DeviceState } from './device-state.ts';
import { type Fleet, keyOf } from './fleet.ts';

/** What the list is narrowed by. */
export interface ListFilter {
  readonly search: string;
  /** Empty: every state. */
  readonly states: readonly DeviceState[];
  /** Tells whether a slot lies in the map's view; null: no such filter. */
  readonly inView: ((slot: number) => boolean) | null;
}

/** A line of the list: the head of a group, or a device. */
export type ListLine =
  | { readonly head: string; readonly kind: 'alarms' | 'group' | 'none'; readonly count: number }
  | { readonly device: Device; readonly key: string; readonly alarm: Alarm | undefined };

/** The list as it stands. */
export interface ListView {
  readonly lines: readonly ListLine[];
  /** Devices shown. */
  readonly shown: number;
  /** Devices known. */
  readonly all: number;
  /** Devices by state that pass every other filter. */
  readonly counts: Readonly<Record<(typeof chipStates)[number], number>>;
}

/** Lower case, without blanks and the signs people leave out of plates. */
export const plain = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s·.\-_]/g, '');

/** The first character of each pinyin initial in the collation of Chinese; there is none for i, u, v. */
const firsts = '阿八嚓哒妸发旮哈讥咔垃妈拏噢妑七呥扨它穵夕丫帀';
const letters = 'abcdefghjklmnopqrstwxyz';
const pinyin = new Intl.Collator('zh-u-co-pinyin');
const known = new Map<string, string>();

const initial = (character: string): string => {
  if (!/\p{Script=Han}/u.test(character)) return character;
  let at = -1;
  for (const first of firsts) {
    if (pinyin.compare(character, first) < 0) break;
    at += 1;
  }
  return letters[at] ?? character;
};

/** A name as people type it by initials: `张伟` reads `zw`; other characters stay. */
export const initials = (text: string): string => {
  let read = known.get(text);
  if (read === undefined) {
    read = [...plain(text)].map(initial).join('');
    known.set(text, read);
  }
  return read;
};

/** Whether a device is meant by what somebody typed: part of its name, its initials, id or group. */
export const matches = (device: Device, search: string): boolean => {
  const wanted = plain(search);
  if (wanted === '') return true;
  const { name, subject, group } = device;
  return (
    [name, device.id, subject ?? '', group ?? ''].some((text) => plain(text).includes(wanted)) ||
    [name, subject ?? ''].some((text) => initials(text).includes(wanted))
  );
};

/** Every device by group and name, those without a group last. Sorting is dear: once per change of the list. */
export const inOrder = (
  devices: readonly Device[],
  order: (a: string, b: string) => number,
): Device[] =>
  [...devices].sort(
    (a, b) =>
      Number(a.group === null) - Number(b.group === null) ||
      order(a.group ?? '', b.group ?? '') ||
      order(a.name, b.name) ||
      order(a.id, b.id),
  );

/**
 * Lines in the order of the list: devices with an open alarm first, loudest first, then the others as they come.
 * Linear in the devices but for the few with an alarm.
 * @param devices in the order of `inOrder`
 * @param worst the worst open alarm of each device key
 */
export const listView = (
  fleet: Fleet,
  devices: readonly Device[],
  worst: ReadonlyMap<string, Alarm>,
  filter: ListFilter,
  now: number,
): ListView => {
  const counts = { moving: 0, idling: 0, parked: 0, noFix: 0, stale: 0, offline: 0, suspect: 0 };
  const alarmed: { device: Device; key: string; alarm: Alarm }[] = [];
  const grouped: ListLine[] = [];
  let head: { head: string; kind: 'group' | 'none'; count: number } | null = null;
  let group: string | null | undefined;
  let shown = 0;
  for (const device of devices) {
    if (!matches(device, filter.search)) continue;
    const { slot } = device;
    if (filter.inView !== null && !(fleet.placed(slot) && filter.inView(slot))) continue;
    const state = fleet.state(slot, now);
    if (state !== 'offHours') counts[state] += 1;
    if (filter.states.length > 0 && !filter.states.includes(state)) continue;
    shown += 1;
    const key = keyOf(device);
    const alarm = worst.get(key);
    if (alarm !== undefined) {
      alarmed.push({ device, key, alarm });
      continue;
    }
    if (head === null || group !== device.group) {
      group = device.group;
      head = { head: group ?? '', kind: group === null ? 'none' : 'group', count: 0 };
      grouped.push(head);
    }
    head.count += 1;
    grouped.push({ device, key, alarm });
  }
  alarmed.sort((a, b) => rank(a.alarm.severity) - rank(b.alarm.severity));
  const lines: ListLine[] =
    alarmed.length === 0
      ? grouped
      : [{ head: '', kind: 'alarms', count: alarmed.length }, ...alarmed, ...grouped];
  return { lines, shown, all: fleet.size, counts };
};

/** The devices of the list in its order, without the heads. */
export const keysOf = (lines: readonly ListLine[]): string[] =>
  lines.flatMap((line) => ('key' in line ? [line.key] : []));

/** Devices by state, whatever the filters. */
export const online = (fleet: Fleet, now: number): number => {
  let n = 0;
  for (const device of fleet.devices()) {
    if (fleet.state(device.slot, now) !== 'offline') n += 1;
  }
  return n;
};
