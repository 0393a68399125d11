import { toHex } from '../bytes.ts';
import { gt06, jt808, openConnection } from '../index.ts';
import { dialectOf } from '../jt808/dialects.ts';
import { rowOfId } from '../jt808/messages.ts';
import { tablesOf } from '../jt808/row.ts';
import { Subpackages } from '../jt808/subpackages.ts';
import { editions } from '../jt808/versions.ts';
import { decodeMqtt, gatewayAdapters } from '../mqtt/index.ts';
import type { Connection, Fault, Message, Outgoing, Verdict } from '../protocol.ts';
import type { Case, MqttCase, StreamCase, WriteCase } from './case.ts';
import { bytesOf, concat } from './frames.ts';
import { flawOf } from './well-formed.ts';

/*
 * What must hold for every input. A promise that is broken comes back as text: its name, a colon, and how.
 */

type Item = Message | Fault;

const NOW = Date.UTC(2026, 10, 23, 8, 9, 20);
const LATER = NOW + 2 * 3_600_000;
/** Longest frame of either protocol, with what a framer may take beside it. */
const MAX_PENDING_BYTES = 4200;
/** The longest frame that can be written: GT06 counts in two bytes. */
const MAX_WRITTEN_BYTES = 66_000;
/** What holding a part costs beside its bytes, at most. */
const PART_BYTES = 512;
/** CPU time that any input may cost, and what each of its bytes may add: far above what any of them takes. */
const MAX_CPU_MS = 250;
const CPU_MS_PER_BYTE = 0.05;
const verdicts: readonly Verdict[] = [
  { result: 'accepted', authCode: 'K7QX2M9TB4WZ8R3N' },
  { result: 'refused' },
  { result: 'unknownDevice' },
  { result: 'unsupported' },
  { result: 'malformed' },
];
/** A refusal begins with the paths of the fields it is about. */
const NAMED = /^\w[^:]{0,200}: /;
const protocolOf = { jt808, gt06 } as const;

/** A broken promise on its way out of a check. */
class Broken {
  readonly failure: string;
  constructor(failure: string) {
    this.failure = failure;
  }
}

/**
 * The first promise that the input breaks, or null.
 * @param cpuMs CPU time of this process
 */
export function check(input: Case, cpuMs: () => number): string | null {
  try {
    if (input.kind === 'stream') checkStream(input, cpuMs);
    else if (input.kind === 'mqtt') checkMqtt(input, cpuMs);
    else checkWrite(input);
    return null;
  } catch (error) {
    if (error instanceof Broken) return error.failure;
    const { name, message, stack = '' } = error instanceof Error ? error : new Error(`${error}`);
    const at = stack.split('\n').find((line) => line.includes('/src/')) ?? '';
    return `never throws: ${name}: ${message} ${at.trim()}`;
  }
}

function promise(kept: boolean, name: string, how: () => string): void {
  if (!kept) throw new Broken(`${name}: ${how()}`);
}

/** Does the work again where it seems slow: a busy machine is slow once, a bad input every time. */
function quick<T>(bytes: number, cpuMs: () => number, work: () => T): T {
  const most = MAX_CPU_MS + bytes * CPU_MS_PER_BYTE;
  let spent = 0;
  for (let round = 0; round < 3; round++) {
    const start = cpuMs();
    const done = work();
    spent = cpuMs() - start;
    if (spent <= most) return done;
  }
  throw new Broken(`costs time in proportion: ${Math.round(spent)} ms of CPU for ${bytes} bytes`);
}

// ---------------------------------------------------------------- streams

function open({ protocol, side, lenient, model, gated }: StreamCase): Connection {
  const options = {
    side,
    lenient,
    anyTime: true,
    ...(model === null ? {} : { model }),
    ...(gated ? { subpackages: new Subpackages() } : {}),
  };
  if (protocol === 'any') return openConnection({ prefer: 'gt06', ...options });
  return protocolOf[protocol].open(options);
}

