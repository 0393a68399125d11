import { describe, it } from 'vitest';
import { watchSlowly } from './viewers.ts';

const DEVICES = Number(process.env['DEVICES'] ?? 5000);
const VIEWERS = Number(process.env['VIEWERS'] ?? 50);
/** Shorter than the 30 s after which who does not read is closed. */
const PAUSE_MS = 25_000;

describe('many dashboards that do not read', () => {
  it('cost the gateway little, and miss no alarm and no newest place', async () => {
    const pauseMs = PAUSE_MS;
    await watchSlowly({ devices: DEVICES, viewers: VIEWERS, views: 1, pauseMs, alarms: 200 });
  });
});
