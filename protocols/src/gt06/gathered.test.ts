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

console.log(
  isThere
    ? `gathered GT06 vectors: ${gathered.length} read in place`
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

const iso = (digits: unknown): string =>
  String(digits).replace(
    /^(..)(..)(..)(..)(..)(..)$/,
    (_, yy, mm, dd, h, m, s) => `20${yy}-${mm}-${dd}T${h}:${m}:${s}Z`,
  );
const hexText = (text: string): string => toHex(Uint8Array.from(text, (c) => c.charCodeAt(0)));
const colons = (mac: string): string => mac.replace(/..(?=.)/g, '$&:');

const infoBits = ['armed', 'acc', 'charging', '', '', '', 'gpsOn', 'oilCut'];
const infoAlarms = ['', 'vibration', 'powerCut', 'lowBattery', 'sos'];
function terminalInfo(info: readonly string[]): Nested {
  const alarmBits = Math.max(0, ...info.map((name) => infoAlarms.indexOf(name)));
  const raw = info.reduce((sum, name) => sum | (1 << infoBits.indexOf(name)), alarmBits << 3);
  const has = (name: string) => info.includes(name);
  return {
    raw: (raw & 0xff).toString(16).padStart(2, '0'),
    alarmBits,
    oilCut: has('oilCut'),
    gpsOn: has('gpsOn'),
    charging: has('charging'),
    acc: has('acc'),
    armed: has('armed'),
  };
}

/** The words of the modules of type 70. */
function modulesInGatheredWords(f: Nested): Nested {
  const modules = f['modules'] as readonly { id: string; name?: string; value?: unknown }[];
  const of = (name: string) => modules.find((m) => m.name === name)?.value;
  const fix = nested(of('fix'));
  return {
    time: new Date(Number(fix['time']) * 1000).toISOString().replace('.000', ''),
    altitudeM: fix['altitude'],
    lbs: of('cell'),
    buffered: of('buffered') === 1,
    imei: of('imei'),
    imsi: of('imsi'),
    iccid: of('iccid'),
    batteryVoltage: of('batteryVoltage'),
    hdop: of('hdop'),
    replyWanted: of('replyWanted') === 1,
    modules: modules.map(({ id }) => id.slice(2).toLowerCase()),
    courseStatus: fix['courseStatus'],
  };
}

/** What the codec says under the gathered file's own names; a name that is missing here fails the test. */
function inGatheredWords(message: Message): Nested {
  const f = message.fields;
  const more = message.id === '0x70' ? modulesInGatheredWords(f) : {};
  const { course, flags: status = [] } = nested(f['courseStatus'] ?? more['courseStatus']) as {
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
  const long = message.raw[0] === 0x79;
  const raw = toHex(message.raw);
  const [fix] = message.positions;
  const { mncBytes: _, ...lbs } = nested(f['cell']);
  const doors = (f['doors'] ?? []) as readonly string[];
  const text = f['text'] as string | undefined;
  const isOn = (value: unknown) => (value === undefined ? undefined : value === 1);
  return {
    start: raw.slice(0, 4),
    length: message.raw.length - (long ? 6 : 5),
    type: message.id.slice(2).toLowerCase(),
    serial: message.serial,
    crc: raw.slice(-8, -4),
    crcOk: true,
    terminalId: f['terminalId'],
    imei: f['idFormat'] === 'hex' ? null : (f['imei'] ?? message.device),
    imsi: f['imsi'],
    iccid: f['iccid'],
    typeId: Number(f['typeCode']).toString(16),
    tzMinutes: (zone.hours * 60 + zone.minutes) * (zone.west ? -1 : 1),
    langBits: nested(f['zone'])['language'],
    time: iso(f['time']),
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
    lbs,
    lbsLen: f['lbsLength'],
    acc: isOn(f['acc']),
    uploadMode: f['uploadMode'],
    reupload: isOn(f['reupload']),
    mileage: f['mileage'],
    terminalInfo: terminalInfo((f['terminalInfo'] ?? []) as readonly string[]),
    voltageLevel: f['voltageLevel'],
    voltage: f['voltage'],
    externalVoltage: f['externalVoltage'],
    accOnSeconds: f['accOnTime'],
    extra: f['radioWord'] ?? f['extra'],
    gsm: f['signal'],
    alarmCode: f['alarmCode'],
    language: f['language'] ?? null,
    fenceNo: f['fenceNumber'],
    mcc: f['mcc'],
    mnc: f['mnc'],
    cells: f['cells'],
    timingAdvance: f['timingAdvance'],
    timeLead: f['timeLead'],
    wifi: ((f['wifi'] ?? []) as readonly { mac: string }[]).map((point) => ({
      ...point,
      mac: colons(point.mac),
    })),
    serverFlag: Number(f['serverFlag']).toString(16).padStart(8, '0'),
    text,
    encoding: f['encoding'],
    phone: f['phone'],
    phoneRaw: (hexText(String(f['phone'])) + (f['phoneRest'] ?? '')).padEnd(42, '0'),
    tag: f['tag'],
    address: f['address'],
    subtype: f['subtype'],
    raw: f['content'] ?? (text === undefined ? undefined : hexText(text)),
    door: doors.includes('doorOpen'),
    triggerHigh: doors.includes('triggerHigh'),
    ioHigh: doors.includes('ioHigh'),
    moduleType: f['moduleType'],
    data: f['data'],
    fileType: f['fileType'],
    fileLength: f['fileLength'],
    checkType: f['checkType'],
    check: f['check'],
    fileOffset: f['fileOffset'],
    part: f['part'],
    partLength: String(f['part']).length / 2,
    recordedAt: iso(f['recordedTime']),
    alarmSerial: f['alarmSerial'],
    ...more,
  };
}

const reasons: Readonly<Record<string, readonly string[]>> = {
  crc: ['badChecksum'],
  tail: ['badTail'],
  // What a wrong length looks like depends on what stands where the tail should be.
  length: ['badLength', 'badTail', 'unsupportedVariant'],
  header: ['unsupportedVariant'],
};

const directionOf = ({ expect: e }: Gathered): 'up' | 'down' =>
  e['direction'] === 'down' ? 'down' : 'up';
/** The answer to a question for the time tells it. */
const receivedOf = ({ name }: Gathered): number =>
  name === 'time-request-8a' ? Date.UTC(2015, 11, 29, 0, 0, 21) : RECEIVED;

function run(vector: Gathered, pieces: readonly string[]) {
  const side = directionOf(vector) === 'down' ? 'terminal' : 'platform';
  const received = receivedOf(vector);
  const connection = gt06.open({ side, anyTime: true });
  const items = pieces.flatMap((piece) => [...connection.push(bytesOf(piece), received)]);
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
  const singles = gathered.filter((v) => v.expect['crcOk'] !== undefined);
  it.each(singles)('$name', (vector) => {
    const { items, answers } = run(vector, [vector.hex]);
    expect(items).toHaveLength(1);
    const [message] = messagesIn(items);
    if (message === undefined) throw new Error('no message');
    const found = { ...inGatheredWords(message), direction: directionOf(vector) };
    for (const [key, value] of Object.entries(vector.expect)) {
      expect(found, `${key} has a name here`).toHaveProperty(key);
      expect(found[key as keyof typeof found], key).toEqual(value);
    }
    expect(answers).toBe(vector.response ?? '');
    const { id, device, serial, fields } = message;
    const written = { id, device, edition: null, serial, fields, direction: directionOf(vector) };
    expect(toHex(gt06.encode(written))).toBe(vector.hex);
  });
});

describe.runIf(isThere)('gathered frames that must be refused', () => {
  it.each(gathered.filter((v) => v.expect['accepted'] === false))('$name', (vector) => {
    const { connection, items } = run(vector, [vector.hex]);
    expect(messagesIn(items)).toEqual([]);
    expect(connection.pendingBytes).toBe(0);
    expect(reasons[String(vector.expect['reason'])]).toContain((items[0] as Fault).code);
  });

  it('are read in lenient mode where only the checksum is wrong, log-ins excepted', () => {
    const bad = gathered.filter((v) => v.expect['reason'] === 'crc');
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
  it.each(gathered.filter(isStream))('$name', (vector) => {
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