function checkStream(input: StreamCase, cpuMs: () => number): void {
  const stream = concat(input.pieces.map(bytesOf));
  const whole = quick(stream.length, cpuMs, () => read(open(input), stream, [stream.length]));
  for (const item of whole) promiseSound(item);
  const each = read(
    open(input),
    stream,
    Array.from({ length: stream.length }, (_, i) => i + 1),
  );
  const isAny = input.protocol === 'any';
  // Where checksums are forgiven, bytes inside a frame may pass for one of the other protocol, whole before it is.
  const wholeText = told(whole, isAny);
  const eachText = told(each, isAny);
  const isSame = wholeText === eachText || (isAny && input.lenient);
  promise(isSame, 'says the same however it is cut', () => firstDifference(wholeText, eachText));
  converse(input, stream);
  for (const item of whole) if (item.kind === 'message') promiseWritable(input, item);
}

/** Everything a connection makes of a stream pushed in chunks, and of the end of it. */
function read(connection: Connection, stream: Uint8Array, ends: readonly number[]): Item[] {
  const items: Item[] = [];
  let at = 0;
  for (const end of ends) {
    // In bytes of its own, which are not what they were once it is read.
    const chunk = stream.slice(at, end);
    const found = connection.push(chunk, NOW);
    chunk.fill(0xee);
    items.push(...found);
    at = end;
  }
  return items;
}

/** As a session does it: answers, joins parts, asks for others, lets time pass. */
function converse(input: StreamCase, stream: Uint8Array): void {
  const connection = open(input);
  const edges = input.cuts.map((cut) => cut % (stream.length + 1)).sort((a, b) => a - b);
  const heard = (items: readonly Item[]): void => {
    for (const item of items) {
      promiseSound(item);
      const message = item.kind === 'message' ? item : item.message;
      if (message === undefined) continue;
      if (message.part !== undefined && message.part !== null) {
        heard(connection.join?.(message, NOW) ?? []);
      }
      for (const verdict of verdicts) {
        promiseReadable(input, message, connection.reply(message, verdict));
      }
    }
  };
  let at = 0;
  for (const [i, end] of [...edges, stream.length].entries()) {
    heard(connection.push(stream.slice(at, end), NOW + i));
    at = end;
    const { pendingBytes, heldBytes } = connection;
    promise(
      pendingBytes <= MAX_PENDING_BYTES * (input.protocol === 'any' ? 2 : 1),
      'holds no more than a frame',
      () => `${pendingBytes} bytes`,
    );
    const most = stream.length * 2 + (input.pieces.length + 1) * PART_BYTES + MAX_PENDING_BYTES;
    promise(heldBytes <= most, 'holds no more than it was given', () => `${heldBytes} bytes`);
  }
  for (const after of [5_001, 11_000, 26_000, 46_000, LATER - NOW]) {
    heard(connection.expire(NOW + after));
    connection.takeRequests?.();
  }
  const { pendingBytes, heldBytes } = connection;
  promise(
    heldBytes <= pendingBytes * 2,
    'gives up what does not get complete',
    () => `${heldBytes} bytes`,
  );
  connection.leave?.();
}

function promiseSound(item: Item): void {
  const flaw = flawOf(item);
  promise(flaw === null, 'gives sound items', () => `${flaw} in ${describe(item)}`);
}

/** The other side makes a message of every answer. */
function promiseReadable(input: StreamCase, message: Message, reply: Uint8Array | null): void {
  if (reply === null) return;
  const { protocol } = message;
  if (protocol === 'mqtt' || message.edition === '2011') return;
  const side = input.side === 'platform' ? 'terminal' : 'platform';
  const items = protocolOf[protocol].open({ side }).push(reply, NOW);
  promise(
    items.length > 0 && items.every(isMessage),
    'answers what can be read',
    () => `${toHex(reply)} to ${describe(message)}: ${items.map(describe).join()}`,
  );
}

