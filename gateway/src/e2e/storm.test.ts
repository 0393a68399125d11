import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startGateway, tempDataDir } from './harness.ts';
import { acknowledgedIn, faultyLine, keptOf, runLoad } from './load.ts';
import { returnAtOnce } from './storms.ts';

describe('a thousand devices that drop and return at once', () => {
  it('are taken back, and all that they buffered is kept', async () => {
    await returnAtOnce({ devices: 1000, settledWithinS: 60 });
  });
});

describe('terminals behind faulty lines', () => {
  it('lose nothing that was acknowledged, whatever the protocol', async () => {
    const dir = await tempDataDir();
    const gateway = await startGateway(dir.path, { XUNJI_LOG_LEVEL: 'error' });
    try {
      const seed = 20_261_123;
      const kept = await Promise.all(
        (['jt808', 'gt06', 'mqtt'] as const).map(async (protocol) => {
          const line = await faultyLine(gateway.ports[protocol], seed);
          const log = join(dir.path, `${protocol}.log`);
          const result = await runLoad([
            ...['--protocol', protocol, '--port', String(line.port), '--mode', 'backlog'],
            ...['--sockets', '15', '--rate', '100', '--backlog-s', '1800', '--interval-s', '20'],
            ...['--seconds', '40', '--grace', '2', '--redial', '100', '--log', log],
          ]);
          const faults = await line.stop();
          const found = await keptOf(gateway, await acknowledgedIn(log), 3_600_000);
          console.log(
            `faulty lines, seed ${seed}, ${protocol}: ${JSON.stringify(faults)}; ${found.acknowledged} ` +
              `acknowledged, ${found.lost.length} lost, ${found.doubled.length} doubled`,
          );
          expect(result.backlog?.settledMs, protocol).not.toBeNull();
          expect(faults['reset'], protocol).toBeGreaterThan(0);
          return found;
        }),
      );
      for (const { lost, doubled } of kept) {
        expect(lost).toEqual([]);
        expect(doubled).toEqual([]);
      }
    } finally {
      await gateway.stop();
      await dir.remove();
    }
  });
});
