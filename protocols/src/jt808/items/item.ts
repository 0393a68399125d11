import type { Kind, Layout } from '../../layout.ts';
import { layout, noted } from '../../layout.ts';
import type { DeviceAlarm } from '../../position.ts';

/** One item as it stood in the report: known ones by name, the others by their bytes. */
export type Item =
  | { readonly id: string; readonly name: string; readonly value: unknown }
  | { readonly id: string; readonly hex: string };

/** What items say of a position; filled in the order of the report, a repeated item counts last. */
export interface Findings {
  mileageKm: number | null;
  satellites: number | null;
  batteryPercent: number | null;
  /** Beside those of the alarm word, each once; null when there are none. */
  alarms: DeviceAlarm[] | null;
  readonly extras: Record<string, number | string | boolean>;
}

/** Nothing found yet. */
export const noFindings = (): Findings => ({
  mileageKm: null,
  satellites: null,
  batteryPercent: null,
  alarms: null,
  extras: {},
});

/** An item states an alarm; saying it twice changes nothing. */
export function stateAlarm(found: Findings, alarm: DeviceAlarm): void {
  if (found.alarms === null) found.alarms = [alarm];
  else if (!found.alarms.includes(alarm)) found.alarms.push(alarm);
}

/** A row of an item table. */
export interface ItemRow {
  readonly id: number;
  readonly name: string;
  /** Clause of the standard, or whose paper it is. */
  readonly clause: string;
  /** Bytes when every value takes the same number, else null: the body decides. */
  readonly width: number | null;
  /** Explains an item to its last byte, or the item stays raw. */
  readonly body: Layout<{ readonly value: unknown }>;
  readonly note: (value: unknown, findings: Findings) => void;
  /** The value is one unsigned number of `width` bytes. */
  readonly isNumber: boolean;
}

/** What an item says of its position. */
export type Note<T> = (value: T, findings: Findings) => void;

/** A row; `note` gets what `kind` has read. */
export function item<T>(
  id: number,
  name: string,
  clause: string,
  kind: Kind<T>,
  note: Note<T>,
): ItemRow {
  // Only values that this very kind has read reach `note`.
  const noteRead = (value: unknown, findings: Findings) => note(value as T, findings);
  const body = layout({ value: kind });
  return { id, name, clause, width: kind.width, body, note: noteRead, isNumber: false };
}

/** A row whose value is one unsigned number, which the short way reads without a layout. */
export function numberItem(
  id: number,
  name: string,
  clause: string,
  kind: Kind<number>,
  unit: string,
  note: Note<number>,
): ItemRow {
  return { ...item(id, name, clause, noted(kind, unit), note), isNumber: true };
}
