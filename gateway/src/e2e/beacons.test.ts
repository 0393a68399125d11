import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import mqtt from 'mqtt';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  drawWorkshop,
  eventually,
  type GatewayProcess,
  startGateway,
  tempDataDir,
} from './harness.ts';

const run = promisify(execFile);
const BADGE = 'ac233fa018e3';
const PASSWORD = 'sixteen or more characters';
const TOPIC = { filter: 'kbeacon/publish/+', adapter: 'kkm' };

let data: Awaited<ReturnType<typeof tempDataDir>>;
let gateway: GatewayProcess;
beforeAll(async () => {
  data = await tempDataDir();
  gateway = await startGateway(data.path, {
    ...{ XUNJI_ADMISSION: 'known', XUNJI_MQTT_GATEWAYS: JSON.stringify([TOPIC]) },
  });
});
afterAll(async () => {
  await gateway?.stop();
  await data?.remove();
});

const enter = (id: string) => gateway.api('POST', 'devices', { id, protocol: 'mqtt' });
const place = (identity: string, name: string, latitude: number) =>
  gateway.api('POST', 'beacons', { identity, name, latitude, longitude: 121.5005, radiusM: 10 });
const latest = async () => {
  const { body } = await gateway.api('GET', `positions/latest?device=${BADGE}`);
  return body.items[0];
};

it('finds a badge by the gateways that hear it, and tells when it leaves its workshop', async () => {
  await drawWorkshop(gateway);
  for (const id of ['gw-ac233fc001ea', 'gw-68b9d3dfe78c', BADGE]) await enter(id);
  await place('AC:23:3F:C0:01:EA', 'workshop', 31.2005);
  await place('68B9D3DFE78C', 'yard', 31.204);
  const from = Date.now() - 280_000;
  const iso = (second: number) => new Date(from + second * 1000).toISOString();

  // The workshop's gateway sends what it heard a few minutes ago; it has a password, and no publish without it.
  await gateway.api('PUT', 'devices/gw-ac233fc001ea/mqtt-password', { password: PASSWORD });
  const minew = [
    { timestamp: iso(0), type: 'Gateway', mac: 'AC233FC001EA', gatewayFree: 98, gatewayLoad: 0.05 },
    ...Array.from({ length: 30 }, (_, i) => ({
      ...{ timestamp: iso(2 * i), type: 'S1', mac: BADGE.toUpperCase(), rssi: -55, battery: 90 },
    })),
  ];
  const pub = (username: string, password: string, topic: string, payload: unknown) =>
    run('mosquitto_pub', [
      ...['-h', '127.0.0.1', '-p', String(gateway.ports.mqtt), '-q', '1', '-u', username],
      ...['-P', password, '-t', topic, '-m', JSON.stringify(payload)],
    ]);
  const scan = 'trk/v1/gw/ac233fc001ea/scan';
  await expect(pub('gw-ac233fc001ea', 'wrong', scan, minew)).rejects.toThrow(/Connection Refused/i);
  await pub('gw-ac233fc001ea', PASSWORD, scan, minew);
  const inside = await eventually(latest, 10_000, 'the badge in its workshop');
  expect(inside).toMatchObject({
    ...{ source: 'beacon', latitude: 31.2005, longitude: 121.5005, accuracyM: 10, speedKmh: null },
    ...{ batteryPercent: 90, extras: { zone: 'workshop' }, late: false },
  });

  // The yard's gateway is of another maker and has a topic of its own; later it hears the badge for two minutes.
  const yard = await mqtt.connectAsync(`mqtt://127.0.0.1:${gateway.ports.mqtt}`, {
    ...{ username: 'gw-68b9d3dfe78c', clientId: 'yard', reconnectPeriod: 0 },
  });
  const kkm = {
    msg: 'advData',
    gmac: '68B9D3DFE78C',
    obj: [{ dmac: '665544332211', rssi: '-50' }],
  };
  await yard.publishAsync('kbeacon/publish/x', JSON.stringify(kkm), { qos: 1 });
  expect(await gateway.metric('xunji_messages_total', 'gatewayScan')).toBe(2);
  const heard = Array.from({ length: 70 }, (_, i) => ({
    ts: iso(60 + 2 * i),
    beacon: BADGE,
    rssi: -50,
  }));
  await yard.publishAsync('trk/v1/gw/68b9d3dfe78c/scan', JSON.stringify(heard), { qos: 1 });
  const outside = await eventually(
    async () => ((await latest()).extras.zone === 'yard' ? latest() : null),
    10_000,
    'the badge in the yard',
  );
  expect(outside).toMatchObject({ latitude: 31.204, online: true });
  const exit = await eventually(
    async () => {
      const { body } = await gateway.api('GET', 'alarms?state=open');
      return body.items.find((a: { type: string }) => a.type === 'exit');
    },
    20_000,
    'the exit',
  );
  expect(exit).toMatchObject({ device: BADGE, severity: 'critical', late: false });
  yard.end(true);
  expect(await gateway.metric('xunji_beacon_sightings_total', 'stranger')).toBe(1);
});
