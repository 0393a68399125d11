import { describe, it } from 'vitest';
import { returnAtOnce } from './storms.ts';

const devices = Number(process.env['DEVICES'] ?? 10_000);

describe(`${devices} devices that drop and return at once`, () => {
  it('settle within a minute and lose nothing', async () => {
    await returnAtOnce({ devices, settledWithinS: 60 });
  }, 600_000);
});
