import type { MessageRow } from '../protocol.ts';
import { alarmRows } from './messages/alarms.ts';
import { commandRows } from './messages/commands.ts';
import { fileRows } from './messages/files.ts';
import { informationRows } from './messages/information.ts';
import { moduleRows } from './messages/modules.ts';
import { positionRows } from './messages/positions.ts';
import { radioRows } from './messages/radio.ts';
import { sessionRows } from './messages/session.ts';
import { undocumentedRows } from './messages/undocumented.ts';
import type { Row } from './row.ts';

/** Every message, by section. */
export const rows: readonly Row[] = [
  ...sessionRows,
  ...positionRows,
  ...alarmRows,
  ...radioRows,
  ...commandRows,
  ...informationRows,
  ...moduleRows,
  ...fileRows,
  ...undocumentedRows,
];

/** The rows of one direction by type. */
export type RowTable = (type: number, isLong: boolean) => Row | undefined;

function table(direction: MessageRow['direction']): RowTable {
  const own = rows.filter((row) => row.direction === direction);
  const usual = new Map(own.filter((row) => !row.onlyLong).map((row) => [row.type, row]));
  const long = new Map(own.filter((row) => row.onlyLong).map((row) => [row.type, row]));
  return (type, isLong) => (isLong ? (long.get(type) ?? usual.get(type)) : usual.get(type));
}

/** What a platform receives. */
export const upRow: RowTable = table('up');
/** What a terminal receives. */
export const downRow: RowTable = table('down');
