import { decodeGbk, encodeGbk, toHex } from '../bytes.ts';
import {
  type Fields,
  hex,
  type Kind,
  type Layout,
  layout,
  noted,
  restBytes,
  u8,
} from '../layout.ts';
import { layoutOf } from '../layout-lists.ts';

/*
 * The command to a terminal with its arguments in one text, split by semicolons. Two commands have named ones, all of
 * them texts; what others send is the vendor's and stays as it is.
 */

const server = ['apn', 'user', 'password', 'address', 'tcpPort', 'udpPort'] as const;
const named: Readonly<Record<number, readonly string[]>> = {
  1: ['url', ...server, 'manufacturerId', 'hardwareVersion', 'firmwareVersion', 'timeLimit'],
  2: ['control', 'authCode', ...server, 'timeLimit'],
};
/** Back to the default server: nothing follows. */
const BACK = '1';

const head = layout({
  command: noted(
    u8,
    '1 wireless upgrade, 2 connect to a server, 3 power off, 4 reset, 5 factory reset, 6 close the data link, 7 close all links; 2019 keeps 2, 4, 5; others are the vendor’s',
  ),
});
const argumentsHex = hex(restBytes);

const body: Kind<Fields> = {
  width: null,
  extent: (bytes, at) => Math.max(1, bytes.length - at),
  declare: null,
  read: (parsed) => {
    const bytes = parsed as Uint8Array;
    const command = bytes[0] ?? 0;
    const rest = bytes.subarray(1);
    if (rest.length === 0) return { command };
    const text = exactText(rest);
    if (text === null) return { command, argumentsHex: toHex(rest) };
    const names = named[command];
    const parts = text.split(';');
    if (names === undefined || (parts.length !== names.length && !isBack(command, parts))) {
      return { command, arguments: text };
    }
    return { command, arguments: Object.fromEntries(parts.map((part, i) => [names[i], part])) };
  },
  write: (out, value, field) => {
    head.kind.write(out, value as { command: number }, field);
    const { command, arguments: given, argumentsHex: raw } = value;
    if (raw !== undefined) argumentsHex.write(out, raw as string, 'argumentsHex');
    else if (typeof given === 'string') out.bytes(gbk(given, 'arguments'));
    else if (given !== undefined) out.bytes(namedBytes(command as number, given));
  },
  inside: head.fields,
};

/** The arguments that have names are all there, empty ones between two semicolons, unless the command ends at once. */
function namedBytes(command: number, given: unknown): Uint8Array {
  const names = named[command];
  if (names === undefined || typeof given !== 'object' || given === null) {
    throw new RangeError(`arguments: command ${command} wants a text`);
  }
  for (const name of Object.keys(given)) {
    if (!names.includes(name)) throw new RangeError(`arguments.${name}: not of command ${command}`);
  }
  const parts = names.map((name) => {
    const value = (given as Fields)[name] ?? '';
    if (typeof value !== 'string' && typeof value !== 'number') {
      throw new RangeError(`arguments.${name}: wants a text`);
    }
    if (`${value}`.includes(';')) throw new RangeError(`arguments.${name}: wants no semicolon`);
    return `${value}`;
  });
  const isAlone = command === 2 && Object.keys(given).length === 1 && parts[0] === BACK;
  return gbk(isAlone ? BACK : parts.join(';'), 'arguments');
}

const isBack = (command: number, parts: readonly string[]): boolean =>
  command === 2 && parts.length === 1 && parts[0] === BACK;

function gbk(text: string, field: string): Uint8Array {
  try {
    return encodeGbk(text);
  } catch {
    throw new RangeError(`${field}: wants text within GBK`);
  }
}

/** Null for bytes that are no text, or not the bytes we would write for it. */
function exactText(bytes: Uint8Array): string | null {
  const text = decodeGbk(bytes);
  try {
    return toHex(encodeGbk(text)) === toHex(bytes) ? text : null;
  } catch {
    return null;
  }
}

/** @see JT/T 808, terminal control clause and its table of command arguments */
export const terminalControl: Layout<Fields> = layoutOf(
  body,
  ['command'],
  {
    ...head.fields,
    arguments: {
      ...argumentsHex,
      shape: 'STRING[rest]',
      note: `split by semicolons; command 1: ${named[1]?.join(', ')}; command 2: ${named[2]?.join(', ')}, control 0 connect, 1 back to the default server, which ends it`,
    },
    argumentsHex: { ...argumentsHex, note: 'in place of arguments where they are no GBK text' },
  },
  1,
);
