import { describe, expect, it, vi } from 'vitest';
import { PlainRegistry } from './messages.test-support.ts';
import { logIn, RefusalDelays } from './mqtt-log-in.ts';

describe('a refused log-in', () => {
  it('says why, and a right one is never refused for what others tried', async () => {
    const registry = new PlainRegistry();
    registry.admissions.set('badge-7', 'known');
    const reason = async (username: string, password: string) => {
      const found = await logIn(
        { registry, admission: 'strict', passwords: null },
        username,
        password,
      );
      return found.kind === 'refused' ? found.reason : found.kind;
    };
    expect(await reason('a/b', 'x')).toBe('badUsername');
    expect(await reason('', 'x')).toBe('anonymous');
    expect(await reason('badge-8', 'x')).toBe('notAdmitted');
    expect(await reason('badge-7', 'x')).toBe('wrongAuthCode');
    expect(await reason('badge-7', 'code-badge-7')).toBe('accepted');
  });

  it.each([
    // A password that is set is asked for in every mode, and beats the auth code.
    ['strict', 'badge-7', 'right', 'proven'],
    ['strict', 'badge-7', 'code-badge-7', 'wrongAuthCode'],
    ['strict', 'badge-8', 'code-badge-8', 'accepted'],
    ['known', 'badge-7', '', 'wrongAuthCode'],
    ['known', 'badge-7', 'right', 'proven'],
    ['known', 'badge-8', '', 'accepted'],
    ['known', 'alice', 'right', 'proven'],
    ['open', 'badge-7', 'wrong', 'wrongAuthCode'],
    ['open', 'badge-7', 'right', 'proven'],
    ['open', 'stranger', 'any', 'accepted'],
    ['open', '', '', 'accepted'],
    ['known', 'busy', 'any', 'busy'],
  ] as const)('in mode %s, %s with %j: %s', async (admission, username, password, want) => {
    const registry = new PlainRegistry();
    for (const id of ['badge-7', 'badge-8', 'ot-alice-phone', 'busy']) {
      registry.admissions.set(id, 'known');
    }
    const passwords = {
      isSet: (id: string) => id === 'badge-7',
      check: async (name: string, given: string) => {
        if (name === 'busy') return 'busy';
        if (name !== 'badge-7' && name !== 'alice') return 'none';
        return given === 'right' ? 'right' : 'wrong';
      },
    } as const;
    const found = await logIn({ registry, admission, passwords }, username, password);
    const got = found.kind === 'refused' ? found.reason : found.isProven ? 'proven' : 'accepted';
    expect(got).toBe(want);
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
