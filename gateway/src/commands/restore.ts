import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { restoreBackup } from '../backup/backup.ts';

const USAGE = `usage: npm run -s restore -- --from DIR --data DIR

Lays a backup down as a data directory, which must be empty or not exist. Prints one JSON line; then start the gateway
on it, with the key file it had.
`;

try {
  process.umask(0o077);
  const { values } = parseArgs({
    options: { from: { type: 'string' }, data: { type: 'string' } },
  });
  if (values.from === undefined || values.data === undefined) {
    process.stderr.write(USAGE);
    process.exit(2);
  }
  const data = resolve(values.data);
  const manifest = await restoreBackup(resolve(values.from), data);
  process.stdout.write(`${JSON.stringify({ ...manifest, data })}\n`);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(1);
}
