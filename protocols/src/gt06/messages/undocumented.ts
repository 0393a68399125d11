import { rawBody } from '../body.ts';
import { type Row, up } from '../row.ts';

/*
 * Numbers that are known to be in use and whose content nobody has described: named and counted, never guessed.
 */

const raw = (type: number, name: string, clause = 'section 4'): Row =>
  up(type, name, clause, rawBody);

/** @see gt06.md section 4 */
export const undocumentedRows: readonly Row[] = [
  raw(0x2d, 'makerPosition2d'),
  raw(0x2e, 'makerPosition2e'),
  raw(0x31, 'makerPosition31'),
  raw(0x34, 'makerPosition34'),
  raw(0x37, 'makerPosition37'),
  raw(0x40, 'makerData40'),
  raw(0x41, 'makerData41'),
  raw(0x65, 'makerData65'),
  raw(0x66, 'makerData66'),
  raw(0x69, 'lookAlikeWifi', 'section 14'),
  raw(0x8c, 'makerData8c'),
  raw(0x90, 'imsiReport'),
  raw(0x95, 'alarmPacket'),
  raw(0xa3, 'fenceAlarm4g'),
  raw(0xa5, 'cellAlarm4g'),
  raw(0xa7, 'addressQuery4g'),
  raw(0xc3, 'wifiCollection'),
  raw(0xf2, 'makerDataF2'),
  raw(0xf3, 'makerDataF3'),
];
