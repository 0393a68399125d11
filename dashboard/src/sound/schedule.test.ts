import type { Severity } from '@xunji/gateway/wire';
import { expect, test } from 'vitest';
import { CRITICAL_MUTE_MS, MUTE_MS, SPEAKS_MS, ToneSchedule } from './schedule.ts';

const waiting = (...s: Severity[]): ReadonlySet<Severity> => new Set(s);
/** What sounds in each of the given seconds. */
const heard = (
  s: ToneSchedule,
  from: number,
  to: number,
  open: ReadonlySet<Severity>,
): [number, Severity][] => {
  const out: [number, Severity][] = [];
  for (let t = from; t <= to; t += 1000) {
    const due = s.due(t, open);
    if (due !== null) out.push([t / 1000, due]);
  }
  return out;
};

test('a critical alarm sounds at once and each ten seconds until it is acknowledged', () => {
  const s = new ToneSchedule();
  s.add('critical');
  expect(heard(s, 0, 25_000, waiting('critical'))).toEqual([
    [0, 'critical'],
    [10, 'critical'],
    [20, 'critical'],
  ]);
  expect(heard(s, 26_000, 60_000, waiting())).toEqual([]);
});

test('high repeats each thirty seconds, medium sounds once, low never', () => {
  const s = new ToneSchedule();
  s.add('high');
  expect(heard(s, 0, 60_000, waiting('high')).map(([t]) => t)).toEqual([0, 30, 60]);
  const once = new ToneSchedule();
  once.add('medium');
  expect(heard(once, 0, 60_000, waiting('medium'))).toEqual([[0, 'medium']]);
  const never = new ToneSchedule();
  never.add('low');
  expect(heard(never, 0, 60_000, waiting('low'))).toEqual([]);
});

test('many alarms that were missed sound as one tone of the loudest', () => {
  const s = new ToneSchedule();
  for (const level of ['medium', 'high', 'medium', 'low', 'high'] as const) s.add(level);
  expect(heard(s, 0, 5_000, waiting('medium', 'high', 'low'))).toEqual([[0, 'high']]);
});

test('a mute ends by itself, and a critical alarm breaks it after a minute', () => {
  const s = new ToneSchedule();
  s.mute(0);
  s.add('medium');
  s.add('critical');
  expect(s.due(1_000, waiting('medium', 'critical'))).toBeNull();
  expect(s.mutedMs(1_000)).toBe(MUTE_MS - 1_000);
  expect(heard(s, 2_000, CRITICAL_MUTE_MS, waiting('critical'))).toEqual([[60, 'critical']]);
  s.unmute();
  expect(s.mutedMs(61_000)).toBe(0);
});

test('a level that was quiet in between sounds at once when it comes again', () => {
  const s = new ToneSchedule();
  s.add('critical');
  expect(s.due(0, waiting('critical'))).toBe('critical');
  expect(s.due(1_000, waiting())).toBeNull();
  s.add('critical');
  expect(s.due(2_000, waiting('critical'))).toBe('critical');
});

test('a flood does not stutter: alarms that come while a tone sounds are told by it', () => {
  const s = new ToneSchedule();
  const tones: number[] = [];
  for (let t = 0; t < 9_000; t += 20) {
    s.add('critical');
    if (s.due(t, waiting('critical')) !== null) tones.push(t);
  }
  expect(tones).toEqual([0, 2_000, 4_000, 6_000, 8_000]);
});

test('a louder alarm cuts in on a tone, a quieter one waits for nothing and is told by it', () => {
  const s = new ToneSchedule();
  s.add('medium');
  expect(s.due(0, waiting('medium'))).toBe('medium');
  s.add('critical');
  expect(s.due(100, waiting('medium', 'critical'))).toBe('critical');
  s.add('high');
  expect(s.due(200, waiting('medium', 'critical', 'high'))).toBeNull();
  s.add('high');
  expect(s.due(100 + SPEAKS_MS, waiting('medium', 'critical', 'high'))).toBe('high');
});
