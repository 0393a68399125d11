import { gt06, jt808, type Message } from '@xunji/protocols';
import { describe, expect, it } from 'vitest';
import type { DeviceRef } from '../journal/record.ts';
import type { CommandRequest, DeviceCommand } from '../records/device-command.ts';
import { Commands, type KnownFix } from './commands.ts';
import { PlainRegistry } from './messages.test-support.ts';
import { type Link, type Session, Sessions } from './session.ts';

const NOW = 1_795_404_000_000;
const TRUCK: DeviceRef = { protocol: 'jt808', id: '13912345678' };
const TRACKER: DeviceRef = { protocol: 'gt06', id: '123456789012345' };
const TEXT = { flags: ['urgent'], text: 'hello' };

/** A terminal at the far end: what reaches it is read, what it says goes to the commands. */
class Terminal implements Link {
  readonly transport = 'tcp';
  readonly remote = '127.0.0.1';
  readonly heard: Message[] = [];
  readonly #far;
  readonly #near;
  canTake = true;
  closed: string[] = [];

  readonly device: DeviceRef;

  constructor(device: DeviceRef) {
    this.device = device;
    const protocol = device.protocol === 'gt06' ? gt06 : jt808;
    this.#far = protocol.open({ side: 'terminal' });
    this.#near = protocol.open();
    const id = device.protocol === 'gt06' ? '0x01' : '0x0002';
    this.#near.push(
      protocol.encode({ id, device: device.id, edition: '2013', serial: 1, fields: {} }),
      NOW,
    );
  }
  close(reason: string): void {
    this.closed.push(reason);
  }
  command(command: Parameters<NonNullable<Link['command']>>[0]) {
    return this.#near.command(command);
  }
  transmit(bytes: Uint8Array): boolean {
    if (!this.canTake) return false;
    for (const item of this.#far.push(bytes, NOW))
      if (item.kind === 'message') this.heard.push(item);
    return true;
  }
  /** As the platform reads what the terminal says. */
  says(id: string, fields: object): Message {
    const protocol = this.device.protocol === 'gt06' ? gt06 : jt808;
    const bytes = protocol.encode({
      ...{ id, device: this.device.id, edition: '2013', serial: 9, fields: { ...fields } },
    });
    return this.#near.push(bytes, NOW)[0] as Message;
  }
}

function start(over: { repeats?: number; maxPerDevice?: number; maxCommands?: number } = {}) {
  const registry = new PlainRegistry();
  for (const { id } of [TRUCK, TRACKER]) registry.admissions.set(id, 'known');
  const sessions = new Sessions(1);
  const over_: DeviceCommand[] = [];
  const uses: string[] = [];
  let at = 0;
  let number = 0;
  const state = { fix: null as KnownFix | null };
  const commands = new Commands({
    ...{
      sessions,
      registry,
      waitMs: 10_000,
      repeats: 2,
      maxPerDevice: 4,
      maxCommands: 100,
      ...over,
    },
    records: { next: () => ++number, add: async () => undefined, changed: () => undefined },
    editionOf: () => '2013',
    fixOf: () => state.fix,
    onAnswer: (use) => uses.push(use),
    onOver: (command) => over_.push(command),
    now: () => NOW + at,
    monotonic: () => at,
  });
  return {
    ...{ commands, sessions, registry, uses, over: over_, state },
    arrive(device: DeviceRef): { terminal: Terminal; session: Session } {
      const terminal = new Terminal(device);
      const session = sessions.open(terminal);
      sessions.bind(session, device);
      return { terminal, session };
    },
    ask: (request: Partial<CommandRequest> = {}) =>
      commands.request({
        ...{ device: TRUCK, message: '0x8300', fields: TEXT, by: 'ann', reason: null },
        ...{ isConfirmed: false, waitS: 0, ...request },
      }),
    answer(terminal: Terminal, id: string, fields: object) {
      const message = terminal.says(id, fields);
      if (message.answers) commands.answered(terminal.device, message.answers, message);
    },
    /** Lets time pass as the ticks of the process see it. */
    pass(ms: number) {
      for (let passed = 0; passed < ms; passed += 250) {
        at += 250;
        commands.tick();
      }
    },
  };
}
type Place = ReturnType<typeof start>;

