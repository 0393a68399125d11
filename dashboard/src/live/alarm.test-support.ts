import type { Alarm } from '@xunji/gateway/wire';

/** An alarm that waits, as the wire has it; whatever matters to a test is said by it. */
export const waitingAlarm = (over: Partial<Alarm> & Pick<Alarm, 'id' | 'severity'>): Alarm => ({
  rev: 1,
  type: 'exit',
  ruleName: null,
  condition: 'active',
  handling: 'new',
  device: 'd1',
  protocol: 'mqtt',
  subject: 'd1',
  fence: null,
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
  times: null,
  ...over,
});
