import { digitsOfTime } from '@xunji/protocols';
import type { Report } from '../report.ts';

/** What a terminal says of itself and its vehicle when it registers. */
export interface Vehicle {
  readonly plate: string;
  /** 1 blue, 2 yellow, 5 green. @see JT/T 697.7, plate colours */
  readonly plateColor: number;
  readonly imei: string;
  readonly terminalId: string;
  readonly softwareVersion: string;
}

/** Fields of 0x0100. @see JT/T 808, terminal registration clause */
export const registerFields = (
  vehicle: Vehicle,
  edition: '2011' | '2013' | '2019',
): Record<string, unknown> => ({
  provinceId: 31,
  cityId: 115,
  manufacturerId: 'QHSIM',
  terminalModel: edition === '2011' ? 'QH-11' : 'QH-TERMINAL',
  terminalId: vehicle.terminalId,
  plateColor: vehicle.plateColor,
  plate: vehicle.plate,
});

/** Fields of 0x0200, and of one item of 0x0704. @see JT/T 808, location information clause */
export function locationFields(report: Report): Record<string, unknown> {
  const { latitude, longitude } = report;
  return {
    alarms: [...report.alarms],
    status: [
      ...(report.ignition === true ? ['acc'] : []),
      'fixed',
      ...(latitude < 0 ? ['south'] : []),
      ...(longitude < 0 ? ['west'] : []),
    ],
    latitude: Math.round(Math.abs(latitude) * 1e6),
    longitude: Math.round(Math.abs(longitude) * 1e6),
    altitude: report.altitudeM,
    speed: Math.round(report.speedKmh * 10),
    direction: report.courseDeg,
    time: digitsOfTime(report.fixTime, 8), // GMT+8
    extras: [
      { id: '0x01', name: 'mileage', value: Math.round(report.mileageKm * 10) },
      { id: '0x30', name: 'radioSignal', value: 28 },
      { id: '0x31', name: 'satellites', value: report.satellites },
    ],
  };
}
