import { bitTable, timeOfDigits, toHex } from '../../bytes.ts';
import { type Fields, flags, type Layout, layout, noted, u16, u32 } from '../../layout.ts';
import { followed } from '../../layout-lists.ts';
import type { Dialect } from '../dialects.ts';
import { LOCATION_BYTES, type Location, locationOf, toPosition, ZONE_HOURS } from '../location.ts';
import { type Row, row, same, spoken } from '../row.ts';

const SERIAL_BYTES = 2;
const TIME_AT = 22;

const isTimeAt = (body: Uint8Array, at: number): boolean =>
  timeOfDigits(toHex(body.subarray(at, at + 6)), ZONE_HOURS) !== null;

/**
 * A report behind the serial of the query, which the text of 2011 lacks. Headers do not tell: the place of a time that
 * exists does, then whether the items end with the body, then the edition.
 * @see the wire reference, section 6.5
 */
function queriedLocation(dialect: Dialect): Layout<Fields> {
  const { edition } = dialect;
  const bare: Layout<Fields> = locationOf(dialect);
  const answered: Layout<Fields> = layout({
    answeredSerial: noted(u16, 'absent in 2011'),
    ...bare.fields,
  });
  const isWhole = (table: Layout<Fields>, body: Uint8Array): boolean => {
    const read = table.decode(body);
    return read.ok && read.trailing === 0;
  };
  const tableOf = (body: Uint8Array): Layout<Fields> => {
    if (body.length < SERIAL_BYTES + LOCATION_BYTES) return bare;
    const own = edition === '2011' ? bare : answered;
    const behindSerial = isTimeAt(body, SERIAL_BYTES + TIME_AT);
    const atOnce = isTimeAt(body, TIME_AT);
    if (behindSerial !== atOnce) return behindSerial ? answered : bare;
    const other = own === bare ? answered : bare;
    return !isWhole(own, body) && isWhole(other, body) ? other : own;
  };
  return {
    ...answered,
    fieldNames: bare.fieldNames,
    minBytes: bare.minBytes,
    decode: (body) => tableOf(body).decode(body),
    encode: (value) => (value['answeredSerial'] === undefined ? bare : answered).encode(value),
  };
}

/** Those that a platform may confirm. */
const confirmable = bitTable(32, {
  0: 'sos',
  3: 'danger',
  20: 'areaInOut',
  21: 'routeInOut',
  22: 'segmentTime',
  27: 'illegalIgnition',
  28: 'illegalMove',
});

const trackingInterval = layout({ interval: noted(u16, 's; 0 stops, then nothing follows') });
const trackingDuration = layout({ duration: noted(u32, 's') });
const tracking = followed(
  trackingInterval,
  ({ interval }) => (interval === 0 ? null : trackingDuration),
  trackingDuration.fields,
);

/** Queries about the position and confirmed alarms. @see the wire reference, section 6.5 */
export const trackingMessages: readonly Row[] = [
  row(0x0201, 'locationAnswer', 'location information query answer', {
    intent: 'answer',
    ...spoken((dialect) => [queriedLocation(dialect)]),
    positions: (fields, receipt) => [toPosition(fields as unknown as Location, receipt, false)],
    answer: 'none',
  }),
  row(0x8201, 'queryLocation', 'location information query', {
    intent: 'query',
    bodies: same(layout({})),
    answer: 'none',
  }),
  row(0x8202, 'trackLocation', 'temporary location tracking control', {
    intent: 'query',
    bodies: same(tracking),
    answer: 'general',
  }),
  row(0x8203, 'confirmAlarms', 'manual confirmation of alarms', {
    intent: 'query',
    bodies: same(
      layout({
        alarmSerial: noted(u16, 'serial of the report; 0: all of these alarms'),
        alarms: flags(confirmable),
      }),
      '2013',
      '2019',
    ),
    answer: 'general',
  }),
];
