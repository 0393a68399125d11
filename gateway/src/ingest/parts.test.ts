import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jt808 } from '@xunji/protocols';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jt808Ack, jt808Part, locationBody } from '../e2e/frames.ts';
import { Journal } from '../journal/journal.ts';
import { JournalReader } from '../journal/reader.ts';
import { createMetrics } from '../metrics.ts';
import { type AdmissionMode, Gate } from './gate.ts';
import { type Appender, Intake } from './intake.ts';
import { PlainRegistry, SlowJournal } from './messages.test-support.ts';
import { Parts } from './parts.ts';
import { Sessions } from './session.ts';

const NOW = Date.UTC(2026, 10, 23, 7);
const PHONE = '13912345678';
/** A batch of two positions in the bytes of 0x0704, cut into three. */
const report = locationBody({
  time: new Date(NOW - 60_000),
  ...{ latitude: 31.230416, longitude: 121.473701, speedKmh: 52.3, courseDeg: 126 },
});
const later = locationBody({
  time: new Date(NOW - 30_000),
  ...{ latitude: 31.230516, longitude: 121.473801, speedKmh: 50, courseDeg: 126 },
});
const body = Buffer.concat([
  Buffer.from([0, 2, 0, 0, report.length]),
  report,
  Buffer.from([0, later.length]),
  later,
]);
const part = (index: number, phone = PHONE) => {
  const piece = body.subarray((index - 1) * 30, index === 3 ? body.length : index * 30);
  return Buffer.from(jt808Part(0x0704, phone, 99 + index, [index, 3], piece), 'hex');
};
const ack = (ours: number, index: number, result = 0, phone = PHONE) =>
  jt808Ack(phone, ours, 99 + index, 0x0704, result);

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'xunji-parts-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

/** One life of a gateway, without its sockets. */
function life(journal: Appender, mode: AdmissionMode = 'open', known: readonly string[] = []) {
  const metrics = createMetrics();
  let clock = NOW;
  const now = () => clock;
  const parts = new Parts({
    ...{ path: join(directory, 'parts'), maxBytes: 1 << 20, metrics, now },
    onError: () => undefined,
  });
  const sessions = new Sessions(1);
  const registry = new PlainRegistry();
  for (const id of known) registry.admissions.set(id, 'known');
  const intake = new Intake({
    ...{ journal, gate: new Gate(registry, mode), sessions, metrics },
    ...{ liveMaxAgeMs: 300_000, onFault: () => undefined, subpackages: parts.subpackages },
  });
  const connect = () => {
    const connection = jt808.open({ subpackages: intake.subpackages });
    const session = sessions.open({ transport: 'tcp', remote: '', close: () => undefined });
    const send = async (...frames: Uint8Array[]) => {
      const items = frames.flatMap((frame) => connection.push(frame, clock));
      const { answer } = await intake.receive(session, items, clock, connection);
      return answer === null ? '' : Buffer.from(answer).toString('hex');
    };
    return { connection, send };
  };
  const pass = (ms: number) => {
    clock += ms;
  };
  return { parts, connect, metrics, pass, now };
}

const noPhotos = { hasRoom: () => false, keep: () => Promise.reject(new Error('no photos')) };
const openJournal = () => Journal.open({ directory, dataDirId: new Uint8Array(16) });
async function positions(journal: Journal): Promise<unknown[]> {
  const reader = new JournalReader(journal, 0);
  const records = await reader.read(1000);
  await reader.close();
  return records.flatMap((r) => (r.kind === 'position' ? r.position.latitude : []));
}

