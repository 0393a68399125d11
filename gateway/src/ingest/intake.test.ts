import { describe, expect, it } from 'vitest';
import { samplePosition } from '../journal/entries.test-support.ts';
import { createMetrics } from '../metrics.ts';
import { Gate } from './gate.ts';
import { Intake } from './intake.ts';
import {
  echo,
  PlainRegistry,
  SlowJournal,
  sampleFault,
  sampleHeartbeat,
  sampleReport,
} from './messages.test-support.ts';
import { Sessions } from './session.ts';

const NOW = 1_795_404_000_000;
const connection = echo as Parameters<Intake['receive']>[3];

function intake(mode: 'open' | 'known' | 'strict' = 'open', known: readonly string[] = []) {
  const journal = new SlowJournal();
  const registry = new PlainRegistry();
  for (const id of known) registry.admissions.set(id, 'known');
  const sessions = new Sessions(1);
  const metrics = createMetrics();
  const faults: string[] = [];
  const subject = new Intake({
    ...{ journal, gate: new Gate(registry, mode), sessions, metrics },
    liveMaxAgeMs: 300_000,
    onFault: (fault) => faults.push(fault.code),
  });
  const closed: string[] = [];
  const open = () =>
    sessions.open({ transport: 'tcp', remote: '', close: (reason) => closed.push(reason) });
  return { subject, journal, metrics, faults, open, closed };
}

