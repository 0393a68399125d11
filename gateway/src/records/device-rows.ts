import { sql, type Transaction } from 'kysely';
import type { DeviceRef } from '../journal/record.ts';
import { type Records, type Tables, unsynced } from './database.ts';
import type { DevicesTable } from './tables.ts';

/*
 * What the registry of devices says to the database; what it holds in memory and when it writes is its own matter.
 */

/** A device as its row holds it. */
export type DeviceRow = Omit<DevicesTable, 'groupName' | 'lenient'> & {
  readonly group: string | null;
  readonly lenient: boolean;
};

const toRow = (e: DeviceRow): DevicesTable => ({
  protocol: e.protocol,
  id: e.id,
  kind: e.kind,
  name: e.name,
  groupName: e.group,
  admission: e.admission,
  edition: e.edition,
  model: e.model,
  lenient: e.lenient ? 1 : 0,
  lastSeenTime: e.lastSeenTime,
  createdTime: e.createdTime,
  rev: e.rev,
});

/** All devices with the subject each carries now, those unseen longest first. */
export const loadRows = (db: Records) =>
  db
    .selectFrom('devices')
    .leftJoin('bindings', (j) =>
      j
        .onRef('bindings.protocol', '=', 'devices.protocol')
        .onRef('bindings.deviceId', '=', 'devices.id')
        .on('bindings.toTime', 'is', null),
    )
    .leftJoin('subjects', 'subjects.id', 'bindings.subjectId')
    .selectAll('devices')
    .select('subjects.name as subject')
    .orderBy('devices.lastSeenTime')
    .orderBy('devices.id')
    .execute();

/** Adds what the intake noted; of a device that is there already only what the intake knows better is taken. */
export async function addNoted(
  trx: Transaction<Tables>,
  devices: readonly DeviceRow[],
): Promise<void> {
  await trx
    .insertInto('devices')
    .values(devices.map(toRow))
    .onConflict((c) =>
      c.columns(['protocol', 'id']).doUpdateSet((e) => ({
        admission: e.ref('excluded.admission'),
        edition: e.ref('excluded.edition'),
        lastSeenTime: e.ref('excluded.lastSeenTime'),
      })),
    )
    .execute();
}

/** Writes a device whole, new or not. */
export async function putRow(trx: Transaction<Tables>, device: DeviceRow): Promise<void> {
  const row = toRow(device);
  await trx
    .insertInto('devices')
    .values(row)
    .onConflict((c) => c.columns(['protocol', 'id']).doUpdateSet(row))
    .execute();
}

/** Deletes a refused device; one that was admitted meanwhile stays. */
export async function forgetKnocking(db: Records, { protocol, id }: DeviceRef): Promise<void> {
  await db
    .deleteFrom('devices')
    .where('protocol', '=', protocol)
    .where('id', '=', id)
    .where('admission', '=', 'knocking')
    .execute();
}

/**
 * Writes when devices were last seen and by which edition, in one statement whose text is always the same. A loss of
 * power may take it: the next frame of the device says it again.
 */
export async function noteSeen(db: Records, devices: readonly DeviceRow[]): Promise<void> {
  const rows = JSON.stringify(
    devices.map((e) => [e.protocol, e.id, e.lastSeenTime ?? 0, e.edition]),
  );
  await unsynced(db, (trx) =>
    sql`update devices set "lastSeenTime" = v.value ->> 2, edition = v.value ->> 3
      from json_each(${rows}) as v
      where devices.protocol = v.value ->> 0 and devices.id = v.value ->> 1`.execute(trx),
  );
}
