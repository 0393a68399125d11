import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logIn, startBrowser, type Visitor, visit } from './browser.ts';
import { ADMIN_PASSWORD, type GatewayProcess, startGateway, tempDataDir } from './harness.ts';

const PASSWORD = 'patrol-by-night-7';

describe('J01: logging in', () => {
  let gateway: GatewayProcess;
  let dir: Awaited<ReturnType<typeof tempDataDir>>;
  let browser: Browser;
  let visitor: Visitor;
  beforeAll(async () => {
    dir = await tempDataDir();
    gateway = await startGateway(dir.path);
    for (const [username, role] of [
      ['lilan', 'dispatcher'],
      ['wangwei', 'auditor'],
      ['forgetful', 'dispatcher'],
    ]) {
      await gateway.api('POST', 'users', {
        username,
        role,
        displayName: username,
        password: PASSWORD,
      });
    }
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await gateway.kill();
    await dir.remove();
  });

  it('says that the password is wrong and lets one try again, all by keyboard', async () => {
    visitor = await visit(browser, gateway);
    const { page } = visitor;
    await page.goto('/live');
    await page.waitForURL('**/login**');
    await page.locator('input[name=username]').waitFor();
    await page.getByText('网关运行正常').waitFor();
    await page.keyboard.press('Enter');
    await page.getByText('请填写此项').waitFor();
    await page.keyboard.type('lilan');
    await page.keyboard.press('Tab');
    await page.keyboard.type('not-the-password');
    await page.keyboard.press('Enter');
    await page.getByTestId('login-failure').getByText('用户名或密码不正确').waitFor();
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press('Enter');
    await page.waitForURL('**/live**');
    await page.getByTestId('live').waitFor();
    expect(visitor.errors).toEqual([]);
  });

  it('lands each role on its screen, and says so plainly where a role may not look', async () => {
    const { page } = visitor;
    expect(await page.locator('a[href="/fences"]').count()).toBe(0);
    await page.goto('/fences');
    await page.getByTestId('forbidden').getByText('没有权限查看这个页面').waitFor();
    await page.getByTestId('forbidden').getByText('调度员').waitFor();
    await page.getByRole('link', { name: '回到首页' }).press('Enter');
    await page.waitForURL('**/live**');
    await page.goto('/nowhere');
    await page.getByTestId('missing').waitFor();

    const auditor = await visit(browser, gateway, { locale: 'en' });
    await logIn(auditor, 'wangwei', PASSWORD);
    await auditor.page.getByTestId('forbidden').getByText('Auditor').waitFor();
    await auditor.context.close();

    const admin = await visit(browser, gateway);
    await logIn(admin, 'admin', ADMIN_PASSWORD);
    await admin.page.getByTestId('live').waitFor();
    await admin.page.goto('/fences');
    await admin.page.getByTestId('fences').waitFor();
    expect(admin.errors).toEqual([]);
    await admin.context.close();
  });

  it('keeps the screen when the session ends, and goes on after logging in again', async () => {
    const { page } = visitor;
    await gateway.api('POST', 'devices', { id: '13900000009', protocol: 'jt808', name: 'abc' });
    await page.goto('/live?q=abc');
    await page.getByTestId('device-row').first().click();
    await page.getByTestId('detail').waitFor();
    // Logged out in another tab: the gateway ends the session and its live connections.
    await page.evaluate('fetch("/api/v1/logout", { method: "POST" })');
    await page.getByRole('dialog').getByText('登录已过期').waitFor();
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await page.getByTestId('device-search').inputValue()).toBe('abc');
    await page.getByTestId('detail').getByText('abc').waitFor();
    await page.getByTestId('link-state').getByText('实时').waitFor();
  });

  it('names the seconds to wait after too many tries', async () => {
    const late = await visit(browser, gateway);
    const { page } = late;
    await page.goto('/login');
    await page.locator('input[name=username]').fill('forgetful');
    for (let i = 0; i < 7; i += 1) {
      await page.locator('input[name=password]').fill(`wrong-${i}`);
      await page.keyboard.press('Enter');
      const failure = page.getByTestId('login-failure');
      await failure.getByText(/不正确|秒后再试/).waitFor();
      if (await failure.getByText('秒后再试').isVisible()) {
        await late.context.close();
        return;
      }
      await page.waitForFunction('document.querySelector("input[name=password]").value === ""');
    }
    throw new Error('no wait was asked for after seven wrong passwords');
  });
});
