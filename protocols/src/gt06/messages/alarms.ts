import { type Kind, layout, noted, u8, u32 } from '../../layout.ts';
import { type Body, chosen, withTails } from '../body.ts';
import { cell, gpsBlock } from '../fields.ts';
import { answerTo, type Row, up } from '../row.ts';
import { GPS_BLOCK_BYTES, with4gCell } from './positions.ts';
import { terminalState } from './session.ts';

const alarmTail = {
  ...terminalState,
  alarmCode: u8,
  language: noted(u8, '1 Chinese, 2 English, 0 wants no answer'),
};
/** FF: not of a fence. Whether the first is 0 or 1 is not agreed upon. @see gt06.md section 8.1 */
const fence = { fenceNumber: u8 };
const mileage = { mileage: noted(u32, 'm') };

const ALARM_BYTES = 5;
const CELL_AT = GPS_BLOCK_BYTES + 1;

/**
 * The LBS length counts itself in some documents and not in others, so only zero is believed; too little left for a
 * cell means none as well. @see gt06.md section 8.1
 */
function alarmBody(cellOf: Kind<unknown>, behind: Readonly<Record<string, Kind<unknown>>>): Body {
  const tail = { ...alarmTail, ...behind };
  const withCell = withTails(layout({ ...gpsBlock, lbsLength: u8, cell: cellOf, ...tail }), [
    layout(mileage),
  ]);
  const withoutCell = withTails(layout({ ...gpsBlock, lbsLength: u8, ...tail }), [layout(mileage)]);
  const least = CELL_AT + (cellOf.width ?? 0) + ALARM_BYTES + Object.keys(behind).length;
  return chosen(
    [withCell, withoutCell],
    (content) =>
      content[GPS_BLOCK_BYTES] === 0 || content.length < least ? withoutCell : withCell,
    (fields) => (fields['cell'] === undefined ? withoutCell : withCell),
  );
}

const traits = { place: 'gps', answer: 'bare' } as const;

/** @see gt06.md section 8.1 */
export const alarm = up(0x16, 'alarm', 'section 8', alarmBody(cell, {}), traits);
/** The same with its times in UTC. */
const fenceAlarm = up(0x26, 'fenceAlarm', 'section 8', alarmBody(cell, {}), traits);
/** With the number of the fence. */
const numberedAlarm = up(0x27, 'numberedAlarm', 'section 8', alarmBody(cell, fence), traits);
/** With a 4G cell besides. */
const alarm4g = up(
  0xa4,
  'alarm4g',
  'section 8',
  with4gCell(CELL_AT, (cell4g) => alarmBody(cell4g, fence)),
  traits,
);
/** Without a fix, a date or a length in front of its cell. @see gt06.md section 8.3 */
const cellAlarm = up(0x19, 'cellAlarm', 'section 8.3', withTails(layout({ cell, ...alarmTail })), {
  place: 'radio',
  answer: 'bare',
});

/** @see gt06.md section 8 */
export const alarmRows: readonly Row[] = [
  alarm,
  fenceAlarm,
  numberedAlarm,
  alarm4g,
  cellAlarm,
].flatMap((row) => [row, answerTo(row)]);
