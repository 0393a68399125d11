import type { DeviceAlarm } from '@xunji/protocols';
import type { Report } from '../report.ts';
import type { Line } from './terminal.ts';

/** A line whose far end is the test. */
export class ScriptedLine implements Line {
  readonly sent: Uint8Array[] = [];
  closed = false;

  send(bytes: Uint8Array): void {
    this.sent.push(bytes.slice());
  }

  close(): void {
    this.closed = true;
  }

  /** Takes what was sent since the last call. */
  take(): Uint8Array[] {
    return this.sent.splice(0);
  }
}

/** A report of that second, each at another place. */
export const reportAt = (fixTime: number, alarms: readonly DeviceAlarm[] = []): Report => ({
  fixTime,
  latitude: 31.23 + (fixTime % 100_000) / 1e8,
  longitude: 121.47,
  altitudeM: 7,
  speedKmh: 36.5,
  courseDeg: 126,
  satellites: 11,
  ignition: true,
  mileageKm: 1234.5,
  batteryPercent: null,
  alarms,
});
