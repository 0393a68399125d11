import type { Position } from '@xunji/protocols';
import type { MessageEntry, PositionEntry } from './record.ts';

/** A sound position; `n` makes it distinct. */
export function samplePosition(n: number, over: Partial<Position> = {}): Position {
  return {
    fixTime: 1_795_404_000_000 + n * 1000,
    timeSource: 'device',
    valid: true,
    latitude: 31.2 + n * 1e-6,
    longitude: 121.4 - n * 1e-6,
    altitudeM: 7,
    speedKmh: 52.3,
    courseDeg: 126,
    satellites: 14,
    hdop: null,
    accuracyM: null,
    mileageKm: 1234.5,
    batteryPercent: null,
    ignition: true,
    source: 'gnss',
    buffered: false,
    alarms: [],
    flags: [],
    extras: {},
    ...over,
  };
}

/** An entry around `samplePosition`. */
export function sampleEntry(n: number, over: Partial<PositionEntry> = {}): PositionEntry {
  return {
    kind: 'position',
    receivedTime: 1_795_404_000_500 + n * 1000,
    device: { protocol: 'jt808', id: '13912345678' },
    edition: '2013',
    epoch: 1,
    late: false,
    position: samplePosition(n),
    hash: n,
    raw: Uint8Array.of(0x7e, n & 0xff, 0x7e),
    ...over,
  };
}

/** A heartbeat. */
export function sampleMessage(n: number, over: Partial<MessageEntry> = {}): MessageEntry {
  return {
    kind: 'message',
    receivedTime: 1_795_404_000_500 + n * 1000,
    device: { protocol: 'gt06', id: '123456789012345' },
    edition: null,
    epoch: 2,
    name: 'heartbeat',
    fields: { gsm: 4, text: '青禾' },
    raw: Uint8Array.of(0x78, 0x78),
    ...over,
  };
}

/** mulberry32: the seed printed by a failing test repeats it. */
export function seeded(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
