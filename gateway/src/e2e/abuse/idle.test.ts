import { expect, it } from 'vitest';
import { idleTerminals } from './idle.ts';

const MAX_BYTES_EACH = 8 << 10;
/** A thousand a second, were the gateway alone on its core. */
const MAX_CPU_MS_EACH = 1;

it('two thousand idle terminals cost no more than 8 KB each', async () => {
  const cost = await idleTerminals(2000);
  console.log('idle terminals:', cost);
  expect(cost.knownHeap + cost.connectedHeap).toBeLessThan(MAX_BYTES_EACH);
  expect(cost.cpuMsEach).toBeLessThan(MAX_CPU_MS_EACH);
});
