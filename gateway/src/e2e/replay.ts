import { cp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import Libsql from 'libsql';
import { eventually, startGateway } from './harness.ts';

/** What a stopped gateway concluded from its journal. */
export interface Conclusions {
  /** Of the fence engine: fences, and what it knows of each device. */
  readonly fences: unknown;
  readonly devices: readonly unknown[];
  readonly events: readonly unknown[];
  /** Without times of our own clock. */
  readonly alarms: readonly unknown[];
}

/** Reads them from the files of a data directory that nobody uses. */
export async function conclusions(dataDir: string): Promise<Conclusions> {
  const { engine } = JSON.parse(await readFile(join(dataDir, 'fences.json'), 'utf8'));
  const db = new Libsql(join(dataDir, 'records.db'));
  try {
    const rows = (sql: string): unknown[] => db.prepare(sql).all();
    return {
      fences: engine.fences,
      devices: engine.devices
        .map((device: unknown) => JSON.stringify(device))
        .sort()
        .map((text: string) => JSON.parse(text)),
      events: rows('SELECT * FROM events ORDER BY id'),
      alarms: rows(
        `SELECT id, dedupeKey, type, severity, condition, handling, device, fenceId, count, late,
          occurredTime, confirmedTime FROM alarms ORDER BY id`,
      ),
    };
  } finally {
    db.close();
  }
}

/**
 * What one gateway that was never killed concludes from the same journal: on a copy without snapshots, without events
 * and without alarms.
 */
export async function replayed(dataDir: string, copy: string): Promise<Conclusions> {
  for (const name of ['id', 'journal', 'records.db']) {
    await cp(join(dataDir, name), join(copy, name), { recursive: true });
  }
  const db = new Libsql(join(copy, 'records.db'));
  for (const table of ['events', 'alarms', 'alarm_changes', 'desk_state']) {
    db.exec(`DELETE FROM ${table}`);
  }
  db.close();
  await rm(join(copy, 'records.db-wal'), { force: true });
  const gateway = await startGateway(copy, { XUNJI_LOG_LEVEL: 'warn' });
  await eventually(
    async () => (await gateway.metric('xunji_consumer_lag_records', 'fences')) === 0,
    120_000,
    'the replay to end',
  );
  await gateway.stop();
  return await conclusions(copy);
}
