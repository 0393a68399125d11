import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logIn, seriousFaults, startBrowser, visit } from './browser.ts';
import { type GatewayProcess, startGateway, tempDataDir } from './harness.ts';
import { jt808Tracker, second, type Tracker } from './trackers.ts';

/** Script of the first screen, gzipped, without base-map data. */
const BUDGET_BYTES = 350 * 1024;

describe('J22: every screen', () => {
  let gateway: GatewayProcess;
  let dir: Awaited<ReturnType<typeof tempDataDir>>;
  let browser: Browser;
  let tracker: Tracker;
  let fence = '';
  beforeAll(async () => {
    dir = await tempDataDir();
    gateway = await startGateway(dir.path);
    const made = await gateway.api('POST', 'fences', {
      type: 'Feature',
      geometry: { type: 'Point', coordinates: [121.5, 31.2] },
      properties: { name: '城东转运站', kind: 'site', radiusM: 120 },
    });
    fence = made.body.id;
    browser = await startBrowser();
    tracker = await jt808Tracker(gateway.ports, '13912345678');
    // An SOS, so that rail, detail and bar hold a critical alarm.
    await tracker.send({
      time: second(),
      latitude: 31.2,
      longitude: 121.5,
      speedKmh: 20,
      courseDeg: 90,
      alarmBits: 1,
    });
  });
  afterAll(async () => {
    tracker.close();
    await browser.close();
    await gateway.kill();
    await dir.remove();
  });

  it.each([
    ['zh-CN', 'dark'],
    ['en', 'light'],
  ] as const)(
    'asks nothing of another origin and has no serious axe finding (%s, %s)',
    async (locale, theme) => {
      const visitor = await visit(browser, gateway, { locale, theme });
      const { page } = visitor;
      const found: Record<string, string[]> = {};
      await page.goto('/login');
      await page.getByTestId('login').waitFor();
      found['login'] = await seriousFaults(page);
      await logIn(visitor);
      await page.getByTestId('device-row').first().click();
      await page.getByTestId('detail').getByTestId('alarm-card').waitFor();
      found['live'] = await seriousFaults(page);
      await page.getByTestId('tab-alarms').click();
      await page.getByTestId('rail').getByTestId('alarm-card').first().waitFor();
      found['alarms'] = await seriousFaults(page);
      await page.goto('/fences');
      await page.getByTestId('fence-row').first().waitFor();
      found['fences'] = await seriousFaults(page);
      await page.goto(`/fences/${fence}`);
      await page.getByTestId('fence-form').waitFor();
      found['fence form'] = await seriousFaults(page);
      await page.goto('/nowhere');
      await page.getByTestId('missing').waitFor();
      found['missing'] = await seriousFaults(page);
      expect(found).toEqual(Object.fromEntries(Object.keys(found).map((k) => [k, []])));
      expect(visitor.foreign).toEqual([]);
      expect(visitor.errors).toEqual([]);
      await visitor.context.close();
    },
  );

  it('the first screen stays within its budget of script', async () => {
    const visitor = await visit(browser, gateway);
    const { page } = visitor;
    const scripts = new Map<string, Promise<Buffer>>();
    page.on('response', (response) => {
      const { pathname } = new URL(response.url());
      if (pathname.endsWith('.js') && !pathname.includes('/land-')) {
        scripts.set(pathname, response.body());
      }
    });
    await logIn(visitor);
    await page.getByTestId('device-row').first().waitFor();
    let bytes = 0;
    for (const body of scripts.values()) bytes += gzipSync(await body).length;
    process.stdout.write(`first screen: ${(bytes / 1024).toFixed(0)} KiB of script, gzipped\n`);
    expect(scripts.size).toBeGreaterThan(1);
    expect(bytes).toBeLessThanOrEqual(BUDGET_BYTES);
    await visitor.context.close();
  });

  it('a fence is drawn without a mouse, gets its alarm, is renamed elsewhere and saved over', async () => {
    const visitor = await visit(browser, gateway);
    const { page } = visitor;
    await logIn(visitor);
    await page.goto('/fences');
    await page.getByTestId('draw-polygon').press('Enter');
    await page.getByTestId('draw-here').press('Enter');
    await page.getByTestId('fence-name').fill('二车间');
    await page.getByTestId('rule-exit').check({ force: true });
    await page.getByTestId('fence-save').click();
    await page.getByTestId('fence-row').getByText('二车间').waitFor();
    await page.waitForURL('**/fences/*');
    const { body: rules } = await gateway.api('GET', 'rules');
    expect(rules.items).toMatchObject([{ type: 'exit', severity: 'high' }]);

    const id = decodeURIComponent(new URL(page.url()).pathname.split('/').at(-1) ?? '');
    const { body: current } = await gateway.api('GET', `fences/${id}`);
    await gateway.api('PUT', `fences/${id}`, current, {
      headers: { 'if-match': String(current.properties.rev) },
    });
    await page.getByTestId('fence-name').fill('二车间（北）');
    await page.getByTestId('fence-save').click();
    await page.getByTestId('fence-conflict').waitFor();
    await page.getByTestId('fence-conflict').getByRole('button', { name: '以我的为准' }).click();
    await page.getByTestId('fence-row').getByText('二车间（北）').waitFor();

    await page.getByTestId('fence-delete').click();
    await page.getByTestId('delete-name').fill('二车间（北）');
    await page.getByTestId('delete-confirm').click();
    await page.getByTestId('fence-row').getByText('二车间（北）').waitFor({ state: 'detached' });
    expect((await gateway.api('GET', 'rules')).body.items).toEqual([]);
    expect(visitor.errors).toEqual([]);
    await visitor.context.close();
  });

  it('a fence is drawn by mouse, corner by corner, and a circle by centre and edge', async () => {
    const visitor = await visit(browser, gateway);
    const { page } = visitor;
    await logIn(visitor);
    await page.goto('/fences');
    await page.getByTestId('fence-row').first().waitFor();
    const box = await page.getByTestId('map').boundingBox();
    if (box === null) throw new Error('the map has no size');
    const at = (x: number, y: number) => [box.x + box.width * x, box.y + box.height * y] as const;
    await page.getByTestId('draw-polygon').click();
    for (const [x, y] of [
      [0.4, 0.4],
      [0.6, 0.4],
      [0.6, 0.6],
      [0.4, 0.4],
    ] as const) {
      await page.mouse.click(...at(x, y));
      // Two clicks within the time of a double click would be one.
      await page.waitForTimeout(300);
    }
    await page.getByTestId('fence-form').waitFor();
    await page.getByTestId('fence-measures').getByText('3', { exact: true }).waitFor();
    await page.getByTestId('fence-name').fill('三角');
    await page.getByTestId('fence-save').click();
    await page.getByTestId('fence-row').getByText('三角').waitFor();

    await page.getByTestId('draw-circle').click();
    await page.mouse.click(...at(0.5, 0.5));
    await page.waitForTimeout(300);
    await page.mouse.click(...at(0.55, 0.5));
    await page.getByTestId('fence-name').fill('圆');
    await page.getByTestId('fence-save').click();
    await page.getByTestId('fence-row').getByText('圆', { exact: true }).waitFor();
    const { body } = await gateway.api('GET', 'fences');
    const kinds = new Map(
      body.items.map((f: { properties: { name: string }; geometry: { type: string } }) => [
        f.properties.name,
        f.geometry.type,
      ]),
    );
    expect([kinds.get('三角'), kinds.get('圆')]).toEqual(['Polygon', 'Point']);
    expect(visitor.errors).toEqual([]);
    await visitor.context.close();
  });
});
