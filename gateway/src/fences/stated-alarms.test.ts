import type { DeviceAlarm, ProtocolName } from '@xunji/protocols';
import { describe, expect, it } from 'vitest';
import { newTrack } from './device-track.ts';
import type { DeviceAlarmFact, Fact } from './facts.ts';
import { passHolds, takeAlarms } from './stated-alarms.ts';

/** One device reporting; times in seconds. */
function teller(protocol: ProtocolName = 'jt808') {
  const track = newTrack({ protocol, id: '13912345678' });
  let seq = 0;
  const shown = (facts: readonly Fact[]) =>
    facts.map((f) => {
      const { kind, alarm, occurredTime, late } = f as DeviceAlarmFact;
      return `${kind} ${alarm} ${occurredTime / 1000}${late ? ' late' : ''}`;
    });
  return {
    report(
      s: number,
      alarms: readonly DeviceAlarm[] = [],
      late = false,
      ended: DeviceAlarm | null = null,
    ): string[] {
      const facts: Fact[] = [];
      seq++;
      const fact = (kind: 'alarmOn' | 'alarmOff', alarm: DeviceAlarm): DeviceAlarmFact => ({
        ...{ kind, alarm, seq, device: track.ref, subject: '张伟', late },
        ...{ occurredTime: s * 1000, confirmedTime: s * 1000, receivedTime: s * 1000 },
        ...{ latitude: null, longitude: null, accuracyM: null },
      });
      takeAlarms(track, { time: s * 1000, alarms, ended, late, fact }, facts);
      return shown(facts);
    },
    tick(s: number): string[] {
      const facts: Fact[] = [];
      passHolds(track, ++seq, s * 1000, facts);
      return shown(facts);
    },
  };
}

describe('alarms that a device states', () => {
  it('are raised once while stated and over after two reports without', () => {
    const d = teller();
    expect(d.report(0, ['sos'])).toEqual(['alarmOn sos 0']);
    expect(d.report(10, ['sos'])).toEqual([]);
    expect(d.report(20)).toEqual([]);
    expect(d.report(30, ['sos'])).toEqual([]);
    expect(d.report(40)).toEqual([]);
    expect(d.report(50)).toEqual(['alarmOff sos 50']);
    expect(d.report(60)).toEqual([]);
    expect(d.report(70, ['sos'])).toEqual(['alarmOn sos 70']);
  });

  it('end at once where the device says so', () => {
    const d = teller('mqtt');
    d.report(0, ['sos', 'fall']);
    expect(d.report(10, ['fall'], false, 'sos')).toEqual(['alarmOff sos 10']);
    expect(d.report(20, ['fall'], false, 'sos')).toEqual([]);
    // One that nobody has heard of never ends.
    expect(d.report(30, ['fall'], false, 'tamper')).toEqual([]);
    // Nothing is said of what was only held.
    d.report(40, ['fall', 'powerCut']);
    expect(d.report(41, ['fall'], false, 'powerCut')).toEqual([]);
    expect(d.tick(60)).toEqual([]);
  });

  it('are told apart', () => {
    const d = teller();
    expect(d.report(0, ['sos', 'fall'])).toEqual(['alarmOn sos 0', 'alarmOn fall 0']);
    expect(d.report(10, ['fall'])).toEqual([]);
    expect(d.report(20, ['fall', 'door'])).toEqual(['alarmOn door 20', 'alarmOff sos 20']);
  });

  it('stand in a second message of the same fix', () => {
    const d = teller('gt06');
    expect(d.report(10)).toEqual([]);
    expect(d.report(10, ['sos'])).toEqual(['alarmOn sos 10']);
    // The plain report of that fix, sent again, ends nothing.
    for (let i = 0; i < 5; i++) expect(d.report(10)).toEqual([]);
  });

  it('sent again by a device that missed the answer say nothing new', () => {
    const d = teller();
    d.report(10, ['sos']);
    d.report(20, ['sos']);
    d.report(30);
    expect(d.report(40)).toEqual(['alarmOff sos 40']);
    expect(d.report(10, ['sos'])).toEqual([]);
    expect(d.report(20, ['sos'])).toEqual([]);
  });

  it('are not lost when they come after newer reports, and begin and end there', () => {
    const d = teller();
    d.report(1000);
    expect(d.report(400, ['sos'], true)).toEqual(['alarmOn sos 400 late', 'alarmOff sos 400 late']);
    expect(d.report(400, ['sos'], true)).toEqual([]);
    // A device without a fix repeats the time of its last one: that is no reason for silence.
    expect(d.report(990, ['fall'])).toEqual(['alarmOn fall 990', 'alarmOff fall 990']);
    expect(d.report(1010)).toEqual([]);
  });

  it('that were told late are told again when the device still states them', () => {
    const d = teller();
    expect(d.report(0, ['sos'], true)).toEqual(['alarmOn sos 0 late']);
    expect(d.report(10, ['sos'], true)).toEqual([]);
    expect(d.report(600, ['sos'])).toEqual(['alarmOn sos 600']);
    expect(d.report(610, ['sos'])).toEqual([]);
  });

  it('of antennas are nothing in one report alone, and told by the second with the time of the first', () => {
    const d = teller();
    expect(d.report(0, ['antennaCut'])).toEqual([]);
    expect(d.report(0, ['antennaCut'])).toEqual([]);
    expect(d.tick(300)).toEqual([]);
    expect(d.report(10)).toEqual([]);
    expect(d.report(20, ['antennaCut'])).toEqual([]);
    expect(d.report(30, ['antennaCut'])).toEqual(['alarmOn antennaCut 20']);
    expect(d.report(40)).toEqual([]);
    expect(d.report(50)).toEqual(['alarmOff antennaCut 50']);
    expect(d.report(60)).toEqual([]);
    expect(teller('gt06').report(0, ['antennaCut'])).toEqual(['alarmOn antennaCut 0']);
  });

  it('of the supply are nothing when an engine was cranked', () => {
    const d = teller();
    expect(d.report(0, ['powerCut'])).toEqual([]);
    expect(d.report(5)).toEqual([]);
    expect(d.tick(30)).toEqual([]);
  });

  it('of the supply are told with the time they began once they last', () => {
    const byReport = teller();
    expect(byReport.report(0, ['powerCut'])).toEqual([]);
    expect(byReport.report(9, ['powerCut'])).toEqual([]);
    expect(byReport.report(10, ['powerCut'])).toEqual(['alarmOn powerCut 0']);
    expect(byReport.tick(30)).toEqual([]);
    // The device went dark with its supply.
    const byClock = teller();
    expect(byClock.report(0, ['powerCut'])).toEqual([]);
    expect(byClock.tick(9)).toEqual([]);
    expect(byClock.tick(14)).toEqual(['alarmOn powerCut 0']);
    expect(byClock.tick(19)).toEqual([]);
    byClock.report(100);
    expect(byClock.report(110)).toEqual(['alarmOff powerCut 110']);
  });

  it('of the supply stand by one message where reports do not state alarms', () => {
    const d = teller('gt06');
    expect(d.report(0, ['powerCut'])).toEqual([]);
    for (const s of [2, 4, 6]) expect(d.report(s)).toEqual([]);
    expect(d.tick(12)).toEqual(['alarmOn powerCut 0']);
    d.report(14);
    expect(d.report(16)).toEqual(['alarmOff powerCut 16']);
  });
});
