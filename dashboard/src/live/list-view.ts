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

/**
 * Lines in the order of the list: devices with an open alarm first, loudest first, then by group and name.
 * @param worst the worst open alarm of each device key
 * @param order how names and groups compare
 */
export const listView = (
  fleet: Fleet,
  worst: ReadonlyMap<string, Alarm>,
  filter: ListFilter,
  now: number,
  order: (a: string, b: string) => number,
): ListView => {
  const counts = { moving: 0, idling: 0, parked: 0, noFix: 0, stale: 0, offline: 0, suspect: 0 };
  const alarmed: { device: Device; key: string; alarm: Alarm }[] = [];
  const groups = new Map<string | null, { device: Device; key: string; alarm: undefined }[]>();
  let shown = 0;
  for (const device of fleet.devices()) {
    if (!matches(device, filter.search)) continue;
    if (filter.inView !== null && !(fleet.placed(device.slot) && filter.inView(device.slot)))
      continue;
    const state = fleet.state(device.slot, now);
    if (state !== 'offHours') counts[state] += 1;
    if (filter.states.length > 0 && !filter.states.includes(state)) continue;
    shown += 1;
    const key = keyOf(device);
    const alarm = worst.get(key);
    if (alarm !== undefined) alarmed.push({ device, key, alarm });
    else {
      const group = groups.get(device.group);
      if (group === undefined) groups.set(device.group, [{ device, key, alarm }]);
      else group.push({ device, key, alarm });
    }
  }
  const byName = (a: { device: Device }, b: { device: Device }): number =>
    order(a.device.name, b.device.name) || order(a.device.id, b.device.id);
  const lines: ListLine[] = [];
  if (alarmed.length > 0) {
    alarmed.sort((a, b) => rank(a.alarm.severity) - rank(b.alarm.severity) || byName(a, b));
    lines.push({ head: '', kind: 'alarms', count: alarmed.length }, ...alarmed);
  }
  const names = [...groups.keys()].sort((a, b) => (a === null ? 1 : b === null ? -1 : order(a, b)));
  for (const name of names) {
    const members = groups.get(name) ?? [];
    members.sort(byName);
    lines.push(
      { head: name ?? '', kind: name === null ? 'none' : 'group', count: members.length },
      ...members,
    );
  }
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
