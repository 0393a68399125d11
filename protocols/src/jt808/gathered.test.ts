import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromHex, hexId, toHex, xor8 } from '../bytes.ts';
import type { Fields } from '../layout.ts';
import type { Fault, Message } from '../protocol.ts';
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
import { readHeader } from './header.ts';
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

function gathered(): void {
  const all = JSON.parse(readFileSync(FILE, 'utf8')) as readonly Gathered[];
  const whole = all.filter((v) => v.kind === 'frame' || v.kind === 'quirk');
  const parts = whole.filter((v) => v.expect.header?.subpackage != null);
  const single = whole.filter((v) => v.expect.header?.subpackage == null);
  const ours = single.filter((v) => rowOfId(v.expect.header?.msgId ?? '') !== undefined);
  const later = single.filter((v) => !ours.includes(v));
  const joined = all.filter((v) => v.kind === 'reassembly');
  const malformed = all.filter((v) => v.kind === 'malformed');
  const streams = all.filter((v) => v.kind === 'stream');
  const incomplete = all.filter(
    (v) => v.kind === 'reassembly-incomplete' && rowOfId(v.expect.msgId ?? '') !== undefined,
  );

  const known = joined.filter((v) => rowOfId(v.expect.msgId ?? '') !== undefined);
  const inFull = [...ours, ...parts, ...known, ...malformed, ...streams, ...incomplete];

  it('are counted, and every published one is compared in full but for a few with a reason', () => {
    const left = all.filter((v) => !inFull.includes(v));
    process.stdout.write(
      `gathered JT/T 808 vectors: ${all.length}; in full ${ours.length} frames, ${parts.length} parts, ` +
        `${known.length} joined, ${malformed.length} malformed, ${streams.length} streams, ` +
        `${incomplete.length} incomplete; by their header only ${later.length} frames` +
        `${left.length > 0 ? `; not in full: ${left.map((v) => v.name).join(', ')}` : ''}\n`,
    );
    expect(ours.length).toBeGreaterThan(0);
  });

  it.each(whole)('frame and header are those of $name', checkFrame);

  it.each(ours)('say the same of $name', ({ hex, expect: expected }) => {
    const message = onlyMessage(read(hex));
    if (expected.header !== undefined) checkHeader(message, expected.header);
    checkBody(message, expected.body ?? {});
  });

  it.each(ours)('are written back to the same bytes or at least the same message: $name', (v) => {
    const { id, device, edition, serial, fields } = onlyMessage(read(v.hex));
    const again = onlyMessage(read(toHex(jt808.encode({ id, device, edition, serial, fields }))));
    expect({ ...again, raw: null }).toEqual({ ...onlyMessage(read(v.hex)), raw: null });
  });

  it.each(later)('are framed, whatever the message: $name', ({ hex, expect: expected }) => {
    const message = onlyMessage(read(hex));
    if (expected.header !== undefined) checkHeader(message, expected.header);
    expect(message.intent).toBe('unknown');
  });

  it.each(parts)('hold a part back until the others are there: $name', ({ hex, expect: e }) => {
    const items = read(hex);
    if (rowOfId(e.header?.msgId ?? '') === undefined) onlyMessage(items);
    else expect(items).toEqual([]);
  });

  it.each(joined)('join the parts of $name', ({ hex, expect: expected }) => {
    const items = read(hex);
    if (rowOfId(expected.msgId ?? '') === undefined) {
      expect(items.every((item) => item.kind === 'message')).toBe(true);
      return;
    }
    checkBody(onlyMessage(items), expected.body ?? {});
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
