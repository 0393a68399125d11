import { type BitTable, bitNames, bitTable } from '../bytes.ts';
import { extraItems, ItemTable } from './extras.ts';
import { type Model, models } from './models.ts';
import { type Edition, editions, versions } from './versions.ts';

/*
 * A dialect is an edition as one model speaks it.
 */

/** What reports of one edition and model are read by. */
export interface Dialect {
  readonly edition: Edition;
  /** Null: as the standard has it. */
  readonly model: Model | null;
  readonly alarms: BitTable;
  readonly status: BitTable;
  readonly items: ItemTable;
  readonly zoneHours: number;
  readonly states: States;
}

/** Every time on the wire but that of 0x8004. @see JT/T 808, basic location information table */
const ZONE_HOURS = 8;
const MAX_TEXTS = 1024;
/** Whether fields of the position itself say this status. */
const said: ReadonlySet<string> = new Set(['acc', 'fixed', 'south', 'west', 'encrypted']);

/** Status bits as one text of a position; remembers them, because a terminal repeats the same few for hours. */
export class States {
  readonly #table: BitTable;
  readonly #texts = new Map<number, string>();

  constructor(table: BitTable) {
    this.#table = table;
  }

  /** The names of what is set and no field of the position says, joined. */
  text(word: number): string {
    let text = this.#texts.get(word);
    if (text === undefined) {
      text = this.of(bitNames(word, this.#table));
      if (this.#texts.size >= MAX_TEXTS) this.#texts.clear();
      this.#texts.set(word, text);
    }
    return text;
  }

  of(names: readonly string[]): string {
    return names.filter((name) => !said.has(name)).join(',');
  }
}

function renamed(table: BitTable, names: Readonly<Record<number, string>>): BitTable {
  const all = Object.fromEntries(table.names.map((name, bit) => [bit, names[bit] ?? name]));
  return bitTable(table.width, all, table.groups);
}

function dialect(edition: Edition, model: Model | null, items: ItemTable): Dialect {
  const version = versions[edition];
  const alarms = model === null ? version.alarms : renamed(version.alarms, model.alarms);
  const status = model === null ? version.status : renamed(version.status, model.status);
  return {
    edition,
    model,
    alarms,
    status,
    items,
    zoneHours: model?.zoneHours ?? ZONE_HOURS,
    states: new States(status),
  };
}

function byEdition(model: Model | null): Readonly<Record<Edition, Dialect>> {
  const items = new ItemTable([...extraItems, ...(model?.items ?? [])], model?.itemForm);
  return {
    '2011': dialect('2011', model, items),
    '2013': dialect('2013', model, items),
    '2019': dialect('2019', model, items),
  };
}
const standard = byEdition(null);
const byModel = new Map(models.map((model) => [model.name, byEdition(model)]));

/** The dialect of a model; without a profile that of the standard. */
export function dialectOf(edition: Edition, model: string | null | undefined): Dialect {
  // Nearly all: a report is not worth a look into the map.
  if (model === null || model === undefined) return standard[edition];
  return (byModel.get(model) ?? standard)[edition];
}

/** Every dialect there is, those of the standard first; for tests and the docs page. */
export const dialects: readonly Dialect[] = [standard, ...byModel.values()].flatMap((one) =>
  editions.map((edition) => one[edition]),
);
