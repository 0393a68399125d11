import { setTimeout as sleep } from 'node:timers/promises';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Line } from './abuse/lines.ts';
import { gt06Frame, gt06Position, jt808Frame, locationBody } from './frames.ts';
import { eventually, type GatewayProcess, startGateway, tempDataDir } from './harness.ts';
import { type Terminal, terminals } from './terminals.ts';
import { audit } from './tracks.ts';

const DEVICES = 500;
const STOP_MS = 6000;
const START_TIME = Math.floor(Date.now() / 1000) * 1000 - 86_400_000;
const DAY_MS = 86_400_000;

let dir: Awaited<ReturnType<typeof tempDataDir>>;
let gateway: GatewayProcess;
let fleet: Terminal[];

beforeAll(async () => {
  dir = await tempDataDir();
  gateway = await startGateway(dir.path, {
    // All shorter than the stop.
    ...{ XUNJI_LOG_LEVEL: 'warn', XUNJI_FIRST_FRAME_S: '4', XUNJI_FRAME_S: '3' },
  });
  const options = { startTime: START_TIME, window: 16, everyMs: 1000 };
  fleet = [
    ...terminals('jt808', DEVICES - 100, options),
    ...terminals('gt06', 50, options),
    ...terminals('mqtt', 50, options),
  ];
  await Promise.all(fleet.map((terminal) => terminal.connect(gateway.ports)));
});
afterAll(async () => {
  for (const terminal of fleet) terminal.leave();
  await gateway.stop();
  await dir.remove();
});

interface Stored {
  readonly fixTime: string;
  readonly latitude: number;
  readonly flags: readonly string[];
}
/** The track of a device over all times there are, from south to north, once it has `count` positions. */
async function track(id: string, count: number): Promise<Stored[]> {
  return await eventually(
    async () => {
      const query = 'from=1990-01-01T00:00:00Z&to=2100-01-01T00:00:00Z&limit=1000';
      const { body } = await gateway.api('GET', `devices/${id}/track?${query}`);
      const items = body.items as Stored[];
      return items.length >= count && items.sort((a, b) => a.latitude - b.latitude);
    },
    20_000,
    `${count} positions of ${id}`,
  );
}
/** Each a hundred metres north of the one before. */
const place = (n: number, time = new Date()) => ({
  ...{ time, latitude: 31 + n / 1000, longitude: 121.4, speedKmh: 30, courseDeg: 0 },
});
const isTimedByUs = ({ fixTime, flags }: Stored): boolean =>
  flags.includes('noDeviceTime') && Math.abs(Date.parse(fixTime) - Date.now()) < 60_000;

describe('clocks of devices', () => {
  it('that are wrong in JT/T 808 cost no position: the receive time stands in, and says so', async () => {
    const phone = '13512340001';
    const line = await Line.open(gateway.ports.jt808);
    const clocks = {
      1970: '700101000000',
      2000: '000101000000',
      2099: '991231235959',
      'never set': '000000000000',
      rubbish: 'aabbccddeeff',
      'all ones': 'ffffffffffff',
      'month 13': '261301000000',
      'thirtieth of February': '260230120000',
    };
    const bodies = Object.values(clocks).map((clock, n) => {
      const body = locationBody(place(n));
      Buffer.from(clock, 'hex').copy(body, 22);
      return body;
    });
    bodies.push(locationBody(place(bodies.length, new Date(Date.now() + DAY_MS))));
    line.send(...bodies.map((body, n) => jt808Frame(0x0200, phone, n, body)));
    await line.answered(bodies.length);
    expect(line.answers.map(({ result }) => result)).toEqual(Array(bodies.length).fill(0));
    const stored = await track(phone, bodies.length);
    expect(stored).toHaveLength(bodies.length);
    expect(stored.filter((position) => !isTimedByUs(position))).toEqual([]);
    line.socket.destroy();
  });

  it('that are wrong in GT06 cost no position', async () => {
    const imei = '868000000900001';
    const line = await Line.open(gateway.ports.gt06);
    line.send(gt06Frame(0x01, Buffer.from(imei.padStart(16, '0'), 'hex'), 1));
    const dates = [
      ...[
        [0, 1, 1, 0, 0, 0],
        [99, 12, 31, 23, 59, 59],
        [70, 1, 1, 0, 0, 0],
        [26, 13, 1, 0, 0, 0],
        [255, 255, 255, 255, 255, 255],
      ],
    ];
    dates.forEach((date, n) => {
      const content = gt06Position(place(n));
      content.set(date, 0);
      line.send(gt06Frame(0x22, content, n + 2));
    });
    line.send(gt06Frame(0x22, gt06Position(place(5, new Date(Date.now() + DAY_MS))), 8));
    line.send(gt06Frame(0x13, Buffer.from('4604040002', 'hex'), 9));
    await eventually(async () => line.heard.length >= 40, 10_000, 'the answer to the heartbeat');
    const stored = await track(imei, 6);
    expect(stored).toHaveLength(6);
    expect(stored.filter((position) => !isTimedByUs(position))).toEqual([]);
    line.socket.destroy();
  });

  it('that are wrong in MQTT cost no position', async () => {
    const client = await connectAsync(`mqtt://127.0.0.1:${gateway.ports.mqtt}`, {
      clientId: 'wrong',
    });
    const times = [0, 946_684_800, 4_070_908_800_000, Date.now() + DAY_MS];
    for (const [n, ts] of times.entries()) {
      const { latitude: lat, longitude: lon } = place(n);
      await client.publishAsync('trk/v1/wrong/pos', JSON.stringify({ v: 1, ts, lat, lon }), {
        qos: 1,
      });
    }
    const stored = await track('wrong', times.length);
    expect(stored).toHaveLength(times.length);
    expect(stored.filter((position) => !isTimedByUs(position))).toEqual([]);
    await client.endAsync();
  });

  it('that go backwards, and serials that wrap or repeat, keep each fix once at its own time', async () => {
    const phone = '13512340002';
    const line = await Line.open(gateway.ports.jt808);
    const now = Math.floor(Date.now() / 1000) * 1000;
    // Forwards, an hour back, forwards again from there.
    const times = [0, 1, 2, -3600, -3599, -3598, 3, 4].map(
      (s) => new Date(now - 60_000 + s * 1000),
    );
    const frames = times.map((time, n) =>
      jt808Frame(0x0200, phone, (65_533 + n) & 0xffff, locationBody(place(n, time))),
    );
    line.send(...frames, ...frames);
    await line.answered(frames.length * 2);
    // And once more with other serials, as after a restart of the device.
    line.send(
      ...times.map((time, n) => jt808Frame(0x0200, phone, 100 + n, locationBody(place(n, time)))),
    );
    await line.answered(frames.length * 3);
    expect(line.answers.every(({ result }) => result === 0)).toBe(true);
    expect(line.answers.slice(0, frames.length).map(({ serial }) => serial)).toEqual([
      ...[65_533, 65_534, 65_535, 0, 1, 2, 3, 4],
    ]);
    await eventually(
      async () => (await gateway.metric('xunji_consumer_lag_records', 'store')) < 2000,
      20_000,
      'the store',
    );
    const stored = await track(phone, times.length);
    expect(stored.map(({ fixTime }) => fixTime)).toEqual(times.map((time) => time.toISOString()));
    line.socket.destroy();
  });
});

