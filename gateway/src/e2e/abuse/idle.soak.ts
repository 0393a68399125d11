import { expect, it } from 'vitest';
import { idleTerminals } from './idle.ts';

/** All but a thousand of the files that one process may open here. */
const TERMINALS = Number(process.env['TERMINALS'] ?? 19_000);
const MAX_BYTES_EACH = 8 << 10;
/** A thousand a second, were the gateway alone on its core. */
const MAX_CPU_MS_EACH = 1;

it(`${TERMINALS} idle terminals cost no more than 8 KB each, and come in fast`, async () => {
  const cost = await idleTerminals(TERMINALS);
  console.log('idle terminals:', cost);
  expect(cost.knownHeap + cost.connectedHeap).toBeLessThan(MAX_BYTES_EACH);
  expect(cost.connectedRss).toBeLessThan(MAX_BYTES_EACH);
  expect(cost.cpuMsEach).toBeLessThan(MAX_CPU_MS_EACH);
});
