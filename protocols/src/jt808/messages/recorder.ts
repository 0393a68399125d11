import { fromHex, timeOfDigits, toHex } from '../../bytes.ts';
import {
  bcdTime,
  bytes,
  checkInteger,
  type Fields,
  hex,
  type Kind,
  type Layout,
  layout,
  mapped,
  noted,
  restBytes,
  sizedBytes,
  text,
  Unreadable,
  u8,
  u16,
  u32,
} from '../../layout.ts';
import { listToEnd } from '../../layout-lists.ts';
import { ZONE_HOURS } from '../location.ts';
import { type Row, row, same } from '../row.ts';
import { sizedString } from '../string.ts';

/*
 * Driving recorder, waybill, driver and CAN bus. Blocks of GB/T 19056 are kept as they are.
 */

const command = noted(u8, 'command word of GB/T 19056');
const block = noted(hex(restBytes), 'data block of GB/T 19056');
const recorderCommand = layout({ command });
const recorderBlock = layout({ command, block });
const recorderData = layout({ answeredSerial: u16, command, block });
/** Its second length is that of the rest, which a block of the later texts cannot begin with: that has a frame head. */
const recorderData2011 = layout({
  command,
  totalLength: noted(u16, 'bytes of the block in all packages'),
  block: noted(hex(sizedBytes(2)), 'data block of GB/T 19056'),
});

/** Binary-coded digits as text, whatever they say. */
const digits = (width: number): Kind<string> =>
  mapped(bytes(width), toHex, (value) => {
    const raw = fromHex(value);
    if (raw === null || raw.length !== width) throw new RangeError(`wants ${2 * width} digits`);
    return raw;
  });

const state = mapped<number, number>(
  u8,
  (value) => (value === 1 || value === 2 ? value : new Unreadable('1 or 2')),
  (value) => checkInteger(value, 1, 2, 'state'),
);
const existing = mapped<string, string>(
  bcdTime,
  (value) => (timeOfDigits(value, ZONE_HOURS) === null ? new Unreadable('a date') : value),
  (value) => value,
);
const card = (time: Kind<string>) => ({
  state: noted(state, '1 card in, on duty; 2 card out, off duty'),
  time: noted(time, 'YYMMDDhhmmss, GMT+8'),
});
const result = {
  cardResult: noted(u8, '0 ok, 1 key check failed, 2 locked, 3 pulled out, 4 data error'),
};
const driver = {
  name: sizedString('2013', 1),
  qualification: noted(text(20), 'number of the qualification certificate'),
  issuer: sizedString('2013', 1),
  validUntil: noted(digits(4), 'YYYYMMDD'),
};
const idCard = noted(text(20), 'number of the identity card');

/** Later fields are there with state 1 and result 0; some devices fill them in always, so the bytes decide. */
function cards(time: Kind<string>) {
  const head = card(time);
  return {
    out: layout(head),
    failed: layout({ ...head, ...result }),
    '2013': layout({ ...head, ...result, ...driver }),
    '2019': layout({ ...head, ...result, ...driver, idCard }),
  };
}
const dated = cards(existing);
/** A driver is on or off duty also where the clock is not set. */
const undated = cards(bcdTime);
/** State and time are worth more than a tail that does not add up: that is kept as it is. */
const torn = layout({ ...card(bcdTime), ...result });
const driver2011: Layout<Fields> = layout({
  name: sizedString('2011', 1),
  idCard,
  qualification: noted(text(40), 'number of the qualification certificate'),
  issuer: sizedString('2011', 1),
});
const ofBoth = ({ out, failed, ...full }: typeof dated, first: '2013' | '2019') => [
  out,
  failed,
  full[first],
  full[first === '2013' ? '2019' : '2013'],
];

const CAN_ID_MAX = 0x1fffffff;
/** What one item says of the bus and its message. */
export interface CanFrame {
  /** Without the bits above. */
  readonly canId: number;
  /** 0 CAN1, 1 CAN2. */
  readonly channel: number;
  readonly extended: boolean;
  /** An average over the collection interval instead of a raw message. */
  readonly averaged: boolean;
  /** Eight bytes as hex. */
  readonly data: string;
}
const canItem = layout({ id: u32, data: hex(bytes(8)) });
const canFrame: Kind<CanFrame> = {
  ...mapped<{ readonly id: number; readonly data: string }, CanFrame>(
    canItem.kind,
    ({ id, data }) => ({
      canId: id & CAN_ID_MAX,
      channel: id >>> 31,
      extended: ((id >>> 30) & 1) === 1,
      averaged: ((id >>> 29) & 1) === 1,
      data,
    }),
    ({ canId, channel, extended, averaged, data }) => ({
      id:
        (checkInteger(canId, 0, CAN_ID_MAX, 'canId') |
          (checkInteger(channel, 0, 1, 'channel') << 31) |
          (extended ? 1 << 30 : 0) |
          (averaged ? 1 << 29 : 0)) >>>
        0,
      data,
    }),
  ),
  inside: {
    canId: noted(u32, 'bits 0-28'),
    channel: noted(u32, 'bit 31: 0 CAN1, 1 CAN2'),
    extended: noted(u32, 'bit 30: extended frame'),
    averaged: noted(u32, 'bit 29: average over the collection interval'),
    data: hex(bytes(8)),
  },
};
const can = layout({
  count: u16,
  receiveTime: noted(digits(5), 'hhmmss and four digits of ms, of the first item; no date'),
  items: listToEnd(canFrame),
});

/** Driving recorder, waybill, driver, CAN bus. @see the wire reference, sections 6.7 and 8.1 */
export const recorderMessages: readonly Row[] = [
  row(0x8700, 'queryRecorder', 'driving record data collection command', {
    intent: 'query',
    bodies: {
      '2011': [recorderCommand],
      '2013': [recorderCommand, recorderBlock],
      '2019': [recorderCommand, recorderBlock],
    },
    answer: 'none',
  }),
  row(0x0700, 'recorderData', 'driving record data upload', {
    intent: 'answer',
    bodies: {
      '2011': [recorderData2011],
      // Headers do not tell 2011 from 2013.
      '2013': [recorderData2011, recorderData],
      '2019': [recorderData],
    },
    answer: 'none',
  }),
  row(0x8701, 'setRecorderParameter', 'driving record parameter download command', {
    intent: 'query',
    bodies: same(recorderBlock),
    answer: 'general',
  }),
  row(0x0701, 'waybill', 'electronic waybill report', {
    intent: 'report',
    bodies: same(layout({ content: noted(hex(sizedBytes(4)), 'raw, or text in GBK') })),
    answer: 'general',
  }),
  row(0x0702, 'driver', 'driver identity information collection and report', {
    intent: 'report',
    bodies: {
      '2011': [...ofBoth(dated, '2013'), driver2011],
      '2013': [...ofBoth(dated, '2013'), driver2011, ...ofBoth(undated, '2013'), torn],
      '2019': [...ofBoth(dated, '2019'), driver2011, ...ofBoth(undated, '2019'), torn],
    },
    answer: 'general',
  }),
  row(0x0705, 'canData', 'CAN bus data upload', {
    intent: 'report',
    bodies: same(can, '2013', '2019'),
    // As in a batch of locations: what can be read is taken, whatever the count says.
    reject: ({ items, trailing }) =>
      (items as readonly unknown[]).length === 0 && trailing !== undefined ? 'items' : null,
    answer: 'general',
  }),
];
