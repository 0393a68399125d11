import { join } from 'node:path';
import { expect } from 'vitest';
import { startGateway, tempDataDir } from './harness.ts';
import { acknowledgedIn, keptOf, runLoad } from './load.ts';

/** Devices whose tracks are compared fix by fix. */
const LOOKED_AT = 100;
const BACKLOG_S = 3600;
const INTERVAL_S = 30;

export interface StormOptions {
  readonly devices: number;
  /** Pass mark, s: from the return until the last buffered fix is acknowledged. */
  readonly settledWithinS: number;
}

/**
 * All devices drop within a second and return at once, log in and upload an hour of fixes each, while live ones go on.
 * Everything is acknowledged, nothing of it is lost or doubled, live fixes do not wait for the backlog.
 */
export async function returnAtOnce({ devices, settledWithinS }: StormOptions): Promise<void> {
  const dir = await tempDataDir();
  const room = String(devices * 2 + 100);
  const gateway = await startGateway(dir.path, {
    XUNJI_LOG_LEVEL: 'warn',
    ...{ XUNJI_MAX_CONNECTIONS: room, XUNJI_MAX_CONNECTIONS_PER_ADDRESS: room },
  });
  try {
    const log = join(dir.path, 'acknowledged.log');
    const result = await runLoad([
      ...['--mode', 'storm', '--port', String(gateway.ports.jt808), '--sockets', String(devices)],
      ...['--backlog-s', String(BACKLOG_S), '--interval-s', String(INTERVAL_S)],
      ...['--seconds', String(settledWithinS), '--log', log],
    ]);
    const settledMs = result.backlog?.settledMs ?? null;
    const acknowledged = await acknowledgedIn(log);
    const every = Math.max(1, Math.floor(devices / LOOKED_AT));
    const some = new Map([...acknowledged].filter((_, i) => i % every === 0));
    const kept = await keptOf(gateway, some, (BACKLOG_S + 600) * 1000);
    const drops = await gateway.metric('xunji_faults_total');
    console.log(
      `reconnect storm: ${devices} devices back at ${result.servedPerSecond}/s (log-in included), ` +
        `${result.backlog?.acknowledged} buffered fixes at ${result.backlog?.perSecond}/s, settled after ` +
        `${settledMs} ms; live beside it p50 ${result.p50Ms} ms, p99 ${result.p99Ms} ms; ` +
        `${kept.acknowledged} of ${some.size} devices looked up: ${kept.lost.length} lost, ${kept.doubled.length} doubled`,
    );
    expect(result).toMatchObject({ refused: 0, broken: 0, unanswered: 0, linesLost: 0 });
    expect(acknowledged.size).toBe(devices);
    expect(result.backlog?.acknowledged).toBe((devices * BACKLOG_S) / INTERVAL_S);
    expect(settledMs).not.toBeNull();
    expect(kept).toMatchObject({ lost: [], doubled: [] });
    expect(drops).toBe(0);
    // Starved, they would wait about as long as the backlog takes.
    expect(result.p99Ms).toBeLessThan(Math.max(1000, (settledMs ?? 0) / 2));
  } finally {
    await gateway.stop();
    await dir.remove();
  }
}
