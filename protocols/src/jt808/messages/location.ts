import { layout, u8, u16 } from '../../layout.ts';
import { type BatchItem, type Location, locations, reports, toPosition } from '../location.ts';
import { type Row, row } from '../row.ts';
import type { Edition } from '../versions.ts';

const batch = (edition: Edition) =>
  layout({
    count: u16,
    kind: u8, // 0 normal, 1 late data from a blind area
    items: reports(locations[edition]),
  });

/** Positions. @see the wire reference, section 6 */
export const locationMessages: readonly Row[] = [
  row(0x0200, 'locationReport', 'location information report', {
    intent: 'report',
    bodies: {
      '2011': [locations['2011']],
      '2013': [locations['2013']],
      '2019': [locations['2019']],
    },
    positions: (fields, receipt) => [toPosition(fields as Location, receipt, false)],
    answer: 'general',
  }),
  row(0x0704, 'locationBatch', 'batch upload of location data', {
    intent: 'report',
    bodies: { '2011': [batch('2011')], '2013': [batch('2013')], '2019': [batch('2019')] },
    // What can be read is taken, whatever the count says; acknowledging a batch of which nothing can be would lie.
    reject: ({ items, trailing }) =>
      (items as readonly unknown[]).length === 0 && trailing !== undefined ? 'items' : null,
    positions: ({ items, kind }, receipt) =>
      (items as readonly BatchItem[]).map((one) => toPosition(one, receipt, kind === 1)),
    answer: 'general',
  }),
];
