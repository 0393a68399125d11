import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { faultCodes, protocols } from '../index.ts';
import { mqttRows } from '../mqtt/catalogue.ts';
import { freshPage, PAGE } from './main.ts';

describe('the page of docs', () => {
  const page = freshPage();

  it('is what the tables give: run `npm run docs` and commit docs/protocols.md', () => {
    expect(readFileSync(PAGE, 'utf8') === page).toBe(true);
  });

  it('names every message, model and fault', () => {
    for (const { messages, models } of protocols) {
      for (const { id, name } of messages) expect(page).toContain(`#### ${id} ${name}\n`);
      for (const { name } of models) expect(page).toContain(name);
    }
    for (const code of faultCodes) expect(page).toContain(`| \`${code}\` |`);
    for (const { name } of mqttRows) expect(page).toContain(`| \`${name}\` |`);
  });

  it('has one width a table', () => {
    const widths: number[] = [];
    for (const line of page.split('\n')) {
      if (!line.startsWith('|')) widths.length = 0;
      else widths.push(line.replace(/\\\|/g, '').split('|').length);
      expect(new Set(widths).size, line).toBeLessThanOrEqual(1);
    }
  });
});