describe('a message in parts', () => {
  it('is answered part by part, each once it is durable', async () => {
    const journal = new SlowJournal();
    const { send } = life(journal).connect();
    for (const index of [1, 2, 3]) {
      let answer: string | null = null;
      const sent = send(part(index)).then((bytes) => {
        answer = bytes;
      });
      await new Promise((resolve) => setImmediate(resolve));
      expect(answer).toBeNull();
      journal.sync();
      await sent;
      expect(answer).toBe(ack(index - 1, index));
    }
    const kept = journal.entries.map((e) => (e.kind === 'message' ? e.name : e.kind));
    // What is in the whole before the part that completes it.
    expect(kept).toEqual(['connected', 'part', 'part', 'position', 'position', 'part']);
  });

  it('goes on after a crash with the parts that were answered', async () => {
    const first = await openJournal();
    const before = life(first);
    await before.parts.tick(first);
    expect(await before.connect().send(part(1), part(3))).toBe(ack(0, 1) + ack(1, 3));
    // Nothing is closed in order: only what the disk has is there.
    await first.close();

    const second = await openJournal();
    const after = life(second);
    after.pass(3_600_000);
    await after.parts.recover(second, noPhotos);
    expect(after.parts.subpackages.size).toBe(1);
    expect(await after.connect().send(part(2))).toBe(ack(0, 2));
    expect(await positions(second)).toEqual([31.230416, 31.230516]);
    await second.close();
  });

  it('that was whole before a crash is not begun again, and a part of it that comes again is answered', async () => {
    const first = await openJournal();
    const before = life(first);
    await before.connect().send(part(1), part(2), part(3));
    await first.close();
    const second = await openJournal();
    const after = life(second);
    await after.parts.recover(second, noPhotos);
    expect(after.parts.subpackages.size).toBe(0);
    expect(await after.connect().send(part(3))).toBe(ack(0, 3));
    expect(await positions(second)).toHaveLength(2);
    expect(after.parts.subpackages.size).toBe(0);
    await second.close();
  });

  it('goes on over the next connection, which asks for what is missing', async () => {
    const { connect, pass, now } = life(await quick());
    const first = connect();
    await first.send(part(1), part(3));
    first.connection.leave?.();
    const second = connect();
    expect(second.connection.heldBytes).toBe(0);
    await second.send(Buffer.from(jt808Part(0x0002, PHONE, 7, [1, 1], Buffer.alloc(0)), 'hex'));
    expect(second.connection.heldBytes).toBeGreaterThan(0);
    pass(10_000);
    second.connection.expire(now());
    const asked = Buffer.from(second.connection.takeRequests?.() ?? []).toString('hex');
    expect(asked).toContain('8003000501391234567800010064010002');
    await second.send(part(2));
    expect(second.connection.heldBytes).toBe(0);
  });

  it('of a stranger is refused part by part, and nothing of it is held', async () => {
    const { connect, parts } = life(await quick(), 'known');
    const { send } = connect();
    expect(await send(part(1), part(2))).toBe(ack(0, 1, 1) + ack(1, 2, 1));
    expect(parts.subpackages.size).toBe(0);
  });

  it('takes nothing from the sets of a device that others only claim to be, in mode strict', async () => {
    const { connect, parts } = life(await quick(), 'strict', [PHONE]);
    expect(await connect().send(part(1))).toBe(ack(0, 1, 1));
    expect(parts.subpackages.size).toBe(0);
  });
});

describe('a bomb of parts', () => {
  it('costs its sender its own sets, the gateway a bounded memory, and others nothing', async () => {
    const { connect, parts, metrics, pass, now } = life(await quick());
    const good = connect();
    await good.send(part(1), part(2));
    const filler = Buffer.alloc(200);
    const bombers = Array.from({ length: 20 }, connect);
    let most = 0;
    for (let round = 0; round < 40; round++) {
      pass(100);
      for (const [i, bomber] of bombers.entries()) {
        const phone = `1380000${String(i).padStart(4, '0')}`;
        const frames = Array.from({ length: 5 }, (_, n) =>
          jt808Part(0x0704, phone, round * 10 + n, [2, 4096 - ((round * 5 + n) % 90)], filler),
        );
        await bomber.send(...frames.map((frame) => Buffer.from(frame, 'hex')));
        most = Math.max(most, parts.subpackages.bytes);
      }
    }
    expect(most).toBeLessThanOrEqual(1 << 20);
    expect(parts.subpackages.size).toBeLessThanOrEqual(20 * 16 + 1);
    expect(await good.send(part(3))).not.toBe('');
    expect((await metrics.positions.get()).values.reduce((sum, v) => sum + v.value, 0)).toBe(2);
    for (const { connection } of bombers) connection.leave?.();
    pass(60_000);
    await parts.tick({ durableSeq: 0 } as Journal);
    expect(parts.subpackages.bytes).toBe(0);
    expect(now()).toBeGreaterThan(NOW);
  });
});

/** A journal that is durable at once. */
async function quick(): Promise<Appender> {
  return { append: () => Promise.resolve(1) };
}
