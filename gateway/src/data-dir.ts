import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readIfThere, replaceFile } from './journal/snapshot-file.ts';

/** Where everything that lasts is kept. */
export interface DataDir {
  readonly path: string;
  readonly records: string;
  readonly journal: string;
  readonly tracks: string;
  /** What InfluxDB refused for good. */
  readonly parked: string;
  readonly latest: string;
  readonly fences: string;
  /** From where on the journal has the sub-packages of messages that are not complete. */
  readonly parts: string;
  readonly baseMaps: string;
  /** Photos and other files of devices. */
  readonly media: string;
  /** Where the running gateway listens for commands of its operator. */
  readonly control: string;
}

/** The names below a data directory; looks at nothing. */
export function dataDirAt(path: string): DataDir {
  const root = resolve(path);
  return {
    path: root,
    records: join(root, 'records.db'),
    journal: join(root, 'journal'),
    tracks: join(root, 'tracks.duckdb'),
    parked: join(root, 'influx-parked.json'),
    latest: join(root, 'latest.json'),
    fences: join(root, 'fences.json'),
    parts: join(root, 'parts'),
    baseMaps: join(root, 'basemaps'),
    media: join(root, 'media'),
    control: join(root, 'control.sock'),
  };
}

/** Makes the folders that are missing. Owning the directory is what opening its records claims. */
export async function openDataDir(path: string): Promise<DataDir> {
  const dir = dataDirAt(path);
  for (const folder of [dir.journal, dir.baseMaps, dir.media]) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  }
  return dir;
}

const ID_BYTES = 16;

/**
 * Names the directory, so that a journal is never read as another's. Made at first use; call as the owner.
 * @throws when the file holds anything else
 */
export async function dataDirId({ path }: Pick<DataDir, 'path'>): Promise<Uint8Array> {
  const file = join(path, 'id');
  const text = (await readIfThere(file))?.trim();
  if (text === undefined) {
    const id = randomBytes(ID_BYTES);
    await replaceFile(file, `${id.toString('hex')}\n`);
    return id;
  }
  if (!/^[0-9a-f]{32}$/.test(text))
    throw new Error(`${file} does not hold the id of a data directory`);
  return Buffer.from(text, 'hex');
}
