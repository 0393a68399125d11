import type { Alarm } from '@xunji/gateway/wire';
import { expect, test } from 'vitest';
import { waitingAlarm } from '../live/alarm.test-support.ts';
import { CLOSED_SHOWN, FOLD_MS, fold, loudest, rail } from './fold.ts';

let serial = 0;
const alarm = (over: Partial<Alarm> & { at?: number } = {}): Alarm => {
  serial += 1;
  const at = new Date(over.at ?? serial * 1000).toISOString();
  return waitingAlarm({
    id: `a${serial}`,
    ruleName: 'left',
    severity: 'medium',
    device: 'badge-7',
    subject: '张伟',
    fence: { id: 'f1', name: '一车间' },
    latitude: 31,
    longitude: 121,
    occurredAt: at,
    confirmedAt: at,
    raisedAt: at,
    lastAt: at,
    ...over,
  });
};

test('the same subject and rule within five minutes stand on one card with their count', () => {
  const cards = fold([alarm({ at: 0, count: 2 }), alarm({ at: 200_000 }), alarm({ at: 400_000 })]);
  expect(cards).toHaveLength(1);
  expect(cards[0]?.count).toBe(4);
  expect(cards[0]?.alarm.lastAt).toBe(new Date(400_000).toISOString());
});

test('a longer pause, another fence, another device or another rule is another card', () => {
  expect(fold([alarm({ at: 0 }), alarm({ at: FOLD_MS + 1 })])).toHaveLength(2);
  const at = 5_000;
  expect(
    fold([
      alarm({ at }),
      alarm({ at, device: 'badge-8' }),
      alarm({ at, fence: { id: 'f2', name: '二车间' } }),
      alarm({ at, type: 'enter' }),
      alarm({ at, ruleName: 'other' }),
    ]),
  ).toHaveLength(5);
});

test('the loudest of a folded card is the one shown', () => {
  const cards = fold([
    alarm({ at: 0, severity: 'critical' }),
    alarm({ at: 1_000, severity: 'low' }),
  ]);
  expect(cards.map((c) => c.alarm.severity)).toEqual(['critical']);
});

test('waiting alarms are ordered by severity then newest, acknowledged ones move below', () => {
  const list = [
    alarm({ id: 'old low', device: '1', severity: 'low', at: 1 }),
    alarm({ id: 'critical', device: '2', severity: 'critical', at: 2 }),
    alarm({
      id: 'acknowledged',
      device: '3',
      severity: 'critical',
      handling: 'acknowledged',
      at: 9,
    }),
    alarm({ id: 'new low', device: '4', severity: 'low', at: 3 }),
    alarm({ id: 'over', device: '5', handling: 'acknowledged', condition: 'cleared', at: 10 }),
  ];
  const { waiting, handled, closed } = rail(list);
  expect(waiting.map((c) => c.alarm.id)).toEqual(['critical', 'new low', 'old low']);
  expect(handled.map((c) => c.alarm.id)).toEqual(['acknowledged']);
  expect(closed.map((c) => c.alarm.id)).toEqual(['over']);
});

test('closed alarms beyond the shown ones are counted, never silently cut; open ones are all there', () => {
  const many = Array.from({ length: CLOSED_SHOWN + 3 }, (_, i) =>
    alarm({ device: `d${i}`, handling: 'acknowledged', condition: 'cleared' }),
  );
  expect(rail(many)).toMatchObject({ handled: [], hidden: 3 });
  const open = many.map((a): Alarm => ({ ...a, condition: 'active' }));
  expect(rail(open)).toMatchObject({ closed: [], hidden: 0 });
  expect(rail(open).handled).toHaveLength(open.length);
});

test('the loudest of several severities is found, of none there is none', () => {
  expect(loudest(['low', 'high', 'medium'])).toBe('high');
  expect(loudest([])).toBeNull();
});
