import { fromHex, toHex } from '../bytes.ts';
import { numberAt, Output } from '../layout.ts';

/*
 * The packets in which pictures and sound travel, on connections of their own.
 * @see JT/T 1078-2016, definition of the stream data packets; the wire reference, section 12
 */

const HEAD = 0x30316364;
const VERSION_BYTE = 0x81;
const MAX_BODY_BYTES = 950;

/** Bytes of the SIM number: 6 by the text, 10 where terminals of 2019 put the long number. */
export type SimBytes = 6 | 10;

/** What a packet carries. */
export const videoDataTypes = ['iFrame', 'pFrame', 'bFrame', 'audio', 'passthrough'] as const;
/** Where its body stands in the whole. */
export const videoParts = ['whole', 'first', 'last', 'middle'] as const;

/** One packet. */
export interface VideoPacket {
  readonly simBytes: SimBytes;
  /** The last packet of a frame. */
  readonly marker: boolean;
  /** 6 G.711A, 7 G.711U, 8 G.726, 19 AAC, 26 ADPCM, 98 H.264, 99 H.265. */
  readonly payloadType: number;
  readonly number: number;
  /** All digits. */
  readonly sim: string;
  readonly channel: number;
  readonly type: (typeof videoDataTypes)[number];
  readonly part: (typeof videoParts)[number];
  /** Ms of the terminal's own clock; null for pass-through. Exact below 2^53. */
  readonly timeMs: number | null;
  /** Ms since the last key frame and the last frame; null for what is not video. */
  readonly sinceKeyFrameMs: number | null;
  readonly sinceFrameMs: number | null;
  readonly body: Uint8Array;
}

/** A packet and how many bytes it takes, or why there is none at this place. */
export type ReadVideoPacket =
  | { readonly ok: true; readonly packet: VideoPacket; readonly bytes: number }
  | { readonly ok: false; readonly reason: 'short' | 'noPacket' };

const SHORT = { ok: false, reason: 'short' } as const;
const NO_PACKET = { ok: false, reason: 'noPacket' } as const;

/**
 * The packet that begins at `at`. Constant work beside the copy of its body; never throws.
 * @param simBytes null: that by which the packet ends where the bytes end or the next packet begins; the text's when
 * neither or both do
 */
export function readVideoPacket(
  bytes: Uint8Array,
  at = 0,
  simBytes: SimBytes | null = null,
): ReadVideoPacket {
  if (simBytes !== null) return readAs(bytes, at, simBytes);
  const six = readAs(bytes, at, 6);
  const ten = readAs(bytes, at, 10);
  if (!six.ok) return ten.ok || six.reason === 'noPacket' ? ten : six;
  return ten.ok && !isFollowed(bytes, at + six.bytes) && isFollowed(bytes, at + ten.bytes)
    ? ten
    : six;
}

const isFollowed = (bytes: Uint8Array, at: number): boolean =>
  at === bytes.length || (at + 4 <= bytes.length && numberAt(bytes, at, 4) === HEAD);

function readAs(bytes: Uint8Array, at: number, simBytes: SimBytes): ReadVideoPacket {
  const left = bytes.length - at;
  if (left >= 4 && numberAt(bytes, at, 4) !== HEAD) return NO_PACKET;
  const kindAt = at + 9 + simBytes;
  if (kindAt >= bytes.length) return SHORT;
  const sim = toHex(bytes.subarray(at + 8, at + 8 + simBytes));
  const kind = bytes[kindAt] ?? 0;
  const type = videoDataTypes[kind >> 4];
  const part = videoParts[kind & 15];
  if (bytes[at + 4] !== VERSION_BYTE || type === undefined || part === undefined) return NO_PACKET;
  if (!/^\d*$/.test(sim)) return NO_PACKET;
  const hasTime = type !== 'passthrough';
  const isVideo = hasTime && type !== 'audio';
  const timeAt = kindAt + 1;
  const sinceAt = timeAt + (hasTime ? 8 : 0);
  const lengthAt = sinceAt + (isVideo ? 4 : 0);
  const bodyAt = lengthAt + 2;
  if (bodyAt > bytes.length) return SHORT;
  const length = numberAt(bytes, lengthAt, 2);
  if (length > MAX_BODY_BYTES) return NO_PACKET;
  if (bodyAt + length > bytes.length) return SHORT;
  const marked = bytes[at + 5] ?? 0;
  const packet: VideoPacket = {
    simBytes,
    marker: marked >= 0x80,
    payloadType: marked & 0x7f,
    number: numberAt(bytes, at + 6, 2),
    sim,
    channel: bytes[kindAt - 1] ?? 0,
    type,
    part,
    timeMs: hasTime ? numberAt(bytes, timeAt, 8) : null,
    sinceKeyFrameMs: isVideo ? numberAt(bytes, sinceAt, 2) : null,
    sinceFrameMs: isVideo ? numberAt(bytes, sinceAt + 2, 2) : null,
    body: Uint8Array.from(bytes.subarray(bodyAt, bodyAt + length)),
  };
  return { ok: true, packet, bytes: bodyAt + length - at };
}

/** @throws RangeError naming the field that does not fit */
export function encodeVideoPacket(packet: VideoPacket): Uint8Array {
  const { simBytes, type, part, body } = packet;
  const sim = /^\d+$/.test(packet.sim) ? fromHex(packet.sim) : null;
  if (sim?.length !== simBytes) throw new RangeError(`sim: wants ${2 * simBytes} digits`);
  if (body.length > MAX_BODY_BYTES) {
    throw new RangeError(`body: wants at most ${MAX_BODY_BYTES} bytes, got ${body.length}`);
  }
  const out = new Output();
  const put = (name: string, value: number | null, width: number): void => {
    if (value === null || !Number.isInteger(value) || value < 0 || value >= 2 ** (8 * width)) {
      throw new RangeError(`${name}: wants ${width} bytes, got ${value}`);
    }
    out.number(value, width);
  };
  out.number(HEAD, 4);
  out.number(VERSION_BYTE, 1);
  if (packet.payloadType > 0x7f) throw new RangeError('payloadType: wants 7 bits');
  put('payloadType', packet.payloadType + (packet.marker ? 0x80 : 0), 1);
  put('number', packet.number, 2);
  out.bytes(sim);
  put('channel', packet.channel, 1);
  out.number((videoDataTypes.indexOf(type) << 4) | videoParts.indexOf(part), 1);
  if (type !== 'passthrough') put('timeMs', packet.timeMs, 8);
  if (type !== 'passthrough' && type !== 'audio') {
    put('sinceKeyFrameMs', packet.sinceKeyFrameMs, 2);
    put('sinceFrameMs', packet.sinceFrameMs, 2);
  }
  out.number(body.length, 2);
  out.bytes(body);
  return out.take();
}
