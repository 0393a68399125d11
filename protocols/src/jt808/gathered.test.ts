import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromHex, hexId, toHex, xor8 } from '../bytes.ts';
import type { Fields } from '../layout.ts';
import type { Fault, Message } from '../protocol.ts';
import { AttachmentStream, encodeAttachmentData } from './attachment-stream.ts';
import { eachContent } from './frame.ts';
import type { Checks } from './gathered.test-support.ts';
import { areaChecks } from './gathered-areas.test-support.ts';
import { attachmentChecks } from './gathered-attachments.test-support.ts';
import { interactionChecks } from './gathered-interaction.test-support.ts';
import { locationChecks } from './gathered-location.test-support.ts';
import { mediaChecks } from './gathered-media.test-support.ts';
import { recorderChecks } from './gathered-recorder.test-support.ts';
import { sessionChecks } from './gathered-session.test-support.ts';
import { subpackageChecks } from './gathered-subpackages.test-support.ts';
import { terminalChecks } from './gathered-terminal.test-support.ts';
import { videoChecks } from './gathered-video.test-support.ts';
import { type Header, readHeader } from './header.ts';
import { jt808 } from './index.ts';
import { rowOfId } from './messages.ts';

/*
 * The gathered vectors, read in place: published frames and real devices, with values that two other programs agreed
 * on. They stay outside this repository; where they are not at hand this test says so.
 */
const FILE = new URL('../../../../shared/protocols/jt808.vectors.json', import.meta.url);

interface GatheredHeader {
  readonly msgId: string;
  readonly bodyLength: number;
  readonly encryption: number;
  readonly versionFlag: boolean;
  readonly protocolVersion: number | null;
  readonly headerLayout: '2013' | '2019';
  readonly phone: string;
  readonly serial: number;
  readonly subpackage: object | null;
  readonly quirk?: string;
}
interface Gathered {
  readonly name: string;
  readonly kind: string;
  readonly origin: 'published' | 'derived';
  readonly hex: string;
  readonly chunks?: readonly string[];
  readonly expect: {
    readonly header?: GatheredHeader;
    readonly checksum?: string;
    readonly body?: Record<string, unknown>;
    readonly payloadHex?: string;
    readonly error?: string;
    readonly frames?: readonly string[];
    readonly dropped?: number;
    readonly msgId?: string;
    readonly phone?: string;
    readonly total?: number;
    readonly firstSerial?: number;
    readonly bodyLength?: number;
    readonly missing?: readonly number[];
    readonly retransmitRequestBody2013?: string;
    readonly retransmitRequestBody2019?: string;
  };
}

const bytesOf = (hex: string) => fromHex(hex) ?? new Uint8Array(0);
const read = (...chunks: readonly string[]) => {
  const connection = jt808.open({ anyTime: true });
  return chunks.flatMap((chunk) => connection.push(bytesOf(chunk), 0));
};
const onlyMessage = (items: readonly (Message | Fault)[]): Message => {
  expect(items).toHaveLength(1);
  const [item] = items;
  if (item?.kind !== 'message') throw new Error(`a fault: ${JSON.stringify(item)}`);
  return item;
};

const checks: Checks = {
  ...sessionChecks,
  ...subpackageChecks,
  ...locationChecks,
  ...terminalChecks,
  ...interactionChecks,
  ...areaChecks,
  ...recorderChecks,
  ...mediaChecks,
  ...videoChecks,
  ...attachmentChecks,
};

const writtenBack = ({ id, device, edition, serial, fields }: Message): Uint8Array =>
  jt808.encode({ id, device, edition, serial, fields });
/** All of a message but the bytes it came in. */
const said = ({ id, name, device, edition, serial, fields, positions, intent }: Message) => ({
  ...{ id, name, device, edition, serial, fields, positions, intent },
});

function checkBody(message: Message, body: Fields): void {
  const check = checks[message.id];
  if (check === undefined) throw new Error(`${message.id} has a row but no check`);
  check(message, body);
}

