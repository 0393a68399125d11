import { randomUUID } from 'node:crypto';
import { macOf, uuidOf } from '@xunji/protocols';
import type { Kysely, Migration } from 'kysely';
import type { Beacon } from '../wire.ts';
import type { Records } from './database.ts';
import { type Edited, edited, refused } from './faults.ts';
import type { BeaconsTable } from './tables.ts';

/** What an operator enters; already validated, its identity as `beaconIdentity` words it. */
export type BeaconDraft = Omit<Beacon, 'id' | 'rev' | 'updatedAt'>;

const GATEWAY_ID = /^[A-Za-z0-9._-]{1,61}$/;
const IBEACON = /^(.{32,36})[-:/](\d{1,5})[-:/](\d{1,5})$/;
const MAX_PART = 0xffff;

/**
 * One spelling for each listener and beacon: a MAC, `uuid-major-minor` of an iBeacon, the 32 digits of an Eddystone,
 * or the id a gateway has in its topic.
 * @returns null for what is none of these
 */
export function beaconIdentity(text: string): string | null {
  const [, uuidText = '', major = '', minor = ''] = IBEACON.exec(text) ?? [];
  const uuid = uuidOf(uuidText);
  if (uuid !== null && Number(major) <= MAX_PART && Number(minor) <= MAX_PART) {
    return `${uuid}-${Number(major)}-${Number(minor)}`;
  }
  return macOf(text) ?? uuidOf(text) ?? (GATEWAY_ID.test(text) ? text : null);
}

/** The table of `tables.ts`. */
export const createBeacons: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('beacons')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('identity', 'text', (c) => c.notNull().unique())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('latitude', 'double precision', (c) => c.notNull())
      .addColumn('longitude', 'double precision', (c) => c.notNull())
      .addColumn('radiusM', 'double precision', (c) => c.notNull())
      .addColumn('floor', 'text')
      .addColumn('updatedTime', 'bigint', (c) => c.notNull())
      .addColumn('rev', 'bigint', (c) => c.notNull())
      .execute();
  },
};

const fromRow = ({ updatedTime, ...row }: BeaconsTable): Beacon => ({
  ...row,
  updatedAt: new Date(updatedTime).toISOString(),
});

/**
 * Where listeners and fixed beacons stand. Answered from memory, because the intake asks for every sighting; what it
 * makes of them goes into the journal as positions, so an edit changes nothing that was.
 */
export class Beacons {
  readonly #db: Records;
  readonly #now: () => number;
  readonly #byIdentity = new Map<string, Beacon>();

  private constructor(db: Records, now: () => number) {
    this.#db = db;
    this.#now = now;
  }

  static async open(db: Records, now: () => number): Promise<Beacons> {
    const beacons = new Beacons(db, now);
    for (const row of await db.selectFrom('beacons').selectAll().execute()) {
      beacons.#byIdentity.set(row.identity, fromRow(row));
    }
    return beacons;
  }

  /** @param identity as `beaconIdentity` words it */
  placeOf(identity: string): Beacon | undefined {
    return this.#byIdentity.get(identity);
  }

  /** By name, from the one after `after`'s place. */
  async list(limit: number, after: { name: string; id: string } | null): Promise<Beacon[]> {
    let query = this.#db.selectFrom('beacons').selectAll();
    if (after !== null) {
      query = query.where(({ eb, refTuple, tuple }) =>
        eb(refTuple('name', 'id'), '>', tuple(after.name, after.id)),
      );
    }
    return (await query.orderBy('name').orderBy('id').limit(limit).execute()).map(fromRow);
  }

  async get(id: string): Promise<Beacon | null> {
    const row = await this.#row(id);
    return row === undefined ? null : fromRow(row);
  }

  /** @returns `exists` where another has this identity */
  async create(draft: BeaconDraft): Promise<Edited<Beacon>> {
    const row = { ...draft, id: randomUUID(), updatedTime: this.#now(), rev: 1 };
    if (this.#byIdentity.has(row.identity)) return refused('exists', 'identity');
    await this.#db.insertInto('beacons').values(row).execute();
    return edited(this.#keep(fromRow(row)));
  }

  /** Replaces it whole if it still has revision `rev`. */
  async replace(id: string, rev: number, draft: BeaconDraft): Promise<Edited<Beacon>> {
    const found = await this.#row(id);
    if (found === undefined) return refused('notFound');
    if (found.rev !== rev) return refused('conflict');
    const other = this.#byIdentity.get(draft.identity);
    if (other !== undefined && other.id !== id) return refused('exists', 'identity');
    const row = { ...draft, id, updatedTime: this.#now(), rev: rev + 1 };
    await this.#db.updateTable('beacons').set(row).where('id', '=', id).execute();
    this.#byIdentity.delete(found.identity);
    return edited(this.#keep(fromRow(row)));
  }

  async remove(id: string, rev: number): Promise<Edited<null>> {
    const found = await this.#row(id);
    if (found === undefined) return refused('notFound');
    if (found.rev !== rev) return refused('conflict');
    await this.#db.deleteFrom('beacons').where('id', '=', id).execute();
    this.#byIdentity.delete(found.identity);
    return edited(null);
  }

  #row(id: string) {
    return this.#db.selectFrom('beacons').selectAll().where('id', '=', id).executeTakeFirst();
  }

  #keep(beacon: Beacon): Beacon {
    this.#byIdentity.set(beacon.identity, beacon);
    return beacon;
  }
}
