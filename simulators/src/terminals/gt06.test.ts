import { type Connection, gt06, type Message, type Verdict } from '@xunji/protocols';
import { describe, expect, it } from 'vitest';
import { Ledger } from '../ledger.ts';
import { bareAnswer, Gt06Terminal } from './gt06.ts';
import { reportAt, ScriptedLine } from './scripted-line.test-support.ts';

const t0 = Date.UTC(2026, 10, 23, 6, 32, 8);
const accepted: Verdict = { result: 'accepted' };
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

class Platform {
  readonly line = new ScriptedLine();
  readonly #connection: Connection = gt06.open();

  read(now: number): Message[] {
    return this.line.take().flatMap((bytes) =>
      this.#connection.push(bytes, now).map((item) => {
        if (item.kind === 'fault') throw new Error(`the tracker sent ${item.code}`);
        return item;
      }),
    );
  }

  reply(message: Message): Uint8Array | null {
    return this.#connection.reply(message, accepted);
  }

  /** Answers everything that is answered. */
  serve(terminal: Gt06Terminal, now: number): Message[] {
    const messages = this.read(now);
    for (const message of messages) {
      const bytes = this.reply(message);
      if (bytes !== null) terminal.received(bytes, now);
    }
    return messages;
  }
}

const make = () => {
  const ledger = new Ledger();
  const settings = { imei: '860000000000101', heartbeatMs: 30_000 };
  return { terminal: new Gt06Terminal(gt06, settings, ledger), ledger };
};
function goOnline(terminal: Gt06Terminal, now: number): Platform {
  const platform = new Platform();
  terminal.opened(platform.line, now);
  platform.serve(terminal, now);
  platform.serve(terminal, now);
  return platform;
}

