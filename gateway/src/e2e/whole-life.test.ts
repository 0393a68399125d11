import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authBody, type Edition, ForeignTerminal, registerBody } from './foreign-terminal.ts';
import { type Fix, gt06Frame, gt06Position, locationBody } from './frames.ts';
import { eventually, type GatewayProcess, startGateway, tempDataDir } from './harness.ts';

/*
 * Foreign terminals, in each edition and family, through their whole life: everything here is packed by hand.
 */

const run = promisify(execFile);
const phones: Readonly<Record<Edition, string>> = {
  '2011': '13911110011',
  '2013': '13911110013',
  '2019': '13911110019',
};
const TRACKER = '861234567890123';

const MISSING =
  'mosquitto_pub and mosquitto_sub are not installed: apt-get install mosquitto-clients';

let dir: Awaited<ReturnType<typeof tempDataDir>>;
let gateway: GatewayProcess;

beforeAll(async () => {
  dir = await tempDataDir();
  gateway = await startGateway(dir.path, { XUNJI_ADMISSION: 'strict' });
  const enter = (id: string, protocol: string) =>
    gateway.api('POST', 'devices', { id, protocol, kind: 'vehicle', name: id });
  for (const phone of Object.values(phones)) await enter(phone, 'jt808');
  await enter(TRACKER, 'gt06');
  for (const id of ['badge-7', 'ot-alice-phone']) {
    await enter(id, 'mqtt');
    await gateway.api('PUT', `devices/${id}/mqtt-password`, { password: 'badge password 7' });
  }
});
afterAll(async () => {
  await gateway?.stop();
  await dir?.remove();
});

const fixAt = (time: number, over: Partial<Fix> = {}): Fix => ({
  time: new Date(Math.floor(time / 1000) * 1000),
  ...{ latitude: 31.230416, longitude: 121.473701, speedKmh: 12, courseDeg: 126, ...over },
});

/** Asks something of a device. @returns the number of the command */
async function ask(device: string, body: object): Promise<string> {
  const { body: command } = await gateway.api('POST', `devices/${device}/commands`, body, {
    expect: 202,
  });
  return command.id;
}

/** The command once it is over. */
const over = (id: string) =>
  eventually(
    async () => {
      const { body } = await gateway.api('GET', `commands/${id}`);
      return !['queued', 'sent'].includes(body.state) && body;
    },
    10_000,
    `the end of command ${id}`,
  );

const latest = (device: string, isIt: (position: { fixTime: string }) => boolean) =>
  eventually(
    async () => {
      const { body } = await gateway.api('GET', 'positions/latest?limit=1000');
      return body.items.find((p: { device: string; fixTime: string }) => {
        return p.device === device && isIt(p);
      });
    },
    10_000,
    `latest position of ${device}`,
  );

const u16 = (value: number) => Buffer.from([value >> 8, value & 255]);
/** A JPEG as far as anybody looks: its first and last bytes, and every byte that frames escape between them. */
const photo = Buffer.concat([
  Buffer.from('ffd8ffe000104a46494600010100000100010000', 'hex'),
  Buffer.from(
    Array.from({ length: 2500 }, (_, i) => (i % 5 === 0 ? 0x7e : i % 7 === 0 ? 0x7d : i & 255)),
  ),
  Buffer.from('ffd9', 'hex'),
]);