/** The header as the gathered file says it, from the frame itself, and the body behind it. */
function framed(hex: string) {
  let found: object = {};
  let payload = '';
  let checksum = '';
  eachContent(bytesOf(hex), (content) => {
    const header = readHeader(content);
    if (header === null) throw new Error('no header');
    payload = toHex(content.subarray(header.bodyAt));
    checksum = hexId(xor8(content), 2);
    found = {
      msgId: hexId(header.id, 4),
      bodyLength: content.length - header.bodyAt,
      encryption: header.encryption,
      versionFlag: header.versionFlag,
      protocolVersion: header.versionByte,
      headerLayout: header.form,
      phone: header.phone,
      serial: header.serial,
      subpackage: header.package,
    };
  });
  return { found, payload, checksum };
}

function checkFrame({ hex, expect: { header, checksum, payloadHex } }: Gathered): void {
  const ours = framed(hex);
  const { quirk: _, ...theirs } = header ?? {};
  expect(ours.found).toEqual(theirs);
  expect(ours.checksum).toBe(checksum);
  // Long payloads are shortened there.
  if (payloadHex !== undefined) {
    const [start = '', end = ''] = payloadHex.split('…');
    expect(ours.payload.startsWith(start) && ours.payload.endsWith(end)).toBe(true);
  }
}

/** What the message keeps of its header. */
function checkHeader(message: Message, header: GatheredHeader): void {
  expect([message.id, message.serial, message.device]).toEqual([
    header.msgId,
    header.serial,
    header.phone.replace(/^0+(?=.)/, ''),
  ]);
  expect(message.edition === '2019' ? '2019' : '2013').toBe(header.headerLayout);
  const isOdd = message.fields['versionFlagMismatch'] === true;
  expect(isOdd).toBe(header.quirk === 'version-flag-mismatch');
}

const errors: Readonly<Record<string, string>> = {
  checksum: 'badChecksum',
  length: 'badLength',
  short: 'badLength',
  escape: 'badEscape',
  'body-short': 'badBody',
};

/** Published vectors that are not compared in full, at most five, each with its reason. */
const exceptions: Readonly<Record<string, string>> = {};

