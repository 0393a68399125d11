import { loadUsage, readLoadOptions } from './load-options.ts';
import { textOf } from './load-result.ts';
import { Load } from './load-run.ts';

/*
 * The load generator: terminals of one protocol in a closed loop (SOCKETS x WINDOW reports unanswered) or an open one
 * (RATE reports a second, latency from the moment each was due), a storm of backlogs, a storm of reconnects, or as
 * many idle terminals. Prints one JSON line, `LoadResult`; with --text lines for a person as well. An idle load prints
 * a first line with "held" when all terminals are in. It measures from the end of the warm-up, and not before every
 * terminal had its first answer.
 * With --log FILE every acknowledged report is written as "id fixTime latE6 lonE6", one a line, when it is
 * acknowledged and not before, so that a killed gateway can be checked against it.
 */
const read = readLoadOptions(process.argv.slice(2), Date.now());
if ('faults' in read) {
  process.stderr.write(`${read.faults.join('\n')}\n${loadUsage}`);
  process.exit(2);
}
const { options, text } = read;
const load = new Load(options, { now: () => Date.now(), monotonic: () => performance.now() });
process.on('SIGTERM', () => load.stop('stopped'));
process.on('SIGINT', () => load.stop('stopped'));
const result = await load.run((held) => {
  process.stdout.write(`${JSON.stringify({ held: true, ...held })}\n`);
});
if (text) process.stdout.write(textOf(result));
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