describe.each(['2011', '2013', '2019'] as const)('a foreign terminal of %s', (edition) => {
  const phone = phones[edition];

  it('lives its whole life', async () => {
    const terminal = await ForeignTerminal.connect(gateway.ports.jt808, phone, edition);
    const begun = Date.now();

    // Nobody is believed before he has shown his code.
    expect(await terminal.saidSo(0x0200, locationBody(fixAt(begun - 60_000)))).toBe(1);

    const register = terminal.say(0x0100, registerBody(edition));
    const registered = await terminal.hear(0x8100);
    expect(registered.body.readUInt16BE(0)).toBe(register);
    expect(registered.body[2]).toBe(0);
    const code = registered.body.subarray(3).toString('latin1');
    if (edition === '2011') expect(code.endsWith('\0')).toBe(true);
    expect(code.replace('\0', '')).toMatch(/^[A-Za-z0-9]{16}$/);
    expect(await terminal.saidSo(0x0102, authBody(edition, code.replace('\0', '')))).toBe(0);
    expect(await terminal.saidSo(0x0002)).toBe(0);

    const now = fixAt(begun);
    expect(await terminal.saidSo(0x0200, locationBody(now))).toBe(0);
    const seen = await latest(phone, ({ fixTime }) => fixTime === now.time.toISOString());
    expect(seen).toMatchObject({ latitude: 31.230416, longitude: 121.473701, speedKmh: 12 });

    // Kept while it was out of reach; 2011 has no batch.
    const kept = [30, 20, 10].map((s) => locationBody(fixAt(begun - s * 1000)));
    if (edition === '2011') {
      for (const body of kept) expect(await terminal.saidSo(0x0200, body)).toBe(0);
    } else {
      const items = kept.flatMap((body) => [u16(body.length), body]);
      const batch = Buffer.concat([u16(kept.length), Buffer.from([1]), ...items]);
      expect(await terminal.saidSo(0x0704, batch)).toBe(0);
    }
    await eventually(
      async () => {
        const period = `from=${new Date(begun - 40_000).toISOString()}&to=${new Date(begun + 9000).toISOString()}`;
        const { body } = await gateway.api('GET', `devices/${phone}/track?${period}`);
        return body.items.length === 4;
      },
      10_000,
      'the track',
    );

    // Parameters are asked for and set.
    const query = await ask(phone, { id: '0x8104' });
    const asked = await terminal.hear(0x8104);
    expect(asked.body).toHaveLength(0);
    const counts = edition === '2011' ? [2, 2] : [2];
    terminal.say(
      0x0104,
      Buffer.concat([
        u16(asked.serial),
        Buffer.from(counts),
        Buffer.from('0000000104 0000003c 00000083 08 bba6413132333435'.replaceAll(' ', ''), 'hex'),
      ]),
    );
    expect(await over(query)).toMatchObject({
      ...{ state: 'answered', result: 'done', by: 'admin', sends: 1 },
      reply: {
        id: '0x0104',
        fields: {
          parameters: [
            { id: '0x0001', value: 60 },
            { id: '0x0083', value: '沪A12345' },
          ],
        },
      },
    });
    const setting = await ask(phone, {
      name: 'setParameters',
      fields: { parameters: [{ id: '0x0001', value: 30 }] },
    });
    const set = await terminal.hear(0x8103);
    expect(set.body.toString('hex')).toBe(
      `${edition === '2011' ? '0101' : '01'}00000001040000001e`,
    );
    terminal.answer(set, 0);
    expect(await over(setting)).toMatchObject({ state: 'answered', result: 'done' });

    // A text, in GBK; and one that the terminal cannot show.
    const fields = { flags: ['display'], text: '请回站' };
    const more = edition === '2019' ? { textType: 1 } : {};
    for (const result of [0, 3]) {
      const said = await ask(phone, { name: 'text', fields: { ...fields, ...more } });
      const text = await terminal.hear(0x8300);
      const expected = {
        '2011': '04c7ebbbd8d5be00',
        '2013': '04c7ebbbd8d5be',
        '2019': '0401c7ebbbd8d5be',
      };
      expect(text.body.toString('hex')).toBe(expected[edition]);
      terminal.answer(text, result);
      expect(await over(said)).toMatchObject(
        result === 0
          ? { state: 'answered', result: 'done' }
          : { state: 'refused', result: 'unsupported' },
      );
    }

    // Where is it now? The answer is a position like any other.
    const where = await ask(phone, { name: 'queryLocation' });
    const located = await terminal.hear(0x8201);
    const there = fixAt(begun + 2000, { latitude: 31.25 });
    const before = edition === '2011' ? [] : [u16(located.serial)];
    terminal.say(0x0201, Buffer.concat([...before, locationBody(there)]));
    expect(await over(where)).toMatchObject({ state: 'answered', reply: { id: '0x0201' } });
    await latest(phone, ({ fixTime }) => fixTime === there.time.toISOString());

    // A photo.
    const shot = await ask(phone, {
      id: '0x8801',
      fields: {
        ...{ channel: 1, command: 1, interval: 0, keep: 0, resolution: 1, quality: 5 },
        ...{ brightness: 128, contrast: 64, saturation: 64, chroma: 128 },
      },
    });
    const shoot = await terminal.hear(0x8801);
    expect(shoot.body.toString('hex')).toBe('010001000000010580404080');
    const head = Buffer.from('0000000700000001', 'hex');
    if (edition === '2011') {
      terminal.answer(shoot, 0);
      expect(await over(shot)).toMatchObject({ state: 'answered', reply: { id: '0x0001' } });
      const part = Buffer.from('0000000100000001', 'hex');
      terminal.say(0x0801, Buffer.concat([head, part, photo.subarray(0, 900)]));
    } else {
      terminal.say(
        0x0805,
        Buffer.concat([u16(shoot.serial), Buffer.from('00000100000007', 'hex')]),
      );
      expect(await over(shot)).toMatchObject({ state: 'answered', reply: { id: '0x0805' } });
      const place = locationBody(there).subarray(0, 28);
      for (const serial of terminal.sayInParts(0x0801, Buffer.concat([head, place, photo]), 900)) {
        expect(await terminal.generalAnswer(0x0801, serial)).toBe(0);
      }
    }
    const taken = await terminal.hear(0x8800);
    expect(taken.body.toString('hex')).toContain('00000007');
    const file = edition === '2011' ? photo.subarray(0, 900) : photo;
    const period = `from=${new Date(begun - 86_400_000).toISOString()}&to=${new Date(begun + 86_400_000).toISOString()}`;
    const stored = await eventually(
      async () => (await gateway.api('GET', `photos?device=${phone}&${period}`)).body.items[0],
      10_000,
      'the photo',
    );
    const bytes = await fetch(
      `http://127.0.0.1:${gateway.ports.http}/api/v1/photos/${stored.id}/file`,
      { headers: { cookie: gateway.cookie } },
    ).then((response) => response.arrayBuffer());
    const digest = (one: Uint8Array) => createHash('sha256').update(one).digest('hex');
    expect(digest(new Uint8Array(bytes))).toBe(digest(file));

    // Fuel is not cut on one word, nor at speed, nor without asking twice.
    const lock = { id: '0x8105', fields: { command: 0x64 } };
    const refusal = async (body: object) =>
      (await gateway.api('POST', `devices/${phone}/commands`, body, { expect: 409 })).body.code;
    expect(await refusal(lock)).toBe('confirmNeeded');
    const fast = fixAt(begun + 3000, { speedKmh: 50 });
    expect(await terminal.saidSo(0x0200, locationBody(fast))).toBe(0);
    await latest(phone, ({ fixTime }) => fixTime === fast.time.toISOString());
    expect(await refusal({ ...lock, confirm: true })).toBe('notSafeNow');

    expect(await terminal.saidSo(0x0003)).toBe(0);
    terminal.close();
    await eventually(
      async () => (await gateway.api('GET', `devices/${phone}`)).body.online === false,
      10_000,
      'offline',
    );
    expect(await refusal({ id: '0x8104' })).toBe('deviceOffline');
    expect(terminal.wrong).toEqual([]);
    const { body: list } = await gateway.api('GET', `devices/${phone}/commands?limit=2`);
    expect(list.items.map(({ state }: { state: string }) => state)).toEqual([
      'offline',
      'answered',
    ]);
  });
});

