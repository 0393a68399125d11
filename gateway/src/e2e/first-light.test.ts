import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { io } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type InfluxProcess, startInfluxd } from '../stores/influxd.test-support.ts';
import { type Fix, gt06Frame, gt06Position, jt808Ack, jt808Frame, locationBody } from './frames.ts';
import {
  drawWorkshop,
  eventually,
  exchange,
  type GatewayProcess,
  startGateway,
  tempDataDir,
} from './harness.ts';

const run = promisify(execFile);
const wholeSecond = (ms: number) => new Date(Math.floor(ms / 1000) * 1000);
const fixNow = (over: Partial<Fix> = {}): Fix => ({
  time: wholeSecond(Date.now()),
  latitude: 31.230416,
  longitude: 121.473701,
  speedKmh: 52,
  courseDeg: 126,
  ...over,
});
const dayAround = (time: Date) =>
  `from=${new Date(time.getTime() - 3_600_000).toISOString()}&to=${new Date(time.getTime() + 3_600_000).toISOString()}`;

async function latest(gateway: GatewayProcess, device: string) {
  return eventually(
    async () => {
      const { body } = await gateway.api('GET', 'positions/latest?limit=1000');
      return body.items.find((p: { device: string }) => p.device === device);
    },
    5000,
    `latest position of ${device}`,
  );
}

/** The same questions to a gateway over either store. */
async function wholeWay(gateway: GatewayProcess): Promise<void> {
  // JT/T 808, sent by a foreign program, answered byte for byte.
  const fix = fixNow({ speedKmh: 52.3 });
  const frame = jt808Frame(0x0200, '13912345678', 0x1234, locationBody(fix));
  const sent = await run('bash', [
    '-c',
    `printf '${frame.replace(/../g, '\\x$&')}' | nc -q 1 127.0.0.1 ${gateway.ports.jt808} | od -An -v -tx1 | tr -d ' \\n'`,
  ]);
  expect(sent.stdout).toBe(jt808Ack('13912345678', 0, 0x1234, 0x0200, 0));
  expect(await latest(gateway, '13912345678')).toMatchObject({
    protocol: 'jt808',
    fixTime: fix.time.toISOString(),
    valid: true,
    latitude: 31.230416,
    longitude: 121.473701,
    altitudeM: 7,
    speedKmh: 52.3,
    courseDeg: 126,
    satellites: 14,
    mileageKm: 1234.5,
  });

  // GT06 on the other protocol's port: log-in answered, the position is not, the heartbeat is.
  const login = gt06Frame(0x01, Buffer.from('0861234567890123', 'hex'), 1);
  const position = gt06Frame(0x22, gt06Position(fix), 2);
  const heartbeat = gt06Frame(0x13, Buffer.from('4604040002', 'hex'), 3);
  const answers = await exchange(gateway.ports.jt808, login + position + heartbeat, 20);
  expect(answers).toBe(gt06Frame(0x01, Buffer.alloc(0), 1) + gt06Frame(0x13, Buffer.alloc(0), 3));
  const tracker = await latest(gateway, '861234567890123');
  expect(tracker).toMatchObject({
    protocol: 'gt06',
    speedKmh: 52,
    courseDeg: 126,
    satellites: 9,
    ignition: true,
  });
  expect(tracker.latitude).toBeCloseTo(31.230416, 5);

  // OwnTracks through a foreign MQTT client, QoS 1.
  const tst = Math.floor(Date.now() / 1000);
  const location = JSON.stringify({
    _type: 'location',
    lat: 31.21,
    lon: 121.45,
    tst,
    acc: 9,
    batt: 77,
  });
  await run('mosquitto_pub', [
    ...['-h', '127.0.0.1', '-p', String(gateway.ports.mqtt), '-q', '1'],
    ...['-t', 'owntracks/alice/phone', '-m', location],
  ]);
  expect(await latest(gateway, 'ot-alice-phone')).toMatchObject({
    protocol: 'mqtt',
    latitude: 31.21,
    longitude: 121.45,
    accuracyM: 9,
    batteryPercent: 77,
  });

  // All three stand in the track.
  for (const [device, time] of [
    ['13912345678', fix.time],
    ['861234567890123', fix.time],
    ['ot-alice-phone', new Date(tst * 1000)],
  ] as const) {
    const track = await eventually(
      async () => {
        const page = await gateway.api('GET', `devices/${device}/track?${dayAround(time)}`);
        return page.body.items.length > 0 && page.body;
      },
      10_000,
      `track of ${device}`,
    );
    expect(track.items).toHaveLength(1);
    expect(track.items[0]).toMatchObject({ device, fixTime: time.toISOString(), valid: true });
  }
}

