import { describe, expect, it } from 'vitest';
import type { AlarmRow, Raised } from './life.ts';
import { acknowledge, close, conditionOver, isOpenRow, overtaken, raise } from './life.ts';

const MINUTE = 60_000;
const t0 = 1_795_404_000_000;
const raised = (minute: number, over: Partial<Raised> = {}): Raised => ({
  ...{ id: `alarm-${minute}`, dedupeKey: 'rule:r1 mqtt:badge-7 f1', type: 'exit' },
  ...{ ruleName: '离开一车间', severity: 'high', protocol: 'mqtt', device: 'badge-7' },
  ...{ subject: '张伟', fenceId: 'f1', fenceName: '一车间', latitude: 31.2, longitude: 121.5 },
  occurredTime: t0 + minute * MINUTE,
  confirmedTime: t0 + minute * MINUTE + 60_000,
  raisedTime: t0 + minute * MINUTE + 60_500,
  late: 0,
  times: null,
  ...over,
});
const at = (minute: number) => t0 + minute * MINUTE;
const first = (over: Partial<Raised> = {}): AlarmRow => raise(undefined, raised(0, over)).row;
const acked = (row: AlarmRow): AlarmRow => acknowledge(row, 'wang', at(1), null)?.row ?? row;

describe('an alarm', () => {
  it('begins new and active', () => {
    const step = raise(undefined, raised(0));
    expect(step).toMatchObject({
      op: 'new',
      row: { rev: 1, count: 1, condition: 'active', handling: 'new', lastTime: at(0) },
    });
    expect(isOpenRow(step.row)).toBe(true);
  });

  it('that repeats while it is open is counted and stays as handled as it was', () => {
    for (const last of [first(), acked(first())]) {
      expect(raise(last, raised(3))).toEqual({
        op: 'count',
        row: { ...last, rev: last.rev + 1, count: 2, lastTime: at(3) },
      });
    }
    // Over, yet nobody has looked at it: it is the same row on the wall.
    expect(raise(conditionOver(first(), at(1)).row, raised(300))).toMatchObject({
      op: 'count',
      row: { id: 'alarm-0', condition: 'active', clearedTime: null },
    });
  });

  it('that comes back within ten minutes of its end is the same one, to be handled anew', () => {
    const ended = close(first(), 'wang', at(5), '误报')?.row as AlarmRow;
    expect(raise(ended, raised(15))).toMatchObject({
      op: 'reopen',
      row: {
        ...{ id: 'alarm-0', count: 2, condition: 'active', handling: 'new' },
        ...{ acknowledgedBy: null, acknowledgedTime: null, clearedTime: null },
      },
    });
    expect(raise(ended, raised(15.01))).toMatchObject({ op: 'new', row: { id: 'alarm-15.01' } });
  });

  it('of severity high or critical waits for a person after its end; medium only for being seen', () => {
    for (const severity of ['critical', 'high'] as const) {
      const seen = acked(first({ severity }));
      expect(conditionOver(seen, at(2)).row).toMatchObject({
        ...{ condition: 'cleared', handling: 'acknowledged', clearedTime: at(2) },
      });
    }
    const medium = first({ severity: 'medium' });
    expect(conditionOver(medium, at(2)).row.handling).toBe('new');
    expect(conditionOver(acked(medium), at(2)).row.handling).toBe('closed');
    expect(acked(conditionOver(medium, at(2)).row).handling).toBe('closed');
  });

  it('is acknowledged once, by the first', () => {
    const seen = acknowledge(first(), 'wang', at(1), '已电话联系')?.row as AlarmRow;
    expect(seen).toMatchObject({
      ...{ rev: 2, handling: 'acknowledged', acknowledgedBy: 'wang' },
      ...{ acknowledgedTime: at(1), note: '已电话联系', condition: 'active' },
    });
    expect(acknowledge(seen, 'li', at(2), null)).toBeNull();
    expect(acknowledge(close(seen, 'wang', at(3), null)?.row as AlarmRow, 'li', at(4), null)).toBe(
      null,
    );
  });

  it('is closed once, and keeps who saw it first and when it was over', () => {
    const over = conditionOver(acked(first()), at(2)).row;
    expect(close(over, 'li', at(9), '误报')?.row).toMatchObject({
      ...{ handling: 'closed', acknowledgedBy: 'wang', clearedTime: at(2), note: '误报' },
    });
    expect(close(first(), 'li', at(9), null)?.row).toMatchObject({
      ...{ handling: 'closed', acknowledgedBy: 'li', acknowledgedTime: at(9), clearedTime: at(9) },
    });
    expect(close(overtaken(first(), at(3)).row, 'li', at(9), null)).toBeNull();
  });

  it('that came late is not raised aloud, and never opens one that was live', () => {
    const ended = close(first(), 'wang', at(5), null)?.row as AlarmRow;
    expect(raise(ended, raised(6, { late: 1 }))).toMatchObject({
      ...{ op: 'new', row: { id: 'alarm-6', late: 1 } },
    });
    expect(raise(ended, raised(-200, { late: 1 })).op).toBe('new');
    expect(raise(first(), raised(1, { late: 1 }))).toMatchObject({
      ...{ op: 'count', row: { id: 'alarm-0', late: 0 } },
    });
  });

  it('that was told late is opened anew once it is live, whoever has seen it', () => {
    const late = first({ late: 1 });
    for (const last of [late, acked(late)]) {
      expect(raise(last, raised(30))).toMatchObject({
        op: 'reopen',
        row: { id: 'alarm-0', late: 0, handling: 'new', acknowledgedBy: null, count: 2 },
      });
    }
    expect(raise(late, raised(1, { late: 1 }))).toMatchObject({ op: 'count', row: { late: 1 } });
  });
});
