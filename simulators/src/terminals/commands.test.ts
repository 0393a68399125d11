import { type Connection, gt06, jt808, type Message } from '@xunji/protocols';
import { describe, expect, it } from 'vitest';
import { Ledger } from '../ledger.ts';
import { BadgeTerminal } from './badge.ts';
import { Gt06Terminal } from './gt06.ts';
import { Jt808Terminal } from './jt808.ts';
import type { Obedience } from './obedience.ts';
import { reportAt, ScriptedLine } from './scripted-line.test-support.ts';
import type { StreamTerminal } from './terminal.ts';

const t0 = Date.UTC(2026, 10, 23, 6, 32, 8);
const PHONE = '14800000017';
const IMEI = '860000000000017';

/** A platform that answers everything and asks. */
class Platform {
  readonly line = new ScriptedLine();
  readonly #connection: Connection;
  readonly #terminal: StreamTerminal;
  readonly #device: string;

  constructor(terminal: StreamTerminal, device: string) {
    this.#terminal = terminal;
    this.#device = device;
    this.#connection = (device === PHONE ? jt808 : gt06).open();
    terminal.opened(this.line, t0);
    this.read(t0);
    terminal.report(reportAt(t0), t0);
    this.read(t0);
  }

  /** What the terminal says until it says nothing more; all of it is answered. */
  read(now: number): Message[] {
    const all: Message[] = [];
    for (let sent = this.line.take(); sent.length > 0; sent = this.line.take()) {
      for (const item of sent.flatMap((bytes) => this.#connection.push(bytes, now))) {
        if (item.kind === 'fault') throw new Error(`the terminal sent ${item.code}`);
        all.push(item);
        const answer = this.#connection.reply(item, { result: 'accepted', authCode: 'CODE' });
        if (answer !== null) this.#terminal.received(answer, now);
      }
    }
    return all;
  }

  ask(id: string, fields: Record<string, unknown>, now = t0): { serial: number; said: Message[] } {
    const written = this.#connection.command({ device: this.#device, id, fields });
    if (written === null) throw new Error('nobody is there');
    this.#terminal.received(written.bytes, now);
    return { serial: written.serial, said: this.read(now) };
  }
}

function truck(edition: '2011' | '2013' | '2019', obedience: Obedience = 'obeys') {
  const ledger = new Ledger();
  const vehicle = {
    ...{ plate: '沪A10053', plateColor: 2, imei: IMEI, terminalId: '0000017' },
    softwareVersion: '1.0.0',
  };
  const settings = { phone: PHONE, edition, vehicle, heartbeatMs: 60_000, obedience };
  const terminal = new Jt808Terminal(jt808, settings, ledger);
  return { terminal, ledger, platform: new Platform(terminal, PHONE) };
}

describe.each(['2011', '2013', '2019'] as const)('a terminal of %s', (edition) => {
  it('tells its parameters and keeps those that are set', () => {
    const { platform, ledger, terminal } = truck(edition);
    const asked = platform.ask('0x8104', {});
    expect(asked.said).toMatchObject([
      { id: '0x0104', edition, answers: { commands: ['0x8104', '0x8106'], serial: asked.serial } },
    ]);
    const parameters = [{ id: '0x0001', value: 20 }];
    const set = platform.ask('0x8103', { parameters });
    expect(set.said).toMatchObject([
      { id: '0x0001', answers: { result: 'done', serial: set.serial } },
    ]);
    expect(platform.ask('0x8106', { ids: ['0x0001'] }).said[0]?.fields['parameters']).toMatchObject(
      parameters,
    );
    // The heartbeat is what the parameter says, from the next one on.
    const beats = () => platform.read(t0).filter(({ id }) => id === '0x0002').length;
    const later = (s: number) => {
      terminal.tick(t0 + s * 1000);
      return beats();
    };
    expect([later(60), later(79), later(80)]).toEqual([1, 0, 1]);
    expect(ledger.counts().faults).toEqual({});
  });

  it('says where it is, what it is, and what it cannot do', () => {
    const { platform } = truck(edition);
    const [place] = platform.ask('0x8201', {}).said;
    expect(place).toMatchObject({
      id: '0x0201',
      answers: { commands: ['0x8201'], result: 'done' },
    });
    expect(place?.positions).toMatchObject([{ longitude: 121.47 }]);
    expect(platform.ask('0x8107', {}).said).toMatchObject([
      { id: '0x0107', fields: { terminalId: '0000017' } },
    ]);
    const doors =
      edition === '2019' ? { controls: [{ type: 1, value: 0 }] } : { flags: ['lockDoors'] };
    expect(platform.ask('0x8500', doors).said).toMatchObject([
      { id: '0x0001', answers: { result: 'received' } },
      { id: '0x0500', answers: { result: 'done' } },
    ]);
    const text = { flags: [], text: '请回站', ...(edition === '2019' ? { textType: 1 } : {}) };
    expect(platform.ask('0x8300', text).said).toMatchObject([{ answers: { result: 'done' } }]);
  });

  it('takes a photo and sends it', () => {
    const { platform, ledger } = truck(edition);
    const shoot = (channel: number) =>
      platform.ask('0x8801', {
        ...{ channel, command: 1, interval: 0, keep: 0, resolution: 1, quality: 5 },
        ...{ brightness: 0, contrast: 0, saturation: 0, chroma: 0 },
      }).said;
    const [taken, upload] = shoot(1);
    expect(taken).toMatchObject({ answers: { commands: ['0x8801'], result: 'done' } });
    expect(upload).toMatchObject({ id: '0x0801', fields: { mediaId: 1, channel: 1, type: 0 } });
    expect(upload?.fields['data']).toMatch(/^ffd8ff.*ffd9$/);
    expect(shoot(9)).toMatchObject([{ answers: { result: 'failed' } }]);
    expect(ledger.counts().faults).toEqual({});
  });
});

describe('a terminal with a fault on purpose', () => {
  const ids = (said: readonly Message[]) => said.map(({ answers }) => answers?.serial);

  it.each([
    ['silent', []],
    ['twice', [0, 0]],
    ['wrongSerial', [1000]],
    ['late', []],
  ] as const)('%s', (obedience, shifts) => {
    const { platform, terminal } = truck('2013', obedience);
    const { serial, said } = platform.ask('0x8202', { interval: 5, duration: 60 });
    expect(ids(said)).toEqual(shifts.map((shift) => serial + shift));
    terminal.tick(t0 + 14_999);
    expect(platform.read(t0)).toEqual([]);
    terminal.tick(t0 + 15_000);
    expect(ids(platform.read(t0))).toEqual(obedience === 'late' ? [serial] : []);
  });
});

describe.each(['0x15', '0x21'] as const)('a tracker that replies by %s', (reply) => {
  const start = (obedience: Obedience = 'obeys') => {
    const ledger = new Ledger();
    const settings = { imei: IMEI, heartbeatMs: 60_000, reply, obedience };
    const terminal = new Gt06Terminal(gt06, settings, ledger);
    return { terminal, ledger, platform: new Platform(terminal, IMEI) };
  };

  it('obeys, and names the command by its flag', () => {
    const { platform, ledger, terminal } = start();
    const { serial, said } = platform.ask('0x80', { text: 'WHERE#' });
    expect(said).toMatchObject([{ id: reply, answers: { serial, result: 'done' } }]);
    expect(said[0]?.fields['text']).toMatch(/^Current position! Lat:N31\.23/);
    expect(platform.ask('0x80', { text: 'HBT,0#' }).said[0]?.answers?.result).toBe('failed');
    expect(platform.ask('0x80', { text: 'HBT,2#' }).said[0]?.answers?.result).toBe('done');
    // At 36.5 km/h it is not cut.
    expect(platform.ask('0x80', { text: 'RELAY,1#' }).said[0]?.answers?.result).toBe('failed');
    terminal.report({ ...reportAt(t0 + 1000), speedKmh: 0 }, t0 + 1000);
    expect(platform.ask('0x80', { text: 'RELAY,1#' }).said.at(-1)?.answers?.result).toBe('done');
    expect(terminal.isCut).toBe(true);
    expect(ledger.counts().faults).toEqual({});
  });

  it.each(['silent', 'twice'] as const)('is %s on purpose', (obedience) => {
    const { platform } = start(obedience);
    expect(platform.ask('0x80', { text: 'STATUS#' }).said).toHaveLength(
      obedience === 'silent' ? 0 : 2,
    );
  });
});

describe('a badge', () => {
  const start = (obedience: Obedience = 'obeys') => {
    const acks: unknown[] = [];
    let say: (payload: Uint8Array) => void = () => undefined;
    const publisher = {
      publish: (topic: string, payload: Uint8Array) => {
        if (topic === 'trk/v1/badge-7/cmd/ack')
          acks.push(JSON.parse(Buffer.from(payload).toString()));
      },
      listen: (topic: string, heard: (payload: Uint8Array) => void) => {
        if (topic === 'trk/v1/badge-7/cmd') say = heard;
      },
    };
    new BadgeTerminal('badge-7', publisher, new Ledger(), () => t0, obedience);
    return { acks, ask: (command: unknown) => say(Buffer.from(JSON.stringify(command))) };
  };
  const exp = t0 / 1000 + 60;

  it('obeys what it knows before its time is over, and says so', () => {
    const { acks, ask } = start();
    ask({ id: 'c-1', cmd: 'buzz', args: {}, exp });
    ask({ id: 'c-2', cmd: 'fly', args: {}, exp });
    ask({ id: 'c-3', cmd: 'buzz', args: {}, exp: exp - 61 });
    ask('nonsense');
    expect(acks).toMatchObject([
      { id: 'c-1', ok: true },
      { id: 'c-2', ok: false },
    ]);
  });

  it('answers in the name of another command on purpose', () => {
    const { acks, ask } = start('wrongSerial');
    ask({ id: 'c-1', cmd: 'buzz', args: {}, exp });
    expect(acks).toMatchObject([{ id: 'c-1-1000' }]);
  });
});