describe('first light', () => {
  let gateway: GatewayProcess;
  let dir: Awaited<ReturnType<typeof tempDataDir>>;
  beforeAll(async () => {
    dir = await tempDataDir();
    // What never sends a sound frame is let go soon, so that the test need not wait for it.
    gateway = await startGateway(dir.path, { XUNJI_FIRST_FRAME_S: '3' });
  });
  afterAll(async () => {
    await gateway.kill();
    await dir.remove();
  });

  it('takes a position of every protocol to the latest positions and the track', async () => {
    await wholeWay(gateway);
  });

  it('counts bad input by reason, answers nothing untrue, and goes on', async () => {
    const good = jt808Frame(0x0002, '13900000001', 9, Buffer.alloc(0));
    const broken = good.replace(
      /..7e$/,
      (tail) => `${(Number.parseInt(tail.slice(0, 2), 16) ^ 1).toString(16).padStart(2, '0')}7e`,
    );
    const ack = (serial: number, id: number, result: number, ours = 0) =>
      jt808Ack('13900000001', ours, serial, id, result);
    const port = gateway.ports.jt808;

    expect(await exchange(port, broken + good, ack(9, 2, 0).length / 2)).toBe(ack(9, 2, 0));
    expect(await gateway.metric('xunji_faults_total', 'badChecksum')).toBeGreaterThan(0);

    expect(await exchange(port, `00ff${good.slice(0, 20)}${good}`, ack(9, 2, 0).length / 2)).toBe(
      ack(9, 2, 0),
    );

    const short = jt808Frame(0x0200, '13900000001', 10, Buffer.from([0, 1, 2]));
    expect(await exchange(port, short, ack(10, 0x200, 2).length / 2)).toBe(ack(10, 0x200, 2));
    expect(await gateway.metric('xunji_faults_total', 'badBody')).toBeGreaterThan(0);

    const unknown = jt808Frame(0x0f42, '13900000001', 11, Buffer.from([1]));
    expect(await exchange(port, unknown, ack(11, 0xf42, 3).length / 2)).toBe(ack(11, 0xf42, 3));
    expect(await gateway.metric('xunji_messages_total', 'unsupported')).toBeGreaterThan(0);

    const nowhere = jt808Frame(0x0200, '13900000001', 12, locationBody(fixNow({ latitude: 98.5 })));
    expect(await exchange(port, nowhere, ack(12, 0x200, 0).length / 2)).toBe(ack(12, 0x200, 0));
    expect(
      await gateway.metric('xunji_flagged_positions_total', 'impossibleCoordinates'),
    ).toBeGreaterThan(0);

    const body = locationBody(fixNow());
    body[23] = 0x13; // month 13
    const noDate = jt808Frame(0x0200, '13900000001', 13, body);
    expect(await exchange(port, noDate, ack(13, 0x200, 0).length / 2)).toBe(ack(13, 0x200, 0));
    expect(await gateway.metric('xunji_flagged_positions_total', 'noDeviceTime')).toBeGreaterThan(
      0,
    );

    // An HTTP request and random bytes get no answer at all; the good device beside them is untouched.
    const http = connect({ host: '127.0.0.1', port });
    await once(http, 'connect');
    let heard = 0;
    http.on('data', (d) => {
      heard += d.length;
    });
    http.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(400));
    await once(http, 'close');
    expect(heard).toBe(0);
    expect(await exchange(gateway.ports.gt06, good, ack(9, 2, 0).length / 2)).toBe(ack(9, 2, 0));
    expect(gateway.process.exitCode).toBeNull();
  });

  it('raises the alarm of a badge that leaves its workshop and lets a person acknowledge it', async () => {
    const fence = await drawWorkshop(gateway);
    await gateway.api('POST', 'devices', {
      id: 'badge-7',
      protocol: 'mqtt',
      kind: 'badge',
      name: '张伟',
    });
    const live = io(`http://127.0.0.1:${gateway.ports.http}`, {
      path: '/live',
      transports: ['websocket'],
      extraHeaders: { cookie: gateway.cookie },
    });
    await once(live as never, 'connect');
    const hello = await live.emitWithAck('hello', { v: 1, locale: 'zh-CN' });
    expect(hello).toMatchObject({ ok: true, v: 1 });
    const pushed = once(live as never, 'alarm') as Promise<
      [{ seq: number; op: string; alarm: { id: string; rev: number } }]
    >;

    // Ten minutes of walking, as the badge would have sent them: inside, then 100 m and more away.
    const t0 = Date.now() - 280_000;
    for (let i = 0; i < 24; i++) {
      const away = Math.max(0, i - 8) * 0.0002;
      await run('mosquitto_pub', [
        ...[
          '-h',
          '127.0.0.1',
          '-p',
          String(gateway.ports.mqtt),
          '-q',
          '1',
          '-u',
          'badge-7',
          '-P',
          'x',
          '-i',
          'badge-7',
        ],
        ...[
          '-t',
          'trk/v1/badge-7/pos',
          '-m',
          JSON.stringify({
            v: 1,
            ts: t0 + i * 10_000,
            lat: 31.2005,
            lon: 121.5005 + away,
            acc: 5,
            sat: 9,
          }),
        ],
      ]);
    }
    const [message] = await pushed;
    expect(message).toMatchObject({
      op: 'new',
      alarm: {
        type: 'exit',
        severity: 'critical',
        device: 'badge-7',
        subject: '张伟',
        handling: 'new',
        condition: 'active',
        fence: { id: fence.id },
      },
    });
    const { id, rev } = message.alarm;
    const acked = once(live as never, 'alarm') as Promise<[unknown]>;
    await gateway.api(
      'POST',
      `alarms/${id}/ack`,
      { note: '已电话联系' },
      { headers: { 'if-match': String(rev) } },
    );
    expect((await acked)[0]).toMatchObject({
      op: 'ack',
      alarm: { id, handling: 'acknowledged', acknowledgedBy: 'admin' },
    });
    const again = await gateway.api(
      'POST',
      `alarms/${id}/ack`,
      {},
      { headers: { 'if-match': String(rev) }, expect: 409 },
    );
    expect(again.body.code).toBe('conflict');
    const since = await live.emitWithAck('alarms.since', { seq: message.seq - 1, limit: 10 });
    expect(since.items.map((i: { op: string }) => i.op)).toEqual(['new', 'ack']);
    live.close();
  });

  it('answers nothing without a log-in but /healthz and the log-in page', async () => {
    const base = `http://127.0.0.1:${gateway.ports.http}`;
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
    for (const path of [
      'devices',
      'positions/latest',
      'fences',
      'rules',
      'events',
      'alarms',
      'users',
      'session',
      'openapi.json',
    ]) {
      const response = await fetch(`${base}/api/v1/${path}`);
      expect(response.status, path).toBe(401);
      expect(response.headers.get('content-type')).toContain('application/problem+json');
    }
    for (const path of ['metrics', 'readyz'])
      expect((await fetch(`${base}/${path}`)).status, path).toBe(401);
    const live = io(base, { path: '/live', transports: ['websocket'], reconnection: false });
    const [refusal] = (await once(live as never, 'connect_error')) as [Error];
    expect(refusal.message).not.toBe('');
    live.close();
  });

  it('names the field of a bad REST body in a problem document', async () => {
    const bad = await gateway.api(
      'POST',
      'fences',
      {
        type: 'Feature',
        geometry: { type: 'Point', coordinates: [121, 31] },
        properties: { name: 'x', kind: 'site', radiusM: 0 },
      },
      { expect: 400 },
    );
    expect(bad.body).toMatchObject({ status: 400, code: expect.any(String) });
    expect(JSON.stringify(bad.body.errors)).toContain('radiusM');
  });

  it('refuses a second start on the same data directory', async () => {
    await expect(startGateway(dir.path)).rejects.toThrow(/ended with [1-9].*data directory/s);
  });

  it('stops cleanly and starts again with the same facts', async () => {
    const before = await gateway.api('GET', 'alarms?state=all');
    expect(await gateway.stop()).toBe(0);
    gateway = await startGateway(dir.path);
    const after = await gateway.api('GET', 'alarms?state=all');
    expect(after.body.items).toEqual(before.body.items);
    expect(await latest(gateway, '13912345678')).toMatchObject({ latitude: 31.230416 });
  });
});

describe('first light over InfluxDB', () => {
  let influx: InfluxProcess;
  beforeAll(async () => {
    influx = await startInfluxd();
  });
  afterAll(async () => {
    await influx.stop();
  });

  it('reads the tracks back from a real influxd', async () => {
    const dir = await tempDataDir();
    const gateway = await startGateway(dir.path, {
      XUNJI_STORE: 'influx',
      XUNJI_INFLUX_URL: influx.url,
    });
    await wholeWay(gateway);
    expect(await gateway.stop()).toBe(0);
    await dir.remove();
  });
});