async function taken(outcome: ReturnType<Place['ask']>): Promise<DeviceCommand> {
  const done = await outcome;
  if (!done.ok) throw new Error(`${done.code}: ${done.detail}`);
  return done.command;
}

describe('a command to a terminal', () => {
  it('goes out at once and ends with its general answer', async () => {
    const place = start();
    const { terminal } = place.arrive(TRUCK);
    const command = await taken(place.ask());
    expect(command).toMatchObject({ state: 'sent', sends: 1, by: 'ann', name: 'text' });
    expect(terminal.heard).toMatchObject([{ id: '0x8300', serial: 0, fields: TEXT }]);
    place.answer(terminal, '0x0001', { answeredSerial: 0, answeredId: '0x8300', result: 0 });
    expect(command).toMatchObject({
      ...{ state: 'answered', result: 'done' },
      reply: { id: '0x0001', fields: { result: 0 } },
    });
    expect(place.over).toEqual([command]);
  });

  it.each([
    [1, 'failed'],
    [2, 'malformed'],
    [3, 'unsupported'],
  ])('is refused by result %i', async (result, said) => {
    const place = start();
    const { terminal } = place.arrive(TRUCK);
    const command = await taken(place.ask());
    place.answer(terminal, '0x0001', { answeredSerial: 0, answeredId: '0x8300', result });
    expect(command).toMatchObject({ state: 'refused', result: said });
  });

  it('waits for the answer of its own after the general one', async () => {
    const place = start();
    const { terminal } = place.arrive(TRUCK);
    const command = await taken(place.ask({ message: 'queryParameters', fields: {} }));
    place.answer(terminal, '0x0001', { answeredSerial: 0, answeredId: '0x8104', result: 0 });
    expect(command).toMatchObject({ state: 'sent', takenTime: NOW });
    place.pass(30_000);
    expect(terminal.heard).toHaveLength(1);
    const fields = { answeredSerial: 0, count: 0, parameters: [] };
    place.answer(terminal, '0x0104', fields);
    expect(command).toMatchObject({ state: 'answered', reply: { id: '0x0104', fields } });
  });

  it('is repeated with its first serial after 10 and 20 s, and given up after 60 more', async () => {
    const place = start();
    const { terminal } = place.arrive(TRUCK);
    const command = await taken(place.ask());
    const sends = () => terminal.heard.map(({ serial }) => serial);
    place.pass(9750);
    expect(sends()).toEqual([0]);
    place.pass(250);
    expect(sends()).toEqual([0, 0]);
    place.pass(19_750);
    expect(sends()).toEqual([0, 0]);
    place.pass(250);
    expect(sends()).toEqual([0, 0, 0]);
    place.pass(59_750);
    expect(command.state).toBe('sent');
    place.pass(250);
    expect(command).toMatchObject({ state: 'timeout', result: null, sends: 3 });
  });

  it('takes an answer that is late, and counts one that comes twice or names nothing', async () => {
    const place = start({ repeats: 0 });
    const { terminal } = place.arrive(TRUCK);
    const command = await taken(place.ask());
    const say = (answeredSerial: number, answeredId = '0x8300') =>
      place.answer(terminal, '0x0001', { answeredSerial, answeredId, result: 0 });
    say(7);
    say(0, '0x8104');
    expect(command.state).toBe('sent');
    place.pass(60_000);
    expect(command.state).toBe('timeout');
    say(0);
    expect(command).toMatchObject({ state: 'answered', result: 'done', isLate: true });
    say(0);
    expect(place.uses).toEqual(['unmatched', 'unmatched', 'late', 'repeated']);
    expect(place.over).toHaveLength(1);
    place.pass(600_000);
    say(0);
    expect(place.uses.at(-1)).toBe('unmatched');
    expect(place.commands.devices).toBe(0);
  });

  it('uses no serial that somebody may still answer', async () => {
    const place = start();
    const first = place.arrive(TRUCK);
    const old = await taken(place.ask());
    // The new connection counts from 0 again.
    const { terminal } = place.arrive(TRUCK);
    expect(first.terminal.closed).toEqual(['superseded']);
    place.pass(2000);
    const young = await taken(place.ask());
    expect(terminal.heard.map(({ serial }) => serial)).toEqual([0, 1]);
    place.answer(terminal, '0x0001', { answeredSerial: 1, answeredId: '0x8300', result: 0 });
    expect([old.state, young.state]).toEqual(['sent', 'answered']);
  });

  it('goes out again by the connection that the device comes back with', async () => {
    const place = start();
    const { session } = place.arrive(TRUCK);
    const command = await taken(place.ask());
    place.sessions.close(session);
    place.pass(3000);
    expect(command.state).toBe('sent');
    const { terminal } = place.arrive(TRUCK);
    place.pass(500);
    expect(terminal.heard).toEqual([]);
    place.pass(1000);
    expect(terminal.heard).toMatchObject([{ id: '0x8300', serial: 0 }]);
    place.answer(terminal, '0x0001', { answeredSerial: 0, answeredId: '0x8300', result: 0 });
    expect(command).toMatchObject({ state: 'answered', sends: 2 });
  });

  it('ends as offline when its device left and did not come back', async () => {
    const place = start();
    const { session } = place.arrive(TRUCK);
    const command = await taken(place.ask());
    place.sessions.close(session);
    place.pass(90_000);
    expect(command).toMatchObject({ state: 'offline', sends: 1 });
  });

  it('is refused for a device that is away, unless it may wait', async () => {
    const place = start();
    expect(await place.ask()).toMatchObject({ ok: false, code: 'deviceOffline' });
    expect(place.over).toMatchObject([{ state: 'offline', sends: 0 }]);
    const patient = await taken(place.ask({ waitS: 60 }));
    const tired = await taken(place.ask({ waitS: 20 }));
    place.pass(30_000);
    expect([patient.state, tired.state]).toEqual(['queued', 'expired']);
    const { terminal } = place.arrive(TRUCK);
    place.pass(2000);
    expect(terminal.heard).toHaveLength(1);
    expect(patient.state).toBe('sent');
  });

  it('waits while the line takes nothing', async () => {
    const place = start();
    const { terminal } = place.arrive(TRUCK);
    terminal.canTake = false;
    const command = await taken(place.ask());
    expect(command.state).toBe('queued');
    terminal.canTake = true;
    place.pass(250);
    expect(command.state).toBe('sent');
  });

  it.each([
    ['notFound', { device: { protocol: 'jt808', id: '13900000000' } }],
    ['noSuchCommand', { message: '0x8001' }],
    ['noSuchCommand', { message: 'locate' }],
    ['badValue', { fields: {} }],
    ['badValue', { fields: { flags: ['nonsense'], text: 'x' } }],
    ['badValue', { message: '0x8202', fields: { interval: 70_000, validS: 60 } }],
  ] as const)('is refused as %s: %j', async (code, request) => {
    const place = start();
    place.arrive(TRUCK);
    expect(await place.ask(request)).toMatchObject({ ok: false, code });
    expect(place.commands.length).toBe(0);
  });

  it('finds the queue full for one device and for all', async () => {
    const place = start({ maxPerDevice: 2, maxCommands: 3 });
    place.arrive(TRUCK);
    place.arrive(TRACKER);
    const three = await Promise.all([place.ask(), place.ask(), place.ask()]);
    expect(three.map((o) => (o.ok ? 'taken' : o.code))).toEqual(['taken', 'taken', 'queueFull']);
    const where = { device: TRACKER, message: '0x80', fields: { text: 'WHERE#' } };
    const others = await Promise.all([place.ask(where), place.ask(where)]);
    expect(others.map((o) => (o.ok ? 'taken' : o.code))).toEqual(['taken', 'queueFull']);
    place.pass(120_000);
    expect(place.commands.length).toBe(0);
  });
});

