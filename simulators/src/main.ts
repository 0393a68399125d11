import { renameSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { scenarios } from './scenarios/index.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { Simulation } from './simulation.ts';
import { awaitListening } from './transport.ts';

const usage = `usage: npm run simulate -- SCENARIO [options]
  scenarios           ${Object.keys(scenarios).join(', ')}
  --devices N         number of terminals (40)
  --seed S            the same seed is the same story (1)
  --host H            where the gateway listens (127.0.0.1)
  --jt808-port P      (5015)
  --gt06-port P       (5023)
  --mqtt-port P       (1883)
  --interval S        seconds between reports of every device (by scenario)
  --duration S        stop after so many seconds (until interrupted)
  --out FILE          write what was sent, acknowledged and true (truth.json)
`;

/** How long a gateway that does not listen yet is waited for. */
const patienceMs = 20_000;
const progressMs = 10_000;

function fail(message: string): never {
  process.stderr.write(`${message}\n\n${usage}`);
  process.exit(2);
}

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        devices: { type: 'string', default: '40' },
        seed: { type: 'string', default: '1' },
        host: { type: 'string', default: '127.0.0.1' },
        'jt808-port': { type: 'string', default: '5015' },
        'gt06-port': { type: 'string', default: '5023' },
        'mqtt-port': { type: 'string', default: '1883' },
        interval: { type: 'string' },
        duration: { type: 'string' },
        out: { type: 'string', default: 'truth.json' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    return { values, positionals };
  } catch (error) {
    return fail((error as Error).message);
  }
}

function whole(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    fail(`--${name}: wants a whole number ${min}..${max}, got ${text}`);
  }
  return value;
}

const { values, positionals } = readArguments();
if (values.help) {
  process.stdout.write(usage);
  process.exit(0);
}
const [name, ...more] = positionals;
if (name === undefined) fail('a scenario is missing');
if (more.length > 0) fail(`one scenario at a time; what is ${more.join(' ')}?`);
const make = Object.hasOwn(scenarios, name) ? scenarios[name] : undefined;
if (make === undefined) fail(`no scenario is called ${name}`);
const port = (option: 'jt808-port' | 'gt06-port' | 'mqtt-port') =>
  whole(option, values[option], 1, 65_535);
const address = {
  host: values.host,
  jt808: port('jt808-port'),
  gt06: port('gt06-port'),
  mqtt: port('mqtt-port'),
};
const durationS =
  values.duration === undefined ? null : whole('duration', values.duration, 1, 31 * 86_400);
const scenario: Scenario = make({
  devices: whole('devices', values.devices, 1, 10_000),
  seed: values.seed,
  intervalS: values.interval === undefined ? null : whole('interval', values.interval, 1, 86_400),
});

const used = new Set(scenario.devices.map((d) => d.protocol));
await awaitListening(
  address.host,
  [...used].map((protocol) => address[protocol]),
  patienceMs,
  (problem) => process.stderr.write(`${problem}; trying for ${patienceMs / 1000} s\n`),
).catch((error: Error) => {
  process.stderr.write(`${error.message}; start the gateway first, or name its --host and ports\n`);
  process.exit(1);
});

const simulation = new Simulation({ scenario, address, now: Date.now });
simulation.start();
process.stdout.write(
  `${scenario.name}: ${scenario.devices.length} devices, seed ${scenario.seed}, to ${address.host}\n`,
);
const line = (): string => {
  const { devices, sent, acknowledged, refused, repeated, pending, faults } = simulation.totals();
  const noted = Object.entries(faults).map(([code, n]) => `${code} ${n}`);
  return [
    `${devices} devices`,
    `${sent} positions sent`,
    `${acknowledged} acknowledged`,
    `${pending} waiting`,
    ...(refused > 0 ? [`${refused} refused`] : []),
    ...(repeated > 0 ? [`${repeated} repeated`] : []),
    ...noted,
  ].join(', ');
};
const progress = setInterval(() => process.stdout.write(`${line()}\n`), progressMs);

let ending = false;
async function end(): Promise<void> {
  if (ending) return;
  ending = true;
  clearInterval(progress);
  await simulation.stop();
  const partial = `${values.out}.part`;
  writeFileSync(partial, `${JSON.stringify(simulation.truth())}\n`);
  renameSync(partial, values.out);
  process.stdout.write(`${line()}; truth in ${values.out}\n`);
  process.exit(0);
}
const endOrFail = () => {
  end().catch((error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
};
process.on('SIGINT', endOrFail);
process.on('SIGTERM', endOrFail);
if (durationS !== null) setTimeout(endOrFail, durationS * 1000 + 1_000);
