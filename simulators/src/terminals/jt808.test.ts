import { type Connection, jt808, type Message, type Verdict } from '@xunji/protocols';
import { describe, expect, it } from 'vitest';
import { Ledger } from '../ledger.ts';
import { Jt808Terminal } from './jt808.ts';
import { reportAt, ScriptedLine } from './scripted-line.test-support.ts';

const t0 = Date.UTC(2026, 10, 23, 6, 32, 8);
const accepted: Verdict = { result: 'accepted', authCode: 'CODE5678CODE5678' };

/** A platform over a scripted line: reads what the terminal sent and answers as the test wants. */
class Platform {
  readonly line = new ScriptedLine();
  readonly #connection: Connection = jt808.open();

  read(now: number): Message[] {
    return this.line.take().flatMap((bytes) =>
      this.#connection.push(bytes, now).map((item) => {
        if (item.kind === 'fault') throw new Error(`the terminal sent ${item.code}`);
        return item;
      }),
    );
  }

  answer(message: Message, verdict = accepted): Uint8Array {
    const bytes = this.#connection.reply(message, verdict);
    if (bytes === null) throw new Error(`${message.id} has no answer`);
    return bytes;
  }
}

const make = (edition: '2011' | '2013' | '2019' = '2013') => {
  const ledger = new Ledger();
  const vehicle = {
    plate: '沪A10053',
    plateColor: 2,
    imei: '860000000000017',
    terminalId: '0000017',
    softwareVersion: '1.0.0',
  };
  const terminal = new Jt808Terminal(
    jt808,
    { phone: '14800000017', edition, vehicle, heartbeatMs: 60_000 },
    ledger,
  );
  return { terminal, ledger };
};

/** Registers and authenticates; gives the platform of the open line. */
function goOnline(terminal: Jt808Terminal, now: number): Platform {
  const platform = new Platform();
  terminal.opened(platform.line, now);
  for (let step = 0; step < 2; step++) {
    for (const message of platform.read(now)) {
      if (message.intent === 'register' || message.intent === 'authenticate') {
        terminal.received(platform.answer(message), now);
      } else platform.line.send(message.raw);
    }
  }
  return platform;
}

describe.each(['2011', '2013', '2019'] as const)('a terminal of %s', (edition) => {
  it('registers, authenticates with the code it was given, reports and is acknowledged', () => {
    const { terminal, ledger } = make(edition);
    const platform = new Platform();
    terminal.opened(platform.line, t0);
    const [register] = platform.read(t0);
    expect(register).toMatchObject({ id: '0x0100', edition, device: '14800000017' });
    expect(register?.fields).toMatchObject({ plate: '沪A10053', plateColor: 2 });
    terminal.report(reportAt(t0), t0);
    expect(platform.read(t0), 'nothing but the log-in before it is let in').toEqual([]);

    terminal.received(platform.answer(register as Message), t0);
    const [authenticate] = platform.read(t0);
    expect(authenticate).toMatchObject({
      id: '0x0102',
      fields: { authCode: 'CODE5678CODE5678' },
    });
    terminal.received(platform.answer(authenticate as Message), t0);
    const [report] = platform.read(t0);
    expect(report?.positions[0]).toMatchObject({
      fixTime: t0,
      latitude: reportAt(t0).latitude,
      longitude: 121.47,
      speedKmh: 36.5,
      courseDeg: 126,
      satellites: 11,
      mileageKm: 1234.5,
      ignition: true,
      valid: true,
    });
    expect(ledger.counts()).toMatchObject({ sent: 1, acknowledged: 0 });
    terminal.received(platform.answer(report as Message), t0 + 5);
    expect(ledger.counts()).toMatchObject({ sent: 1, acknowledged: 1, faults: {} });
    expect(terminal.pending).toBe(0);
  });
});

