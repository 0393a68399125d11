import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../bytes.ts';
import type { Fault, Message } from '../protocol.ts';
import { FRAME_TIMEOUT_MS } from './frame.ts';
import { gt06 } from './index.ts';

/*
 * The gathered frames lie beside the repository and are read where they lie.
 */

interface Gathered {
  readonly name: string;
  readonly hex: string;
  readonly chunks?: readonly string[];
  readonly expect: Readonly<Record<string, unknown>>;
  readonly response?: string;
}

const path = fileURLToPath(
  new URL('../../../../shared/protocols/gt06.vectors.json', import.meta.url),
);
const isThere = existsSync(path);
const gathered: readonly Gathered[] = isThere ? JSON.parse(readFileSync(path, 'utf8')) : [];

const rowKeys = new Set(gt06.messages.map(({ id, direction }) => `${id} ${direction}`));
const isOfToday = ({ expect: e }: Gathered): boolean =>
  e['type'] === undefined || rowKeys.has(`0x${String(e['type'])} ${String(e['direction'])}`);
const today = gathered.filter(isOfToday);
console.log(
  isThere
    ? `gathered GT06 vectors: ${today.length} checked, ${gathered.length - today.length} of types not built yet`
    : `gathered GT06 vectors: no folder at ${path}, none checked`,
);

const RECEIVED = Date.UTC(2026, 10, 23);
const bytesOf = (text: string): Uint8Array => fromHex(text) ?? new Uint8Array(0);
const messagesIn = (items: readonly (Message | Fault)[]): readonly Message[] =>
  items.filter((item) => item.kind === 'message');
const lostIn = (items: readonly (Message | Fault)[]): number =>
  items.reduce((sum, item) => sum + (item.kind === 'fault' ? item.bytes : 0), 0);

type Nested = Readonly<Record<string, unknown>>;
const nested = (value: unknown): Nested => (value ?? {}) as Nested;

/** What the codec says under the gathered file's own names; a name that is missing here fails the test. */
function inGatheredWords(message: Message): Nested {
  const f = message.fields;
  const { course, flags: status = [] } = nested(f['courseStatus']) as {
    course?: number;
    flags?: readonly string[];
  };
  const has = (bit: string) => status.includes(bit);
  const word =
    (course ?? 0) |
    ['north', 'west', 'positioned', 'differential', 'bit14', 'bit15'].reduce(
      (sum, bit, i) => sum | (has(bit) ? 1 << (10 + i) : 0),
      0,
    );
  const zone = nested(f['zone']) as { hours: number; minutes: number; west: boolean };
  const info = (f['terminalInfo'] ?? []) as readonly string[];
  const alarmBits = ['', 'vibration', 'powerCut', 'lowBattery', 'sos'];
  const long = message.raw[0] === 0x79;
  const raw = toHex(message.raw);
  const [fix] = message.positions;
  return {
    start: raw.slice(0, 4),
    length: message.raw.length - (long ? 6 : 5),
    type: message.id.slice(2),
    serial: message.serial,
    crc: raw.slice(-8, -4),
    crcOk: true,
    direction: message.intent === 'answer' ? 'down' : 'up',
    terminalId: f['terminalId'],
    imei: f['idFormat'] === 'hex' ? null : message.device,
    typeId: Number(f['typeCode']).toString(16),
    tzMinutes: (zone.hours * 60 + zone.minutes) * (zone.west ? -1 : 1),
    langBits: nested(f['zone'])['language'],
    time: String(f['time']).replace(
      /^(..)(..)(..)(..)(..)(..)$/,
      (_, yy, mm, dd, h, m, s) => `20${yy}-${mm}-${dd}T${h}:${m}:${s}Z`,
    ),
    gpsInfoLen: nested(f['gpsInfo'])['length'],
    satellites: fix?.satellites,
    lat: fix?.latitude,
    lon: fix?.longitude,
    speedKmh: fix?.speedKmh,
    course,
    positioned: has('positioned'),
    differential: has('differential'),
    west: has('west'),
    north: has('north'),
    statusWord: word.toString(16).padStart(4, '0'),
    lbs: f['cell'],
    lbsLen: f['lbsLength'],
    acc: f['acc'] === undefined ? undefined : f['acc'] === 1,
    uploadMode: f['uploadMode'],
    reupload: fix?.buffered,
    mileage: f['mileage'],
    terminalInfo: {
      raw: f['terminalInfo'] === undefined ? '' : raw.slice(...infoAt(message)),
      oilCut: info.includes('oilCut'),
      gpsOn: info.includes('gpsOn'),
      alarmBits: Math.max(0, ...info.map((name) => alarmBits.indexOf(name))),
      charging: info.includes('charging'),
      acc: info.includes('acc'),
      armed: info.includes('armed'),
    },
    voltageLevel: f['voltageLevel'],
    gsm: f['signal'],
    alarmCode: f['alarmCode'],
    language: f['language'],
  };
}

