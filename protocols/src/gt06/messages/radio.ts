import { fromHex, toHex } from '../../bytes.ts';
import { checkInteger, type Kind, layout, noted, Unreadable, u8, u16 } from '../../layout.ts';
import { list } from '../../layout-lists.ts';
import { type Body, chosen, withTails } from '../body.ts';
import {
  absent,
  binaryTime,
  cell,
  mac,
  mncBytesAt,
  networks4g,
  sevenCells,
  sevenCells4g,
  sevenShortCells,
  sixShortNeighbours,
} from '../fields.ts';
import { type Row, up } from '../row.ts';

const time = { time: binaryTime };
const network = { mcc: u16, mnc: u8 };
const language = { language: noted(u16, '1 Chinese, 2 English') };
const timing = { timingAdvance: u8 };
const ends = [layout(timing), layout({ ...timing, ...language })];
const CELLS_AT = 6;

/** A body that says country and network once, the latter in one byte or two. @see gt06.md section 6.3 */
function by4gNetwork(bodyOf: (network4g: Readonly<Record<string, Kind<unknown>>>) => Body): Body {
  const bodies = { 1: bodyOf(networks4g[1]), 2: bodyOf(networks4g[2]) };
  return chosen(
    [bodies[1], bodies[2]],
    (content) => bodies[mncBytesAt(content, CELLS_AT)],
    (fields) => bodies[fields['mncBytes'] === 2 ? 2 : 1],
  );
}

const multiCellBody = withTails(layout({ ...time, ...network, cells: sevenCells }), ends);
const sevenShort = withTails(
  layout({ ...time, ...network, cells: sevenShortCells, shortIds: absent(true) }),
  ends,
);
const servingAndSix = withTails(
  layout({
    ...time,
    ...network,
    lac: u16,
    cellId: u16,
    rssi: u8,
    neighbours: sixShortNeighbours,
  }),
  ends,
);
/** The two sizes that name their layout; everything else is the oldest. @see gt06.md section 9.1 */
const multiCellBySize: ReadonlyMap<number, Body> = new Map([
  [54, multiCellBody],
  [47, sevenShort],
]);

/** An access point; the name only from newer firmware, in hex where it is no UTF-8. */
interface AccessPoint {
  readonly mac: string;
  /** Positive value of −dBm. */
  readonly strength: number;
  readonly ssid?: string;
  readonly ssidHex?: string;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const ENTRY_BYTES = 7;

/** Whether names follow is nowhere said: without them the entries fill the rest exactly. @see gt06.md section 9.4 */
export const accessPoints: Kind<readonly AccessPoint[]> = {
  width: null,
  extent: (bytes, at) => {
    const count = bytes[at] ?? 0;
    const plain = 1 + count * ENTRY_BYTES;
    if (at + plain >= bytes.length) return plain;
    return namedEnd(bytes, at + 1, count) - at;
  },
  declare: null,
  read: (parsed) => {
    const raw = parsed as Uint8Array;
    const count = raw[0] ?? 0;
    const isNamed = raw.length !== 1 + count * ENTRY_BYTES;
    const found: AccessPoint[] = [];
    for (let at = 1; at < raw.length; ) {
      const own = { mac: toHex(raw.subarray(at, at + 6)), strength: raw[at + 6] ?? 0 };
      at += ENTRY_BYTES;
      if (!isNamed) {
        found.push(own);
        continue;
      }
      const end = at + 1 + (raw[at] ?? 0);
      found.push({ ...own, ...ssidOf(raw.subarray(at + 1, end)) });
      at = end;
    }
    return found.length === count ? found : new Unreadable(`${count} access points`);
  },
  write: (out, value, field) => {
    if (!Array.isArray(value)) throw new RangeError(`${field}: wants a list`);
    const points = value as readonly AccessPoint[];
    out.number(checkInteger(points.length, 0, 255, `${field}.length`), 1);
    const isNamed = points.some(({ ssid, ssidHex }) => (ssid ?? ssidHex) !== undefined);
    for (const [i, point] of points.entries()) {
      mac.write(out, point.mac, `${field}.${i}.mac`);
      u8.write(out, point.strength, `${field}.${i}.strength`);
      if (!isNamed) continue;
      const name =
        point.ssidHex === undefined
          ? new TextEncoder().encode(point.ssid ?? '')
          : fromHex(point.ssidHex);
      if (name === null || name.length > 255) throw new RangeError(`${field}.${i}.ssid: too long`);
      out.number(name.length, 1);
      out.bytes(name);
    }
  },
  shape: 'BYTE n, n of BYTE[6], BYTE, then perhaps BYTE m, BYTE[m]',
  note: '`mac`, `strength` as -dBm, `ssid`, or `ssidHex` where it is no UTF-8',
};

function namedEnd(bytes: Uint8Array, from: number, count: number): number {
  let at = from;
  for (let i = 0; i < count && at <= bytes.length; i++)
    at += ENTRY_BYTES + 1 + (bytes[at + ENTRY_BYTES] ?? 0);
  // Names that run over are none: what is left behind the entries is something else.
  return at <= bytes.length ? at : from + count * ENTRY_BYTES;
}

function ssidOf(raw: Uint8Array): { ssid: string } | { ssidHex: string } {
  try {
    return { ssid: utf8.decode(raw) };
  } catch {
    // Names are bytes by their standard; few are not text.
    return { ssidHex: toHex(raw) };
  }
}

const wifiTail = { timeLead: u8, wifi: accessPoints };
const radio = { place: 'radio' } as const;

/** @see gt06.md sections 6.4 and 9 */
export const radioRows: readonly Row[] = [
  up(
    0x11,
    'cellReport',
    'section 6.4',
    withTails(layout({ ...time, cell }), [layout(language)]),
    radio,
  ),
  up(0x14, 'satelliteSignal', 'section 4', withTails(layout({ snr: list(1, u8) }))),
  up(
    0x18,
    'cellExtension',
    'section 9.1',
    chosen(
      [multiCellBody, sevenShort, servingAndSix],
      (content) => multiCellBySize.get(content.length) ?? servingAndSix,
      (fields) => {
        if (fields['neighbours'] !== undefined) return servingAndSix;
        return fields['shortIds'] === true ? sevenShort : multiCellBody;
      },
    ),
    radio,
  ),
  up(0x24, 'multiCellOld', 'section 9.1', multiCellBody, radio),
  up(0x28, 'multiCell', 'section 9.1', multiCellBody, radio),
  up(
    0xa1,
    'multiCell4g',
    'section 9.1',
    by4gNetwork((network4g) =>
      withTails(layout({ ...time, ...network4g, cells: sevenCells4g }), ends),
    ),
    radio,
  ),
  up(
    0x2c,
    'wifi',
    'section 9.4',
    withTails(layout({ ...time, ...network, cells: sevenCells, ...wifiTail })),
    radio,
  ),
  up(
    0xa2,
    'wifi4g',
    'section 9.4',
    by4gNetwork((network4g) =>
      withTails(layout({ ...time, ...network4g, cells: sevenCells4g, ...wifiTail })),
    ),
    radio,
  ),
];
