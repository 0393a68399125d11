import { decodeMqtt } from '@xunji/protocols';
import { describe, expect, it } from 'vitest';
import { Ledger } from '../ledger.ts';
import { BadgeTerminal } from './badge.ts';
import { reportAt } from './scripted-line.test-support.ts';

const t0 = Date.UTC(2026, 10, 23, 6, 32, 8);

describe('a badge', () => {
  it('publishes our own JSON and counts it as acknowledged when the broker says so', () => {
    const ledger = new Ledger();
    const published: { topic: string; payload: Uint8Array; done: (e: Error | null) => void }[] = [];
    const badge = new BadgeTerminal(
      'badge-07',
      { publish: (topic, payload, done) => published.push({ topic, payload, done }) },
      ledger,
      () => t0 + 40,
    );
    badge.report({ ...reportAt(t0, ['sos', 'lowBattery']), batteryPercent: 71 }, t0);
    const [one] = published;
    if (one === undefined) throw new Error('nothing was published');
    const message = decodeMqtt(one.topic, one.payload, t0, { retain: false });
    expect(message).toMatchObject({
      kind: 'message',
      device: 'badge-07',
      positions: [
        {
          fixTime: t0,
          latitude: reportAt(t0).latitude,
          longitude: 121.47,
          accuracyM: 5,
          batteryPercent: 71,
          alarms: ['sos', 'lowBattery'],
        },
      ],
    });
    expect(ledger.counts()).toMatchObject({ sent: 1, acknowledged: 0 });
    expect(badge.pending).toBe(1);
    one.done(null);
    expect(ledger.counts().acknowledged).toBe(1);
    expect(ledger.entries[0]?.acknowledgedTime).toBe(t0 + 40);
    expect(badge.pending).toBe(0);
  });

  it('counts a publish that came to nothing as unanswered', () => {
    const ledger = new Ledger();
    const badge = new BadgeTerminal(
      'badge-07',
      { publish: (_topic, _payload, done) => done(new Error('client is ending')) },
      ledger,
      () => t0,
    );
    badge.report(reportAt(t0), t0);
    expect(ledger.counts()).toMatchObject({ sent: 1, acknowledged: 0, faults: { noAnswer: 1 } });
  });
});
