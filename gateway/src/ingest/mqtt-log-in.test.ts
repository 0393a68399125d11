import { describe, expect, it, vi } from 'vitest';
import { PlainRegistry } from './messages.test-support.ts';
import { logInRefusal, RefusalDelays } from './mqtt-log-in.ts';

describe('a refused log-in', () => {
  it('says why, and a right one is never refused for what others tried', () => {
    const registry = new PlainRegistry();
    registry.admissions.set('badge-7', 'known');
    const reason = (username: string, password: string) =>
      logInRefusal(registry, 'strict', username, password)?.reason;
    expect(reason('a/b', 'x')).toBe('badUsername');
    expect(reason('', 'x')).toBe('anonymous');
    expect(reason('badge-8', 'x')).toBe('notAdmitted');
    expect(reason('badge-7', 'x')).toBe('wrongAuthCode');
    expect(reason('badge-7', 'code-badge-7')).toBeUndefined();
  });

  it('is told later each time, for the identity from anywhere and for the address with any', () => {
    const clock = { at: 0 };
    const delays = new RefusalDelays(() => clock.at);
    const waits = (tries: [string, string][]) => tries.map(([u, a]) => delays.failed(u, a));
    expect(waits([...Array(4)].map((_, i) => ['badge-7', `10.0.0.${i}`]))).toEqual([
      250, 500, 1000, 2000,
    ]);
    expect(waits([...Array(3)].map((_, i) => [`badge-${20 + i}`, '10.9.9.9']))).toEqual([
      250, 500, 1000,
    ]);
    for (let i = 0; i < 100; i++) delays.failed('badge-7', '10.0.0.1');
    expect(delays.failed('badge-7', '10.0.0.1')).toBe(16_000);
    clock.at += 16 * 60_000;
    expect(delays.failed('badge-7', '10.0.0.1')).toBe(250);
  });

  it('waits among a bounded number of others', () => {
    vi.useFakeTimers();
    const delays = new RefusalDelays(() => 0);
    let refused = 0;
    for (let i = 0; i < 1500; i++) delays.later(1000, () => refused++);
    expect(refused).toBe(500);
    vi.advanceTimersByTime(1000);
    expect(refused).toBe(1500);
    delays.later(1000, () => refused++);
    delays.close();
    vi.advanceTimersByTime(5000);
    expect(refused).toBe(1500);
    vi.useRealTimers();
  });
});