const isMessage = (item: Item): item is Message => item.kind === 'message';

/** What was read is written, if at all, as something that reads the same. */
function promiseWritable(input: StreamCase, message: Message): void {
  const { id, device, edition, serial, fields, name, protocol } = message;
  if (name === 'unknown' || protocol === 'mqtt' || message.part != null) return;
  const { model, side } = input;
  const direction = side === 'platform' ? 'up' : 'down';
  const bytes = written(protocol, { id, device, edition, serial, fields, direction, model });
  if (bytes === null) return;
  const connection = protocolOf[protocol].open({
    side,
    anyTime: true,
    ...(model === null ? {} : { model }),
  });
  teach(connection, protocol, device, edition);
  const items = connection.push(bytes, NOW);
  const again = items.find(isMessage);
  const [wanted, found] = [fields, again?.fields].map(content);
  promise(
    again?.id === id && (wanted === found || mayTurnOut(message)),
    'reads again what it wrote',
    () => `${toHex(bytes)}: ${wanted} and then ${found ?? items.map(describe).join()}`,
  );
}

/**
 * A message with several tables is read by the first that explains every byte. Written again, its texts have lost their
 * padding, and now another may be the first; a register of 2011 or 2013 is told by what its texts look like.
 */
function mayTurnOut({ id, protocol, edition }: Message): boolean {
  if (protocol !== 'jt808') return false;
  const row = rowOfId(id);
  if (row?.editionOf !== undefined && edition !== '2019') return true;
  const known = editions.find((one) => one === edition);
  return (
    row !== undefined && known !== undefined && tablesOf(row, dialectOf(known, null)).length > 1
  );
}

/** Null when it says that it cannot. */
function written(protocol: 'jt808' | 'gt06', message: Outgoing): Uint8Array | null {
  try {
    return protocolOf[protocol].encode(message);
  } catch (error) {
    const isNamed = error instanceof RangeError && NAMED.test(error.message);
    if (!isNamed) throw error;
    return null;
  }
}

/** What only earlier frames tell: who speaks (GT06), that it is the text of 2011. */
function teach(
  connection: Connection,
  protocol: 'jt808' | 'gt06',
  device: string | null,
  edition: string | null,
): void {
  if (protocol === 'gt06' && device !== null) {
    const login = written('gt06', { id: '0x01', device, edition: null, serial: 1, fields: {} });
    if (login !== null) connection.push(login, NOW);
  }
  if (edition !== '2011') return;
  const fields = {
    provinceId: 31,
    cityId: 115,
    manufacturerId: 'QHKJ1',
    terminalModel: 'SW-200',
    terminalId: '7654321',
    plateColor: 2,
    plate: '沪A12345',
  };
  const register = written('jt808', { id: '0x0100', device, edition, serial: 0, fields });
  if (register !== null) connection.push(register, NOW);
}

/** What fields say of the body; a wrong checksum or length that was let pass is of its frame. */
function content(fields: Message['fields'] | undefined): string {
  const { crcOk: _, wrongChecksum: __, wrongLength: ___, ...rest } = fields ?? {};
  return JSON.stringify(sorted(rest));
}

/** Keys in one order, so that texts can be compared. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  // An empty text at the end of a body takes no bytes, and is then no field.
  const entries = Object.entries(value)
    .filter(([, one]) => one !== '')
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, one]) => [key, sorted(one)]));
}

/**
 * Items as lines. Bytes that are nothing are told at the end of each chunk, so runs of them that touch are one; of what
 * stands in such a run GT06 names one cause, and which depends on where a chunk ends.
 * @param messagesOnly where two protocols read along, which add faults up
 */
function told(items: readonly Item[], messagesOnly: boolean): string {
  const runs: Item[] = [];
  for (const item of items) {
    const before = runs.at(-1);
    if (messagesOnly && !isMessage(item)) continue;
    const lost = isLoss(item) && item.protocol === 'gt06' ? uncaused(item) : item;
    if (isLoss(lost) && before !== undefined && isLoss(before) && isOneRun(before, lost)) {
      runs[runs.length - 1] = { ...before, bytes: before.bytes + lost.bytes };
    } else runs.push(lost);
  }
  return runs.map(describe).join('\n');
}

