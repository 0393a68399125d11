import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually, root, startGateway, tempDataDir } from './harness.ts';

const SEEDS = 20;
const SOCKETS = 6;
const FIRST_PHONE = 13_900_000_000;

/** mulberry32 */
function seeded(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

describe('kill -9 under load', () => {
  it(`keeps every acknowledged position exactly once, over ${SEEDS} seeds on one data directory`, async () => {
    const dir = await tempDataDir();
    const log = join(dir.path, 'acknowledged.log');
    const dayAgo = Date.now() - 24 * 3_600_000;
    let acknowledgedBefore = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const random = seeded(seed);
      const gateway = await startGateway(dir.path, { XUNJI_LOG_LEVEL: 'warn' });
      const load = spawn(
        process.execPath,
        [
          'simulators/dist/bench/load.js',
          ...['--port', String(gateway.ports.jt808)],
          ...['--sockets', String(SOCKETS), '--window', '4', '--seconds', '60', '--warmup', '0'],
          // Each life sends its own hour, so that no fix of one repeats a fix of another.
          ...['--start-time', String(dayAgo + seed * 3_600_000), '--log', log],
        ],
        { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
      );
      const loadEnded = once(load, 'exit');
      // Not before something was acknowledged, then at a random point of its work.
      await eventually(
        async () => (await readFile(log, 'utf8')).split('\n').length > acknowledgedBefore + 20,
        10_000,
        `first acknowledgements of seed ${seed}`,
      );
      await new Promise((resolve) => setTimeout(resolve, random() * 400));
      await gateway.kill();
      await loadEnded;
      acknowledgedBefore = (await readFile(log, 'utf8')).split('\n').length;
    }

    const acknowledged = new Map<string, Set<string>>();
    for (const line of (await readFile(log, 'utf8')).trim().split('\n')) {
      const [phone, fixTime, lat, lon] = line.split(' ');
      const id = String(Number(phone));
      const fixes = acknowledged.get(id) ?? new Set();
      acknowledged.set(id, fixes.add(`${fixTime} ${lat} ${lon}`));
    }
    const total = [...acknowledged.values()].reduce((n, fixes) => n + fixes.size, 0);
    expect(acknowledged.size).toBe(SOCKETS);
    expect(total).toBeGreaterThan(SEEDS * 20);

    const restarted = performance.now();
    const gateway = await startGateway(dir.path);
    const readyMs = performance.now() - restarted;
    await eventually(
      async () => (await gateway.metric('xunji_consumer_lag_records', 'store')) === 0,
      60_000,
      'stores to catch up',
    );
    for (let i = 0; i < SOCKETS; i++) {
      const id = String(FIRST_PHONE + i);
      const stored = new Map<string, number>();
      let cursor = '';
      do {
        const from = new Date(dayAgo).toISOString();
        const to = new Date(Date.now() + 3_600_000).toISOString();
        const page = await gateway.api(
          'GET',
          `devices/${id}/track?from=${from}&to=${to}&limit=5000${cursor}`,
        );
        for (const p of page.body.items) {
          const key = `${Date.parse(p.fixTime)} ${Math.round(p.latitude * 1e6)} ${Math.round(p.longitude * 1e6)}`;
          stored.set(key, (stored.get(key) ?? 0) + 1);
        }
        cursor = page.body.next === null ? '' : `&cursor=${encodeURIComponent(page.body.next)}`;
      } while (cursor !== '');
      const lost = [...(acknowledged.get(id) ?? [])].filter((fix) => !stored.has(fix));
      const doubled = [...stored].filter(([, n]) => n > 1);
      expect(lost, `lost of ${id}`).toEqual([]);
      expect(doubled, `doubled of ${id}`).toEqual([]);
    }
    console.log(
      `kill -9: ${SEEDS} kills, ${total} acknowledged positions, none lost, none doubled; ready again in ${Math.round(readyMs)} ms`,
    );
    expect(await gateway.stop()).toBe(0);
    await dir.remove();
  });
});
