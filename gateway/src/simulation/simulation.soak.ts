import { expect, it } from 'vitest';
import { replaceNode } from './node.ts';
import type { Report } from './run.ts';

replaceNode();
const { simulate } = await import('./run.ts');

const count = Number(process.env['SEEDS'] ?? 300);
const first = Number(process.env['FIRST_SEED'] ?? 1001);

it(`keeps every promise with ${count} seeds`, async () => {
  const started = process.cpuUsage();
  const total = { lives: 0, powerCuts: 0, acked: 0, records: 0, crossings: 0, alarms: 0 };
  const failed: Report[] = [];
  for (let seed = first; seed < first + count; seed++) {
    const report = await simulate({ seed });
    for (const name of Object.keys(total) as (keyof typeof total)[]) total[name] += report[name];
    if (report.wrongs.length === 0) continue;
    failed.push(report);
    process.stdout.write(`SEED=${seed} ${report.wrongs.slice(0, 5).join('\n  ')}\n`);
  }
  const { user, system } = process.cpuUsage(started);
  const cpuS = Math.round((user + system) / 1e6);
  process.stdout.write(`simulation ${JSON.stringify({ seeds: count, ...total, cpuS })}\n`);
  expect(failed.map(({ seed }) => seed)).toEqual([]);
});