function gathered(): void {
  const all = JSON.parse(readFileSync(FILE, 'utf8')) as readonly Gathered[];
  const of = (...kinds: readonly string[]) => all.filter((v) => kinds.includes(v.kind));
  const whole = of('frame', 'quirk');
  const parts = whole.filter((v) => v.expect.header?.subpackage != null);
  const single = whole.filter((v) => v.expect.header?.subpackage == null);
  const joined = of('reassembly');
  const malformed = of('malformed');
  const streams = of('stream');
  const incomplete = of('reassembly-incomplete');
  const files = of('attachment-stream');
  const inFull = [
    ...single,
    ...parts,
    ...joined,
    ...malformed,
    ...streams,
    ...incomplete,
    ...files,
  ];

  it('are counted; every published one is compared in full but for a few with a reason', () => {
    const left = all.filter((v) => !inFull.includes(v) && v.origin === 'published');
    const same = single.filter(({ hex }) => toHex(writtenBack(onlyMessage(read(hex)))) === hex);
    process.stdout.write(
      `gathered JT/T 808 vectors: ${all.length}, in full ${inFull.length}: ${single.length} frames ` +
        `(${same.length} written back to the same bytes), ${parts.length} parts, ${joined.length} joined, ` +
        `${incomplete.length} incomplete, ${malformed.length} malformed, ${streams.length} streams, ${files.length} of files; ` +
        `not in full ${all.length - inFull.length}\n`,
    );
    expect(left.map((v) => v.name)).toEqual(Object.keys(exceptions));
    expect(left.length).toBeLessThanOrEqual(5);
  });

  it.each(whole)('frame and header are those of $name', checkFrame);

  it.each(single)('say the same of $name', ({ hex, expect: expected }) => {
    const message = onlyMessage(read(hex));
    if (expected.header !== undefined) checkHeader(message, expected.header);
    checkBody(message, expected.body ?? {});
  });

  it.each(single)('are written back to the same bytes or at least the same message: $name', (v) => {
    const message = onlyMessage(read(v.hex));
    const again = onlyMessage(read(toHex(writtenBack(message))));
    expect(said(again)).toEqual(said(message));
  });

  it.each(parts)('hold a part back until the others are there: $name', ({ hex }) => {
    expect(read(hex)).toEqual([]);
  });

  it.each(joined)('join the parts of $name', ({ hex, expect: expected }) => {
    const message = onlyMessage(read(hex));
    const { msgId, phone, total, firstSerial, bodyLength, body = {} } = expected;
    const headers: Header[] = [];
    let bytes = 0;
    eachContent(message.raw, (content) => {
      const header = readHeader(content);
      if (header === null) return;
      headers.push(header);
      bytes += content.length - header.bodyAt;
    });
    const first = headers.find((header) => header.package?.index === 1);
    expect({
      msgId: message.id,
      phone: first?.phone,
      total: first?.package?.total,
      firstSerial: first?.serial,
      bodyLength: bytes,
    }).toEqual({ msgId, phone, total, firstSerial, bodyLength });
    checkBody(message, body);
  });

  it.each(malformed)('refuse $name', ({ hex, expect: { error } }) => {
    const items = read(hex);
    if (error === 'incomplete') expect(items).toEqual([]);
    else expect(items).toMatchObject([{ kind: 'fault', code: errors[error ?? ''] }]);
    const [fault] = items as Fault[];
    expect(fault?.message !== undefined).toBe(error === 'body-short');
  });

  it.each(incomplete)('ask again for what is missing of $name', ({ hex, expect: expected }) => {
    const connection = jt808.open({ anyTime: true });
    expect(connection.push(bytesOf(hex), 0)).toEqual([]);
    let asked: Uint8Array | null = null;
    for (let now = 0; asked === null && now <= 60_000; now += 1000) {
      connection.expire(now);
      asked = connection.takeRequests?.() ?? null;
    }
    const terminal = jt808.open({ side: 'terminal' });
    const { id, fields } = onlyMessage(terminal.push(asked ?? new Uint8Array(0), 0));
    // Media data is asked for by its own id, everything else by the serial of its first part.
    expect(id).toBe(expected.msgId === '0x0801' ? '0x8800' : '0x8003');
    const { missing } = expected;
    expect(fields['missing'] ?? fields['ids']).toEqual(missing);
    const request = rowOfId('0x8003');
    const body = (edition: '2013' | '2019') => {
      const [table] = request?.bodies[edition] ?? [];
      return table && toHex(table.encode({ originalSerial: 100, ids: missing }));
    };
    expect(body('2013')).toBe(expected.retransmitRequestBody2013);
    expect(body('2019')).toBe(expected.retransmitRequestBody2019);
  });

  it.each(files)('read $name', ({ hex, expect: expected }) => {
    const wire = bytesOf(hex);
    for (const size of [wire.length, 7, 1]) {
      const stream = new AttachmentStream();
      const items = Array.from({ length: Math.ceil(wire.length / size) }, (_, i) =>
        stream.push(wire.slice(i * size, (i + 1) * size)),
      ).flat();
      const [item] = items;
      if (item?.kind !== 'data' || items.length > 1) throw new Error('not one piece of a file');
      const { name, offset, data } = item.piece;
      const theirs = { fileName: name, offset, length: data.length, dataHex: toHex(data) };
      expect(theirs).toEqual(expected);
      expect(toHex(encodeAttachmentData(item.piece))).toBe(hex);
    }
  });

  it.each(streams)('cut $name into frames', ({ hex, chunks, expect: { frames, dropped } }) => {
    for (const way of [chunks ?? [hex], [hex], hex.match(/../g) ?? []]) {
      const items = read(...way);
      const ids = items.filter((item) => item.kind === 'message').map((item) => item.id);
      const frameFaults = items.filter((i) => i.kind === 'fault' && i.code !== 'garbage');
      expect([ids, frameFaults.length]).toEqual([frames, dropped]);
    }
  });
}

describe('the gathered vectors', () => {
  if (existsSync(FILE)) {
    gathered();
    return;
  }
  it('are not at hand', () => {
    process.stdout.write('gathered JT/T 808 vectors: ../shared/protocols is absent, 0 checked\n');
    expect(existsSync(FILE)).toBe(false);
  });
});
