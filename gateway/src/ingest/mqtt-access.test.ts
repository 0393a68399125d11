import { describe, expect, it } from 'vitest';
import { defaultTopics, mayPublish, maySubscribe } from './mqtt-access.ts';

const site = {
  prefix: 'trk/v1',
  gatewayTopics: [
    { filter: 'kbeacon/publish/+', adapter: 'kkm', gatewayIdFrom: 'payload' },
    { filter: '/x/+/send', adapter: 'moko', gatewayIdFrom: 'topic' },
  ],
} as const;

describe('what a client may publish', () => {
  it.each([
    ['badge-7', 'trk/v1/badge-7/pos'],
    ['badge-7', 'trk/v1/badge-7/beacon'],
    ['badge-7', 'trk/v1/badge-7/event'],
    ['badge-7', 'trk/v1/badge-7/state'],
    ['badge-7', 'trk/v1/badge-7/cmd/ack'],
    ['badge-7', 'trk/v1/badge-7/other'],
    ['badge-7', 'trk/v1/badge-7/pos/more'],
    ['alice', 'owntracks/alice/phone'],
    ['alice', 'owntracks/alice/phone/event'],
    ['alice', 'owntracks/alice/phone/dump'],
    ['gw-1', 'trk/v1/gw/1/scan'],
    ['gw-1', 'trk/v1/gw/1/state'],
    ['gw-1', 'kbeacon/publish/68B9D3DFE78C'],
    ['gw-1', '/x/d48c49f7909c/send'],
    [null, 'trk/v1/any/pos'],
    [null, 'kbeacon/publish/any'],
  ])('%s: %s', (username, topic) => {
    expect(mayPublish(username, topic, site)).toBe(true);
  });

  it.each([
    ['badge-7', 'trk/v1/badge-8/pos'],
    ['badge-7', 'trk/v1/badge-7'],
    ['badge-7', 'trk/v1/badge-7/'],
    ['badge-7', 'trk/v1/badge-7//pos'],
    ['badge-7', 'trk/v1/badge-7/cmd'],
    ['badge-7', 'trk/v1/badge-7/+'],
    ['badge-7', 'trk/v1/+/pos'],
    ['badge-7', 'trk/v1/badge-7/#'],
    ['badge-7', 'trk/v1/badge-7/pos\0'],
    ['badge-7', `trk/v1/badge-7/${'x'.repeat(300)}`],
    ['badge', 'trk/v1/badge-7/pos'],
    ['out', 'trk/v1/out/pos'],
    ['badge-7', 'trk/v1/out/badge-7/pos'],
    ['gw', 'trk/v1/gw/state'],
    ['gw-1', 'trk/v1/gw/2/scan'],
    ['gw-1', 'trk/v1/gw/1'],
    ['gw-1', 'trk/v1/gw/1/cmd'],
    ['badge-7', 'trk/v1/gw/badge-7/scan'],
    ['badge-7', 'kbeacon/publish/68B9D3DFE78C'],
    ['gw-1', 'kbeacon/publish/a/b'],
    ['alice', 'owntracks/bob/phone'],
    ['alice', 'owntracks/alice'],
    ['alice', 'owntracks/alice/phone/cmd'],
    ['alice', 'owntracks/alice/phone/a/b'],
    ['badge-7', '$SYS/x'],
    [null, '$SYS/x'],
    ['badge-7', 'spBv1.0/g/NDATA/e'],
    [null, 'spBv1.0/g/NDATA/e'],
    [null, 'trk/v1/any/cmd'],
    [null, 'any'],
    [null, ''],
  ])('not %s: %j', (username, topic) => {
    expect(mayPublish(username, topic, site)).toBe(false);
  });
});

describe('what a client may listen to', () => {
  it.each([
    ['badge-7', 'trk/v1/badge-7/cmd'],
    ['alice', 'owntracks/alice/+/cmd'],
    ['gw-1', 'trk/v1/gw/1/cmd'],
  ])('%s: %s', (username, filter) => {
    expect(maySubscribe(username, filter, defaultTopics)).toBe(true);
  });

  it.each([
    ...['#', '+/#', 'trk/v1/#', 'trk/v1/+/cmd', 'trk/v1/badge-8/cmd', 'trk/v1/badge-7/pos'],
    ...['owntracks/+/+', 'owntracks/+/+/cmd', '$SYS/#', '$share/g/trk/v1/badge-7/cmd', ''],
    ...['trk/v1/gw/badge-7/cmd', 'trk/v1/out/#'],
  ])('not badge-7: %j', (filter) => {
    expect(maySubscribe('badge-7', filter, defaultTopics)).toBe(false);
    expect(maySubscribe(null, filter, defaultTopics)).toBe(false);
  });
});