describe('a GT06 tracker', () => {
  it('expects the answers that the document prints', () => {
    expect(hex(bareAnswer(0x01, 1))).toBe('787805010001d9dc0d0a');
    expect(bareAnswer(0x13, 0xfffe)).toEqual(
      gt06.encode({ id: '0x13', device: null, edition: null, serial: 0xfffe, fields: {} }),
    );
  });

  it('logs in, reports in UTC, and counts positions as confirmed only when a later frame is answered', () => {
    const { terminal, ledger } = make();
    const platform = new Platform();
    terminal.opened(platform.line, t0);
    expect(platform.serve(terminal, t0)).toMatchObject([
      { id: '0x01', device: '860000000000101', serial: 1 },
    ]);
    platform.serve(terminal, t0);
    terminal.report(reportAt(t0), t0);
    terminal.report(reportAt(t0 + 10_000), t0 + 10_000);
    const reports = platform.serve(terminal, t0 + 10_000);
    expect(reports.map((m) => m.id)).toEqual(['0x22', '0x22']);
    expect(reports[0]?.positions[0]).toMatchObject({
      fixTime: t0,
      speedKmh: 37,
      courseDeg: 126,
      satellites: 11,
      ignition: true,
      mileageKm: 1234.5,
      buffered: false,
    });
    expect(reports[0]?.positions[0]?.latitude).toBeCloseTo(reportAt(t0).latitude, 6);
    expect(ledger.counts()).toMatchObject({ sent: 2, acknowledged: 0 });
    expect(terminal.pending).toBe(2);

    terminal.tick(t0 + 30_000);
    expect(platform.serve(terminal, t0 + 30_000)).toMatchObject([{ id: '0x13' }]);
    expect(ledger.counts()).toMatchObject({ sent: 2, acknowledged: 2, faults: {} });
    expect(terminal.pending).toBe(0);
  });

  it('is confirmed at once when it is asked to settle', () => {
    const { terminal, ledger } = make();
    const platform = goOnline(terminal, t0);
    terminal.report(reportAt(t0), t0);
    terminal.settle(t0);
    platform.serve(terminal, t0);
    expect(ledger.counts().acknowledged).toBe(1);
  });

  it('takes no answer with a foreign serial and none to a position', () => {
    const { terminal, ledger } = make();
    const platform = goOnline(terminal, t0);
    terminal.report(reportAt(t0), t0);
    const [report] = platform.read(t0);
    terminal.received(bareAnswer(0x13, 77), t0);
    terminal.received(bareAnswer(0x22, report?.serial ?? 0), t0);
    expect(ledger.counts()).toMatchObject({ acknowledged: 0, faults: { unexpectedAnswer: 2 } });
  });

  it('takes no answer with a wrong check sum', () => {
    const { terminal, ledger } = make();
    const platform = goOnline(terminal, t0);
    terminal.report(reportAt(t0), t0);
    terminal.settle(t0);
    const heartbeat = platform.read(t0).at(-1);
    const answer = bareAnswer(0x13, heartbeat?.serial ?? 0);
    answer[6] = (answer[6] ?? 0) ^ 1;
    terminal.received(answer, t0);
    expect(ledger.counts()).toMatchObject({ acknowledged: 0, faults: { brokenFrame: 1 } });
  });

  it('takes no answer that says more than it may', () => {
    const { terminal, ledger } = make();
    const platform = goOnline(terminal, t0);
    terminal.settle(t0);
    terminal.report(reportAt(t0), t0);
    terminal.settle(t0);
    const heartbeat = platform.read(t0).at(-1);
    // A long frame with the right type and serial: sound, and still not what was promised.
    const covered = [
      0x00,
      0x05,
      0x13,
      (heartbeat?.serial ?? 0) >> 8,
      (heartbeat?.serial ?? 0) & 255,
    ];
    let crc = 0xffff;
    for (const byte of covered) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0x8408 : crc >> 1;
    }
    crc ^= 0xffff;
    terminal.received(
      Uint8Array.from([0x79, 0x79, ...covered, crc >> 8, crc & 255, 0x0d, 0x0a]),
      t0,
    );
    expect(ledger.counts()).toMatchObject({ acknowledged: 0, faults: { wrongAnswer: 1 } });
  });

  it('repeats a log-in three times, 5 s apart, and gives the line up', () => {
    const { terminal, ledger } = make();
    const line = new ScriptedLine();
    terminal.opened(line, t0);
    const sentAt: number[] = [0];
    line.take();
    for (let second = 1; second <= 60 && !line.closed; second++) {
      terminal.tick(t0 + second * 1000);
      if (line.take().length > 0) sentAt.push(second);
    }
    expect(sentAt).toEqual([0, 5, 10]);
    expect(line.closed).toBe(true);
    expect(ledger.counts().faults).toEqual({ noAnswer: 1 });
  });

  it('sends everything since the last answered frame again as a re-upload after a broken line', () => {
    const { terminal, ledger } = make();
    const platform = goOnline(terminal, t0);
    terminal.report(reportAt(t0), t0);
    terminal.settle(t0);
    platform.serve(terminal, t0);
    terminal.report(reportAt(t0 + 10_000), t0 + 10_000);
    terminal.report(reportAt(t0 + 20_000), t0 + 20_000);
    platform.read(t0 + 20_000);
    terminal.closed(t0 + 21_000);
    terminal.report(reportAt(t0 + 40_000), t0 + 40_000);

    const now = t0 + 41_000;
    const next = new Platform();
    terminal.opened(next.line, now);
    next.serve(terminal, now);
    const again = next.serve(terminal, now);
    expect(again.map((m) => m.id)).toEqual(['0x22', '0x22', '0x22', '0x13']);
    expect(
      again.slice(0, 3).map((m) => [m.positions[0]?.fixTime, m.positions[0]?.buffered]),
    ).toEqual([
      [t0 + 10_000, true],
      [t0 + 20_000, true],
      [t0 + 40_000, false],
    ]);
    expect(ledger.counts()).toMatchObject({ sent: 4, repeated: 2, acknowledged: 4 });
  });

  it('states a new alarm once, in a frame that is answered', () => {
    const { terminal, ledger } = make();
    const platform = goOnline(terminal, t0);
    for (let i = 0; i < 3; i++) {
      terminal.report(reportAt(t0 + i * 10_000, ['powerCut']), t0 + i * 10_000);
    }
    const messages = platform.serve(terminal, t0 + 20_000);
    expect(messages.map((m) => [m.id, m.positions[0]?.alarms])).toEqual([
      ['0x26', ['powerCut']],
      ['0x22', []],
      ['0x22', []],
    ]);
    expect(ledger.counts().acknowledged).toBe(1);
  });

  it('asks for the time and tells its cards once after power-on', () => {
    const { terminal, ledger } = make();
    const platform = new Platform();
    terminal.opened(platform.line, t0);
    platform.serve(terminal, t0);
    expect(platform.serve(terminal, t0)).toMatchObject([
      { id: '0x8A' },
      { id: '0x94', fields: { subtype: 0x0a, imei: '860000000000101' } },
      { id: '0x13' },
    ]);
    terminal.closed(t0 + 1000);
    const next = new Platform();
    terminal.opened(next.line, t0 + 2000);
    next.serve(terminal, t0 + 2000);
    expect(next.serve(terminal, t0 + 2000).map(({ id }) => id)).toEqual(['0x13']);
    expect(ledger.counts().faults).toEqual({ lineLost: 1 });
  });

  it('takes no answer that tells another time', () => {
    const { terminal, ledger } = make();
    const platform = new Platform();
    terminal.opened(platform.line, t0);
    platform.serve(terminal, t0);
    platform.serve(terminal, t0 + 11_000);
    expect(ledger.counts().faults).toEqual({});
    const late = make();
    const slow = new Platform();
    late.terminal.opened(slow.line, t0);
    slow.serve(late.terminal, t0);
    const [ask] = slow.read(t0);
    if (ask === undefined) throw new Error('no question');
    const answer = slow.reply(ask);
    late.terminal.received(answer ?? new Uint8Array(0), t0 + 11_000);
    expect(late.ledger.counts().faults).toEqual({ wrongAnswer: 1 });
  });

  it('sends what it kept oldest first, ten frames a segment', () => {
    const { terminal } = make();
    for (let i = 0; i < 25; i++) terminal.report(reportAt(t0 + i * 1000), t0 + i * 1000);
    const now = t0 + 100_000;
    const platform = new Platform();
    terminal.opened(platform.line, now);
    platform.serve(terminal, now);
    const segments = platform.line.take();
    expect(segments).toHaveLength(2 + 3 + 1);
    const reader = gt06.open();
    const positions = segments.flatMap((bytes) =>
      reader.push(bytes, now).flatMap((item) => (item.kind === 'message' ? item.positions : [])),
    );
    expect(positions.map(({ buffered }) => buffered)).toEqual(Array(25).fill(true));
  });

  it('tells its voltage when that is wanted, and beats slower while parked', () => {
    const settings = { imei: '860000000000101', heartbeatMs: 180_000, voltageMs: 30_000 };
    const terminal = new Gt06Terminal(gt06, settings, new Ledger());
    const platform = goOnline(terminal, t0);
    terminal.report({ ...reportAt(t0), ignition: false }, t0);
    terminal.settle(t0);
    platform.serve(terminal, t0);
    const heard: string[] = [];
    for (let second = 1; second <= 300; second++) {
      terminal.tick(t0 + second * 1000);
      for (const { id } of platform.serve(terminal, t0 + second * 1000))
        heard.push(`${id} ${second}`);
    }
    expect(heard.filter((one) => one.startsWith('0x13'))).toEqual(['0x13 300']);
    expect(heard.filter((one) => one.startsWith('0x94'))).toHaveLength(10);
  });
});
