import {
  bcdTime,
  bytes,
  flags,
  hex,
  i16,
  type LayoutValue,
  layout,
  noted,
  u8,
  u16,
  u32,
} from '../layout.ts';
import { versions } from './versions.ts';

/*
 * The record of a vehicle's state around an alarm, which comes as a file of its own beside the pictures.
 * @see T/JSATL 12-2017, vehicle state data record file
 */

const table = {
  total: noted(u32, 'blocks of the file'),
  index: noted(u32, 'of this block'),
  alarms: flags(versions['2013'].alarms),
  status: flags(versions['2013'].status),
  latitude: noted(u32, '1e-6 degree, hemisphere in status'),
  longitude: noted(u32, '1e-6 degree, hemisphere in status'),
  altitude: noted(u16, 'm'),
  speed: noted(u16, '0.1 km/h, by satellites'),
  direction: noted(u16, 'degree, clockwise from true north'),
  time: noted(bcdTime, 'YYMMDDhhmmss, GMT+8'),
  accelerationX: noted(i16, '0.01 g'),
  accelerationY: noted(i16, '0.01 g'),
  accelerationZ: noted(i16, '0.01 g'),
  rateX: noted(i16, '0.01 degree/s'),
  rateY: noted(i16, '0.01 degree/s'),
  rateZ: noted(i16, '0.01 degree/s'),
  pulseSpeed: noted(u16, '0.1 km/h, by pulses'),
  obdSpeed: noted(u16, '0.1 km/h, by OBD'),
  gear: u8,
  throttle: noted(u8, 'percent'),
  brake: noted(u8, 'percent'),
  isBraking: noted(u8, '0 no, 1 yes'),
  rpm: noted(u16, 'revolutions of the engine a minute'),
  steeringAngle: noted(i16, 'degree'),
  turnLight: noted(u8, 'state of the turn lights'),
  reserved: hex(bytes(2)),
} as const;
const block = layout(table);

/** One block, in the units of the wire. */
export type VehicleState = LayoutValue<typeof table>;

/** Bytes of a block, its check code included. */
export const VEHICLE_STATE_BYTES = block.minBytes + 1;

/** What a file holds. */
export interface VehicleRecord {
  readonly states: readonly VehicleState[];
  /** Blocks whose check code is wrong: left out. */
  readonly damaged: number;
  /** Bytes of a last block that is not whole. */
  readonly trailing: number;
}

const sumOf = (bytes: Uint8Array): number => bytes.reduce((sum, byte) => (sum + byte) & 0xff, 0);

/** Reads a file of whole blocks; linear, never throws. */
export function decodeVehicleRecord(file: Uint8Array): VehicleRecord {
  const states: VehicleState[] = [];
  let damaged = 0;
  let at = 0;
  for (; at + VEHICLE_STATE_BYTES <= file.length; at += VEHICLE_STATE_BYTES) {
    const content = file.subarray(at, at + VEHICLE_STATE_BYTES - 1);
    const read = block.decode(content);
    if (read.ok && sumOf(content) === file[at + content.length]) states.push(read.value);
    else damaged++;
  }
  return { states, damaged, trailing: file.length - at };
}

/** @throws RangeError naming the field that does not fit */
export function encodeVehicleRecord(states: readonly VehicleState[]): Uint8Array {
  const file = new Uint8Array(states.length * VEHICLE_STATE_BYTES);
  for (const [i, state] of states.entries()) {
    const content = block.encode(state);
    file.set(content, i * VEHICLE_STATE_BYTES);
    file[i * VEHICLE_STATE_BYTES + content.length] = sumOf(content);
  }
  return file;
}
