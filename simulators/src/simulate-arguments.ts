import { parseArgs } from 'node:util';
import type { Address } from './connect.ts';
import { scenarios } from './scenarios/index.ts';
import type { ScenarioMaker, ScenarioOptions } from './scenarios/scenario.ts';

/** How `npm run simulate` is called. */
export const usage = `usage: npm run simulate -- SCENARIO [options]
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

/** What a call asks for. */
export interface SimulateArguments extends ScenarioOptions {
  readonly make: ScenarioMaker;
  readonly address: Address;
  /** Null: until interrupted. */
  readonly durationS: number | null;
  readonly out: string;
}

/** @throws Error saying which argument cannot be used, in one line */
export function readArguments(args: readonly string[]): SimulateArguments | 'help' {
  const { values, positionals } = parseArgs({
    args: [...args],
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
  if (values.help) return 'help';
  const [name, ...more] = positionals;
  if (name === undefined) throw new Error('a scenario is missing');
  if (more.length > 0) throw new Error(`one scenario at a time; what is ${more.join(' ')}?`);
  const make = Object.hasOwn(scenarios, name) ? scenarios[name] : undefined;
  if (make === undefined) throw new Error(`no scenario is called ${name}`);
  const port = (option: 'jt808-port' | 'gt06-port' | 'mqtt-port') =>
    whole(option, values[option], 1, 65_535);
  const { interval, duration } = values;
  return {
    make,
    devices: whole('devices', values.devices, 1, 10_000),
    seed: values.seed,
    intervalS: interval === undefined ? null : whole('interval', interval, 1, 86_400),
    address: {
      host: values.host,
      jt808: port('jt808-port'),
      gt06: port('gt06-port'),
      mqtt: port('mqtt-port'),
    },
    durationS: duration === undefined ? null : whole('duration', duration, 1, 31 * 86_400),
    out: values.out,
  };
}

function whole(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new Error(`--${name}: wants a whole number ${min}..${max}, got ${text}`);
  }
  return value;
}
