import { describe, expect, it } from 'vitest';
import { AlarmLevels } from './alarm-levels.ts';
import { PlainDesk, sampleAlarm } from './plain-desk.test-support.ts';

const KEY = 'jt808:13912345678';

describe('the alarm level of a device', () => {
  it('is the worst that is open, and falls as alarms close', () => {
    const changed: string[] = [];
    const levels = new AlarmLevels((key) => changed.push(key));
    levels.note(sampleAlarm(1, { severity: 'medium' }));
    levels.note(sampleAlarm(2, { severity: 'critical' }));
    expect(levels.of(KEY)).toBe(4);
    levels.note(sampleAlarm(2, { severity: 'critical', handling: 'closed' }));
    expect(levels.of(KEY)).toBe(2);
    levels.note(sampleAlarm(1, { severity: 'low' }));
    expect(levels.of(KEY)).toBe(1);
    expect(levels.of('jt808:other')).toBe(0);
    expect(new Set(changed)).toEqual(new Set([KEY]));
  });

  it.each([
    ['active', 'new', 4],
    ['active', 'acknowledged', 4],
    ['cleared', 'new', 4],
    ['cleared', 'acknowledged', 0],
    ['active', 'closed', 0],
  ] as const)('of an alarm that is %s and %s is %i', (condition, handling, level) => {
    const levels = new AlarmLevels(() => undefined);
    levels.note(sampleAlarm(1, { condition, handling }));
    expect(levels.of(KEY)).toBe(level);
  });

  it('is known from the start for what was open before', async () => {
    const desk = new PlainDesk();
    desk.change(
      ['new', sampleAlarm(1)],
      ['new', sampleAlarm(2, { device: 'other', severity: 'low' })],
    );
    const levels = new AlarmLevels(() => undefined);
    await levels.load(desk);
    expect([levels.of(KEY), levels.of('jt808:other')]).toEqual([4, 1]);
  });
});
