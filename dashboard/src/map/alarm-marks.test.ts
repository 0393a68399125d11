import type { Alarm, Severity } from '@xunji/gateway/wire';
import { expect, test } from 'vitest';
import { waitingAlarm } from '../live/alarm.test-support.ts';
import { AlarmBook } from '../live/alarm-book.ts';
import { Fleet } from '../live/fleet.ts';
import { deviceMarks, fenceMarks } from './alarm-marks.ts';

const alarm = (id: string, severity: Severity, over: Partial<Alarm> = {}): Alarm =>
  waitingAlarm({ id, severity, fence: { id: 'f1', name: 'F' }, ...over });

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
      model: null,
      lenient: false,
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
