import { bitTable, utf16 } from '../../bytes.ts';
import {
  bcdTime,
  bytes,
  type Fields,
  flags,
  hex,
  type Kind,
  type Layout,
  layout,
  noted,
  restBytes,
  sizedBytes,
  text,
  textOf,
  u8,
} from '../../layout.ts';
import { followed } from '../../layout-lists.ts';
import { terminalControl } from '../control.ts';
import { type Row, row, same } from '../row.ts';

const empty = layout({});

const types = { 0: 'passenger', 1: 'dangerousGoods', 2: 'freight', 3: 'taxi', 6: 'hardDiskVideo' };
const terminalType = flags(bitTable(16, { ...types, 7: 'splitUnit' }));
const terminalType2019 = flags(bitTable(16, { ...types, 7: 'splitUnit', 8: 'trailer' }));
const gnss = flags(bitTable(8, { 0: 'gps', 1: 'beidou', 2: 'glonass', 3: 'galileo' }));
const networks = flags(
  bitTable(8, {
    0: 'gprs',
    1: 'cdma',
    2: 'tdScdma',
    3: 'wcdma',
    4: 'cdma2000',
    5: 'tdLte',
    7: 'other',
  }),
);

/** Whole characters to the end; an odd byte behind trails. */
const wide: Kind<string> = {
  width: null,
  extent: (input, at) => Math.max(0, (input.length - at) & ~1),
  declare: null,
  read: (parsed) => utf16.read(parsed as Uint8Array),
  write: (out, value, field) => {
    if (typeof value !== 'string') throw new RangeError(`${field}: wants a text`);
    out.bytes(utf16.write(value));
  },
  shape: 'UTF-16[rest]',
};

/** A field without bytes: it tells which of two tables a body has. */
function marker(value: number): Kind<number> {
  return {
    width: 0,
    extent: () => 0,
    declare: null,
    read: () => value,
    write: (_, given, field) => {
      if (given !== value) throw new RangeError(`${field}: wants ${value}, got ${given}`);
    },
    shape: 'no bytes',
    note: `${value}, where the manufacturer id has as many bytes`,
  };
}

const versionsAndModules = {
  iccid: noted(hex(bytes(10)), 'BCD[10], digits'),
  hardwareVersion: textOf(sizedBytes(1)),
  firmwareVersion: textOf(sizedBytes(1)),
  gnss: noted(gnss, 'of the GNSS module'),
  networks: noted(networks, 'of the communication module'),
};
/** The printed offsets behind the terminal id are 8 too high. */
const attributes2013 = layout({
  terminalType,
  manufacturerId: text(5),
  terminalModel: text(20),
  terminalId: text(7),
  ...versionsAndModules,
});
const ids2019 = { terminalModel: text(30), terminalId: text(30), ...versionsAndModules };
const attributes2019 = () =>
  layout({ terminalType: terminalType2019, manufacturerId: text(5), ...ids2019 });
/** Some devices take the width of the registration. */
const attributes2019Wide = layout({
  terminalType: terminalType2019,
  manufacturerIdBytes: marker(11),
  manufacturerId: text(11),
  ...ids2019,
});

const upgradeType = noted(
  u8,
  '0 terminal, 12 IC card reader, 52 satellite module; T/JSATL 12: 100 ADAS, 101 DSM, 102 TPMS, 103 BSD',
);

/** Command trackers answer texts so, outside the standard. @see the wire reference, section 4 */
const charset = layout({ charset: noted(u8, '0 GBK, 1 UTF-16') });
const gbkText = layout({ text: textOf(restBytes) });
const wideText = layout({ text: wide });
const otherText = layout({ content: hex(restBytes) });
const textReply = followed(
  charset,
  ({ charset: code }): Layout<Fields> => (code === 0 ? gbkText : code === 1 ? wideText : otherText),
  { text: noted(textOf(restBytes), 'by the charset'), content: hex(restBytes) },
);

/** Time, control, attributes, upgrades. @see the wire reference, sections 5.4 and 5.6-5.8 */
export const terminalMessages: readonly Row[] = [
  row(0x0004, 'timeQuery', 'query server time', {
    intent: 'query',
    bodies: same(empty, '2019'),
    answer: 'time',
  }),
  row(0x8004, 'timeAnswer', 'query server time answer', {
    intent: 'answer',
    bodies: same(layout({ time: noted(bcdTime, 'YYMMDDhhmmss, UTC') }), '2019'),
    answer: 'none',
  }),
  row(0x0107, 'attributesAnswer', 'query terminal attributes answer', {
    intent: 'answer',
    bodies: {
      '2013': [attributes2013],
      '2019': [attributes2019(), attributes2019Wide, attributes2019()],
    },
    answer: 'none',
  }),
  row(0x0108, 'upgradeResult', 'terminal upgrade result', {
    intent: 'report',
    bodies: same(
      layout({
        type: upgradeType,
        result: noted(
          u8,
          '0 ok, 1 failed, 2 cancelled; T/JSATL 12: 16 no such device, 17 model, 19 version not supported, 18 same version',
        ),
      }),
      '2013',
      '2019',
    ),
    answer: 'general',
  }),
  row(0x6006, 'textReply', 'vendor message of command trackers', {
    intent: 'report',
    bodies: same(textReply),
    answer: 'general',
  }),
  row(0x8105, 'terminalControl', 'terminal control', {
    intent: 'query',
    bodies: same(terminalControl),
    answer: 'general',
  }),
  row(0x8107, 'queryAttributes', 'query terminal attributes', {
    intent: 'query',
    bodies: same(empty, '2013', '2019'),
    answer: 'none',
  }),
  row(0x8108, 'upgradePackage', 'terminal upgrade package', {
    intent: 'query',
    bodies: same(
      layout({
        type: upgradeType,
        manufacturerId: text(5),
        version: textOf(sizedBytes(1)),
        data: noted(hex(sizedBytes(4)), 'the package'),
      }),
      '2013',
      '2019',
    ),
    answer: 'general',
  }),
  row(0x8204, 'linkTest', 'link test', {
    intent: 'query',
    bodies: same(empty, '2019'),
    answer: 'general',
  }),
  row(0x8702, 'queryDriver', 'driver identity report request', {
    intent: 'query',
    bodies: same(empty, '2013', '2019'),
    answer: 'none',
  }),
];
