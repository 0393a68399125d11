import { hexId } from '../bytes.ts';
import { bytes, type Fields, flags, hex, layout, u8, u16, u32 } from '../layout.ts';
import type { Intent, MessageRow } from '../protocol.ts';
import { cell, gpsBlock, type TailedLayout, terminalInfoBits, withTails, zone } from './fields.ts';

/** One row = one message, read for both directions. */
export interface Row extends MessageRow {
  readonly type: number;
  readonly intent: Intent;
  readonly body: TailedLayout;
  /** The body carries the GPS block. */
  readonly hasPosition: boolean;
  /** The device waits for the bare answer of the same type. @see gt06.md section 3.1 */
  readonly isAnswered: boolean;
}

const up = (
  type: number,
  name: string,
  clause: string,
  intent: Intent,
  body: TailedLayout,
  { hasPosition = false, isAnswered = false } = {},
): Row => ({
  type,
  id: hexId(type, 2),
  name,
  direction: 'up',
  clause: `GT06 ${clause}`,
  intent,
  body,
  hasPosition,
  isAnswered,
});

/** `78 78 05 <type> <serial of the device>`: an answer has nothing to say but which frame it answers. */
const empty: TailedLayout = {
  decode: (body) =>
    body.length === 0
      ? { ok: true, value: {}, trailing: 0 }
      : { ok: false, field: 'content', offset: 0, expected: `nothing, found ${body.length} bytes` },
  encode: () => new Uint8Array(0),
};

const answerTo = (row: Row): Row => ({
  ...row,
  name: `${row.name}Answer`,
  direction: 'down',
  clause: 'GT06 section 3.1',
  intent: 'answer',
  body: empty,
  hasPosition: false,
  isAnswered: false,
});

const terminalState = {
  terminalInfo: flags(terminalInfoBits),
  voltageLevel: u8, // 0 none to 6 full
  signal: u8, // 0 none to 4 strong
};
const alarmTail = {
  ...terminalState,
  alarmCode: u8,
  language: u8, // 1 Chinese, 2 English, 0 wants no answer
};
const mileage = { mileage: u32 }; // m
const reporting = { acc: u8, uploadMode: u8, reupload: u8 };

/** @see gt06.md section 5 */
export const login = up(
  0x01,
  'login',
  'section 5',
  'authenticate',
  // The id as its sixteen nibbles: BCD with a leading zero where it is an IMEI.
  withTails(
    layout({ terminalId: hex(bytes(8)) }),
    [layout({ typeCode: u16, zone })],
    'longestTail',
  ),
  { isAnswered: true },
);

const positionBody = withTails(layout({ ...gpsBlock, cell }), [
  layout({ acc: u8 }),
  layout({ acc: u8, uploadMode: u8 }),
  layout(reporting),
  layout(mileage),
  layout({ ...reporting, ...mileage }),
]);

/** @see gt06.md sections 6.1 and 6.3 */
export const position = up(0x12, 'position', 'section 6', 'report', positionBody, {
  hasPosition: true,
});
/** Differs from 0x12 only in what usually follows the cell. @see gt06.md section 6.3 */
export const statusPosition = up(0x22, 'statusPosition', 'section 6.3', 'report', positionBody, {
  hasPosition: true,
});

/** @see gt06.md section 7 */
export const heartbeat = up(
  0x13,
  'heartbeat',
  'section 7',
  'keepalive',
  withTails(layout(terminalState), [
    layout({ alarmCode: u8, language: u8 }),
    layout({ temperatureType: u8, temperature: u16 }), // 0.1 °C
  ]),
  { isAnswered: true },
);

const alarmWithCell = withTails(layout({ ...gpsBlock, lbsLength: u8, cell, ...alarmTail }), [
  layout(mileage),
]);
const alarmWithoutCell = withTails(layout({ ...gpsBlock, lbsLength: u8, ...alarmTail }), [
  layout(mileage),
]);
const GPS_BLOCK_BYTES = 18;
const CELL_AND_ALARM_BYTES = 8 + 5;

/**
 * The LBS length counts itself in some documents and not in others, so only zero is believed; too little left for a
 * cell means none as well. @see gt06.md section 8.1
 */
const alarmBody: TailedLayout = {
  decode: (body) =>
    (body[GPS_BLOCK_BYTES] === 0 || body.length - GPS_BLOCK_BYTES - 1 < CELL_AND_ALARM_BYTES
      ? alarmWithoutCell
      : alarmWithCell
    ).decode(body),
  encode: (fields: Fields) =>
    (fields['cell'] === undefined ? alarmWithoutCell : alarmWithCell).encode(fields),
};

const alarmTraits = { hasPosition: true, isAnswered: true };
/** @see gt06.md section 8 */
export const alarm = up(0x16, 'alarm', 'section 8', 'report', alarmBody, alarmTraits);
/** The same with its times in UTC. @see gt06.md section 8 */
export const fenceAlarm = up(0x26, 'fenceAlarm', 'section 8', 'report', alarmBody, alarmTraits);

const uplink = [login, position, heartbeat, alarm, statusPosition, fenceAlarm];

/** Every message, by type and then direction. */
export const rows: readonly Row[] = uplink.flatMap((row) =>
  row.isAnswered ? [row, answerTo(row)] : [row],
);

const byType = (direction: MessageRow['direction']): ReadonlyMap<number, Row> =>
  new Map(rows.filter((row) => row.direction === direction).map((row) => [row.type, row]));

/** What a platform receives, by type. */
export const upByType = byType('up');
/** What a terminal receives, by type. */
export const downByType = byType('down');
