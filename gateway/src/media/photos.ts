import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Media } from '@xunji/protocols';
import type { DeviceRef } from '../journal/record.ts';
import type { Records } from '../records/database.ts';
import type { PhotosTable } from '../records/photos.ts';
import type { Photo } from '../wire.ts';
import { fileType } from './file-type.ts';

export interface PhotosOptions {
  readonly directory: string;
  readonly db: Records;
  /** What all files together may take; more are refused, which their senders learn. */
  readonly maxBytes: number;
  /** 0: for ever. */
  readonly keepMs: number;
  /** Ms UTC. */
  readonly now: () => number;
}

/** Which photos a list is of; times are ms UTC, `to` is not in it. */
export interface PhotoQuery {
  readonly device: DeviceRef | null;
  readonly from: number;
  readonly to: number;
  readonly after: { readonly time: number; readonly id: string } | null;
  readonly limit: number;
}

/** Files that wait for the disk; beyond it the devices send theirs again. */
const MAX_WAITING_BYTES = 64 << 20;
const SWEPT_AT_ONCE = 200;

/** The codes of the wire. @see JT/T 808, multimedia data upload clause */
const kinds = ['image', 'audio', 'video'] as const;
const formats = ['jpeg', 'tiff', 'mp3', 'wav', 'wmv'] as const;
const events = [
  ...['command', 'timer', 'robbery', 'collision', 'doorOpened', 'doorClosed'],
  ...['doorsClosedMoving', 'distance'],
] as const;

/**
 * Photos, sounds and films of devices: the bytes in files, what is known of them in the records. A file is named by
 * its own hash, so nothing that a device says gets into a path, and the same one sent again is stored once.
 */
export class Photos {
  readonly #options: PhotosOptions;
  #bytes = 0;
  #waiting = 0;
  /** One after the other: files are not what must be quick. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(options: PhotosOptions) {
    this.#options = options;
  }

  static async open(options: PhotosOptions): Promise<Photos> {
    const photos = new Photos(options);
    await mkdir(options.directory, { recursive: true, mode: 0o700 });
    photos.#bytes = await photos.#stored();
    return photos;
  }

  /** What the files take. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether a file of so many bytes may come. */
  hasRoom(bytes: number): boolean {
    const { maxBytes } = this.#options;
    return (
      this.#bytes + this.#waiting + bytes <= maxBytes && this.#waiting + bytes <= MAX_WAITING_BYTES
    );
  }

  /**
   * Resolves once the file and what is known of it are durable.
   * @throws what the disk says; the device then gets no answer and sends it again
   */
  keep(device: DeviceRef, media: Media, receivedTime: number): Promise<void> {
    const { length } = media.data;
    this.#waiting += length;
    const kept = this.#last.then(() => this.#keep(device, media, receivedTime));
    this.#last = kept
      .catch(() => undefined)
      .finally(() => {
        this.#waiting -= length;
      });
    return kept;
  }

  /** By the time they were made, the oldest first. */
  async list({ device, from, to, after, limit }: PhotoQuery): Promise<Photo[]> {
    const { db } = this.#options;
    let query = db.selectFrom('photos').selectAll();
    query = query.where('time', '>=', from).where('time', '<', to);
    if (device !== null) {
      query = query.where('protocol', '=', device.protocol).where('deviceId', '=', device.id);
    }
    if (after !== null) {
      query = query.where(({ eb, refTuple, tuple }) =>
        eb(refTuple('time', 'id'), '>', tuple(after.time, after.id)),
      );
    }
    return (await query.orderBy('time').orderBy('id').limit(limit).execute()).map(toWire);
  }