it('a foreign GT06 tracker logs in, reports, raises an alarm and obeys', async () => {
  const socket = connect({ host: '127.0.0.1', port: gateway.ports.gt06 });
  await once(socket, 'connect');
  let got = '';
  socket.on('data', (chunk) => {
    got += chunk.toString('hex');
  });
  const say = (hex: string) => socket.write(Buffer.from(hex, 'hex'));
  const hear = (hex: string, what: string) =>
    eventually(async () => got.includes(hex), 10_000, `${what} ${hex}`);
  const nothing = Buffer.alloc(0);
  say(gt06Frame(0x01, Buffer.from(`0${TRACKER}`, 'hex'), 1));
  await hear(gt06Frame(0x01, nothing, 1), 'log-in');
  const fix = fixAt(Date.now(), { speedKmh: 0 });
  say(gt06Frame(0x22, gt06Position(fix), 2));
  say(gt06Frame(0x13, Buffer.from('4604040002', 'hex'), 3));
  await hear(gt06Frame(0x13, nothing, 3), 'heartbeat');
  await latest(TRACKER, ({ fixTime }) => fixTime === fix.time.toISOString());
  const alarm = fixAt(Date.now() + 1000, { speedKmh: 0 });
  const block = gt06Position(alarm).subarray(0, 18);
  say(
    gt06Frame(0x26, Buffer.concat([block, Buffer.from('0901cc00287d001fb84604040101', 'hex')]), 4),
  );
  await hear(gt06Frame(0x26, nothing, 4), 'alarm');
  const alarmed = await latest(TRACKER, ({ fixTime }) => fixTime === alarm.time.toISOString());
  expect(alarmed).toMatchObject({ alarms: ['sos'] });

  // Our own serial begins at 1, and so does the server flag.
  const command = (text: string, n: number) =>
    gt06Frame(
      0x80,
      Buffer.concat([Buffer.from([4 + text.length, 0, 0, 0, n]), Buffer.from(text, 'latin1')]),
      n,
    );
  const where = await ask(TRACKER, { text: 'WHERE#' });
  await hear(command('WHERE#', 1), 'command');
  const place = 'Current position! Lat:N31.23042,Lon:E121.47370';
  say(
    gt06Frame(
      0x15,
      Buffer.concat([
        Buffer.from([4 + place.length, 0, 0, 0, 1]),
        Buffer.from(place, 'latin1'),
        Buffer.from([0, 2]),
      ]),
      5,
    ),
  );
  expect(await over(where)).toMatchObject({
    state: 'answered',
    reply: { fields: { text: place } },
  });

  const relay = { text: 'RELAY,1#' };
  const { body } = await gateway.api('POST', `devices/${TRACKER}/commands`, relay, { expect: 409 });
  expect(body.code).toBe('confirmNeeded');
  const cut = await ask(TRACKER, { ...relay, confirm: true, reason: 'stolen' });
  await hear(command('RELAY,1#', 2), 'command');
  const no = 'DYD=Speed Limit, Speed 40km/h';
  say(gt06Frame(0x21, Buffer.concat([Buffer.from([0, 0, 0, 2, 1]), Buffer.from(no, 'latin1')]), 6));
  expect(await over(cut)).toMatchObject({
    ...{ state: 'refused', result: 'failed', reason: 'stolen', sends: 1 },
    reply: { fields: { text: no } },
  });
  socket.destroy();
});