describe('a gateway that stood still', () => {
  const closed = () => gateway.metric('xunji_connections_closed_total');

  it('holds nobody to a deadline that passed meanwhile', async () => {
    const lines = await Promise.all(
      Array.from({ length: 20 }, () => Line.open(gateway.ports.jt808)),
    );
    // Half a frame before the stop, the rest while it lasts.
    const frames = lines.map((_, n) =>
      jt808Frame(0x0200, String(13_512_341_000 + n), 1, locationBody(place(n))),
    );
    for (const [n, line] of lines.entries()) line.send((frames[n] ?? '').slice(0, 40));
    // 'MQTT' level 4, clean, keep-alive 2 s: three seconds of silence end it.
    const badge = await Line.open(gateway.ports.mqtt);
    badge.send('101600044d51545404020002000a', Buffer.from('stillbadge').toString('hex'));
    await eventually(async () => badge.heard === '20020000', 10_000, 'CONNACK');
    const beat = setInterval(() => badge.send('c000'), 500);
    await eventually(async () => badge.heard.includes('d000'), 10_000, 'the first PINGRESP');
    const before = await closed();

    gateway.process.kill('SIGSTOP');
    await sleep(STOP_MS / 2);
    for (const [n, line] of lines.entries()) line.send((frames[n] ?? '').slice(40));
    const late = await Line.open(gateway.ports.jt808);
    late.send(jt808Frame(0x0200, '13512342000', 1, locationBody(place(0))));
    await sleep(STOP_MS / 2);
    gateway.process.kill('SIGCONT');

    await Promise.all([...lines, late].map((line) => line.answered(1)));
    const heard = badge.heard.length;
    await eventually(
      async () => badge.heard.length > heard + 16,
      10_000,
      'PINGRESP after the stop',
    );
    // Two sweeps of the deadlines.
    await sleep(2500);
    clearInterval(beat);
    expect(await closed()).toBe(before);
    expect(badge.socket.destroyed).toBe(false);
    for (const line of [...lines, late, badge]) line.socket.destroy();
  });

  it(`cost none of ${DEVICES} good devices its link or a position`, async () => {
    for (const terminal of fleet) terminal.rest();
    await eventually(
      async () => fleet.every(({ waiting }) => waiting === 0),
      20_000,
      'all answers',
    );
    expect(fleet.filter(({ cutOff, refused }) => cutOff + refused > 0)).toEqual([]);
    await eventually(
      async () => (await gateway.metric('xunji_consumer_lag_records', 'store')) === 0,
      30_000,
      'the store to catch up',
    );
    const some = fleet.filter((_, index) => index % 50 === 0);
    const found = await audit(gateway, some, START_TIME);
    expect(found).toMatchObject({ lost: [], doubled: [], invented: [] });
    expect(gateway.log()).not.toMatch(/intakeFailed|timedWorkFailed/);
  });
});
