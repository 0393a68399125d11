import { describe, expect, it } from 'vitest';
import { type Address, Addresses } from './addresses.ts';

const MINUTE = 60_000;

function addresses(maxConnectionsPerAddress = 3) {
  const clock = { at: 0 };
  const bans: string[] = [];
  const subject = new Addresses({
    limits: { maxConnections: 10, maxConnectionsPerAddress, banAfter: 5, banMs: 5 * MINUTE },
    onBan: ({ name }) => bans.push(name),
    monotonic: () => clock.at,
  });
  const enter = (remote: string): Address => {
    const address = subject.enter(remote, 0);
    if (typeof address === 'string') throw new Error(address);
    return address;
  };
  const misbehave = (remote: string, times: number) => {
    for (let i = 0; i < times; i++) {
      const address = enter(remote);
      subject.strike(address);
      subject.left(address);
    }
  };
  return { subject, clock, bans, enter, misbehave };
}

describe('addresses', () => {
  it('hold no more connections each than allowed, in IPv4 also when it comes as IPv6', () => {
    const { subject, enter } = addresses();
    for (const remote of ['10.0.0.1', '::ffff:10.0.0.1', '10.0.0.1']) enter(remote);
    expect(subject.enter('::ffff:10.0.0.1', 0)).toBe('tooManyFromAddress');
    expect(typeof subject.enter('10.0.0.2', 0)).toBe('object');
  });

  it('have room again for who comes after one has left', () => {
    const { subject, enter } = addresses(1);
    const first = enter('10.0.0.1');
    expect(subject.enter('10.0.0.1', 0)).toBe('tooManyFromAddress');
    subject.left(first);
    enter('10.0.0.1');
  });

  it('count a whole /64 of IPv6 as one', () => {
    const { subject, enter } = addresses(1);
    enter('2001:db8:1:2::1');
    expect(subject.enter('2001:db8:1:2:ffff::9', 0)).toBe('tooManyFromAddress');
    enter('2001:db8:1:3::1');
  });

  it('are turned away after so much bad behaviour within a minute, until the ban ends by itself', () => {
    const { subject, clock, bans, misbehave } = addresses();
    misbehave('10.0.0.1', 5);
    expect(bans).toEqual(['10.0.0.1']);
    expect(subject.banned).toBe(1);
    expect(subject.enter('10.0.0.1', 0)).toBe('banned');
    expect(subject.isTurnedAway('10.0.0.1')).toBe(true);
    expect(subject.isTurnedAway('10.0.0.2')).toBe(false);
    clock.at += 5 * MINUTE;
    expect(subject.banned).toBe(0);
    misbehave('10.0.0.1', 4);
    expect(bans.length).toBe(1);
  });

  it('are not turned away for the same spread over a longer time', () => {
    const { clock, bans, misbehave } = addresses();
    for (let i = 0; i < 20; i++) {
      misbehave('10.0.0.1', 1);
      clock.at += 20_000;
    }
    expect(bans).toEqual([]);
  });

  it('are never turned away while admitted devices come from there, and for a quarter of an hour after', () => {
    const { subject, clock, bans, enter, misbehave } = addresses();
    subject.good(enter('10.0.0.1'));
    misbehave('10.0.0.1', 100);
    clock.at += 14 * MINUTE;
    misbehave('10.0.0.1', 100);
    expect(bans).toEqual([]);
    clock.at += 2 * MINUTE;
    misbehave('10.0.0.1', 5);
    expect(bans.length).toBe(1);
  });

  it('are let in again at once when a device of theirs turns out to be admitted', () => {
    const { subject, enter, misbehave } = addresses();
    const device = enter('10.0.0.1');
    misbehave('10.0.0.1', 5);
    expect(subject.enter('10.0.0.1', 0)).toBe('banned');
    subject.good(device);
    expect(typeof subject.enter('10.0.0.1', 0)).toBe('object');
    expect(subject.banned).toBe(0);
  });

  it('are remembered up to a bound, those with a connection always', () => {
    const { subject, enter, misbehave } = addresses();
    for (let i = 0; i < 3; i++) enter('10.9.9.9');
    misbehave('10.0.0.1', 5);
    for (let i = 0; i < 60_000; i++) {
      subject.left(enter(`11.${i >> 16}.${(i >> 8) & 255}.${i & 255}`));
    }
    expect(subject.isTurnedAway('10.0.0.1')).toBe(false);
    expect(subject.enter('10.9.9.9', 0)).toBe('tooManyFromAddress');
  });
});
