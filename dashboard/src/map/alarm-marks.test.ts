import type { Alarm, Severity } from '@xunji/gateway/wire';
import { expect, test } from 'vitest';
import { AlarmBook } from '../live/alarm-book.ts';
import { Fleet } from '../live/fleet.ts';
import { deviceMarks, fenceMarks } from './alarm-marks.ts';

const alarm = (id: string, severity: Severity, over: Partial<Alarm> = {}): Alarm => ({
  id,
  rev: 1,
  type: 'exit',
  ruleName: null,
  severity,
  condition: 'active',
  handling: 'new',
  device: 'd1',
  protocol: 'mqtt',
  subject: 'd1',
  fence: { id: 'f1', name: 'F' },
  latitude: null,
  longitude: null,
  occurredAt: '2026-01-01T00:00:00Z',
  confirmedAt: '2026-01-01T00:00:00Z',
  raisedAt: '2026-01-01T00:00:00Z',
  lastAt: '2026-01-01T00:00:00Z',
  count: 1,
  late: false,
  acknowledgedBy: null,
  acknowledgedAt: null,
  note: null,
  clearedAt: null,
  ...over,
});

test('a device carries its worst open alarm, and only while it is known', () => {
  const fleet = new Fleet();
  const book = new AlarmBook();
  book.setOpen([alarm('a', 'low'), alarm('b', 'high'), alarm('c', 'critical', { device: 'gone' })]);
  expect(deviceMarks(book, fleet).size).toBe(0);
  fleet.setDevices([
    {
      id: 'd1',
      protocol: 'mqtt',
      kind: 'badge',
      name: 'd1',
      group: null,
      subject: null,
      admission: 'known',
      edition: null,
      online: true,
      lastSeen: null,
      slot: 7,
      rev: 1,
    },
  ]);
  expect([...deviceMarks(book, fleet)]).toEqual([[7, { severity: 'high', waiting: true }]]);
});

test('a fence shows what waits for somebody before what was taken note of', () => {
  const book = new AlarmBook();
  book.setOpen([alarm('a', 'critical', { handling: 'acknowledged' }), alarm('b', 'low')]);
  expect(fenceMarks(book).get('f1')).toEqual({ severity: 'low', waiting: true });
  book.apply('ack', alarm('b', 'low', { rev: 2, handling: 'acknowledged' }));
  expect(fenceMarks(book).get('f1')).toEqual({ severity: 'critical', waiting: false });
  book.apply('resolve', alarm('a', 'critical', { rev: 2, handling: 'closed' }));
  book.apply('resolve', alarm('b', 'low', { rev: 3, handling: 'closed' }));
  expect(fenceMarks(book).size).toBe(0);
});
