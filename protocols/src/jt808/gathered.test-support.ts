import { expect } from 'vitest';
import type { Fields } from '../layout.ts';
import type { Message } from '../protocol.ts';

/*
 * How bodies of the gathered vectors are compared with ours: a file a group of messages, a function a message id.
 */

/** Compares every field that the gathered file gives for one message. */
export type Check = (message: Message, body: Fields) => void;
/** By message id. */
export type Checks = Readonly<Record<string, Check>>;

/** A check that says our fields in the words of the gathered file; they must then be the same, none more or less. */
export function inTheirWords(translate: (fields: Fields, message: Message) => object): Check {
  return (message, body) => {
    expect(translate(ownFields(message), message)).toEqual(body);
  };
}

/** A check of fields that differ in nothing but their names. @param theirs their names by ours */
export function renamed(theirs: Readonly<Record<string, string>> = {}): Check {
  return inTheirWords((fields) =>
    Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [theirs[name] ?? name, value]),
    ),
  );
}

/** A check of a body without fields. */
export const empty: Check = (message, body) => {
  expect(body).toEqual({ empty: true });
  expect(ownFields(message)).toEqual({});
};

/** Without what the header adds. */
function ownFields({ fields }: Message): Fields {
  const { versionFlagMismatch: _, protocolVersion: __, ...rest } = fields;
  return rest;
}
