import { randomBytes } from 'node:crypto';
import type { Records } from './database.ts';

const SECRET_BYTES = 32;

/** A random key of this data directory, 32 bytes, made when first asked for. */
export async function openSecret(
  db: Records,
  name: 'deviceAuth' | 'knownBrowser',
): Promise<Uint8Array> {
  await db
    .insertInto('secrets')
    .values({ name, value: randomBytes(SECRET_BYTES) })
    .onConflict((c) => c.doNothing())
    .execute();
  const row = await db
    .selectFrom('secrets')
    .select('value')
    .where('name', '=', name)
    .executeTakeFirstOrThrow();
  // The engine gives an ArrayBuffer for a blob in a list of rows.
  return new Uint8Array(row.value);
}
