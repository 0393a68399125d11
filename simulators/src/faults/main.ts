import { parseArgs } from 'node:util';
import { FaultProxy } from './proxy.ts';
import { everyFault } from './schedule.ts';

/*
 * A faulty network in front of a device port on this machine: `--port P --seed S [--max-bytes N]` prints {"ready":true,"port":…};
 * SIGUSR2 cuts all lines, SIGTERM prints what was done as one JSON line and ends.
 */
const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    seed: { type: 'string', default: '1' },
    'max-bytes': { type: 'string', default: String(everyFault.maxBytes) },
  },
});
const maxBytes = Number(values['max-bytes']);
if (!/^\d{1,5}$/.test(values.port ?? '') || !(maxBytes >= 1)) {
  process.stderr.write('usage: faults --port P [--seed S] [--max-bytes N]\n');
  process.exit(2);
}
const proxy = await FaultProxy.open({
  ...{ port: Number(values.port), seed: values.seed, plan: { ...everyFault, maxBytes } },
  say: (line) => void process.stderr.write(`${line}\n`),
});
process.on('SIGUSR2', () => proxy.cut());
process.on('SIGTERM', () => {
  process.stdout.write(`${JSON.stringify(proxy.counts)}\n`, () => process.exit(0));
});
process.stdout.write(`${JSON.stringify({ ready: true, port: proxy.port })}\n`);
