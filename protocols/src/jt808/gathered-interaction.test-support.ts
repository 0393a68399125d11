import { expect } from 'vitest';
import { bitsOf, bitTable } from '../bytes.ts';
import { type Checks, inTheirWords, renamed } from './gathered.test-support.ts';
import { checkLocation, type GatheredLocation } from './gathered-location.test-support.ts';
import type { BatchItem } from './location.ts';
import type { Edition } from './versions.ts';

/** The byte of bits that stand for themselves, with the names of those that do not. */
const byte = (names: unknown, named: Readonly<Record<number, string>>): number =>
  bitsOf(names as readonly string[], bitTable(8, named));

const textBits: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  '2013': { 0: 'urgent', 2: 'display', 3: 'tts', 4: 'advertisingScreen', 5: 'canFault' },
  '2019': { 0: 'service', 1: 'urgent', 2: 'display', 3: 'tts', 5: 'canFault' },
};
const questionBits = { 0: 'urgent', 3: 'tts', 4: 'advertisingScreen' };

/** A set by an action, whose count is that of its items. */
const set = (ours: string, theirs: string) =>
  inTheirWords((fields) => {
    const items = fields[ours] as readonly unknown[];
    return { type: fields['action'], count: items.length, [theirs]: items };
  });

/** Texts, events, questions, information, phone book, vehicle control. */
export const interactionChecks: Checks = {
  '0x8300': inTheirWords(({ flags, ...rest }, { edition }) => ({
    flag: byte(flags, textBits[edition ?? ''] ?? {}),
    ...rest,
  })),
  '0x8301': set('events', 'events'),
  '0x0301': renamed(),
  '0x8302': inTheirWords(({ flags, ...rest }) => ({ flag: byte(flags, questionBits), ...rest })),
  '0x0302': renamed({ answeredSerial: 'ackSerial' }),
  '0x8303': set('items', 'items'),
  '0x0303': renamed({ action: 'flag' }),
  // The gathered length counts bytes, as this text of two-byte characters and three single ones.
  '0x8304': inTheirWords(({ text, ...rest }) => ({
    ...rest,
    length: [...(text as string)].reduce((sum, c) => sum + (c < '\x80' ? 1 : 2), 0),
    text,
  })),
  '0x8400': renamed(),
  '0x8401': set('contacts', 'contacts'),
  '0x8500': inTheirWords(({ flags, controls }) => {
    if (flags !== undefined) return { flag: byte(flags, { 0: 'lockDoors' }) };
    const all = controls as readonly { readonly type: number; readonly value: number }[];
    return { count: all.length, controls: all.map(({ type, value }) => ({ id: type, value })) };
  }),
  '0x0500': ({ fields, positions, edition }, body) => {
    expect(fields['answeredSerial']).toBe(body['ackSerial']);
    const expected = body['location'] as GatheredLocation;
    checkLocation(fields as unknown as BatchItem, positions[0], edition as Edition, expected);
  },
};
