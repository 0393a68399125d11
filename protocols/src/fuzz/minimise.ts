import { toHex } from '../bytes.ts';
import type { Case } from './case.ts';
import { bytesOf, rewriteBody } from './frames.ts';

/** Tries before the smallest case so far is good enough. */
const MAX_TRIES = 1500;

/**
 * The smallest case found that still breaks the same promise: fewer pieces, shorter bodies, fewer values.
 * @param failureOf what a case breaks, null for nothing
 */
export function minimise(input: Case, failureOf: (input: Case) => string | null): Case {
  const promiseOf = (failure: string | null) => failure?.split(':')[0];
  const broken = promiseOf(failureOf(input));
  let smallest = input;
  let tries = 0;
  const isStill = (candidate: Case): boolean =>
    ++tries <= MAX_TRIES && promiseOf(failureOf(candidate)) === broken;
  for (let isSmaller = true; isSmaller && tries < MAX_TRIES; ) {
    isSmaller = false;
    for (const candidate of smallerThan(smallest)) {
      if (tries >= MAX_TRIES) break;
      if (!isStill(candidate)) continue;
      smallest = candidate;
      isSmaller = true;
      break;
    }
  }
  return smallest;
}

/** Cases with a little less, the boldest first. */
function* smallerThan(input: Case): Generator<Case> {
  if (input.kind === 'mqtt') {
    for (const payload of shorter(bytesOf(input.payload))) {
      yield { ...input, payload: toHex(payload) };
    }
    return;
  }
  if (input.kind === 'write') {
    for (const fields of fewer(input.fields)) {
      if (typeof fields === 'object' && fields !== null && !Array.isArray(fields)) {
        yield { ...input, fields: fields as Readonly<Record<string, unknown>> };
      }
    }
    return;
  }
  const { pieces, cuts } = input;
  for (const i of pieces.keys()) yield { ...input, pieces: pieces.filter((_, at) => at !== i) };
  if (cuts.length > 0) yield { ...input, cuts: [] };
  if (input.model !== null) yield { ...input, model: null };
  if (input.lenient) yield { ...input, lenient: false };
  if (input.gated) yield { ...input, gated: false };
  for (const [i, piece] of pieces.entries()) {
    const replaced = (bytes: Uint8Array): Case => ({
      ...input,
      pieces: pieces.map((one, at) => (at === i ? toHex(bytes) : one)),
    });
    const bytes = bytesOf(piece);
    if (input.protocol !== 'any') {
      let body = new Uint8Array(0);
      rewriteBody(input.protocol, bytes, (found) => {
        body = Uint8Array.from(found);
        return found;
      });
      for (const less of shorter(body)) {
        yield replaced(rewriteBody(input.protocol, bytes, () => less));
      }
    }
    for (const less of shorter(bytes)) yield replaced(less);
  }
}

/** Without a half, a quarter, … a byte of it. */
function* shorter(bytes: Uint8Array): Generator<Uint8Array> {
  for (
    let size = Math.ceil(bytes.length / 2);
    size >= 1;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let at = 0; at < bytes.length; at += size) {
      const less = new Uint8Array(bytes.length - Math.min(size, bytes.length - at));
      less.set(bytes.subarray(0, at));
      less.set(bytes.subarray(Math.min(bytes.length, at + size)), at);
      yield less;
    }
  }
}

/** With one value taken away or made simple. */
function* fewer(value: unknown): Generator<unknown> {
  if (Array.isArray(value)) {
    if (value.length > 2) {
      yield value.slice(0, value.length >> 1);
      yield value.slice(value.length >> 1);
    }
    for (const i of value.keys()) yield value.filter((_, at) => at !== i);
    for (const [i, one] of value.entries()) {
      for (const less of fewer(one)) yield value.map((old, at) => (at === i ? less : old));
    }
  } else if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    for (const i of entries.keys()) yield Object.fromEntries(entries.filter((_, at) => at !== i));
    for (const [i, [, one]] of entries.entries()) {
      for (const less of fewer(one)) {
        yield Object.fromEntries(entries.map(([key, old], at) => [key, at === i ? less : old]));
      }
    }
  } else if (typeof value === 'string' && value.length > 1) {
    yield value.slice(0, value.length >> 1);
  }
}
