import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LoginThrottle, network } from './throttle.ts';

const EVIL = '203.0.113.9';
const HOME = '198.51.100.7';

// The limiter keeps its own time: both of its clocks are taken over.
beforeEach(() => {
  vi.useFakeTimers({ now: 1_795_404_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

async function fail(throttle: LoginThrottle, times: number, address: string, username: string) {
  const waits: number[] = [];
  for (let i = 0; i < times; i++) waits.push(await throttle.begin(address, username, null));
  return waits;
}

describe('the log-in throttle', () => {
  it('lets five wrong tries pass and then makes the name wait, twice as long each time up to a minute', async () => {
    const throttle = new LoginThrottle();
    expect(await fail(throttle, 6, HOME, 'admin')).toEqual([0, 0, 0, 0, 0, 0]);
    const waits: number[] = [];
    for (let i = 0; i < 9; i++) {
      const waitS = await throttle.begin(HOME, 'admin', null);
      waits.push(waitS);
      await vi.advanceTimersByTimeAsync(waitS * 1000);
      expect(await throttle.begin(HOME, 'admin', null)).toBe(0);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
  });

  it('counts tries that wait as none: asking again does not lengthen the wait', async () => {
    const throttle = new LoginThrottle();
    await fail(throttle, 6, HOME, 'admin');
    expect(await fail(throttle, 50, HOME, 'admin')).toEqual(Array(50).fill(1));
    await vi.advanceTimersByTimeAsync(1000);
    expect(await throttle.begin(HOME, 'admin', null)).toBe(0);
  });

  it('lets no more slip through when many try at once', async () => {
    const throttle = new LoginThrottle();
    const waits = await Promise.all(
      Array.from({ length: 40 }, () => throttle.begin(HOME, 'admin', null)),
    );
    expect(waits.filter((w) => w === 0)).toHaveLength(6);
  });

  it('forgets the failures of a name after a right password', async () => {
    const throttle = new LoginThrottle();
    await fail(throttle, 5, HOME, 'admin');
    await throttle.succeeded(HOME, 'admin', null);
    expect(await fail(throttle, 6, HOME, 'admin')).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('slows an address that tries many names, and one success there does not wipe that out', async () => {
    const throttle = new LoginThrottle();
    for (let i = 0; i < 21; i++) {
      expect(await throttle.begin(EVIL, `user${i}`, null)).toBe(0);
    }
    expect(await throttle.begin(EVIL, 'fresh', null)).toBeGreaterThan(0);
    await vi.advanceTimersByTimeAsync(1000);
    await throttle.begin(EVIL, 'own', null);
    await throttle.succeeded(EVIL, 'own', null);
    expect(await throttle.begin(EVIL, 'fresh', null)).toBeGreaterThan(0);
  });

  it('neither locks out a browser that has logged in before, nor is helped by it', async () => {
    const throttle = new LoginThrottle();
    await fail(throttle, 6, EVIL, 'admin');
    expect(await throttle.begin(EVIL, 'admin', null)).toBeGreaterThan(0);
    expect(await throttle.begin(HOME, 'admin', 'proof')).toBe(0);
    await throttle.succeeded(HOME, 'admin', 'proof');
    expect(await throttle.begin(EVIL, 'admin', null)).toBeGreaterThan(0);
  });

  it('slows a known browser by a count of its own', async () => {
    const throttle = new LoginThrottle();
    for (let i = 0; i < 6; i++) expect(await throttle.begin(HOME, 'admin', 'stolen')).toBe(0);
    expect(await throttle.begin(HOME, 'admin', 'stolen')).toBe(1);
  });
});

describe('the network of an address', () => {
  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:0db8:0001:0002::9', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
  ])('of %s is %s', (address, expected) => {
    expect(network(address)).toBe(expected);
  });
});