it('a badge and a phone speak and obey through foreign MQTT clients', async () => {
  const client = (user: string) => [
    ...['-h', '127.0.0.1', '-p', String(gateway.ports.mqtt), '-q', '1'],
    ...['-u', user, '-P', 'badge password 7'],
  ];
  const publish = (user: string, topic: string, payload: object) =>
    run('mosquitto_pub', [...client(user), '-t', topic, '-m', JSON.stringify(payload)]).catch(
      (error: NodeJS.ErrnoException) => {
        throw error.code === 'ENOENT' ? new Error(MISSING) : error;
      },
    );
  const ts = Math.floor(Date.now() / 1000) * 1000;

  // One client keeps the badge there; it listens for commands and has published once.
  const listener = spawn('mosquitto_sub', [
    ...client('badge-7'),
    ...['-t', 'trk/v1/badge-7/cmd', '-i', 'listener', '-C', '1', '-W', '30'],
  ]);
  const heard = textOf(listener);
  await eventually(
    async () => (await gateway.metric('xunji_connections', 'transport="mqtt"')) === 1,
    10_000,
    'the listener',
  );
  await publish('badge-7', 'trk/v1/badge-7/pos', { v: 1, ts, lat: 31.21, lon: 121.45, acc: 5 });
  await latest('badge-7', ({ fixTime }) => fixTime === new Date(ts).toISOString());
  await publish('alice', 'owntracks/alice/phone', {
    ...{ _type: 'location', lat: 31.22, lon: 121.46, tst: ts / 1000, acc: 9 },
  });
  await latest('ot-alice-phone', ({ fixTime }) => fixTime === new Date(ts).toISOString());

  // mosquitto_pub has left again, so the command waits for the badge's next word.
  const id = await ask('badge-7', { cmd: 'interval', args: { s: 30 }, waitS: 30 });
  const talker = spawn('mosquitto_pub', [
    ...client('badge-7'),
    ...['-t', 'trk/v1/badge-7/state', '-i', 'talker', '-l'],
  ]);
  talker.stdin.write('{"online":true}\n');
  expect(JSON.parse(await heard)).toMatchObject({
    id: `c-${id}`,
    cmd: 'interval',
    args: { s: 30 },
  });
  await publish('badge-7', 'trk/v1/badge-7/cmd/ack', { id: `c-${id}`, ok: true, msg: 'done', ts });
  expect(await over(id)).toMatchObject({ state: 'answered', reply: { fields: { msg: 'done' } } });
  talker.stdin.end();
  await once(talker, 'exit');
});

/** All that a process prints. @throws naming the package when it is not installed */
async function textOf(child: ChildProcess): Promise<string> {
  let text = '';
  child.stdout?.on('data', (piece) => {
    text += String(piece);
  });
  const [code] = await Promise.race([
    once(child, 'close'),
    once(child, 'error').then(() => {
      throw new Error(MISSING);
    }),
  ]);
  if (code !== 0) throw new Error(`mosquitto_sub ended with ${code}: ${text}`);
  return text;
}
