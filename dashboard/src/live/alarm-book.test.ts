import type { Alarm, Severity } from '@xunji/gateway/wire';
import { expect, test } from 'vitest';
import { waitingAlarm } from './alarm.test-support.ts';
import { AlarmBook } from './alarm-book.ts';

const alarm = (id: string, severity: Severity, over: Partial<Alarm> = {}): Alarm =>
  waitingAlarm({ id, severity, device: id, subject: id, ...over });

test('waiting alarms stand above handled ones, the worst first, then the newest', () => {
  const book = new AlarmBook();
  book.setOpen([
    alarm('low', 'low'),
    alarm('seen', 'critical', { handling: 'acknowledged' }),
    alarm('old', 'high'),
    alarm('new', 'high', { raisedAt: '2026-01-01T00:01:00Z' }),
    alarm('crit', 'critical'),
  ]);
  expect(book.all().map((a) => a.id)).toEqual(['crit', 'new', 'old', 'low', 'seen']);
  expect(book.counts()).toEqual({ critical: 2, high: 2, medium: 0, low: 1 });
});

test('an alarm is new once; an older revision never overwrites a newer', () => {
  const book = new AlarmBook();
  expect(book.apply('new', alarm('a', 'high')).isNew).toBe(true);
  expect(book.apply('count', alarm('a', 'high', { rev: 2, count: 2 })).isNew).toBe(false);
  expect(book.apply('ack', alarm('a', 'high', { rev: 4, handling: 'acknowledged' })).isNew).toBe(
    false,
  );
  book.apply('count', alarm('a', 'high', { rev: 3, count: 3 }));
  expect(book.get('a')?.handling).toBe('acknowledged');
});

test('cleared but unacknowledged stays open; cleared and acknowledged does not', () => {
  const book = new AlarmBook();
  book.apply('clear', alarm('a', 'high', { condition: 'cleared' }));
  expect(book.open()).toHaveLength(1);
  book.apply('ack', alarm('a', 'high', { rev: 2, condition: 'cleared', handling: 'acknowledged' }));
  expect(book.open()).toHaveLength(0);
  expect(book.all()).toHaveLength(1);
});

test('handled alarms are kept in a bounded number, open ones all', () => {
  const book = new AlarmBook();
  for (let i = 0; i < 300; i += 1) {
    book.apply('resolve', alarm(`closed${i}`, 'low', { handling: 'closed' }));
    book.apply('new', alarm(`open${i}`, 'low'));
  }
  expect(book.open()).toHaveLength(300);
  expect(book.all()).toHaveLength(500);
});
