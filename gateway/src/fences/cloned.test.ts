import { describe, expect, it } from 'vitest';
import { sampleEntry, sampleMessage } from '../journal/entries.test-support.ts';
import { IDENTITY_FLAPPING } from '../journal/record.ts';
import { FenceEngine } from './engine.ts';
import type { Fact } from './facts.ts';

const { device } = sampleEntry(1);

describe('an identity that two terminals use', () => {
  it('is an alarm of that device, where it was last, and no other message is', () => {
    const engine = new FenceEngine();
    const facts: Fact[] = [];
    engine.take({ ...sampleEntry(1), seq: 1 }, facts);
    engine.take({ ...sampleMessage(2, { device }), seq: 2 }, facts);
    expect(facts).toEqual([]);
    const noted = sampleMessage(3, { device, name: IDENTITY_FLAPPING, fields: { takeOvers: 15 } });
    engine.take({ ...noted, seq: 3 }, facts);
    expect(facts).toMatchObject([
      {
        ...{ kind: 'alarmOn', alarm: 'cloned', seq: 3, device, late: false },
        occurredTime: noted.receivedTime,
        latitude: expect.closeTo(31.2, 3),
      },
    ]);
  });

  it('is one also when the device has never said where it is', () => {
    const engine = new FenceEngine();
    const facts: Fact[] = [];
    engine.take({ ...sampleMessage(1, { device, name: IDENTITY_FLAPPING }), seq: 1 }, facts);
    expect(facts).toMatchObject([{ alarm: 'cloned', latitude: null }]);
  });
});
