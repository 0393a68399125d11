import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig, settings } from './config.ts';

const yaml = (text: string) => {
  const path = join(mkdtempSync(join(tmpdir(), 'xunji-config-')), 'xunji.yaml');
  writeFileSync(path, text);
  return path;
};

describe('settings', () => {
  it('have the documented defaults', () => {
    expect(readConfig({}, undefined)).toMatchObject({
      dataDir: './data',
      jt808Port: 5015,
      gt06Port: 5023,
      httpHost: '127.0.0.1',
      httpPort: 8080,
      mqttPort: 1883,
      store: ['duckdb'],
      admission: 'known',
      liveMaxAgeS: 300,
    });
  });

  it('come from the file, and the environment wins', () => {
    const path = yaml('XUNJI_JT808_PORT: 6000\nXUNJI_STORE: influx, duckdb\n');
    const config = readConfig({ XUNJI_JT808_PORT: '0', PATH: '/bin' }, path);
    expect(config.jt808Port).toBe(0);
    expect(config.store).toEqual(['influx', 'duckdb']);
  });

  it('name every fault at once', () => {
    const path = yaml('XUNJI_NOPE: 1\nXUNJI_HTTP_PORT: 70000\n');
    let message = '';
    try {
      readConfig({ XUNJI_ADMISSION: 'all', XUNJI_STROE: 'x', XUNJI_TLS_CERT: 'a' }, path);
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      message = (error as Error).message;
    }
    for (const name of [
      'XUNJI_NOPE',
      'XUNJI_HTTP_PORT',
      'XUNJI_ADMISSION',
      'XUNJI_STROE',
      'XUNJI_TLS_KEY',
    ]) {
      expect(message).toContain(name);
    }
  });

  it('never print a password', () => {
    expect(() => readConfig({ XUNJI_ADMIN_PASSWORD: 'geheim' }, undefined)).toThrow(
      /^(?!.*geheim)/s,
    );
  });
});

describe('the README', () => {
  it('lists every setting with its default and meaning', () => {
    const rows = Object.values(settings).map((setting) => {
      const shown = 'fallback' in setting ? `\`${setting.fallback}\`` : 'none';
      return `| \`${setting.env}\` | ${shown} | ${setting.meaning} |`;
    });
    const table = ['| variable | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    const [, section = ''] =
      /<!-- settings: [^\n]*-->\n(.*?)\n<!-- \/settings -->/s.exec(readme) ?? [];
    expect(section).toBe(table);
  });
});
