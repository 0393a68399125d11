import { layout, noted, u8, u16 } from '../../layout.ts';
import type { Dialect } from '../dialects.ts';
import { type BatchItem, type Location, locationOf, reports, toPosition } from '../location.ts';
import { type Row, row, spoken } from '../row.ts';

const batch = (dialect: Dialect) =>
  layout({
    count: u16,
    kind: noted(u8, '0 normal, 1 late data from a blind area'),
    items: reports(locationOf(dialect)),
  });

/** Positions. @see the wire reference, section 6 */
export const locationMessages: readonly Row[] = [
  row(0x0200, 'locationReport', 'location information report', {
    intent: 'report',
    ...spoken((dialect) => [locationOf(dialect)]),
    positions: (fields, receipt) => [toPosition(fields as Location, receipt, false)],
    answer: 'general',
  }),
  row(0x0704, 'locationBatch', 'batch upload of location data', {
    intent: 'report',
    ...spoken((dialect) => [batch(dialect)]),
    // What can be read is taken, whatever the count says; acknowledging a batch of which nothing can be would lie.
    reject: ({ items, trailing }) =>
      (items as readonly unknown[]).length === 0 && trailing !== undefined ? 'items' : null,
    positions: ({ items, kind }, receipt) =>
      (items as readonly BatchItem[]).map((one) => toPosition(one, receipt, kind === 1)),
    answer: 'general',
  }),
];
