import { toHex } from '../bytes.ts';
import { gt06, jt808 } from '../index.ts';
import { messages } from '../jt808/messages.ts';
import type { Case, Seeds, StreamCase, StreamSeed } from './case.ts';
import { BYTES, edit, overwrite, WORDS } from './edit.ts';
import {
  bytesOf,
  concat,
  contentOf,
  headOf,
  lyingLength,
  rewriteBody,
  sealBody,
} from './frames.ts';
import { mutateJson, mutatePayload, mutateTopic } from './mutate-values.ts';
import type { Random } from './random.ts';

/*
 * From sound inputs to unsound ones that still look like something: what a table reads is changed below a checksum
 * that fits.
 */

const MAX_BODY = 1023;
const FIXED_LOCATION_BYTES = 28;

const models = {
  jt808: jt808.models.map(({ name }) => name),
  gt06: gt06.models.map(({ name }) => name),
} as const;

/** Any input, by the numbers of `random` alone. */
export function makeCase(random: Random, seeds: Seeds): Case {
  const turn = random.below(10);
  if (turn < 2) {
    const seed = random.pick(seeds.payloads);
    return {
      kind: 'mqtt',
      ...seed,
      topic: random.once(6) ? mutateTopic(random, seed.topic) : seed.topic,
      payload: toHex(mutatePayload(random, bytesOf(seed.payload))),
      retain: random.once(4),
    };
  }
  if (turn === 2) {
    const seed = random.pick(seeds.writes);
    const others = seeds.writes.filter((one) => one.protocol === seed.protocol);
    return {
      kind: 'write',
      ...seed,
      fields: mutateJson(random, seed.fields) as Readonly<Record<string, unknown>>,
      edition: random.once(5) ? random.pick(others).edition : seed.edition,
      serial: random.once(10) ? random.pick(WORDS) : seed.serial,
    };
  }
  return makeStream(random, seeds.streams);
}

function makeStream(random: Random, seeds: readonly StreamSeed[]): StreamCase {
  const first = random.pick(seeds);
  const alike = seeds.filter((s) => s.protocol === first.protocol && s.side === first.side);
  const pieces: Uint8Array[] = random.once(5) ? [] : first.before.map(bytesOf);
  const frames = 1 + random.below(3);
  for (let i = 0; i < frames; i++) {
    const seed = i === 0 ? first : random.pick(alike);
    pieces.push(...mutateFrame(random, seed, random.pick(alike)));
    if (random.once(8)) pieces.push(random.bytes(random.below(30)));
    if (random.once(12)) pieces.push(pieces.at(-1) ?? new Uint8Array(0));
  }
  if (random.once(10)) shuffle(random, pieces);
  return {
    kind: 'stream',
    protocol: random.once(5) ? 'any' : first.protocol,
    side: first.side,
    lenient: random.once(4),
    model: random.once(3) ? random.pick(models[first.protocol]) : first.model,
    gated: first.protocol === 'jt808' && first.side === 'platform' && random.once(4),
    pieces: pieces.filter((piece) => piece.length > 0).map(toHex),
    cuts: Array.from({ length: random.below(5) }, () => random.below(5000)),
  };
}

/** One frame, changed a few times, as the pieces it has become. */
function mutateFrame(random: Random, seed: StreamSeed, other: StreamSeed): Uint8Array[] {
  let frame = bytesOf(seed.hex);
  const { protocol } = seed;
  for (let times = random.below(4); times >= 0; times--) {
    if (random.once(6)) {
      frame = protocol === 'gt06' ? lieAboutLength(random, frame) : mutateHeader(random, frame);
    } else if (protocol === 'jt808' && random.once(4)) {
      frame = rewriteBody(protocol, frame, (body) => mutateItems(random, body));
    } else {
      const strange = bytesOf(other.hex);
      frame = rewriteBody(protocol, frame, (body) => edit(random, body, strange));
    }
  }
  if (random.once(12)) frame = edit(random, frame, bytesOf(other.hex));
  return protocol === 'jt808' && random.once(6) ? split(random, frame) : [frame];
}

