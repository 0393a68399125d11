import { fromHex } from '../bytes.ts';
import { numberAt } from '../layout.ts';
import type { Position } from '../position.ts';
import type { Message } from '../protocol.ts';
import { dialectOf } from './dialects.ts';
import { type Location, toPosition } from './location.ts';
import { editions } from './versions.ts';

/** What a file is, by its first bytes. */
export type MediaKind = 'jpeg' | 'tiff' | 'mp3' | 'wav' | 'wmv';

/** The first of these that fits. */
const signatures: readonly (readonly [kind: MediaKind, bytes: readonly number[]])[] = [
  ['jpeg', [0xff, 0xd8, 0xff]],
  ['tiff', [0x49, 0x49, 0x2a, 0x00]],
  ['tiff', [0x4d, 0x4d, 0x00, 0x2a]],
  ['wav', [0x52, 0x49, 0x46, 0x46]],
  ['wmv', [0x30, 0x26, 0xb2, 0x75]],
  ['mp3', [0x49, 0x44, 0x33]],
  ['mp3', [0xff, 0xfb]],
  ['mp3', [0xff, 0xf3]],
  ['mp3', [0xff, 0xf2]],
];

/** What begins at `at`, by its signature; null for anything else, whatever a message calls it. */
export function mediaSignature(bytes: Uint8Array, at: number): MediaKind | null {
  const found = signatures.find(([, start]) => start.every((byte, i) => bytes[at + i] === byte));
  return found?.[0] ?? null;
}

/** A photo, sound or film as 0x0801 brought it; `type`, `format` and `event` are the codes of the wire. */
export interface Media {
  readonly mediaId: number;
  readonly type: number;
  readonly format: number;
  readonly event: number;
  readonly channel: number;
  /** Where and when it was taken, by the terminal; null where the terminal leaves that out. */
  readonly position: Position | null;
  /** By the text of 2011 a file comes in messages of their own, from 1; null: this is all of it. */
  readonly package: { readonly total: number; readonly index: number } | null;
  readonly data: Uint8Array;
}

/**
 * The file in a `mediaData` message; costs a copy of it. Its position counts as evidence of the file
 * and is not among those of the message, so that it never stands twice in a track. Device times are believed however
 * old: stored files come late.
 * @param receivedTime ms UTC, the time of a position without one
 * @param model of the device, whose clock may be off by hours that are known
 * @returns null for another message
 */
export function mediaOf(
  { name, edition, fields }: Pick<Message, 'name' | 'edition' | 'fields'>,
  receivedTime: number,
  model: string | null = null,
): Media | null {
  const { mediaId, type, format, event, channel, location, total, index } = fields;
  const data = typeof fields['data'] === 'string' ? fromHex(fields['data']) : null;
  const own = editions.find((one) => one === edition);
  if (name !== 'mediaData' || data === null || own === undefined) return null;
  const receipt = { receivedTime, anyTime: true, dialect: dialectOf(own, model) };
  return {
    mediaId: Number(mediaId),
    type: Number(type),
    format: Number(format),
    event: Number(event),
    channel: Number(channel),
    position:
      location === undefined
        ? null
        : toPosition({ ...(location as Location), extras: [] }, receipt, false),
    package: typeof total === 'number' ? { total, index: Number(index) } : null,
    data,
  };
}

/** Media id, type, format, event, channel; by the text of 2011 then the total and the index of the package. */
const HEAD_BYTES = 8;
const PACKAGE_HEAD_BYTES = 16;

/** By the text of 2011 each package of a file has the head in front: it is left on the first only. */
export function withoutPackageHeads(bodies: readonly Uint8Array[]): readonly Uint8Array[] {
  const [first] = bodies;
  const arePackages = bodies.every(
    (body, i) =>
      body.length >= PACKAGE_HEAD_BYTES &&
      body.subarray(0, HEAD_BYTES).every((byte, at) => byte === first?.[at]) &&
      numberAt(body, HEAD_BYTES, 4) === bodies.length &&
      numberAt(body, HEAD_BYTES + 4, 4) === i + 1,
  );
  if (!arePackages || bodies.length < 2) return bodies;
  return bodies.map((body, i) => (i === 0 ? body : body.subarray(PACKAGE_HEAD_BYTES)));
}
