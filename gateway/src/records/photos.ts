import type { ProtocolName } from '@xunji/protocols';
import type { Kysely, Migration } from 'kysely';

/** What is known of a file of a device; the bytes are in the media directory. Times are ms UTC. */
export interface PhotosTable {
  id: string;
  protocol: ProtocolName;
  deviceId: string;
  /** The device's own number. */
  mediaId: number;
  kind: 'image' | 'audio' | 'video' | 'other';
  format: string;
  event: string;
  channel: number;
  /** By the first bytes. */
  contentType: string;
  extension: string;
  bytes: number;
  sha256: string;
  /** When it was made, as far as the device says. */
  time: number;
  timeSource: 'device' | 'server';
  receivedTime: number;
  latitude: number | null;
  longitude: number | null;
}

/** The table of `tables.ts`. */
export const createPhotos: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const { schema } = db;
    await schema
      .createTable('photos')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('protocol', 'text', (c) => c.notNull())
      .addColumn('deviceId', 'text', (c) => c.notNull())
      .addColumn('mediaId', 'bigint', (c) => c.notNull())
      .addColumn('kind', 'text', (c) => c.notNull())
      .addColumn('format', 'text', (c) => c.notNull())
      .addColumn('event', 'text', (c) => c.notNull())
      .addColumn('channel', 'integer', (c) => c.notNull())
      .addColumn('contentType', 'text', (c) => c.notNull())
      .addColumn('extension', 'text', (c) => c.notNull())
      .addColumn('bytes', 'bigint', (c) => c.notNull())
      .addColumn('sha256', 'text', (c) => c.notNull())
      .addColumn('time', 'bigint', (c) => c.notNull())
      .addColumn('timeSource', 'text', (c) => c.notNull())
      .addColumn('receivedTime', 'bigint', (c) => c.notNull())
      .addColumn('latitude', 'double precision')
      .addColumn('longitude', 'double precision')
      .execute();
    await schema
      .createIndex('photos_once')
      .unique()
      .on('photos')
      .columns(['protocol', 'deviceId', 'sha256'])
      .execute();
    await schema
      .createIndex('photos_of_device')
      .on('photos')
      .columns(['protocol', 'deviceId', 'time', 'id'])
      .execute();
    await schema.createIndex('photos_by_time').on('photos').columns(['time', 'id']).execute();
    await schema.createIndex('photos_by_age').on('photos').columns(['receivedTime']).execute();
    await schema.createIndex('photos_by_hash').on('photos').columns(['sha256']).execute();
  },
};