/** Lets everything run that does not wait for the journal. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('the intake', () => {
  it('answers nothing before what it answers for is durable', async () => {
    const { subject, journal, open } = intake();
    let answer: unknown = 'none yet';
    const outcome = subject.receive(open(), [sampleReport(7)], NOW, connection).then((o) => {
      answer = o.answer;
    });
    await settle();
    expect(journal.pending).toBe(1);
    expect(answer).toBe('none yet');
    journal.sync();
    await outcome;
    expect(answer).toEqual(Uint8Array.of(7, 'accepted'.length));
  });

  it('lets no answer overtake an earlier frame, though it has nothing of its own to wait for', async () => {
    const { subject, journal, open } = intake();
    const session = open();
    const order: string[] = [];
    const first = subject
      .receive(session, [sampleReport(1)], NOW, connection)
      .then(() => order.push('first'));
    const malformed = sampleFault({ code: 'badBody', message: sampleHeartbeat(2) });
    const second = subject
      .receive(session, [malformed], NOW, connection)
      .then(({ answer }) => order.push(`second ${answer?.[0]}`));
    await settle();
    expect(journal.pending).toBe(1);
    expect(order).toEqual([]);
    journal.sync();
    await Promise.all([first, second]);
    expect(order).toEqual(['first', 'second 2']);
  });

  it('does not let one connection wait for another', async () => {
    const { subject, journal, open } = intake();
    const slow = subject.receive(open(), [sampleReport(1)], NOW, connection);
    await subject.receive(open(), [sampleFault()], NOW, connection);
    journal.sync();
    await slow;
  });

  it('journals the positions of a frame once with its bytes, after the device came online', async () => {
    const { subject, journal, open } = intake();
    const two = sampleReport(3, { positions: [samplePosition(0), samplePosition(1)] });
    const done = subject.receive(open(), [two, sampleHeartbeat(4)], NOW, connection);
    journal.sync();
    expect((await done).answer).toEqual(Buffer.from([3, 8, 4, 8]));
    expect(
      journal.entries.map((e) => [
        e.kind === 'message' ? e.name : e.kind,
        'raw' in e ? e.raw.length : null,
      ]),
    ).toEqual([
      ['connected', 0],
      ['position', 3],
      ['position', 0],
      ['heartbeat', 3],
    ]);
  });

  it('marks late what is old or was buffered', async () => {
    const { subject, journal, open } = intake();
    const at = (fixTime: number, buffered = false) => samplePosition(0, { fixTime, buffered });
    const positions = [at(NOW - 300_000), at(NOW - 300_001), at(NOW, true)];
    const done = subject.receive(open(), [sampleReport(1, { positions })], NOW, connection);
    journal.sync();
    await done;
    expect(journal.entries.flatMap((e) => (e.kind === 'position' ? [e.late] : []))).toEqual([
      false,
      true,
      true,
    ]);
  });

  it('keeps the fact of a register or log-in and none of its secrets', async () => {
    const { subject, journal, open } = intake();
    const secret = sampleHeartbeat(1, {
      ...{ name: 'authenticate', intent: 'authenticate', fields: { authCode: 'secret' } },
    });
    const done = subject.receive(open(), [secret], NOW, connection);
    journal.sync();
    await done;
    expect(journal.entries.at(-1)).toMatchObject({ name: 'authenticate', fields: {} });
    expect(JSON.stringify(journal.entries)).not.toContain('secret');
  });

  it('keeps a message without what is sensitive in it, and without the bytes it came in', async () => {
    const { subject, journal, open } = intake();
    const message = sampleHeartbeat(1, {
      ...{ intent: 'report', fields: { address: 'ac233fa018e3', key: 'secret' } },
      sensitive: ['key'],
    });
    const done = subject.receive(open(), [message], NOW, connection);
    journal.sync();
    await done;
    expect(journal.entries.at(-1)).toMatchObject({
      fields: { address: 'ac233fa018e3' },
      raw: new Uint8Array(0),
    });
    expect(JSON.stringify(journal.entries)).not.toContain('secret');
  });

  it('keeps nothing of a stranger and says that it was refused', async () => {
    const { subject, journal, open } = intake('known');
    const outcome = await subject.receive(open(), [sampleReport(1)], NOW, connection);
    expect(outcome).toEqual({ answer: Uint8Array.of(1, 'refused'.length), refused: true });
    expect(journal.entries).toEqual([]);
  });

  it('hangs up on a guesser of auth codes, not on a terminal that errs now and then', async () => {
    const device = '13912345678';
    const { subject, journal, open, closed } = intake('strict', [device]);
    const session = open();
    const show = (authCode: string) =>
      sampleHeartbeat(1, { intent: 'authenticate', device, fields: { authCode } });
    const wrong = (count: number) => Array.from({ length: count }, (_, n) => show(`guess-${n}`));
    const some = [...wrong(4), show(`code-${device}`), ...wrong(4)];
    const first = subject.receive(session, some, NOW, connection);
    journal.sync();
    await first;
    expect(closed).toEqual([]);
    await subject.receive(session, wrong(1), NOW, connection);
    expect(closed).toEqual(['wrongAuthCode']);
  });

  it('counts faults by reason and answers only where the standard has an answer', async () => {
    const { subject, metrics, faults, open } = intake();
    const items = [sampleFault(), sampleFault({ code: 'encrypted', message: sampleReport(9) })];
    const { answer } = await subject.receive(open(), items, NOW, connection);
    expect(answer).toEqual(Uint8Array.of(9, 'unsupported'.length));
    expect(faults).toEqual(['badChecksum', 'encrypted']);
    const text = await metrics.registry.metrics();
    expect(text).toContain('xunji_faults_total{protocol="jt808",code="badChecksum"} 1');
    expect(text).toContain('xunji_fault_bytes_total{protocol="jt808"} 6');
  });

  it('lets the newest connection win, and its loser take nobody offline', async () => {
    const { subject, journal, open, closed } = intake();
    const [old, young] = [open(), open()];
    for (const session of [old, young]) {
      const done = subject.receive(session, [sampleHeartbeat(1)], NOW, connection);
      journal.sync();
      await done;
    }
    expect(closed).toEqual(['superseded']);
    await subject.closed(old, NOW);
    const names = () => journal.entries.map((e) => e.kind === 'message' && e.name);
    expect(names()).toEqual(['connected', 'heartbeat', 'heartbeat']);
    const gone = subject.closed(young, NOW);
    journal.sync();
    await gone;
    expect(names().at(-1)).toBe('disconnected');
    expect(journal.entries.at(-1)).toMatchObject({ epoch: young.epoch });
  });

  it('says that a connection left one device for another', async () => {
    const { subject, journal, open } = intake();
    const both = [sampleHeartbeat(1), sampleHeartbeat(2, { device: '13900000001' })];
    const done = subject.receive(open(), both, NOW, connection);
    journal.sync();
    await done;
    expect(
      journal.entries.map((e) => (e.kind === 'message' ? `${e.name} ${e.device.id}` : e.kind)),
    ).toEqual([
      'connected 13912345678',
      'heartbeat 13912345678',
      'disconnected 13912345678',
      'connected 13900000001',
      'heartbeat 13900000001',
    ]);
  });
});
