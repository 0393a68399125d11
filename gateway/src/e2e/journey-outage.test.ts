import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logIn, mapReading, startBrowser, type Visitor, visit } from './browser.ts';
import { eventually, type GatewayProcess, startGateway, tempDataDir } from './harness.ts';
import { jt808Tracker, second, type Tracker } from './trackers.ts';

const COUNT = 7;
const idOf = (i: number): string => `1391234500${i}`;
const SOS = 1;
/** Beeps of one tone of a critical alarm. */
const BEEPS = 6;

describe('J05: alarms of an outage', () => {
  let gateway: GatewayProcess;
  let dir: Awaited<ReturnType<typeof tempDataDir>>;
  let browser: Browser;
  let visitor: Visitor;
  let trackers: Tracker[] = [];
  const report = (i: number, alarmBits: number): Promise<void> | undefined =>
    trackers[i]?.send({
      time: second(),
      latitude: 31.2 + i * 0.003,
      longitude: 121.5,
      speedKmh: 0,
      courseDeg: 0,
      alarmBits,
    });
  const connectAll = async (): Promise<void> => {
    trackers = await Promise.all(
      Array.from({ length: COUNT }, (_, i) => jt808Tracker(gateway.ports, idOf(i))),
    );
  };
  const alarmIds = (page: Page): Promise<string[]> =>
    page.evaluate(
      '[...document.querySelectorAll("[data-testid=alarm-card]")].map((c) => c.dataset.alarm)',
    );
  /** What the bar counts, by severity. */
  const counted = async (page: Page): Promise<number> => {
    const said = (await page.getByTestId('severity-counts').textContent()) ?? '';
    return [...said.matchAll(/\d+/g)].reduce((sum, [n]) => sum + Number(n), 0);
  };
  const beeps = async (page: Page): Promise<number> => Number(await page.evaluate('window.tones'));
  /** Rail, tab, bar, list, tab title and map agree on the number of open alarms, each of them shown once. */
  const everyFigureIs = async (page: Page, n: number): Promise<void> => {
    const ids = await eventually(
      async () => {
        const shown = await alarmIds(page);
        return shown.length === n ? shown : null;
      },
      5_000,
      `${n} cards`,
    );
    expect(new Set(ids).size).toBe(n);
    expect(await counted(page)).toBe(n);
    expect(await page.getByTestId('tab-alarms').textContent()).toMatch(new RegExp(`告警 ${n}$`));
    expect(await page.getByTestId('rail').getAttribute('data-waiting')).toBe(String(n));
    await eventually(
      async () => (await mapReading(page, 'alarms')) === String(n),
      5_000,
      `data-alarms = ${n}`,
    );
    await eventually(
      async () => (await page.title()).startsWith(`(${n}) ${n} 条告警`),
      5_000,
      'the tab title',
    );
  };
  beforeAll(async () => {
    dir = await tempDataDir();
    gateway = await startGateway(dir.path);
    browser = await startBrowser();
    await connectAll();
    for (let i = 0; i < COUNT; i += 1) await report(i, 0);
    visitor = await visit(browser, gateway);
    await logIn(visitor);
    await visitor.page
      .getByTestId('device-row')
      .nth(COUNT - 1)
      .waitFor();
  });
  afterAll(async () => {
    for (const tracker of trackers) tracker.close();
    await browser.close();
    await gateway.kill();
    await dir.remove();
  });

  it('seven alarms while the line is cut are caught up once each, with one tone', async () => {
    const { page, context } = visitor;
    await context.setOffline(true);
    await page.getByTestId('bar-lost').waitFor();
    for (let i = 0; i < COUNT; i += 1) await report(i, SOS);
    await eventually(
      async () => (await gateway.api('GET', 'alarms?state=open')).body.items.length === COUNT,
      10_000,
      'seven alarms',
    );
    expect(await page.getByTestId('alarm-card').count()).toBe(0);
    const before = await beeps(page);
    await context.setOffline(false);
    await page.getByTestId('bar-back').getByText(`期间收到 ${COUNT} 条告警`).waitFor();
    await eventually(async () => (await beeps(page)) > before, 2_000, 'a tone');
    // Shorter than the ten seconds after which a critical alarm sounds again.
    await page.waitForTimeout(3_000);
    expect((await beeps(page)) - before).toBe(BEEPS);
    await everyFigureIs(page, COUNT);
  });

  it('a killed gateway: what is shown grows old, and nothing comes twice when it is back', async () => {
    const { page } = visitor;
    const { http } = gateway.ports;
    for (const tracker of trackers) tracker.close();
    await gateway.kill();
    await page.getByTestId('bar-lost').waitFor();
    expect(await page.getByTestId('link-state').getAttribute('data-state')).toBe('down');
    expect(await page.getByTestId('ack').first().isDisabled()).toBe(true);
    const age = async (): Promise<string> =>
      (await page.locator('.row-age').first().textContent()) ?? '';
    const before = await age();
    await eventually(async () => (await age()) !== before, 5_000, 'an older age');

    gateway = await startGateway(dir.path, { XUNJI_HTTP_PORT: String(http) });
    await page.getByTestId('bar-lost').waitFor({ state: 'detached', timeout: 30_000 });
    await page.getByTestId('link-state').getByText('实时').waitFor();
    // What was missed before and not read yet is still said.
    await page.getByTestId('bar-back').getByText(`期间收到 ${COUNT} 条告警`).waitFor();
    await everyFigureIs(page, COUNT);
    await connectAll();
    await report(0, 0);
    await eventually(async () => (await age()) !== '', 5_000, 'a row of the new boot');
    await page.getByTestId('ack').first().click();
    await eventually(
      async () =>
        (await page.getByTestId('rail').getAttribute('data-waiting')) === String(COUNT - 1),
      5_000,
      'one fewer waits',
    );
    expect(visitor.errors).toEqual([]);
  });
});