  /** Where the file is and what it is; null when there is no such photo. */
  async file(id: string) {
    const { db } = this.#options;
    const row = await db.selectFrom('photos').selectAll().where('id', '=', id).executeTakeFirst();
    if (row === undefined) return null;
    const { contentType, sha256, bytes, extension } = row;
    return { path: this.#pathOf(row), contentType, sha256, bytes, name: `${id}.${extension}` };
  }

  /** Forgets what is older than it may be, a few at a time. */
  async sweep(): Promise<void> {
    const { db, keepMs, now } = this.#options;
    if (keepMs === 0) return;
    const old = await db
      .selectFrom('photos')
      .selectAll()
      .where('receivedTime', '<', now() - keepMs)
      .limit(SWEPT_AT_ONCE)
      .execute();
    for (const row of old) await this.#remove(row);
  }

  async #keep(device: DeviceRef, media: Media, receivedTime: number): Promise<void> {
    const { db, directory } = this.#options;
    const { data: bytes, position } = media;
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const { protocol, id: deviceId } = device;
    const before = await db
      .selectFrom('photos')
      .select('id')
      .where('protocol', '=', protocol)
      .where('deviceId', '=', deviceId)
      .where('sha256', '=', sha256)
      .executeTakeFirst();
    if (before !== undefined) return;
    const { contentType, extension } = fileType(bytes);
    const isNew = (await this.#owners(sha256)) === 0;
    if (isNew) await writeDurably(directory, sha256, extension, bytes);
    const isTimed = position !== null && position.timeSource === 'device';
    const row: PhotosTable = {
      ...{ id: randomUUID(), protocol, deviceId, sha256, contentType, extension },
      mediaId: media.mediaId,
      kind: kinds[media.type] ?? 'other',
      format: formats[media.format] ?? `${media.format}`,
      event: events[media.event] ?? `${media.event}`,
      ...{ channel: media.channel, bytes: bytes.length, receivedTime },
      time: isTimed ? position.fixTime : receivedTime,
      timeSource: isTimed ? 'device' : 'server',
      latitude: position?.valid ? position.latitude : null,
      longitude: position?.valid ? position.longitude : null,
    };
    await db.insertInto('photos').values(row).execute();
    if (isNew) this.#bytes += bytes.length;
  }

  async #remove(row: PhotosTable): Promise<void> {
    const { db } = this.#options;
    await db.deleteFrom('photos').where('id', '=', row.id).execute();
    if ((await this.#owners(row.sha256)) > 0) return;
    await rm(this.#pathOf(row), { force: true });
    this.#bytes -= row.bytes;
  }

  async #owners(sha256: string): Promise<number> {
    const { db } = this.#options;
    const rows = await db.selectFrom('photos').select('id').where('sha256', '=', sha256).execute();
    return rows.length;
  }

  async #stored(): Promise<number> {
    const { db } = this.#options;
    const rows = await db
      .selectFrom('photos')
      .select(({ fn }) => ['sha256', fn.max('bytes').as('bytes')])
      .groupBy('sha256')
      .execute();
    return rows.reduce((sum, { bytes }) => sum + Number(bytes), 0);
  }

  #pathOf({ sha256, extension }: Pick<PhotosTable, 'sha256' | 'extension'>): string {
    return join(this.#options.directory, sha256.slice(0, 2), `${sha256}.${extension}`);
  }
}

/** A crash leaves the whole file or none; what a crash left half written is written over. */
async function writeDurably(
  directory: string,
  sha256: string,
  extension: string,
  bytes: Uint8Array,
): Promise<void> {
  const folder = join(directory, sha256.slice(0, 2));
  if ((await mkdir(folder, { recursive: true, mode: 0o700 })) !== undefined) await sync(directory);
  const path = join(folder, `${sha256}.${extension}`);
  const temporary = `${path}.tmp`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await sync(folder);
}

async function sync(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function toWire(row: PhotosTable): Photo {
  const { deviceId, time, receivedTime, extension: _, ...rest } = row;
  return {
    ...rest,
    device: deviceId,
    time: new Date(time).toISOString(),
    receivedTime: new Date(receivedTime).toISOString(),
  };
}
