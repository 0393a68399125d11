import { bytes, hex, type Kind, layout, noted, u8, u16, u32 } from '../../layout.ts';
import { type Body, chosen, emptyBody, rawBody, withTails } from '../body.ts';
import { absent, cell, cells4g, centivolts, gpsBlock, mncBytesAt, wideCell } from '../fields.ts';
import { answerTo, down, type Row, up } from '../row.ts';

const mileage = { mileage: noted(u32, 'm') };
const acc = { acc: u8 };
const reporting = { ...acc, uploadMode: u8, reupload: u8 };
const language = { language: noted(u16, '1 Chinese, 2 English') };

/** What may stand behind the cell, told apart by its size. @see gt06.md section 6.3 */
const tails = [
  layout(acc),
  layout({ ...acc, uploadMode: u8 }),
  layout(reporting),
  layout(mileage),
  layout({ ...reporting, ...mileage }),
];
const positionBody = withTails(layout({ ...gpsBlock, cell }), tails);

/** A body whose 4G cell takes 15 or 16 bytes, as the bit in its country code says. @see gt06.md section 6.3 */
export function with4gCell(cellAt: number, bodyOf: (cell: Kind<unknown>) => Body): Body {
  const bodies = { 1: bodyOf(cells4g[1]), 2: bodyOf(cells4g[2]) };
  return chosen(
    [bodies[1], bodies[2]],
    (content) => bodies[mncBytesAt(content, cellAt)],
    (fields) => bodies[(fields['cell'] as { mncBytes?: unknown })?.mncBytes === 2 ? 2 : 1],
  );
}

/** Bytes of the GPS block. */
export const GPS_BLOCK_BYTES = 18;
const gps = { place: 'gps', answer: 'position' } as const;

/** @see gt06.md section 6.4 */
const gpsPosition = up(
  0x10,
  'gpsPosition',
  'section 6.4',
  withTails(layout(gpsBlock), [layout(language)]),
  gps,
);
/** @see gt06.md sections 6.1 and 6.3 */
export const position = up(0x12, 'position', 'section 6', positionBody, {
  ...gps,
  isShort: true,
});
/** Differs from 0x12 only in what usually follows the cell. @see gt06.md section 6.3 */
export const statusPosition = up(0x22, 'statusPosition', 'section 6.3', positionBody, {
  ...gps,
  isShort: true,
});

/** A clone's, with its supply voltage. @see gt06.md section 6.5 */
const supplyPosition = up(
  0x32,
  'supplyPosition',
  'section 6.5',
  withTails(layout({ ...gpsBlock, cell: wideCell }), [
    layout(reporting),
    layout({ ...reporting, ...mileage }),
    layout({
      ...reporting,
      ...mileage,
      externalVoltage: centivolts,
      accOnTime: noted(u32, 's'),
      radioWord: noted(hex(bytes(2)), 'unexplained'),
    }),
  ]),
  gps,
);

/** Of BL10 locks: where its parts begin is not agreed upon, so it stays raw. @see gt06.md section 6.5 */
const lockPosition = up(0x32, 'lockPosition', 'section 6.5', rawBody, {
  answer: 'bareIfLong',
  isLong: true,
  onlyLong: true,
});
/** Likewise. @see gt06.md section 4 */
const secondLockPosition = up(0x33, 'secondLockPosition', 'section 4', rawBody, {
  answer: 'bareIfLong',
  isLong: true,
});

/** @see gt06.md section 6.3, type A0 */
const position4g = up(
  0xa0,
  'position4g',
  'section 6.3',
  with4gCell(GPS_BLOCK_BYTES, (cell4g) => withTails(layout({ ...gpsBlock, cell: cell4g }), tails)),
  gps,
);

const longAnswer = { isLong: true };
/** Nothing tells it from the short answer of its type but the header. */
const longEmptyBody = withTails(layout({ longForm: absent(true) }));

/** What only the models answer that want it: the types of positions. @see gt06.md section 3.1 */
const positionAnswers = [gpsPosition, position, statusPosition, supplyPosition, position4g].map(
  (row) => answerTo(row, emptyBody),
);

/** @see gt06.md section 6 */
export const positionRows: readonly Row[] = [
  gpsPosition,
  position,
  statusPosition,
  supplyPosition,
  lockPosition,
  down(0x32, 'lockPositionAnswer', 'section 3.1', longEmptyBody, {
    intent: 'answer',
    onlyLong: true,
    isLong: true,
  }),
  secondLockPosition,
  answerTo(secondLockPosition, emptyBody, longAnswer),
  position4g,
  ...positionAnswers,
];
