import type { ProtocolName } from '@xunji/protocols';
import type { Kysely, Migration } from 'kysely';
import type { CommandState, DeviceCommand } from './device-command.ts';

/** What was asked of devices, by whom, and what became of it. Nothing of it is ever deleted by an edit. */
export interface CommandsTable {
  number: number;
  protocol: ProtocolName;
  device: string;
  message: string;
  name: string;
  /** JSON object. */
  fields: string;
  askedBy: string;
  reason: string | null;
  requestedTime: number;
  expiresTime: number;
  state: CommandState;
  result: DeviceCommand['result'];
  detail: string | null;
  sends: number;
  sentTime: number | null;
  takenTime: number | null;
  endedTime: number | null;
  /** JSON of a `CommandReply`; null before there is one, and for one that is too long to keep. */
  reply: string | null;
  isLate: 0 | 1;
}

/** The table above. */
export const createCommands: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('commands')
      .addColumn('number', 'integer', (c) => c.primaryKey())
      .addColumn('protocol', 'text', (c) => c.notNull())
      .addColumn('device', 'text', (c) => c.notNull())
      .addColumn('message', 'text', (c) => c.notNull())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('fields', 'text', (c) => c.notNull())
      .addColumn('askedBy', 'text', (c) => c.notNull())
      .addColumn('reason', 'text')
      .addColumn('requestedTime', 'bigint', (c) => c.notNull())
      .addColumn('expiresTime', 'bigint', (c) => c.notNull())
      .addColumn('state', 'text', (c) => c.notNull())
      .addColumn('result', 'text')
      .addColumn('detail', 'text')
      .addColumn('sends', 'integer', (c) => c.notNull())
      .addColumn('sentTime', 'bigint')
      .addColumn('takenTime', 'bigint')
      .addColumn('endedTime', 'bigint')
      .addColumn('reply', 'text')
      .addColumn('isLate', 'integer', (c) => c.notNull())
      .execute();
    await db.schema
      .createIndex('commands_by_device')
      .on('commands')
      .columns(['protocol', 'device', 'number'])
      .execute();
  },
};
