import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logIn, startBrowser, type Visitor, visit } from './browser.ts';
import {
  drawWorkshop,
  eventually,
  type GatewayProcess,
  startGateway,
  tempDataDir,
} from './harness.ts';
import { jt808Tracker, second, type Tracker } from './trackers.ts';

const DEVICE = '13912345678';
const WITHIN_MS = 2_000;
const inside = { latitude: 31.2005, longitude: 121.5005 };
const outside = { latitude: 31.204, longitude: 121.5005 };

describe('J03: a tracker leaves its fence', () => {
  let gateway: GatewayProcess;
  let dir: Awaited<ReturnType<typeof tempDataDir>>;
  let browser: Browser;
  let first: Visitor;
  let other: Visitor;
  let tracker: Tracker;
  const report = (at: typeof inside, beforeMs: number): Promise<void> =>
    tracker.send({ ...at, time: second(beforeMs), speedKmh: 12, courseDeg: 0 });
  beforeAll(async () => {
    dir = await tempDataDir();
    gateway = await startGateway(dir.path);
    await drawWorkshop(gateway);
    await gateway.api('POST', 'devices', { id: DEVICE, protocol: 'jt808', name: '沪A·10422' });
    await gateway.api('POST', 'users', {
      username: 'lilan',
      role: 'dispatcher',
      displayName: '李岚',
      password: 'patrol-by-night-7',
    });
    browser = await startBrowser();
    tracker = await jt808Tracker(gateway.ports, DEVICE);
    first = await visit(browser, gateway);
    other = await visit(browser, gateway);
    await logIn(first, 'lilan', 'patrol-by-night-7');
    await logIn(other);
    // Nobody opens the list of alarms: with nothing selected it must open by itself.
    for (const { page } of [first, other]) await page.getByTestId('live').waitFor();
  });
  afterAll(async () => {
    tracker.close();
    await browser.close();
    await gateway.kill();
    await dir.remove();
  });

  it('the card stands within two seconds of the confirming position, with inset and tone', async () => {
    const { page } = first;
    for (const beforeMs of [150_000, 120_000, 90_000]) await report(inside, beforeMs);
    await page.getByTestId('device-row').first().waitFor();
    await report(outside, 70_000);
    await report(outside, 55_000);
    expect(await page.getByTestId('alarm-card').count()).toBe(0);
    const before = Number(await page.evaluate('window.tones'));
    const sent = performance.now();
    await report(outside, 20_000);
    await page.getByTestId('alarm-card').first().waitFor({ timeout: WITHIN_MS });
    const took = performance.now() - sent;
    process.stdout.write(`J03: card after ${took.toFixed(0)} ms\n`);
    expect(took).toBeLessThan(WITHIN_MS);

    const card = page.getByTestId('alarm-card').first();
    expect(await card.textContent()).toContain('沪A·10422');
    expect(await card.textContent()).toContain('一车间');
    expect(await card.getAttribute('data-severity')).toBe('critical');
    await page.getByTestId('inset').waitFor();
    await page.getByTestId('urgent').getByText('沪A·10422').waitFor({ state: 'attached' });
    await eventually(
      async () => Number(await page.evaluate('window.tones')) > before,
      2_000,
      'a tone',
    );
    await eventually(async () => (await page.title()).startsWith('(1)'), 3_000, 'the tab title');
  });

  it('A acknowledges, and the other browser sees who did', async () => {
    await other.page.getByTestId('alarm-card').first().waitFor();
    await first.page.keyboard.press('a');
    await other.page.getByTestId('rail').getByText('lilan').waitFor({ timeout: 3_000 });
    await first.page.getByTestId('rail').getByText('lilan').waitFor({ timeout: 3_000 });
    await eventually(
      async () => (await first.page.getByTestId('rail').getAttribute('data-waiting')) === '0',
      3_000,
      'nothing waits',
    );
    const { body } = await gateway.api('GET', 'alarms?state=all');
    expect(body.items).toHaveLength(1);
    expect(body.items[0]).toMatchObject({
      type: 'exit',
      handling: 'acknowledged',
      acknowledgedBy: 'lilan',
      severity: 'critical',
    });
    expect([...first.errors, ...other.errors]).toEqual([]);
  });

  it('no tone follows once it is acknowledged', async () => {
    const { page } = first;
    const now = Number(await page.evaluate('window.tones'));
    // A critical alarm would sound again within ten seconds.
    await page.waitForTimeout(11_000);
    expect(Number(await page.evaluate('window.tones'))).toBe(now);
  });
});