describe('a terminal', () => {
  it('takes answers however the line cuts them', () => {
    const { terminal, ledger } = make();
    const platform = goOnline(terminal, t0);
    terminal.report(reportAt(t0), t0);
    const [report] = platform.read(t0);
    for (const byte of platform.answer(report as Message)) {
      terminal.received(Uint8Array.of(byte), t0);
    }
    expect(ledger.counts().acknowledged).toBe(1);
  });

  it('does not take an answer with another serial or for another message', () => {
    const { terminal, ledger } = make();
    const platform = goOnline(terminal, t0);
    terminal.report(reportAt(t0), t0);
    const [report] = platform.read(t0);
    const answer = (answeredSerial: number, answeredId: string) =>
      jt808.encode({
        id: '0x8001',
        device: '14800000017',
        edition: '2013',
        serial: 9,
        fields: { answeredSerial, answeredId, result: 0 },
      });
    const serial = report?.serial ?? 0;
    terminal.received(answer(serial + 1, '0x0200'), t0);
    terminal.received(answer(serial, '0x0002'), t0);
    expect(ledger.counts()).toMatchObject({ acknowledged: 0, faults: { unexpectedAnswer: 2 } });
    terminal.received(answer(serial, '0x0200'), t0);
    expect(ledger.counts().acknowledged).toBe(1);
  });

  it('counts a refusal and does not send that position again', () => {
    const { terminal, ledger } = make();
    const platform = goOnline(terminal, t0);
    terminal.report(reportAt(t0), t0);
    const [report] = platform.read(t0);
    terminal.received(platform.answer(report as Message, { result: 'refused' }), t0);
    expect(ledger.counts()).toMatchObject({ acknowledged: 0, refused: 1 });
    expect(terminal.pending).toBe(0);
  });

  it('repeats the same bytes after 10, 20 and 60 s and gives the line up after the last wait', () => {
    const { terminal, ledger } = make();
    const platform = goOnline(terminal, t0);
    terminal.report(reportAt(t0), t0);
    const [first] = platform.line.take();
    const repeats: number[] = [];
    for (let second = 1; second <= 400 && !platform.line.closed; second++) {
      terminal.tick(t0 + second * 1000);
      for (const bytes of platform.line.take()) {
        if (Buffer.compare(bytes, first as Uint8Array) === 0) repeats.push(second);
      }
    }
    // The heartbeat of second 60 is answered by nobody either; the report was first.
    expect(repeats).toEqual([10, 30, 90]);
    expect(platform.line.closed).toBe(true);
    expect(ledger.counts()).toMatchObject({ sent: 1, repeated: 3, faults: { noAnswer: 1 } });
  });

  it('sends heartbeats that carry nothing', () => {
    const { terminal } = make();
    const platform = goOnline(terminal, t0);
    terminal.tick(t0 + 59_000);
    expect(platform.read(t0)).toEqual([]);
    terminal.tick(t0 + 60_000);
    expect(platform.read(t0)).toMatchObject([{ id: '0x0002', positions: [] }]);
  });

  it('authenticates on the next line and sends again what was never acknowledged, oldest first', () => {
    const { terminal, ledger } = make();
    const platform = goOnline(terminal, t0);
    for (let i = 0; i < 3; i++) terminal.report(reportAt(t0 + i * 10_000), t0 + i * 10_000);
    const [first] = platform.read(t0);
    terminal.received(platform.answer(first as Message), t0);
    terminal.closed(t0 + 25_000);
    terminal.report(reportAt(t0 + 30_000), t0 + 30_000);
    expect(terminal.pending).toBe(3);

    const later = t0 + 35_000;
    const next = new Platform();
    terminal.opened(next.line, later);
    const [authenticate, ...more] = next.read(later);
    expect(authenticate?.id).toBe('0x0102');
    expect(more).toEqual([]);
    terminal.received(next.answer(authenticate as Message), later);
    const [batch] = next.read(later);
    expect(batch).toMatchObject({ id: '0x0704', fields: { kind: 0 } });
    expect(batch?.positions.map((p) => p.fixTime)).toEqual([t0 + 10_000, t0 + 20_000, t0 + 30_000]);
    terminal.received(next.answer(batch as Message), later);
    expect(ledger.counts()).toMatchObject({
      sent: 4,
      repeated: 2,
      acknowledged: 4,
      connections: 2,
      faults: { lineLost: 1 },
    });
  });

  it('calls what waited longer than a minute a supplement from the blind area', () => {
    const { terminal } = make();
    goOnline(terminal, t0);
    terminal.closed(t0);
    for (let i = 0; i < 30; i++) terminal.report(reportAt(t0 + i * 10_000), t0 + i * 10_000);
    const later = t0 + 300_000;
    const next = new Platform();
    terminal.opened(next.line, later);
    const [authenticate] = next.read(later);
    terminal.received(next.answer(authenticate as Message), later);
    const batches = next.read(later);
    expect(batches.map((b) => [b.fields['kind'], b.positions.length])).toEqual([
      [1, 20],
      [1, 10],
    ]);
    expect(batches.flatMap((b) => b.positions).every((p) => p.buffered)).toBe(true);
  });

  it('sends single reports instead of a batch where the edition knows none', () => {
    const { terminal } = make('2011');
    goOnline(terminal, t0);
    terminal.closed(t0);
    for (let i = 0; i < 3; i++) terminal.report(reportAt(t0 + i), t0);
    const next = new Platform();
    terminal.opened(next.line, t0);
    const [authenticate] = next.read(t0);
    terminal.received(next.answer(authenticate as Message), t0);
    expect(next.read(t0).map((m) => m.id)).toEqual(['0x0200', '0x0200', '0x0200']);
  });

  it('registers anew when its code is no longer good', () => {
    const { terminal } = make();
    goOnline(terminal, t0);
    terminal.closed(t0);
    const second = new Platform();
    terminal.opened(second.line, t0);
    const [authenticate] = second.read(t0);
    terminal.received(second.answer(authenticate as Message, { result: 'refused' }), t0);
    expect(second.line.closed).toBe(true);
    terminal.closed(t0);
    const third = new Platform();
    terminal.opened(third.line, t0);
    expect(third.read(t0).map((m) => m.id)).toEqual(['0x0100']);
  });

  it('sets the alarm bit of its edition', () => {
    const { terminal } = make('2019');
    const platform = goOnline(terminal, t0);
    terminal.report(reportAt(t0, ['sos', 'powerCut']), t0);
    expect(platform.read(t0)[0]?.positions[0]?.alarms).toEqual(['sos', 'powerCut']);
  });
});
