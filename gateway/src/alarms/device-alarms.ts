import type { DeviceAlarm } from '@xunji/protocols';
import type { Severity } from '../wire.ts';

/**
 * How loud each alarm that a device states by itself is; null = an event in the history, no alarm: the device's
 * own fences and drivers' hints do not stand beside ours.
 * @see product.md section 5 (severity), rows F14, F16 and AC4 to AC7
 */
export const deviceAlarmSeverity: Readonly<Record<DeviceAlarm, Severity | null>> = {
  sos: 'critical',
  fall: 'critical',
  rollover: 'critical',
  collision: 'critical',
  danger: 'high',
  powerCut: 'high',
  tamper: 'high',
  stolen: 'high',
  illegalIgnition: 'high',
  illegalMove: 'high',
  tow: 'high',
  antennaCut: 'high',
  antennaShort: 'high',
  gnssFault: 'high',
  simChanged: 'high',
  illegalDoor: 'medium',
  overspeed: 'medium',
  fatigue: 'medium',
  gnssLost: 'medium',
  undervoltage: 'medium',
  illegalDriving: 'medium',
  dayDrivingExceeded: 'medium',
  offRoute: 'medium',
  tyrePressure: 'medium',
  vibration: 'low',
  lowBattery: 'low',
  parkedTooLong: 'low',
  fuelAbnormal: 'low',
  still: 'low',
  door: 'low',
  displayFault: 'low',
  ttsFault: 'low',
  cameraFault: 'low',
  icCardFault: 'low',
  vssFault: 'low',
  overspeedWarning: null,
  fatigueWarning: null,
  blindZone: null,
  areaInOut: null,
  routeInOut: null,
  segmentTime: null,
  fenceEnter: null,
  fenceExit: null,
  other: null,
};
