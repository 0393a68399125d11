import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { dataDirAt } from '../data-dir.ts';
import { deviceKey, type JournalRecord } from '../journal/record.ts';
import { readKeyFile } from '../journal/seal.ts';
import { readIfThere } from '../journal/snapshot-file.ts';
import { verifyJournal, walkJournal } from '../journal/walk.ts';

const USAGE = `usage: npm run -s journal -- verify [--data DIR]
       npm run -s journal -- print [--data DIR] [--from SEQ] [--limit N] [--device ID]

verify reads every record and prints one JSON line; it ends with 1 when something cannot be read.
print writes one JSON line a record, raw frames as hex; ID is a device's own or PROTOCOL:ID.
Both only read, so they may be used beside a running gateway. --data defaults to XUNJI_DATA_DIR or ./data; an encrypted
journal needs XUNJI_KEY_FILE.
`;

class UsageError extends Error {}

function count(text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  if (!/^\d{1,15}$/.test(text)) throw new UsageError(`${text} is no whole number`);
  return Number(text);
}

function options() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        data: { type: 'string' },
        from: { type: 'string' },
        limit: { type: 'string' },
        device: { type: 'string' },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

async function identityOf(data: string) {
  const id = (await readIfThere(join(data, 'id')))?.trim();
  if (id === undefined) throw new Error(`${data} is no data directory`);
  const keyFile = process.env['XUNJI_KEY_FILE'];
  return {
    dataDirId: Buffer.from(id, 'hex'),
    key: keyFile === undefined || keyFile === '' ? null : readKeyFile(keyFile),
  };
}

const isOf = (record: JournalRecord, device: string): boolean =>
  'device' in record && (record.device.id === device || deviceKey(record.device) === device);

function lineOf(record: JournalRecord): string {
  const shown =
    'raw' in record ? { ...record, raw: Buffer.from(record.raw).toString('hex') } : record;
  return JSON.stringify({ ...shown, receivedTime: new Date(record.receivedTime).toISOString() });
}

async function run(): Promise<number> {
  const { values, positionals } = options();
  const [command, ...more] = positionals;
  const data = resolve(values.data ?? process.env['XUNJI_DATA_DIR'] ?? './data');
  if (more.length > 0 || (command !== 'verify' && command !== 'print')) throw new UsageError('');
  const { journal } = dataDirAt(data);
  const identity = await identityOf(data);
  if (command === 'verify') {
    const summary = await verifyJournal(journal, identity);
    process.stdout.write(`${JSON.stringify(summary)}\n`);
    return summary.isSound ? 0 : 1;
  }
  const from = count(values.from, 0);
  let left = count(values.limit, Number.POSITIVE_INFINITY);
  for await (const step of walkJournal(journal, identity, from)) {
    if (step.kind === 'finding') process.stderr.write(`${JSON.stringify(step.finding)}\n`);
    if (step.kind !== 'record' || step.record.seq < from) continue;
    if (values.device !== undefined && !isOf(step.record, values.device)) continue;
    if (left-- <= 0) break;
    if (!process.stdout.write(`${lineOf(step.record)}\n`)) await once(process.stdout, 'drain');
  }
  return 0;
}

// A reader that has seen enough ends us, as it should.
process.stdout.on('error', () => process.exit(0));
try {
  process.exitCode = await run();
} catch (error) {
  const isUsage = error instanceof UsageError;
  process.stderr.write(isUsage ? `${error.message}\n${USAGE}` : `${(error as Error).message}\n`);
  process.exitCode = isUsage ? 2 : 1;
}
