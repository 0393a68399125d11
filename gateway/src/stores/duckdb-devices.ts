import type { DuckDBConnection } from '@duckdb/node-api';
import { DeviceMap } from '../journal/device-map.ts';
import type { DeviceRef } from '../journal/record.ts';
import { type DayTables, tablesOf } from './duckdb-schema.ts';
import { storedDevice } from './stored-device.ts';

interface Known {
  readonly id: number;
  /** `fixTime` of its newest stored position; -Infinity without one. */
  newest: number;
}

/**
 * The dictionary of devices: rows hold a small number instead of a key. It also knows each device's newest fix, so
 * that only what is not newer has to be looked for among what is stored.
 */
export class DeviceDictionary {
  readonly #known = new Map<string, Known>();
  /** The same, because a key is made anew for every record. */
  readonly #byDevice = new DeviceMap<Known>();
  #added: { key: string; id: number }[] = [];
  #next = 1;

  /** Reads it anew from what is committed. */
  static async load(
    db: DuckDBConnection,
    days: ReadonlyMap<number, DayTables>,
  ): Promise<DeviceDictionary> {
    const dictionary = new DeviceDictionary();
    // Sealed days have left their newest in `devices`.
    const open = [
      'late',
      ...[...days].filter(([, t]) => t.live).flatMap(([d, t]) => tablesOf(d, t)),
    ];
    const newest = open
      .map((table) => `SELECT device, max(fix_time) AS t FROM ${table} GROUP BY device`)
      .join(' UNION ALL ');
    const rows = await db.runAndReadAll(`
      SELECT id, key, epoch_ms(greatest(newest, t))::DOUBLE
      FROM devices LEFT JOIN (SELECT device, max(t) AS t FROM (${newest}) GROUP BY device) ON id = device`);
    for (const [id, key, time] of rows.getRows()) {
      dictionary.#known.set(String(key), {
        id: Number(id),
        newest: time === null ? Number.NEGATIVE_INFINITY : Number(time),
      });
      dictionary.#next = Math.max(dictionary.#next, Number(id) + 1);
    }
    return dictionary;
  }

  /** What is known of a device; a new one gets a number, which `save` writes. */
  of(device: DeviceRef): Known {
    let known = this.#byDevice.get(device);
    if (known === undefined) {
      known = this.#ofKey(storedDevice(device));
      this.#byDevice.set(device, known);
    }
    return known;
  }

  #ofKey(key: string): Known {
    let known = this.#known.get(key);
    if (known === undefined) {
      known = { id: this.#next++, newest: Number.NEGATIVE_INFINITY };
      this.#known.set(key, known);
      this.#added.push({ key, id: known.id });
    }
    return known;
  }

  /** The number of a device that is stored, null of any other. */
  find(key: string): number | null {
    return this.#known.get(key)?.id ?? null;
  }

  /** Writes new devices within the connection's transaction. */
  async save(db: DuckDBConnection): Promise<void> {
    if (this.#added.length === 0) return;
    const appender = await db.createAppender('devices');
    for (const { id, key } of this.#added) {
      appender.appendInteger(id);
      appender.appendVarchar(key);
      appender.appendNull();
      appender.endRow();
    }
    appender.flushSync();
    appender.closeSync();
    this.#added = [];
  }
}
