import { randomUUID } from 'node:crypto';
import type { Transaction } from 'kysely';
import type { DeviceRef } from '../journal/record.ts';
import type { Subject } from '../wire.ts';
import type { ConfigChange, ConfigLog } from './config-log.ts';
import type { Records, Tables } from './database.ts';
import type { DeviceRegistry } from './devices.ts';
import { type Edited, edited, refused } from './faults.ts';

export interface SubjectDraft {
  readonly name: string;
  readonly kind: Subject['kind'];
  readonly device: DeviceRef | null;
}
type Edit = Transaction<Tables>;
type Rebound = { readonly device: DeviceRef; readonly subject: string | null };

/** Vehicles and people, and which device carries them from when until when. */
export class Subjects {
  readonly #db: Records;
  readonly #log: ConfigLog;
  readonly #devices: DeviceRegistry;
  readonly #now: () => number;

  constructor(db: Records, log: ConfigLog, devices: DeviceRegistry, now: () => number) {
    this.#db = db;
    this.#log = log;
    this.#devices = devices;
    this.#now = now;
  }

  /** By name, from the one after `after`'s place. */
  async list(limit: number, after: { name: string; id: string } | null): Promise<Subject[]> {
    let query = this.#select(this.#db);
    if (after !== null) {
      query = query.where(({ eb, refTuple, tuple }) =>
        eb(refTuple('subjects.name', 'subjects.id'), '>', tuple(after.name, after.id)),
      );
    }
    const rows = await query.orderBy('subjects.name').orderBy('subjects.id').limit(limit).execute();
    return rows.map(fromRow);
  }

  async get(id: string): Promise<Subject | null> {
    const row = await this.#select(this.#db).where('subjects.id', '=', id).executeTakeFirst();
    return row === undefined ? null : fromRow(row);
  }

  /** Binds from now on; the device leaves whom it carried before. @returns `unknownReference` for an unknown device */
  create(draft: SubjectDraft): Promise<Edited<Subject>> {
    return this.#edit(async (trx, rebound) => {
      if (draft.device !== null && !this.#isAdmitted(draft.device)) {
        return refused('unknownReference', 'device');
      }
      const { name, kind, device } = draft;
      const row = { id: randomUUID(), name, kind, createdTime: this.#now(), rev: 1 };
      await trx.insertInto('subjects').values(row).execute();
      if (device !== null) await this.#bind(trx, row.id, name, device, rebound);
      return edited({ id: row.id, name, kind, device, rev: 1 });
    });
  }

  /** `device` null ends the binding, undefined leaves it. */
  update(id: string, rev: number, patch: Partial<SubjectDraft>): Promise<Edited<Subject>> {
    return this.#edit(async (trx, rebound) => {
      const row = await this.#select(trx).where('subjects.id', '=', id).executeTakeFirst();
      if (row === undefined) return refused('notFound');
      const found = fromRow(row);
      if (found.rev !== rev) return refused('conflict');
      if (patch.device && !this.#isAdmitted(patch.device))
        return refused('unknownReference', 'device');
      const { device: _, ...columns } = { ...patch, rev: rev + 1 };
      await trx.updateTable('subjects').set(columns).where('id', '=', id).execute();
      const next: Subject = { ...found, ...patch, rev: rev + 1 };
      const moves = patch.device !== undefined && !isSame(patch.device, found.device);
      if (moves && found.device !== null) await this.#unbind(trx, found.device, rebound);
      if (moves && next.device !== null) await this.#bind(trx, id, next.name, next.device, rebound);
      if (!moves && next.device !== null) rebound.push({ device: next.device, subject: next.name });
      return edited(next);
    });
  }

  /** Deletes the subject with its binding history. */
  remove(id: string, rev: number): Promise<Edited<null>> {
    return this.#edit(async (trx, rebound) => {
      const row = await this.#select(trx).where('subjects.id', '=', id).executeTakeFirst();
      if (row === undefined) return refused('notFound');
      if (row.rev !== rev) return refused('conflict');
      const { device } = fromRow(row);
      if (device !== null) await this.#unbind(trx, device, rebound);
      await trx.deleteFrom('subjects').where('id', '=', id).execute();
      return edited(null);
    });
  }

  /** One transaction with the devices' log rows; memory follows once it is committed. */
  async #edit<T>(work: (trx: Edit, rebound: Rebound[]) => Promise<Edited<T>>): Promise<Edited<T>> {
    const rebound: Rebound[] = [];
    await this.#devices.flush();
    const result = await this.#log.edit(async (trx, changed) => {
      const value = await work(trx, rebound);
      const changes = rebound.map((r) => this.#devices.withSubject(r.device, r.subject));
      changed(...changes.filter((c): c is ConfigChange => c !== null));
      return value;
    });
    for (const { device, subject } of rebound) this.#devices.setSubject(device, subject);
    return result;
  }

  async #bind(
    trx: Edit,
    subjectId: string,
    name: string,
    device: DeviceRef,
    rebound: Rebound[],
  ): Promise<void> {
    await this.#unbind(trx, device, []);
    const { protocol, id: deviceId } = device;
    await trx
      .insertInto('bindings')
      .values({ subjectId, protocol, deviceId, fromTime: this.#now(), toTime: null })
      .execute();
    rebound.push({ device, subject: name });
  }

  async #unbind(trx: Edit, device: DeviceRef, rebound: Rebound[]): Promise<void> {
    await trx
      .updateTable('bindings')
      .set({ toTime: this.#now() })
      .where('protocol', '=', device.protocol)
      .where('deviceId', '=', device.id)
      .where('toTime', 'is', null)
      .execute();
    rebound.push({ device, subject: null });
  }

  #select(db: Records | Edit) {
    return db
      .selectFrom('subjects')
      .leftJoin('bindings', (j) =>
        j.onRef('bindings.subjectId', '=', 'subjects.id').on('bindings.toTime', 'is', null),
      )
      .select(['subjects.id', 'subjects.name', 'subjects.kind', 'subjects.rev'])
      .select(['bindings.protocol', 'bindings.deviceId']);
  }

  #isAdmitted(device: DeviceRef): boolean {
    const found = this.#devices.find(device);
    return found !== undefined && found.admission !== 'knocking';
  }
}

type Row = Pick<Subject, 'id' | 'name' | 'kind' | 'rev'> & {
  protocol: DeviceRef['protocol'] | null;
  deviceId: string | null;
};
const fromRow = ({ id, name, kind, rev, protocol, deviceId }: Row): Subject => ({
  ...{ id, name, kind, rev },
  device: protocol === null || deviceId === null ? null : { protocol, id: deviceId },
});
const isSame = (a: DeviceRef | null, b: DeviceRef | null): boolean =>
  a?.protocol === b?.protocol && a?.id === b?.id;
