import { jt808, type Media } from '@xunji/protocols';
import { beforeEach, describe, expect, it } from 'vitest';
import { jt808Ack, jt808Frame, jt808Part } from '../e2e/frames.ts';
import type { Entry } from '../journal/record.ts';
import { createMetrics } from '../metrics.ts';
import { Gate } from './gate.ts';
import { Intake } from './intake.ts';
import { PlainRegistry } from './messages.test-support.ts';
import { Sessions } from './session.ts';

const NOW = Date.UTC(2026, 10, 24);
const PHONE = '13912345678';
const ID = 0x0801;
const head = Buffer.from('0000007b00000102', 'hex');
/** Alarms, status, place, altitude, speed, course, time. */
const location = Buffer.from(
  '0000000000000003' + '01dc8a10073d8e85' + '000700640000' + '261123145500',
  'hex',
);
const photo = Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), Buffer.alloc(90, 7)]);
const whole = Buffer.concat([head, location, photo]);
const bytes = (hex: string) => Buffer.from(hex, 'hex');
/** Cut inside the head, the location and the photo. */
const edges = [0, 5, 40, whole.length];
const part = (index: number, serial = 100 + index) =>
  bytes(jt808Part(ID, PHONE, serial, [index, 3], whole.subarray(edges[index - 1], edges[index])));
const ack = (ours: number, index: number, result = 0) =>
  jt808Ack(PHONE, ours, 100 + index, ID, result);
const answer = (ours: number, body: string) =>
  jt808Frame(0x8800, PHONE, ours, Buffer.from(body, 'hex'));

/** Files reach the disk when the test says so. */
class SlowDisk {
  readonly kept: Media[] = [];
  hasSpace = true;
  fails = false;
  waits: Promise<void> = Promise.resolve();
  hasRoom(): boolean {
    return this.hasSpace;
  }
  async keep(_device: unknown, media: Media): Promise<void> {
    this.kept.push(media);
    await this.waits;
    if (this.fails) throw new Error('EIO');
  }
}

let disk: SlowDisk;
let entries: Entry[];
let errors: unknown[];
let clock: number;
beforeEach(() => {
  disk = new SlowDisk();
  entries = [];
  errors = [];
  clock = NOW;
});

function device() {
  const sessions = new Sessions(1);
  const intake = new Intake({
    journal: {
      append: (more) => {
        entries.push(...more);
        return Promise.resolve(entries.length);
      },
    },
    ...{ gate: new Gate(new PlainRegistry(), 'open'), sessions, metrics: createMetrics() },
    ...{ liveMaxAgeMs: 300_000, onFault: () => undefined, photos: disk },
    onFileError: (error) => errors.push(error),
  });
  const connection = jt808.open({ subpackages: intake.subpackages });
  const session = sessions.open({ transport: 'tcp', remote: '', close: () => undefined });
  const send = async (...frames: Uint8Array[]) => {
    const items = frames.flatMap((frame) => connection.push(frame, clock));
    const outcome = await intake.receive(session, items, clock, connection);
    return outcome.answer === null ? '' : Buffer.from(outcome.answer).toString('hex');
  };
  const wait = (ms: number) => {
    clock += ms;
    connection.expire(clock);
    return Buffer.from(connection.takeRequests?.() ?? []).toString('hex');
  };
  return { send, wait };
}

describe('a photo', () => {
  it('is answered part by part, and as a whole once its file is durable', async () => {
    const { send } = device();
    expect(await send(part(1), part(2))).toBe(ack(0, 1) + ack(1, 2));
    let release: () => void = () => undefined;
    disk.waits = new Promise((resolve) => {
      release = resolve;
    });
    let heard: string | null = null;
    const last = send(part(3)).then((text) => {
      heard = text;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect([heard, disk.kept.length]).toEqual([null, 1]);
    release();
    await last;
    expect(heard).toBe(ack(2, 3) + answer(3, '0000007b'));
    expect(Buffer.from(disk.kept[0]?.data ?? [])).toEqual(photo);
    expect(disk.kept[0]?.position).toMatchObject({ fixTime: Date.UTC(2026, 10, 23, 6, 55) });
    const [said] = entries.filter((e) => e.kind === 'message' && e.name === 'mediaData');
    expect(said).toMatchObject({ fields: { mediaId: 123, bytes: photo.length } });
  });

  it('in one frame is answered by its id alone', async () => {
    const { send } = device();
    expect(await send(bytes(jt808Frame(ID, PHONE, 9, whole)))).toBe(answer(0, '0000007b'));
    expect(disk.kept).toHaveLength(1);
  });

  it('is answered again when its last part comes again, and not stored again', async () => {
    const { send } = device();
    await send(part(1), part(2), part(3));
    expect(await send(part(3))).toBe(ack(4, 3) + answer(5, '0000007b'));
    expect(disk.kept).toHaveLength(1);
  });

  it('that cannot be written is not answered, and neither is a part of it that comes again as whole', async () => {
    const { send } = device();
    disk.fails = true;
    expect(await send(part(1), part(2))).toBe(ack(0, 1) + ack(1, 2));
    expect(await send(part(3))).toBe('');
    expect(errors).toHaveLength(1);
    expect(await send(part(3))).toBe(ack(2, 3));
  });

  it('for which there is no room is refused', async () => {
    const { send } = device();
    disk.hasSpace = false;
    expect(await send(part(1), part(2), part(3))).toBe(ack(0, 1) + ack(1, 2) + ack(2, 3, 1));
    expect(disk.kept).toEqual([]);
  });

  it('of which parts are missing is asked for by its id, three times and later each time', async () => {
    const { send, wait } = device();
    await send(part(1), part(3));
    expect(wait(9_999)).toBe('');
    expect(wait(1)).toBe(answer(2, '0000007b' + '01' + '0002'));
    expect(wait(14_999)).toBe('');
    expect(wait(1)).toBe(answer(3, '0000007b' + '01' + '0002'));
    expect(wait(20_000)).toBe(answer(4, '0000007b' + '01' + '0002'));
    expect(wait(14_999)).toBe('');
    expect(await send(part(2))).toBe(ack(5, 2) + answer(6, '0000007b'));
  });

  it('whose first part is missing has no id yet: it is asked for by serial', async () => {
    const { send, wait } = device();
    await send(part(2), part(3));
    expect(wait(10_000)).toBe(
      jt808Frame(0x8003, PHONE, 2, Buffer.from('0065' + '01' + '0001', 'hex')),
    );
  });

  it('in packages of 2011, each with the head in front, is one file', async () => {
    const { send, wait } = device();
    const piece = (index: number) => {
      const numbers = Buffer.from(`0000000200000000`, 'hex');
      numbers.writeUInt32BE(index, 4);
      const data = photo.subarray((index - 1) * 47, index * 47);
      return bytes(jt808Frame(ID, PHONE, 100 + index, Buffer.concat([head, numbers, data])));
    };
    const register = Buffer.concat([
      Buffer.from('001f0073', 'hex'),
      Buffer.from('QHKJ1SW-200  7654321'),
      Buffer.from([2]),
      Buffer.from('A12345\0'),
    ]);
    await send(bytes(jt808Frame(0x0100, PHONE, 1, register)));
    expect(await send(piece(2))).toBe(ack(1, 2));
    // The answer of 2011 begins with the serial it answers, and counts the missing in any case.
    expect(wait(10_000)).toBe('');
    expect(await send(piece(1))).toBe(ack(2, 1) + answer(3, '00650000007b00'));
    expect(Buffer.from(disk.kept[0]?.data ?? [])).toEqual(photo);
  });
});
