import { hexId } from '../../bytes.ts';
import {
  layout,
  mapped,
  noted,
  restBytes,
  sizedBytes,
  text,
  textOf,
  u8,
  u16,
} from '../../layout.ts';
import { readBody } from '../body.ts';
import { type Row, row, same, spoken } from '../row.ts';
import { type Edition, versions } from '../versions.ts';

const empty = layout({});
const plateColor = noted(
  u8,
  '0 none, then `plate` is the VIN; 1 blue, 2 yellow, 3 black, 4 white, 5 green, 9 other',
);
const generalAnswer = layout({
  answeredSerial: u16,
  answeredId: mapped(u16, (id) => hexId(id, 4), idNumber),
  result: noted(u8, '0 ok, 1 failed, 2 message wrong, 3 not supported, 4 alarm handled'),
});

function idNumber(id: string): number {
  if (!/^0x[0-9A-F]{4}$/.test(id)) throw new RangeError(`wants an id such as 0x0200, got ${id}`);
  return Number.parseInt(id.slice(2), 16);
}

/** @see JT/T 808, terminal registration clause of each edition; the printed 2011 offset of the colour is a slip */
const register2011 = layout({
  provinceId: u16,
  cityId: u16,
  manufacturerId: text(5),
  terminalModel: text(8, 'blankBehind'),
  terminalId: text(7),
  plateColor,
  plate: textOf(restBytes, versions['2011'].terminator), // VIN when the colour is 0
});
const register2013 = layout({
  provinceId: u16,
  cityId: u16,
  manufacturerId: text(5),
  terminalModel: text(20),
  terminalId: text(7),
  plateColor,
  plate: textOf(restBytes),
});
const register2019 = layout({
  provinceId: u16,
  cityId: u16,
  manufacturerId: text(11),
  terminalModel: text(30, 'nulBefore'),
  terminalId: text(30),
  plateColor,
  plate: textOf(restBytes),
});

/**
 * The one body that tells 2011 from 2013. A 2011 terminal with a long plate or a VIN reaches the length of 2013;
 * then its plate colour, a control byte, stands within the model. A short plate proves nothing: terminals of 2013
 * that were told none send an empty one.
 * @see the wire reference, section 5.1
 */
function registerEdition(body: Uint8Array, edition: Edition): Edition {
  if (edition === '2019') return edition;
  if (body.length < register2013.minBytes) return '2011';
  const read = readBody(register2013, body);
  if (!read.ok) return '2011';
  return [...read.fields.terminalModel].some((c) => c < ' ') ? '2011' : '2013';
}

const authenticate = layout({ authCode: textOf(restBytes) });
const authenticate2011 = layout({ authCode: textOf(restBytes, versions['2011'].terminator) });
/** Widths as devices send them; the printed offsets do not add up. */
const authenticate2019 = layout({
  authCode: textOf(sizedBytes(1)),
  imei: text(15),
  softwareVersion: text(20),
});

const registerResult = noted(
  u8,
  '0 ok, 1 vehicle and 3 terminal already registered, 2 vehicle and 4 terminal unknown',
);
const registerAnswer = (terminator: '' | '\0') =>
  layout({
    answeredSerial: u16,
    result: registerResult,
    authCode: textOf(restBytes, terminator),
  });
/** The code follows only a success. */
const registerRefusal = layout({ answeredSerial: u16, result: registerResult });

/** General answers, registration, authentication, heartbeat, leaving. @see the wire reference, sections 3 and 5.1-5.3 */
export const sessionMessages: readonly Row[] = [
  row(0x0001, 'terminalAnswer', 'terminal general answer', {
    intent: 'answer',
    bodies: same(generalAnswer),
    answer: 'none',
  }),
  row(0x0002, 'heartbeat', 'terminal heartbeat', {
    intent: 'keepalive',
    // Of no fields by the standard; some trackers put their battery there.
    ...spoken(({ model }) => [...(model?.heartbeats ?? []), empty]),
    answer: 'general',
  }),
  row(0x0003, 'unregister', 'terminal unregistration', {
    intent: 'logout',
    bodies: same(empty),
    answer: 'general',
  }),
  row(0x0100, 'register', 'terminal registration', {
    intent: 'register',
    bodies: { '2011': [register2011], '2013': [register2013], '2019': [register2019] },
    editionOf: registerEdition,
    answer: 'registration',
  }),
  row(0x0102, 'authenticate', 'terminal authentication', {
    intent: 'authenticate',
    // Some terminals send the bare code under the header of 2019.
    bodies: {
      '2011': [authenticate2011],
      '2013': [authenticate],
      '2019': [authenticate2019, authenticate],
    },
    answer: 'general',
  }),
  row(0x8001, 'platformAnswer', 'platform general answer', {
    intent: 'answer',
    bodies: same(generalAnswer),
    answer: 'none',
  }),
  row(0x8100, 'registerAnswer', 'terminal registration answer', {
    intent: 'answer',
    bodies: {
      '2011': [registerRefusal, registerAnswer(versions['2011'].terminator)],
      '2013': [registerRefusal, registerAnswer('')],
      '2019': [registerRefusal, registerAnswer('')],
    },
    answer: 'none',
  }),
];
