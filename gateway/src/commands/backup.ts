import { copyFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Manifest, makeBackup } from '../backup/backup.ts';
import { askControl } from '../backup/control.ts';
import { dataDirAt } from '../data-dir.ts';
import { readIfThere } from '../journal/snapshot-file.ts';
import { GuardedSqlite } from '../records/sqlite.ts';

const USAGE = `usage: npm run -s backup -- --to DIR [--data DIR]

Copies the data directory (default XUNJI_DATA_DIR or ./data) to DIR, which must be empty or not exist, while its gateway
runs; without a running gateway it claims the directory meanwhile. Prints one JSON line. The key file of an encrypted
journal is not part of it, and an InfluxDB is backed up by its own means.
`;
const BUSY_TIMEOUT_MS = 1500;

/** Nobody runs on the directory, and nobody can begin to while the records are held. */
async function backupStopped(data: string, to: string): Promise<Manifest> {
  const dir = dataDirAt(data);
  // Opening the records would make them, and a mistyped path is no empty gateway.
  if ((await readIfThere(join(data, 'id'))) === null)
    throw new Error(`${data} is no data directory`);
  const records = GuardedSqlite.open(dir.records, BUSY_TIMEOUT_MS);
  const copyIfThere = async (from: string, target: string) => {
    await copyFile(from, target).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  };
  try {
    const copyTracks = async (target: string) => {
      await copyIfThere(dir.tracks, target);
      await copyIfThere(`${dir.tracks}.wal`, `${target}.wal`);
    };
    return await makeBackup(
      {
        ...{ dir, program: 'backup of a stopped gateway', journal: null, copyTracks },
        copyRecords: async (target) => records.copyTo(target),
        now: () => Date.now(),
      },
      to,
    );
  } finally {
    records.close();
  }
}

try {
  process.umask(0o077);
  const { values } = parseArgs({ options: { to: { type: 'string' }, data: { type: 'string' } } });
  const data = resolve(values.data ?? process.env['XUNJI_DATA_DIR'] ?? './data');
  if (values.to === undefined) {
    process.stderr.write(USAGE);
    process.exit(2);
  }
  const to = resolve(values.to);
  const answer = await askControl(dataDirAt(data).control, { command: 'backup', to });
  if (answer?.ok === false) throw new Error(answer.message);
  const manifest = answer?.manifest ?? (await backupStopped(data, to));
  process.stdout.write(`${JSON.stringify({ ...manifest, to })}\n`);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(1);
}
