import type { Selectable } from 'kysely';
import type { DeviceRef } from '../journal/record.ts';
import type { DeviceCommand as WireCommand } from '../wire.ts';
import type { CommandsTable } from './commands-table.ts';
import { type Records, unsynced } from './database.ts';
import type { CommandReply, DeviceCommand } from './device-command.ts';

/** A list of 5,000 media is some 180 KB; what is longer stands in the journal. */
const MAX_REPLY_CHARS = 256 << 10;
const FLUSH_MS = 250;

export interface CommandLogOptions {
  readonly db: Records;
  /** Ms UTC. */
  readonly now: () => number;
  /** What has changed is tried again with the next change. */
  readonly onError: (error: unknown) => void;
}

/** The table of commands. A command is there before it is sent; what becomes of it follows within a second. */
export class CommandLog {
  readonly #options: CommandLogOptions;
  #last: number;
  /** Added in this turn: one transaction, because each waits for the disk. */
  #adding: { readonly command: DeviceCommand; readonly done: (error: unknown) => void }[] = [];
  readonly #dirty = new Set<DeviceCommand>();
  #timer: NodeJS.Timeout | undefined;
  #flushing = Promise.resolve();

  private constructor(options: CommandLogOptions, last: number) {
    this.#options = options;
    this.#last = last;
  }

  /** Nobody waits any more for what an earlier process had under way. */
  static async open(options: CommandLogOptions): Promise<CommandLog> {
    const { db, now } = options;
    await db
      .updateTable('commands')
      .set({ state: 'timeout', detail: 'gatewayRestarted', endedTime: now() })
      .where('state', 'in', ['queued', 'sent'])
      .execute();
    const last = await db
      .selectFrom('commands')
      .select((e) => e.fn.max('number').as('number'))
      .executeTakeFirst();
    return new CommandLog(options, last?.number ?? 0);
  }

  /** The number of the next command. */
  next(): number {
    return ++this.#last;
  }

  /** Resolves once it would survive a loss of power. */
  add(command: DeviceCommand): Promise<void> {
    if (this.#adding.length === 0) setImmediate(() => void this.#insert());
    return new Promise((resolve, reject) => {
      const done = (error: unknown) => (error === null ? resolve() : reject(error));
      this.#adding.push({ command, done });
    });
  }

  /** Written within a second. */
  changed(command: DeviceCommand): void {
    this.#dirty.add(command);
    this.#timer ??= setTimeout(() => void this.flush(), FLUSH_MS);
  }

  /** Resolves when everything that has changed so far is written, or could not be. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flushing = this.#flushing.then(() => this.#write());
    return this.#flushing;
  }

  async get(number: number): Promise<WireCommand | null> {
    const row = await this.#options.db
      .selectFrom('commands')
      .selectAll()
      .where('number', '=', number)
      .executeTakeFirst();
    return row === undefined ? null : wireOfRow(row);
  }

  /** The newest first, those before `before`. */
  async list(device: DeviceRef, limit: number, before: number | null): Promise<WireCommand[]> {
    let query = this.#options.db
      .selectFrom('commands')
      .selectAll()
      .where('protocol', '=', device.protocol)
      .where('device', '=', device.id);
    if (before !== null) query = query.where('number', '<', before);
    const rows = await query.orderBy('number', 'desc').limit(limit).execute();
    return rows.map(wireOfRow);
  }

  async #insert(): Promise<void> {
    const adding = this.#adding;
    this.#adding = [];
    let failure: unknown = null;
    try {
      await this.#options.db.transaction().execute(async (trx) => {
        for (const { command } of adding) {
          await trx.insertInto('commands').values(rowOf(command)).execute();
        }
      });
    } catch (error) {
      failure = error ?? new Error('not recorded');
    }
    for (const { done } of adding) done(failure);
  }

  async #write(): Promise<void> {
    const changed = [...this.#dirty];
    if (changed.length === 0) return;
    this.#dirty.clear();
    try {
      await unsynced(this.#options.db, async (trx) => {
        for (const command of changed) {
          const { state, result, detail, sends, sentTime, takenTime } = command;
          const { endedTime, isLate } = rowOf(command);
          await trx
            .updateTable('commands')
            .set({ state, result, detail, sends, sentTime, takenTime, endedTime, isLate })
            .set({ reply: replyText(command.reply) })
            .where('number', '=', command.number)
            .execute();
        }
      });
    } catch (error) {
      for (const command of changed) this.#dirty.add(command);
      this.#options.onError(error);
    }
  }
}

function rowOf(command: DeviceCommand): CommandsTable {
  const { device, fields, reply, isLate, by, ...rest } = command;
  return {
    ...rest,
    ...{ protocol: device.protocol, device: device.id, askedBy: by },
    ...{ fields: JSON.stringify(fields), reply: replyText(reply), isLate: isLate ? 1 : 0 },
  };
}

function replyText(reply: CommandReply | null): string | null {
  if (reply === null) return null;
  const text = JSON.stringify(reply);
  return text.length > MAX_REPLY_CHARS ? JSON.stringify({ ...reply, fields: {} }) : text;
}

function wireOfRow(row: Selectable<CommandsTable>): WireCommand {
  const { fields, reply, isLate, protocol, device, askedBy: by, ...rest } = row;
  return commandToWire({
    ...rest,
    ...{ device: { protocol, id: device }, by, isLate: isLate === 1 },
    fields: JSON.parse(fields) as DeviceCommand['fields'],
    reply: reply === null ? null : (JSON.parse(reply) as CommandReply),
  });
}

/** A command as the wire shows it. */
export function commandToWire(command: DeviceCommand): WireCommand {
  const { number, device, message, name, fields, by, reason, state, result, detail } = command;
  const iso = (time: number | null) => (time === null ? null : new Date(time).toISOString());
  return {
    ...{ id: String(number), device: device.id, protocol: device.protocol, message, name },
    ...{ fields: { ...fields }, by, reason, state, result, detail, sends: command.sends },
    requestedAt: new Date(command.requestedTime).toISOString(),
    expiresAt: new Date(command.expiresTime).toISOString(),
    sentAt: iso(command.sentTime),
    takenAt: iso(command.takenTime),
    endedAt: iso(command.endedTime),
    reply:
      command.reply === null ? null : { ...command.reply, fields: { ...command.reply.fields } },
    isLate: command.isLate,
  };
}
