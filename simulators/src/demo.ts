import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { connector } from './connect.ts';
import { furnish, layMap } from './operator/furnish.ts';
import { freeOrAny, type GatewayProcess, startGateway } from './operator/gateway-process.ts';
import { Rest } from './operator/rest.ts';
import { demo } from './scenarios/demo.ts';
import { Simulation } from './simulation.ts';

const usage = `usage: npm run demo -- [options]
  --devices N    number of simulated terminals (40)
  --seed S       the same seed is the same story (7)
  --http-port P  of the dashboard (8080 when free, else any)
`;

interface Arguments {
  readonly devices: number;
  readonly seed: string;
  readonly httpPort: number | null;
}

function readArguments(): Arguments {
  try {
    const { values } = parseArgs({
      options: {
        devices: { type: 'string', default: '40' },
        seed: { type: 'string', default: '7' },
        'http-port': { type: 'string' },
      },
    });
    const devices = Number(values.devices);
    const httpPort = values['http-port'] === undefined ? null : Number(values['http-port']);
    if (!Number.isInteger(devices) || devices < 4 || devices > 2000) {
      throw new Error('--devices: wants a whole number 4..2000');
    }
    if (httpPort !== null && !(Number.isInteger(httpPort) && httpPort >= 0 && httpPort <= 65_535)) {
      throw new Error('--http-port: wants a port');
    }
    return { devices, seed: values.seed, httpPort };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}

/** Easy to type and different every time. */
const letters = 'abcdefghjkmnpqrstuvwxyz23456789';
const password = (): string =>
  `demo-${Array.from({ length: 6 }, () => letters[randomInt(letters.length)]).join('')}`;

const { devices, seed, httpPort } = readArguments();
const dataDir = await mkdtemp(join(tmpdir(), 'xunji-demo-'));
let gateway: Promise<GatewayProcess | null> = Promise.resolve(null);
let simulation: Simulation | null = null;
let ending = false;

async function end(code: number): Promise<void> {
  if (ending) return;
  ending = true;
  await simulation?.stop();
  await (await gateway)?.stop();
  await rm(dataDir, { recursive: true, force: true });
  process.exit(code);
}
async function fail(error: unknown): Promise<void> {
  if (ending) return;
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  await end(1);
}
const stop = () => {
  process.stdout.write('\n正在结束 · stopping\n');
  end(0).catch(() => process.exit(1));
};
// A closed terminal takes the output with it; the clean-up still has to run.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);

async function run(): Promise<void> {
  const scenario = demo({ devices, seed, intervalS: null });
  await layMap(scenario, dataDir);
  const secret = password();
  const starting = startGateway({
    XUNJI_DATA_DIR: dataDir,
    XUNJI_HOST: '127.0.0.1',
    XUNJI_HTTP_PORT: String(httpPort ?? (await freeOrAny(8080))),
    XUNJI_JT808_PORT: String(await freeOrAny(5015)),
    XUNJI_GT06_PORT: String(await freeOrAny(5023)),
    XUNJI_MQTT_PORT: String(await freeOrAny(1883)),
    XUNJI_ADMISSION: 'open',
    XUNJI_ADMIN_PASSWORD: secret,
    XUNJI_LOG_LEVEL: 'warn',
  });
  // Whoever ends the demo meanwhile stops the gateway once it is there.
  gateway = starting.catch(() => null);
  const running = await starting;
  if (ending) return;
  running.ended
    .then(() => fail(`the gateway ended\n${running.log()}`))
    .catch(() => process.exit(1));
  const url = `http://127.0.0.1:${running.ports.http}`;
  await furnish(await Rest.login(url, 'admin', secret), scenario);
  const { jt808, gt06, mqtt } = running.ports;
  simulation = new Simulation({
    scenario,
    now: Date.now,
    connect: connector({ host: '127.0.0.1', jt808, gt06, mqtt }, seed, Date.now),
  });
  simulation.start();
  process.stdout.write(`
  巡迹 Xunji

  打开 open       ${url}
  登录 log in     admin
  密码 password   ${secret}

  ${devices} 台模拟终端正在上报(JT/T 808、GT06、MQTT)。一名员工正走出二车间,约一分半钟后出现报警。
  ${devices} simulated terminals report over JT/T 808, GT06 and MQTT. Somebody is walking out of workshop 2:
  the alarm stands on the map in about a minute and a half.

  按 Ctrl-C 结束,数据随即删除。Ctrl-C stops everything and deletes its data.
`);
}
run().catch((error: unknown) => {
  fail(error).catch(() => process.exit(1));
});
