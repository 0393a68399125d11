import type { Report } from '../report.ts';

/** A tracker's settings that commands change. Intervals in ms. */
export interface TrackerState {
  heartbeatMs: number;
  isCut: boolean;
}

/** Slower than this a cut is obeyed. @see GT06, command DYD */
const MAX_CUT_KMH = 20;
const MINUTE_MS = 60_000;

/**
 * What a tracker says to the text of a command, which is that of an SMS.
 * @param last null before it has a fix
 * @see GT06, section on commands
 */
export function replyTo(text: string, state: TrackerState, last: Report | null): string {
  const [word = '', ...values] = text.replace(/#$/, '').toUpperCase().split(',');
  const place =
    last === null
      ? null
      : `Lat:N${last.latitude.toFixed(5)},Lon:E${last.longitude.toFixed(5)},Course:${last.courseDeg},Speed:${last.speedKmh}Km/h`;
  switch (word) {
    case 'WHERE':
      return place === null ? 'No GPS data' : `Current position! ${place}`;
    case 'DWXX':
      return place === null ? 'DWXX=Unvalued Fix' : `DWXX=${place}`;
    case 'STATUS':
      return `Battery:4.18V; GPRS:Online; GSM Signal Level:22;ACC:${last?.ignition === true ? 'ON' : 'OFF'}`;
    case 'PARAM':
      return `HBT:${state.heartbeatMs / MINUTE_MS};TimeZone:E,8,0;`;
    case 'HBT': {
      const minutes = Number(values[0]);
      if (!(minutes >= 1 && minutes <= 19)) return 'HBT=Fail!';
      state.heartbeatMs = minutes * MINUTE_MS;
      return 'HBT=Success!';
    }
    case 'RELAY':
    case 'DYD':
    case 'HFYD': {
      const isCut = word === 'DYD' || (word === 'RELAY' && values[0] === '1');
      if (isCut && last === null) return `${word}=Unvalued Fix`;
      if (isCut && Number(last?.speedKmh) > MAX_CUT_KMH) return `${word}=Speed Limit, Speed 20km/h`;
      state.isCut = isCut;
      return `${word}=Success!`;
    }
    default:
      return `${word}=OK!`;
  }
}
