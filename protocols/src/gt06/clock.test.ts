import { describe, expect, it } from 'vitest';
import { DeviceClock } from './clock.ts';

const NOW = Date.UTC(2026, 10, 23, 8, 0, 0);
const HOUR = 3_600_000;
const LIVE = { live: true, fixed: true };
const STORED = { live: false, fixed: true };

/** Live fixes every ten seconds of a clock that is `aheadMs` ahead: what each is taken for, relative to the truth. */
function live(clock: DeviceClock, aheadMs: number, count: number, everyMs = 10_000) {
  return Array.from({ length: count }, (_, i) => {
    const now = NOW + i * everyMs;
    const time = clock.fixTime(now + aheadMs, now, LIVE);
    return time === null ? null : time - now;
  });
}

describe('the clock of a device', () => {
  it('is UTC as soon as one live fix is within ten minutes of ours', () => {
    expect(live(new DeviceClock(false), -9 * 60_000, 2)).toEqual([-540_000, -540_000]);
  });

  it('is local once five live fixes in a row show the same quarters of an hour', () => {
    const seen = live(new DeviceClock(false), 8 * HOUR + 2000, 7);
    expect(seen).toEqual([null, null, null, null, 2000, 2000, 2000]);
    expect(live(new DeviceClock(false), 5.5 * HOUR, 5).at(-1)).toBe(0);
    expect(live(new DeviceClock(false), -12.75 * HOUR, 5).at(-1)).toBe(0);
  });

  it('is not learned from zones that do not exist', () => {
    expect(live(new DeviceClock(false), 15 * HOUR, 9)).toEqual(Array(9).fill(null));
  });

  it('is not learned from a backlog, whose times advance and ours do not', () => {
    const clock = new DeviceClock(false);
    const seen = Array.from({ length: 40 }, (_, i) =>
      clock.fixTime(NOW - HOUR + i * 10_000, NOW, LIVE),
    );
    expect(seen).toEqual(Array(40).fill(null));
  });

  it('is not learned from stored fixes nor from fixes that are none', () => {
    const clock = new DeviceClock(false);
    for (let i = 0; i < 9; i++) {
      clock.fixTime(NOW, NOW, STORED);
      clock.fixTime(NOW, NOW, { live: true, fixed: false });
    }
    expect(clock.fixTime(NOW + 1, NOW + 1, { live: true, fixed: false })).toBeNull();
  });

  it('places stored fixes by what it learned, and as UTC before', () => {
    const clock = new DeviceClock(false);
    expect(clock.fixTime(NOW - 5 * HOUR, NOW, STORED)).toBe(NOW - 5 * HOUR);
    live(clock, 8 * HOUR, 5);
    expect(clock.fixTime(NOW + 3 * HOUR, NOW, STORED)).toBe(NOW - 5 * HOUR);
  });

  it('changes its mind when the device was set to another zone', () => {
    const clock = new DeviceClock(false);
    live(clock, 0, 1);
    expect(live(clock, 8 * HOUR, 5)).toEqual([null, null, null, null, 0]);
    expect(live(clock, 0, 1)).toEqual([0]);
  });

  it('is not believed when ahead of us, nor beyond thirty days', () => {
    const clock = new DeviceClock(false);
    live(clock, 0, 1);
    expect(clock.fixTime(NOW + 300_000, NOW, STORED)).toBe(NOW + 300_000);
    expect(clock.fixTime(NOW + 300_001, NOW, STORED)).toBeNull();
    expect(clock.fixTime(NOW - 30 * 24 * HOUR, NOW, STORED)).toBe(NOW - 30 * 24 * HOUR);
    expect(clock.fixTime(NOW - 30 * 24 * HOUR - 1, NOW, STORED)).toBeNull();
  });

  it('is believed whatever it says when recorded frames are looked at', () => {
    expect(new DeviceClock(true).fixTime(0, NOW, LIVE)).toBe(0);
  });
});