describe('a command to a tracker', () => {
  const where = { device: TRACKER, message: '0x80', fields: { text: 'WHERE#' } };

  it('waits until the one before is over', async () => {
    const place = start();
    const { terminal } = place.arrive(TRACKER);
    const first = await taken(place.ask(where));
    const second = await taken(place.ask({ ...where, fields: { text: 'STATUS#' } }));
    expect([first.state, second.state]).toEqual(['sent', 'queued']);
    place.answer(terminal, '0x15', { serverFlag: 1, text: 'Lat:N22.57776' });
    expect([first.state, second.state]).toEqual(['answered', 'sent']);
    expect(terminal.heard.map(({ fields }) => fields['text'])).toEqual(['WHERE#', 'STATUS#']);
    // A flag of 0 means the oldest that is open.
    place.answer(terminal, '0x21', { serverFlag: 0, encoding: 1, text: 'Battery:4.18V' });
    expect(second).toMatchObject({
      state: 'answered',
      reply: { fields: { text: 'Battery:4.18V' } },
    });
  });

  it('joins a reply that comes in several frames', async () => {
    const place = start();
    const { terminal } = place.arrive(TRACKER);
    const command = await taken(place.ask(where));
    place.answer(terminal, '0x15', { serverFlag: 1, text: 'IMEI:1;' });
    place.answer(terminal, '0x15', { serverFlag: 1, text: 'TIMER:10,10' });
    place.answer(terminal, '0x15', { serverFlag: 1, text: 'TIMER:10,10' });
    expect(command.reply?.fields['text']).toBe('IMEI:1;TIMER:10,10');
    expect(place.uses).toEqual(['matched', 'matched', 'repeated']);
  });

  it('is sent once and given up after a minute', async () => {
    const place = start();
    const { terminal } = place.arrive(TRACKER);
    const command = await taken(place.ask(where));
    place.pass(59_750);
    expect(command.state).toBe('sent');
    place.pass(250);
    expect(command.state).toBe('timeout');
    expect(terminal.heard).toHaveLength(1);
  });
});

