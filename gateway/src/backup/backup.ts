import { constants } from 'node:fs';
import { copyFile, cp, mkdir, open, readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { DataDir } from '../data-dir.ts';
import { segmentFirstSeq } from '../journal/segment-file.ts';
import { replaceFile } from '../journal/snapshot-file.ts';
import type { DurableEnd } from '../journal/writer.ts';

/** Written last: a directory without it is no backup. */
export const MANIFEST = 'backup.json';
const MANIFEST_VERSION = 1;

/** What a backup holds. */
export interface Manifest {
  readonly version: number;
  readonly program: string;
  /** ISO 8601 UTC. */
  readonly time: string;
  /** Everything acknowledged up to this sequence is in it; null when the gateway did not run: then simply everything. */
  readonly seq: number | null;
  readonly bytes: number;
}

/** What works on the data directory while it is copied. */
export interface BackupSource {
  readonly dir: DataDir;
  readonly program: string;
  /** Null when nobody writes. */
  readonly journal: {
    readonly durableSeq: number;
    readonly durableEnd: DurableEnd | null;
    hold(): () => void;
  } | null;
  /** Writes a consistent copy of the records to a path that does not exist. */
  copyRecords(to: string): Promise<unknown>;
  /** The same for the embedded track store; null when there is none. */
  readonly copyTracks: ((to: string) => Promise<unknown>) | null;
  /** Ms UTC. */
  readonly now: () => number;
}

/** Why a directory cannot be written to or read from, one line each on cause and remedy. */
export const backupFaults = {
  notEmpty: 'is not empty; name a directory that does not exist yet',
  noBackup: `holds no complete backup (no ${MANIFEST}); its making may have been interrupted`,
  newer: 'is a backup of a newer version of this program; restore it with that one',
} as const;

/** The directory is refused; nothing in it was changed. */
export class BackupError extends Error {
  readonly code: keyof typeof backupFaults;

  constructor(code: keyof typeof backupFaults, path: string) {
    super(`${path} ${backupFaults[code]}`);
    this.name = 'BackupError';
    this.code = code;
  }
}

/**
 * Copies a data directory while its gateway works. What depends on the journal is copied before the journal, which is kept
 * whole meanwhile: each copy's cursor points into the copied journal, and the restored gateway catches up from there.
 * Acknowledgements go on; commits of the records wait while they are copied, those of the track store while it is.
 * @throws BackupError `notEmpty`, and what the disk throws: then no manifest is written
 */
export async function makeBackup(source: BackupSource, to: string): Promise<Manifest> {
  await emptyDirectory(to);
  const release = source.journal?.hold();
  try {
    await copyState(source, to);
    const seq = await copyJournal(source, join(to, 'journal'));
    const manifest: Manifest = {
      ...{ version: MANIFEST_VERSION, program: source.program, seq, bytes: await bytesIn(to) },
      time: new Date(source.now()).toISOString(),
    };
    await replaceFile(join(to, MANIFEST), `${JSON.stringify(manifest)}\n`);
    return manifest;
  } finally {
    release?.();
  }
}

async function copyState({ dir, copyRecords, copyTracks }: BackupSource, to: string) {
  for (const path of [join(dir.path, 'id'), dir.latest, dir.fences, dir.parked]) {
    await copyIfThere(path, join(to, basename(path)));
  }
  if (copyTracks !== null) {
    const tracks = join(to, basename(dir.tracks));
    await copyTracks(tracks);
    for (const path of [tracks, `${tracks}.wal`]) await syncIfThere(path);
  }
  const records = join(to, basename(dir.records));
  await copyRecords(records);
  await syncIfThere(records);
  await cp(dir.baseMaps, join(to, basename(dir.baseMaps)), { recursive: true });
  // After the records: a file that they name is there, and one that they do not know yet does no harm.
  await cp(dir.media, join(to, basename(dir.media)), { recursive: true });
}

/** Whole segments, and of the one that is being written what is durable. */
async function copyJournal({ dir, journal }: BackupSource, to: string): Promise<number | null> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  // Taken together, in one turn: the end belongs to the sequence.
  const seq = journal?.durableSeq ?? null;
  const end = journal?.durableEnd ?? null;
  for (const name of (await readdir(dir.journal)).sort()) {
    if (segmentFirstSeq(name) === null || (end !== null && name > end.segment)) continue;
    const [from, path] = [join(dir.journal, name), join(to, name)];
    if (name === end?.segment) await copyBytes(from, path, end.bytes);
    else await copyFile(from, path, constants.COPYFILE_FICLONE);
    await syncIfThere(path);
  }
  return seq;
}

const CHUNK_BYTES = 1 << 20;

async function copyBytes(from: string, to: string, bytes: number): Promise<void> {
  const [source, target] = [await open(from, 'r'), await open(to, 'wx', 0o600)];
  try {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    for (let at = 0; at < bytes; ) {
      const { bytesRead } = await source.read(chunk, 0, Math.min(CHUNK_BYTES, bytes - at), at);
      if (bytesRead === 0) throw new Error(`${from} ends before its durable end`);
      await target.writeFile(chunk.subarray(0, bytesRead));
      at += bytesRead;
    }
  } finally {
    await source.close();
    await target.close();
  }
}

/** @throws BackupError `notEmpty` */
export async function emptyDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  if ((await readdir(path)).length > 0) throw new BackupError('notEmpty', path);
}

/**
 * Lays a backup down as a data directory. The copy is made durable before this resolves.
 * @throws BackupError `noBackup`, `newer`, `notEmpty`
 */
export async function restoreBackup(from: string, to: string): Promise<Manifest> {
  const manifest = await readManifest(from);
  await emptyDirectory(to);
  const names = (await readdir(from)).filter((name) => name !== MANIFEST);
  for (const name of names) {
    await cp(join(from, name), join(to, name), {
      recursive: true,
      mode: constants.COPYFILE_FICLONE,
    });
  }
  for (const entry of await readdir(to, { recursive: true })) await syncIfThere(join(to, entry));
  await syncIfThere(to);
  return manifest;
}

async function readManifest(from: string): Promise<Manifest> {
  let manifest: Manifest;
  try {
    manifest = JSON.parse(await readFile(join(from, MANIFEST), 'utf8')) as Manifest;
  } catch {
    // Missing, unreadable or cut short come to the same for whoever wants to restore it.
    throw new BackupError('noBackup', from);
  }
  if (manifest.version > MANIFEST_VERSION) throw new BackupError('newer', from);
  return manifest;
}

async function copyIfThere(from: string, to: string): Promise<void> {
  try {
    await copyFile(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return;
  }
  await syncIfThere(to);
}

async function syncIfThere(path: string): Promise<void> {
  try {
    const file = await open(path, 'r');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

async function bytesIn(path: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(path, { recursive: true })) {
    const { size, isFile } = await stat(join(path, entry)).then((s) => ({
      size: s.size,
      isFile: s.isFile(),
    }));
    if (isFile) bytes += size;
  }
  return bytes;
}
