import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logIn, mapReading, startBrowser, type Visitor, visit } from './browser.ts';
import { eventually, type GatewayProcess, startGateway, tempDataDir } from './harness.ts';
import { gt06Tracker, jt808Tracker, second, type Tracker } from './trackers.ts';

const COUNT = 200;
/** A lattice of 20 by 10 places, 500 m apart: no two markers under one click. */
const placeOf = (i: number) => ({
  latitude: 31.2 + Math.floor(i / 20) * 0.0045,
  longitude: 121.4 + (i % 20) * 0.005,
});

describe('J02: two hundred trackers of both protocols', () => {
  let gateway: GatewayProcess;
  let dir: Awaited<ReturnType<typeof tempDataDir>>;
  let browser: Browser;
  let visitor: Visitor;
  const trackers: Tracker[] = [];
  const report = (i: number, speedKmh: number, northDeg = 0): Promise<void> => {
    const tracker = trackers[i];
    if (tracker === undefined) throw new Error(`no tracker ${i}`);
    const { latitude, longitude } = placeOf(i);
    const fix = { time: second(), longitude, speedKmh, courseDeg: 0 };
    return tracker.send({ ...fix, latitude: latitude + northDeg });
  };
  const connectTracker = async (): Promise<void> => {
    const serial = String(trackers.length).padStart(3, '0');
    trackers.push(
      trackers.length % 2 === 0
        ? await jt808Tracker(gateway.ports, `13900000${serial}`)
        : await gt06Tracker(gateway.ports, `861234567890${serial}`),
    );
  };
  beforeAll(async () => {
    dir = await tempDataDir();
    gateway = await startGateway(dir.path);
    browser = await startBrowser();
  });
  afterAll(async () => {
    for (const tracker of trackers) tracker.close();
    await browser.close();
    await gateway.kill();
    await dir.remove();
  });

  it('an empty gateway says what to do, and the first device replaces that by itself', async () => {
    visitor = await visit(browser, gateway);
    await logIn(visitor);
    await visitor.page.getByTestId('first-run').waitFor();
    await connectTracker();
    await report(0, 0);
    await visitor.page.getByTestId('device-row').first().waitFor();
    expect(await visitor.page.getByTestId('first-run').count()).toBe(0);
  });

  it('draws every tracker', async () => {
    while (trackers.length < COUNT) await connectTracker();
    await Promise.all(trackers.map((_, i) => report(i, 0)));
    const { page } = visitor;
    await eventually(
      async () =>
        ((await page.getByTestId('list-count').textContent()) ?? '').includes(
          `${COUNT} / ${COUNT}`,
        ),
      15_000,
      'all devices in the list',
    );
    await page.keyboard.press('h');
    await eventually(
      async () => (await mapReading(page, 'drawn')) === String(COUNT),
      15_000,
      `data-drawn = ${COUNT}`,
    );
    expect(await mapReading(page, 'lod')).toBe('sprites');
  });

  it('a tracker that drives moves on the map', async () => {
    const { page } = visitor;
    const pixelOf = async (id: string): Promise<{ x: number; y: number }> =>
      eventually(() => page.evaluate(`window.dash.pixelOf('${id}')`), 5_000, `pixel of ${id}`);
    const id = trackers[42]?.id ?? '';
    const before = await pixelOf(id);
    await report(42, 30, 0.002);
    const after = await eventually(
      async () => {
        const now = await pixelOf(id);
        return now.y < before.y - 3 ? now : null;
      },
      5_000,
      'the marker further north',
    );
    expect(Math.abs(after.x - before.x)).toBeLessThan(2);
  });

  it.each([42, 57])('a click at the pixel of tracker %i opens its detail', async (i) => {
    const { page } = visitor;
    const tracker = trackers[i];
    const pixel = await eventually<{ x: number; y: number }>(
      () => page.evaluate(`window.dash.pixelOf('${tracker?.id}')`),
      5_000,
      'the pixel',
    );
    await page.mouse.click(pixel.x, pixel.y);
    const detail = page.getByTestId('detail');
    await detail.waitFor();
    await eventually(
      async () =>
        (await detail.getAttribute('data-device')) === `${tracker?.protocol}:${tracker?.id}`,
      3_000,
      'the right detail',
    );
    await detail
      .getByText(tracker?.id ?? '')
      .first()
      .waitFor();
    await eventually(
      async () => page.url().includes(`device=${tracker?.protocol}:${tracker?.id}`),
      3_000,
      'the address names it',
    );
  });

  it('finds a device by its number and says which filters hide everything', async () => {
    const { page } = visitor;
    await page.keyboard.press('Escape');
    await page.keyboard.press('/');
    await page.keyboard.type('13900000198');
    await eventually(
      async () => (await page.getByTestId('device-row').count()) === 1,
      3_000,
      'one row',
    );
    await page.keyboard.press('ArrowDown');
    await page.getByTestId('detail').getByText('13900000198').first().waitFor();
    await page.getByTestId('device-search').fill('no such device');
    await page.getByTestId('list-none').getByRole('button', { name: '清除筛选' }).click();
    await page.getByTestId('device-row').nth(5).waitFor();
    expect(visitor.errors).toEqual([]);
  });

  it('on a phone the sheet of a chosen device leaves its marker in sight', async () => {
    const { page } = visitor;
    const id = trackers[57]?.id ?? '';
    await page.setViewportSize({ width: 390, height: 844 });
    await page.locator('.list-opener').click();
    await page.getByTestId('device-search').fill(id);
    await page.getByTestId('device-row').first().click();
    await page.getByTestId('detail').getByText(id).first().waitFor();
    await eventually(
      async () => {
        const pixel: { x: number; y: number } = await page.evaluate(`window.dash.pixelOf('${id}')`);
        const sheet = await page.getByTestId('panel').boundingBox();
        return (
          sheet !== null && pixel.y > 120 && pixel.y < sheet.y && Math.abs(pixel.x - 195) < 180
        );
      },
      5_000,
      'the marker above the sheet',
    );
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.getByTestId('device-search').fill('');
    expect(visitor.errors).toEqual([]);
  });

  it('says that the gateway is gone, and shows everything again when it is back', async () => {
    const { page } = visitor;
    const nameOf = async (id: string): Promise<string | null> =>
      page.locator(`[data-device="jt808:${id}"] .row-name`).first().textContent();
    await page.getByTestId('device-search').fill('13900000000');
    expect(await nameOf('13900000000')).toBe('13900000000');
    const { http } = gateway.ports;
    for (const tracker of trackers.splice(0)) tracker.close();
    expect(await gateway.stop()).toBe(0);
    // Pressed while nobody listens: once the gateway listens, the page's own tries may be quicker than a click.
    await page.getByTestId('bar-lost').getByRole('button').click();
    await page.getByTestId('bar-lost').waitFor();
    const back = page.getByTestId('bar-back').waitFor({ timeout: 30_000 });
    gateway = await startGateway(dir.path, { XUNJI_HTTP_PORT: String(http) });
    await back;
    await eventually(
      async () => (await page.getByTestId('list-count').textContent())?.endsWith(String(COUNT)),
      5_000,
      'the list of the new boot',
    );
    expect(await nameOf('13900000000')).toBe('13900000000');
    expect(visitor.errors).toEqual([]);
  });
});