describe('what can do harm', () => {
  const cut = { device: TRACKER, message: '0x80', fields: { text: 'RELAY,1#' } };
  const fix = (ageS: number, speedKmh: number | null): KnownFix => ({
    ...{ fixTime: NOW - ageS * 1000, speedKmh },
  });

  it.each([
    ['no position', null, 'notSafeNow'],
    ['an old one', fix(61, 0), 'notSafeNow'],
    ['one at speed', fix(1, 21), 'notSafeNow'],
    ['one of unknown speed', fix(1, null), 'notSafeNow'],
    ['one at rest', fix(60, 20), 'taken'],
  ] as const)('is cut only at rest, at a place known now: %s', async (_name, known, expected) => {
    const place = start();
    place.state.fix = known;
    place.arrive(TRACKER);
    expect(await place.ask(cut)).toMatchObject({ ok: false, code: 'confirmNeeded' });
    const outcome = await place.ask({ ...cut, isConfirmed: true });
    expect(outcome.ok ? 'taken' : outcome.code).toBe(expected);
  });

  it('is not cut any more when its turn comes and it moves', async () => {
    const place = start();
    place.state.fix = fix(0, 0);
    const { terminal } = place.arrive(TRACKER);
    await taken(place.ask({ ...cut, fields: { text: 'WHERE#' } }));
    const command = await taken(place.ask({ ...cut, isConfirmed: true }));
    place.state.fix = fix(0, 60);
    place.answer(terminal, '0x15', { serverFlag: 1, text: 'here' });
    expect(command).toMatchObject({ state: 'refused', detail: 'notSafeNow', sends: 0 });
    expect(terminal.heard).toHaveLength(1);
  });

  it('is never repeated, by any connection, and waits for nobody', async () => {
    const place = start();
    place.state.fix = fix(0, 0);
    const lock = { message: '0x8105', fields: { command: 0x64 }, isConfirmed: true };
    expect(await place.ask({ ...lock, waitS: 600 })).toMatchObject({ code: 'deviceOffline' });
    const { terminal, session } = place.arrive(TRUCK);
    const command = await taken(place.ask(lock));
    place.pass(30_000);
    place.sessions.close(session);
    const again = place.arrive(TRUCK).terminal;
    place.pass(60_000);
    expect(terminal.heard).toHaveLength(1);
    expect(again.heard).toEqual([]);
    expect(command).toMatchObject({ state: 'timeout', sends: 1 });
  });
});
