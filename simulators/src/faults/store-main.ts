import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { StoreProxy, storeFaultOf, storeFaultsOften } from './store-proxy.ts';

/*
 * A faulty database for a gateway of its own process: `--target URL --seed S` prints {"ready":true,"url":…}. Requests
 * meet the faults of the seed, without those that hang, until a line says "pass"; then the counts are printed as JSON.
 */
const { values } = parseArgs({
  options: { target: { type: 'string' }, seed: { type: 'string', default: '1' } },
});
if (values.target === undefined || !URL.canParse(values.target)) {
  process.stderr.write('usage: store-main --target URL [--seed S]\n');
  process.exit(2);
}
// A caller's patience is longer than a test's.
const plan = { ...storeFaultsOften, hang: 0 };
const proxy = await StoreProxy.open({
  target: values.target,
  fault: (n) => storeFaultOf(values.seed, n, plan),
});
process.stderr.write(`store proxy: seed ${values.seed}, ${proxy.url} to ${values.target}\n`);
const input = createInterface({ input: process.stdin });
input.on('line', (line) => {
  if (line !== 'pass') return;
  process.stdout.write(`${JSON.stringify(proxy.counts)}\n`);
  proxy.fault = () => ({ kind: 'pass' });
});
input.on('close', () => process.exit(0));
process.stdout.write(`${JSON.stringify({ ready: true, url: proxy.url })}\n`);