/** Items of id, length and value behind a location: their ids, their lengths and their order. */
function mutateItems(random: Random, body: Uint8Array): Uint8Array {
  const items: Uint8Array[] = [];
  let at = FIXED_LOCATION_BYTES;
  while (at + 2 <= body.length) {
    const next = at + 2 + (body[at + 1] ?? 0);
    items.push(body.slice(at, next));
    at = next;
  }
  const item = Uint8Array.of(
    random.below(256),
    random.pick(BYTES),
    ...random.bytes(random.below(40)),
  );
  const target = items[random.below(items.length + 1)];
  if (target === undefined || random.once(3)) {
    if (!random.once(3)) item[1] = item.length - 2;
    items.splice(random.below(items.length + 1), 0, item);
  } else if (random.once(2)) target[random.below(2)] = random.below(256);
  else items.push(target);
  return concat([body.subarray(0, FIXED_LOCATION_BYTES), ...items]).slice(0, MAX_BODY);
}

function mutateHeader(random: Random, frame: Uint8Array): Uint8Array {
  const head = headOf(contentOf(frame));
  if (head === null) return frame;
  const { content, bodyAt } = head;
  const body = content.subarray(bodyAt);
  const changed = content.slice(0, bodyAt);
  switch (random.below(6)) {
    case 0: {
      const { number } = random.pick(messages);
      return sealBody(overwrite(changed, 0, number, 2), body);
    }
    case 1:
      changed[2] = (changed[2] ?? 0) ^ random.pick([4, 8, 16, 32, 64, 128]);
      return sealBody(changed, body);
    case 2:
      changed[4 + random.below(bodyAt - 4)] = random.pick(BYTES);
      return sealBody(changed, body);
    case 3: {
      // The other form of header, with or without the flag that says so.
      const isLong = ((changed[2] ?? 0) & 0x40) !== 0;
      if (!random.once(4)) changed[2] = (changed[2] ?? 0) ^ 0x40;
      const other = isLong
        ? [changed.subarray(0, 4), changed.subarray(9)]
        : [changed.subarray(0, 4), Uint8Array.of(1, 0, 0, 0, 0), changed.subarray(4)];
      return sealBody(concat(other), body);
    }
    case 4:
      return sealBody(overwrite(changed, bodyAt - 2, random.pick(WORDS), 2), body);
    default: {
      // The length lies: sealed for another body than the one that follows.
      const lied = contentOf(sealBody(changed, body));
      lied[3] = random.below(256);
      const again = headOf(lied);
      return again === null
        ? frame
        : concat([sealBody(changed, body).subarray(0, 3), lied.subarray(2)]);
    }
  }
}

function lieAboutLength(random: Random, frame: Uint8Array): Uint8Array {
  return lyingLength(
    frame,
    random.once(2) ? random.pick(WORDS) : frame.length - 5 + random.below(9) - 4,
  );
}

/** The message in several frames, some of which may be missing, repeated, out of order or misnumbered. */
function split(random: Random, frame: Uint8Array): Uint8Array[] {
  const head = headOf(contentOf(frame));
  if (head === null || ((head.content[2] ?? 0) & 0x20) !== 0) return [frame];
  const { content, bodyAt } = head;
  const body = content.subarray(bodyAt);
  const total = random.once(20) ? random.pick(WORDS) : 1 + random.below(4);
  const size = Math.max(1, Math.ceil(body.length / Math.max(1, total)));
  const parts: Uint8Array[] = [];
  for (let index = 1; index <= Math.min(total, 6); index++) {
    const own = content.slice(0, bodyAt);
    own[2] = (own[2] ?? 0) | 0x20;
    const serial = ((own[bodyAt - 1] ?? 0) + index) & 0xff;
    own[bodyAt - 1] = random.once(10) ? random.below(256) : serial;
    const said = random.once(15) ? random.pick(WORDS) : index;
    const item = Uint8Array.of(total >> 8, total & 0xff, said >> 8, said & 0xff);
    parts.push(sealBody(concat([own, item]), body.subarray((index - 1) * size, index * size)));
  }
  if (random.once(3)) shuffle(random, parts);
  if (random.once(4)) parts.splice(random.below(parts.length), 1);
  if (random.once(5) && parts.length > 0) parts.push(random.pick(parts));
  return parts;
}

function shuffle<T>(random: Random, list: T[]): void {
  for (let i = list.length - 1; i > 0; i--) {
    const [moved] = list.splice(random.below(i + 1), 1);
    if (moved !== undefined) list.push(moved);
  }
}
