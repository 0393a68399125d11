import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { ADMIN_PASSWORD, type GatewayProcess } from './harness.ts';

/** The program of that name on the PATH; throws when there is none, so that no journey is skipped in silence. */
const onPath = (program: string): string => {
  const found = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((directory) => join(directory, program))
    .find((path) => existsSync(path));
  if (found === undefined) throw new Error(`${program} is not installed`);
  return found;
};

/** Debian's Chromium, headless, without a GPU; sound may start without a gesture as on a configured kiosk. */
export const startBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: onPath('chromium'),
    args: ['--no-sandbox', '--disable-gpu', '--autoplay-policy=no-user-gesture-required'],
  });

/** One person's browser, and what went wrong in it. */
export interface Visitor {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly base: string;
  /** Addresses outside the gateway that the page asked for. */
  readonly foreign: string[];
  /** Errors the page did not catch. */
  readonly errors: string[];
}

/** Counts the oscillators that any audio context starts, as `window.tones`. */
const toneSpy = `{
  window.tones = 0;
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...args) {
    window.tones += 1;
    return start.apply(this, args);
  };
}`;

/** A fresh browser session at 1440 x 900; every request that leaves the origin is refused and noted. */
export async function visit(
  browser: Browser,
  gateway: GatewayProcess,
  options: { readonly locale?: string; readonly theme?: 'dark' | 'light' } = {},
): Promise<Visitor> {
  const base = `http://127.0.0.1:${gateway.ports.http}`;
  const context = await browser.newContext({
    baseURL: base,
    viewport: { width: 1440, height: 900 },
    locale: options.locale ?? 'zh-CN',
    colorScheme: options.theme ?? 'dark',
  });
  const foreign: string[] = [];
  const errors: string[] = [];
  await context.addInitScript(toneSpy);
  await context.route(
    (url) => url.origin !== base && url.protocol !== 'data:' && url.protocol !== 'blob:',
    (route) => {
      foreign.push(route.request().url());
      return route.abort();
    },
  );
  const page = await context.newPage();
  page.on('pageerror', (error) => errors.push(String(error.stack ?? error)));
  page.on('websocket', (socket) => {
    if (new URL(socket.url()).host !== new URL(base).host) foreign.push(socket.url());
  });
  return { context, page, base, foreign, errors };
}

/** Logs in by keyboard alone. */
export async function logIn(
  { page }: Visitor,
  username = 'admin',
  password: string = ADMIN_PASSWORD,
): Promise<void> {
  await page.goto('/login');
  await page.locator('input[name=username]').waitFor();
  await page.keyboard.type(username);
  await page.keyboard.press('Tab');
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => url.pathname !== '/login');
}

/** What axe finds serious or critical on the page as it stands, as `rule: selector`. */
export async function seriousFaults(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter((v) => v.impact === 'serious' || v.impact === 'critical')
    .flatMap((v) =>
      v.nodes.map((node) => `${v.id}: ${node.target.join(' ')} ${node.failureSummary ?? ''}`),
    );
}

/** A number the map root carries for tests. */
export async function mapReading(page: Page, name: string): Promise<string | null> {
  return page.getByTestId('map').getAttribute(`data-${name}`);
}
