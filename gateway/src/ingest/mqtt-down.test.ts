import { describe, expect, it } from 'vitest';
import { downTopic, writeMqttCommand } from './mqtt-down.ts';

const command = (id: string, over: object = {}) => ({
  ...{ device: 'badge-7', id, fields: {}, number: 81, expiresTime: 1_795_404_600_999, ...over },
});
const payload = (...words: Parameters<typeof writeMqttCommand>) =>
  JSON.parse(Buffer.from(writeMqttCommand(...words)?.bytes ?? []).toString());

describe('a command over MQTT', () => {
  it.each([
    ['badge-7', 'trk/v1/badge-7/pos', 'trk/v1/badge-7/cmd'],
    ['gw-ac233fc0ffee', 'trk/v1/gw/ac233fc0ffee/scan', 'trk/v1/gw/ac233fc0ffee/cmd'],
    ['gw-ac233fc0ffee', 'site/minew/3', 'trk/v1/gw/ac233fc0ffee/cmd'],
    ['ot-alice-phone', 'owntracks/alice/phone', 'owntracks/alice/phone/cmd'],
    ['ot-alice-phone', 'owntracks/alice/phone/event', 'owntracks/alice/phone/cmd'],
  ])('of %s, heard on %s, goes to %s', (device, heardOn, topic) => {
    expect(downTopic(device, heardOn, 'trk/v1')).toBe(topic);
  });

  it('names itself for good and says when it is over', () => {
    const words = command('interval', { fields: { s: 30 } });
    expect(writeMqttCommand(words, 'trk/v1/badge-7/cmd')).toMatchObject({ serial: 81, serials: 1 });
    expect(payload(words, 'trk/v1/badge-7/cmd')).toEqual({
      ...{ id: 'c-81', cmd: 'interval', args: { s: 30 }, exp: 1_795_404_600 },
    });
  });

  it('asks a phone where it is, and nothing else', () => {
    expect(payload(command('locate'), 'owntracks/alice/phone/cmd')).toEqual({
      ...{ _type: 'cmd', action: 'reportLocation' },
    });
    expect(() => writeMqttCommand(command('buzz'), 'owntracks/alice/phone/cmd')).toThrow(
      RangeError,
    );
  });
});
