import { it } from 'vitest';
import { commandStorm } from './command-storms.ts';

it('a storm of commands to 1,000 terminals ends for each as it must', async () => {
  await commandStorm(1000);
});
