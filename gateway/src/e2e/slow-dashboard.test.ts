import { describe, it } from 'vitest';
import { watchSlowly } from './viewers.ts';

describe('dashboards that do not read', () => {
  it('cost the gateway little, and miss no alarm and no newest place', async () => {
    await watchSlowly({ devices: 2000, viewers: 3, views: 4, pauseMs: 12_000, alarms: 50 });
  });
});
