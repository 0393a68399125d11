import type { DeviceEntry } from '../records/devices.ts';
import { type LiveRow, rowFlag } from '../wire.ts';
import type { LatestState } from './latest.ts';
import { LOW_BATTERY_PERCENT, thresholds } from './thresholds.ts';

/**
 * The live row of a device, null before its first fix: without coordinates there is nothing to draw.
 * @param level 0-4, the worst open alarm
 * @param t0 ms UTC the batch counts from
 */
export function liveRow(
  state: LatestState,
  device: DeviceEntry,
  online: boolean,
  level: number,
  t0: number,
): LiveRow | null {
  const { fix, report } = state;
  if (fix === null || report === null) return null;
  const p = fix.position;
  if (p.latitude === null || p.longitude === null) return null;
  const now = report.position;
  const speed = p.speedKmh ?? 0;
  const battery = now.batteryPercent ?? p.batteryPercent;
  let flags = level << rowFlag.alarmShift;
  if (online) flags |= rowFlag.online;
  if (now.valid) flags |= rowFlag.valid;
  if (now.ignition ?? p.ignition) flags |= rowFlag.ignition;
  if (now.valid && speed >= thresholds[device.kind].movingKmh) flags |= rowFlag.moving;
  if (now.flags.includes('mocked') || now.flags.includes('impossibleSpeed')) {
    flags |= rowFlag.suspect;
  }
  if ((battery !== null && battery <= LOW_BATTERY_PERCENT) || now.alarms.includes('lowBattery')) {
    flags |= rowFlag.lowBattery;
  }
  if (fix.late) flags |= rowFlag.late;
  return [
    device.slot,
    Math.round(p.longitude * 1e6),
    Math.round(p.latitude * 1e6),
    Math.round(speed * 10),
    Math.round(p.courseDeg ?? 0) % 360,
    flags,
    Math.round(p.fixTime - t0),
  ];
}
