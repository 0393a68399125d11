import { open, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Replaces the file so that a crash leaves the old or the new content: temporary file, fsync, rename, fsync of the directory.
 * @param text whole, or in pieces that are asked for one by one, with a turn of the loop after each
 */
export async function replaceFile(path: string, text: string | Iterable<string>): Promise<void> {
  const temporary = `${path}.tmp`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await writeFile(file, text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  const directory = await open(dirname(path), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** The snapshot of a large fleet is made in pieces of this many characters, so that nothing else waits long for it. */
const PIECE_CHARACTERS = 64 * 1024;

/** The members of a JSON array, for `replaceFile`: comma-separated, in pieces. */
export function* jsonMembers(members: Iterable<object>): Generator<string> {
  let piece = '';
  let comma = '';
  for (const member of members) {
    piece += comma + JSON.stringify(member);
    comma = ',';
    if (piece.length < PIECE_CHARACTERS) continue;
    yield piece;
    piece = '';
  }
  // An empty piece would be written as nothing, at the price of a turn.
  if (piece !== '') yield piece;
}

/** The file's text, null when there is none. */
export async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