const isLoss = (item: Item): item is Fault => item.kind === 'fault' && item.message === undefined;
const isOneRun = (before: Fault, after: Fault): boolean =>
  before.code === after.code && before.offset + before.bytes === after.offset;
const uncaused = ({ detail: _, ...fault }: Fault): Fault => ({ ...fault, code: 'garbage' });

function describe(item: Item): string {
  if (item.kind === 'fault') {
    const { code, offset, bytes, detail, message } = item;
    return `fault ${code} at ${offset}+${bytes} ${detail ?? ''} ${message === undefined ? '' : describe(message)}`;
  }
  const { id, name, device, edition, serial, fields, positions, intent, raw } = item;
  return JSON.stringify({
    id,
    name,
    device,
    edition,
    serial,
    fields,
    positions,
    intent,
    raw: toHex(raw),
  });
}

function firstDifference(a: string, b: string): string {
  const [left, right] = [a.split('\n'), b.split('\n')];
  const at = left.findIndex((line, i) => line !== right[i]);
  const i = at < 0 ? left.length : at;
  return `whole ${left[i] ?? 'nothing'}; byte by byte ${right[i] ?? 'nothing'}`;
}

// ---------------------------------------------------------------- MQTT

const gatewayTopics = gatewayAdapters.map((adapter) => ({
  filter: `${adapter}/+/out`,
  adapter,
  gatewayIdFrom: adapter === 'minew' ? ('payload' as const) : ('topic' as const),
}));

function checkMqtt({ topic, payload, retain, key }: MqttCase, cpuMs: () => number): void {
  const bytes = bytesOf(payload);
  const options = { retain, gatewayTopics, owntracksKey: key === null ? null : bytesOf(key) };
  const item = quick(bytes.length, cpuMs, () => decodeMqtt(topic, bytes, NOW, options));
  bytes.fill(0xee);
  if (item === null) return;
  promiseSound(item);
  if (item.kind === 'message') {
    promise(
      item.raw.length <= bytes.length,
      'keeps no more than the payload',
      () => `${item.raw.length} bytes`,
    );
  }
}

// ---------------------------------------------------------------- writing

function checkWrite(input: WriteCase): void {
  const { protocol, id, edition, direction, device, serial, fields } = input;
  const side = direction === 'down' ? 'terminal' : 'platform';
  const bytes = written(protocol, { id, device, edition, serial, fields, direction });
  if (bytes !== null) {
    // What is longer than a reader takes by its settings is sound still.
    const maxFrameBytes = MAX_WRITTEN_BYTES;
    const items = protocolOf[protocol].open({ side, maxFrameBytes }).push(bytes, NOW);
    const broken = items.find((item) => !isMessage(item) && item.message === undefined);
    promise(items.length > 0 && broken === undefined, 'writes sound frames', () => toHex(bytes));
  }
  if (direction === 'up') return;
  const connection = protocolOf[protocol].open();
  teach(connection, protocol, device, edition);
  if (protocol === 'jt808' && edition !== '2011') {
    const hello = written('jt808', { id: '0x0002', device, edition, serial: 0, fields: {} });
    if (hello !== null) connection.push(hello, NOW);
  }
  try {
    const command = connection.command({ device, id, fields, serial });
    if (command === null) return;
    const items = protocolOf[protocol]
      .open({ side: 'terminal', maxFrameBytes: MAX_WRITTEN_BYTES })
      .push(command.bytes, NOW);
    const broken = items.find((item) => !isMessage(item) && item.message === undefined);
    promise(broken === undefined, 'writes sound commands', () => toHex(command.bytes));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    promise(NAMED.test(error.message), 'names the field it refuses', () => error.message);
  }
}
