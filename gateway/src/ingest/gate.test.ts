import type { Message } from '@xunji/protocols';
import { describe, expect, it } from 'vitest';
import { samplePosition } from '../journal/entries.test-support.ts';
import { type AdmissionMode, Gate, plausible } from './gate.ts';
import { PlainRegistry, sampleHeartbeat, sampleReport } from './messages.test-support.ts';
import { Sessions } from './session.ts';

const NOW = 1_795_404_000_000;
const DEVICE = '13912345678';

function gate(mode: AdmissionMode) {
  const registry = new PlainRegistry();
  const session = new Sessions(1).open({ transport: 'tcp', remote: '', close: () => undefined });
  const subject = new Gate(registry, mode);
  const decide = (message: Message) => subject.decide(message, session, NOW);
  return { registry, session, decide };
}
const register = sampleReport(1, {
  ...{ id: '0x0100', name: 'register', intent: 'register', positions: [] },
});
const authenticate = (authCode: string) =>
  sampleReport(2, {
    ...{ id: '0x0102', name: 'authenticate', intent: 'authenticate', positions: [] },
    fields: { authCode },
  });

describe('the gate in mode open', () => {
  it('admits a stranger as pending and keeps what it sends', () => {
    const { registry, session, decide } = gate('open');
    expect(decide(sampleReport(1))).toEqual({
      ...{ verdict: { result: 'accepted' }, keep: true, reason: 'accepted' },
    });
    expect(registry.admissions.get(DEVICE)).toBe('pending');
    expect(registry.touched).toEqual([DEVICE]);
    expect(session.admitted).toBe(true);
  });

  it('refuses strangers beyond those the registry can hold, and goes on with the others', () => {
    const { registry, decide } = gate('open');
    registry.maxPending = 1;
    expect(decide(sampleReport(1)).keep).toBe(true);
    expect(decide(sampleReport(2, { device: '13800000000' }))).toEqual({
      ...{ verdict: { result: 'refused' }, keep: false, reason: 'tooManyPending' },
    });
    expect(decide(sampleReport(3)).keep).toBe(true);
  });

  it('answers a register with the code of the device, and does not yet count it as admitted', () => {
    const { session, decide } = gate('open');
    expect(decide(register).verdict).toEqual({ result: 'accepted', authCode: `code-${DEVICE}` });
    expect(session.admitted).toBe(false);
  });

  it('answers an unknown message as unsupported and keeps its bytes', () => {
    const { decide } = gate('open');
    expect(decide(sampleHeartbeat(1, { intent: 'unknown' }))).toEqual({
      ...{ verdict: { result: 'unsupported' }, keep: true, reason: 'unsupported' },
    });
  });

  it('is silent to a frame that comes before its log-in', () => {
    const { decide } = gate('open');
    expect(decide(sampleReport(1, { protocol: 'gt06', device: null }))).toEqual({
      ...{ verdict: null, keep: false, reason: 'beforeLogin' },
    });
  });

  it('tells a GT06 tracker the time before its log-in', () => {
    const { decide } = gate('open');
    const ask = sampleHeartbeat(1, { protocol: 'gt06', device: null, intent: 'query' });
    expect(decide(ask)).toEqual({
      ...{ verdict: { result: 'accepted' }, keep: false, reason: 'beforeLogin' },
    });
  });
});

describe('the gate in mode known', () => {
  it('refuses a stranger, keeps nothing of it and remembers that it knocked', () => {
    const { registry, session, decide } = gate('known');
    expect(decide(sampleReport(1))).toEqual({
      ...{ verdict: { result: 'refused' }, keep: false, reason: 'notAdmitted' },
    });
    expect(decide(register).verdict).toEqual({ result: 'unknownDevice' });
    expect(registry.admissions.get(DEVICE)).toBe('knocking');
    expect(registry.touched).toEqual([]);
    expect(session.admitted).toBe(false);
  });

  it('admits nobody because an earlier mode had left it pending', () => {
    const { registry, decide } = gate('known');
    registry.admissions.set(DEVICE, 'pending');
    expect(decide(sampleReport(1)).keep).toBe(false);
  });

  it('admits who an operator has entered, without a proof', () => {
    const { registry, session, decide } = gate('known');
    registry.admissions.set(DEVICE, 'known');
    expect(decide(sampleReport(1)).reason).toBe('accepted');
    expect(session.admitted).toBe(true);
  });

  it('answers the log-in and heartbeat of a GT06 stranger, which would reconnect for ever, and nothing else', () => {
    const { decide } = gate('known');
    const gt06 = { protocol: 'gt06', edition: null } as const;
    const answered = (message: Message) => decide(message).verdict;
    expect(answered(authenticate(''))?.result).toBe('refused');
    expect(answered(sampleHeartbeat(1, gt06))).toEqual({ result: 'accepted' });
    expect(answered({ ...authenticate(''), ...gt06 })).toEqual({ result: 'accepted' });
    expect(answered(sampleReport(1, gt06))).toBeNull();
    expect(decide(sampleHeartbeat(1, gt06)).keep).toBe(false);
  });
});

describe('the gate in mode strict', () => {
  const known = () => {
    const it = gate('strict');
    it.registry.admissions.set(DEVICE, 'known');
    return it;
  };

  it('refuses positions before the terminal has proved itself', () => {
    const { session, decide } = known();
    expect(decide(sampleReport(1))).toEqual({
      ...{ verdict: { result: 'refused' }, keep: false, reason: 'notAuthenticated' },
    });
    expect(session.admitted).toBe(false);
  });

  it('answers a register without letting it speak for the device yet', () => {
    const { decide } = known();
    expect(decide(register)).toMatchObject({ verdict: { result: 'accepted' }, keep: false });
  });

  it('takes them after the right code, and no longer after a wrong one', () => {
    const { decide } = known();
    expect(decide(authenticate(`code-${DEVICE}`)).reason).toBe('accepted');
    expect(decide(sampleReport(1)).keep).toBe(true);
    expect(decide(authenticate('guess')).reason).toBe('wrongAuthCode');
    expect(decide(sampleReport(2)).keep).toBe(false);
  });

  it('takes the proof of one device for no other that the same connection names', () => {
    const { registry, decide } = known();
    const other = '13800000000';
    registry.admissions.set(other, 'known');
    expect(decide(authenticate(`code-${DEVICE}`)).reason).toBe('accepted');
    expect(decide(sampleReport(1, { device: other })).reason).toBe('notAuthenticated');
    const replay = { ...authenticate(`code-${DEVICE}`), device: other };
    expect(decide(replay).reason).toBe('wrongAuthCode');
  });

  it('does not take a missing code for a right one', () => {
    const { decide } = known();
    expect(decide({ ...authenticate(''), fields: {} }).reason).toBe('wrongAuthCode');
  });

  it('asks no code of protocols that have none', () => {
    const { registry, decide } = known();
    registry.admissions.set('861234567890123', 'known');
    const tracker = { protocol: 'gt06', device: '861234567890123', edition: null } as const;
    expect(decide(sampleReport(1, tracker)).keep).toBe(true);
  });
});

describe('impossible values', () => {
  it('let a fix from the future happen now and say so', () => {
    const early = samplePosition(0, { fixTime: NOW + 300_000 });
    expect(plausible(early, NOW)).toBe(early);
    const future = samplePosition(0, { fixTime: NOW + 300_001, flags: ['mocked'] });
    expect(plausible(future, NOW)).toMatchObject({
      ...{ fixTime: NOW, timeSource: 'server', flags: ['mocked', 'noDeviceTime'] },
    });
  });
});
