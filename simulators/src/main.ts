import { renameSync, writeFileSync } from 'node:fs';
import { connector } from './connect.ts';
import { readArguments, type SimulateArguments, usage } from './simulate-arguments.ts';
import { Simulation } from './simulation.ts';
import { awaitListening } from './transport.ts';

/** How long a gateway that does not listen yet is waited for. */
const patienceMs = 20_000;
const progressMs = 10_000;

function argumentsOrExit(): SimulateArguments {
  try {
    const read = readArguments(process.argv.slice(2));
    if (read !== 'help') return read;
    process.stdout.write(usage);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}

const { make, address, durationS, out, ...options } = argumentsOrExit();
// A reader that is gone must not cost the truth. As the first process of a container nothing else would end us before there is anything to save.
process.stdout.on('error', () => undefined);
const leave = () => process.exit(130);
process.on('SIGINT', leave);
process.on('SIGTERM', leave);
const scenario = make(options);
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

const simulation = new Simulation({
  scenario,
  now: Date.now,
  connect: connector(address, scenario.seed, Date.now),
});
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
  const partial = `${out}.part`;
  writeFileSync(partial, `${JSON.stringify(simulation.truth())}\n`);
  renameSync(partial, out);
  process.stdout.write(`${line()}; truth in ${out}\n`);
  process.exit(0);
}
const endOrFail = () => {
  end().catch((error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
};
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.off(signal, leave);
  process.on(signal, endOrFail);
}
if (durationS !== null) setTimeout(endOrFail, durationS * 1000 + 1_000);
