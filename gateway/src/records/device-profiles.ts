import { protocols } from '@xunji/protocols';
import type { Kysely, Migration } from 'kysely';
import type { DeviceRef } from '../journal/record.ts';

/** How frames of a device are read beyond what they say themselves. */
export const createDeviceProfiles: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema.alterTable('devices').addColumn('model', 'text').execute();
    await db.schema
      .alterTable('devices')
      .addColumn('lenient', 'integer', (c) => c.notNull().defaultTo(0))
      .execute();
  },
};

const names = new Map(
  protocols.map(({ name, models }) => [name as string, new Set(models.map((m) => m.name))]),
);

/** Every model that has a profile, whatever its family. */
export const modelNames: readonly string[] = [...names.values()].flatMap((one) => [...one]);

/** Whether devices of this family may be of that model; none has a model in a family without profiles. */
export const isModelOf = (protocol: DeviceRef['protocol'], model: string): boolean =>
  names.get(protocol)?.has(model) ?? false;