/** Where the terminal-information byte stands in the hex of the frame. */
function infoAt({ name, fields }: Message): [number, number] {
  const at = name === 'heartbeat' ? 4 : 4 + 18 + 1 + (fields['cell'] === undefined ? 0 : 8);
  return [at * 2, at * 2 + 2];
}

const reasons: Readonly<Record<string, readonly string[]>> = {
  crc: ['badChecksum'],
  tail: ['badTail'],
  // What a wrong length looks like depends on what stands where the tail should be.
  length: ['badLength', 'badTail', 'unsupportedVariant'],
  header: ['unsupportedVariant'],
};

function run(vector: Gathered, pieces: readonly string[]) {
  const side = vector.expect['direction'] === 'down' ? 'terminal' : 'platform';
  const connection = gt06.open({ side, anyTime: true });
  const items = pieces.flatMap((piece) => [...connection.push(bytesOf(piece), RECEIVED)]);
  const answers = messagesIn(items)
    .map((message) => connection.reply(message, { result: 'accepted' }))
    .map((bytes) => (bytes === null ? '' : toHex(bytes)));
  return { connection, items, answers: answers.join('') };
}

const isStream = (vector: Gathered): boolean => vector.expect['frames'] !== undefined;
const bytewise = (hex: string): readonly string[] => hex.match(/../g) ?? [];
const shown = (messages: readonly Message[]) =>
  messages.map(({ id, serial, raw }) => ({
    type: id.slice(2).toLowerCase(),
    serial,
    hex: toHex(raw),
  }));

describe.runIf(isThere)('gathered single frames', () => {
  const singles = today.filter((v) => v.expect['crcOk'] !== undefined);
  it.each(singles)('$name', (vector) => {
    const { items, answers } = run(vector, [vector.hex]);
    expect(items).toHaveLength(1);
    const [message] = messagesIn(items);
    if (message === undefined) throw new Error('no message');
    const found = inGatheredWords(message);
    for (const [key, value] of Object.entries(vector.expect)) {
      expect(found, `${key} has a name here`).toHaveProperty(key);
      expect(found[key], key).toEqual(value);
    }
    expect(answers).toBe(vector.response ?? '');
    const { id, device, serial, fields } = message;
    expect(toHex(gt06.encode({ id, device, edition: null, serial, fields }))).toBe(vector.hex);
  });
});

describe.runIf(isThere)('gathered frames that must be refused', () => {
  it.each(today.filter((v) => v.expect['accepted'] === false))('$name', (vector) => {
    const { connection, items } = run(vector, [vector.hex]);
    expect(messagesIn(items)).toEqual([]);
    expect(connection.pendingBytes).toBe(0);
    expect(reasons[String(vector.expect['reason'])]).toContain((items[0] as Fault).code);
  });

  it('are read in lenient mode where only the checksum is wrong, log-ins excepted', () => {
    const bad = today.filter((v) => v.expect['reason'] === 'crc');
    const read = bad.map(({ name, hex }) => {
      const [item] = gt06.open({ lenient: true }).push(bytesOf(hex), RECEIVED);
      return [name, item?.kind === 'message' ? item.positions[0]?.satellites : item?.code];
    });
    expect(Object.fromEntries(read)).toEqual({
      'bad-crc-location': 12,
      'bad-crc-login-ack': 'badChecksum',
    });
  });
});

describe.runIf(isThere)('gathered streams', () => {
  it.each(today.filter(isStream))('$name', (vector) => {
    const e = vector.expect;
    for (const pieces of [[vector.hex], vector.chunks ?? [vector.hex], bytewise(vector.hex)]) {
      const { connection, items, answers } = run(vector, pieces);
      expect(shown(messagesIn(items))).toEqual(e['frames']);
      expect(lostIn(items)).toBe(e['discarded'] ?? 0);
      expect(connection.pendingBytes).toBe(e['pending'] ?? 0);
      expect(answers).toBe(vector.response ?? '');
      if (e['framesAfterTimeout'] === undefined) continue;
      expect(connection.expire(RECEIVED + FRAME_TIMEOUT_MS - 1)).toEqual([]);
      const late = connection.expire(RECEIVED + FRAME_TIMEOUT_MS);
      expect(shown(messagesIn(late))).toEqual(e['framesAfterTimeout']);
      expect(lostIn(late)).toBe(e['discardedAfterTimeout']);
    }
  });
});
