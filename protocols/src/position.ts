/**
 * One normalized fix: WGS-84 degrees, explicit units, UTC milliseconds. Every protocol ends here and
 * everything after the journal starts here.
 */
export interface Position {
  /** Instant of the fix, ms UTC. Equals the receive time when `timeSource` is `server`. */
  readonly fixTime: number;
  /** `server`: the device sent no usable time (null, impossible, more than 30 days old or ahead of us). */
  readonly timeSource: 'device' | 'server';
  /** The device had a fix and the coordinates are possible (|lat| <= 90, |lon| <= 180, not 0/0). */
  readonly valid: boolean;
  /** Degrees, north positive, as decoded, impossible values included; null when the message has none. */
  readonly latitude: number | null;
  /** Degrees, east positive. */
  readonly longitude: number | null;
  readonly altitudeM: number | null;
  readonly speedKmh: number | null;
  /** 0-359, clockwise from true north. */
  readonly courseDeg: number | null;
  readonly satellites: number | null;
  readonly hdop: number | null;
  /** Accuracy as the device reports it; null where the protocol has none (JT/T 808, GT06). */
  readonly accuracyM: number | null;
  readonly mileageKm: number | null;
  readonly batteryPercent: number | null;
  readonly ignition: boolean | null;
  readonly source: PositionSource;
  /** Sent later than measured: 0x0704 kind 1, GT06 re-upload, MQTT `buf`. History only, no live alarm. */
  readonly buffered: boolean;
  /** Alarms the device states in this very report. */
  readonly alarms: readonly DeviceAlarm[];
  /** Why the position is not taken at face value; stable codes. */
  readonly flags: readonly PositionFlag[];
  /** Everything else the report held, flat: additional items, cells, voltages. Keys in camelCase with units. */
  readonly extras: Readonly<Record<string, number | string | boolean>>;
}

export type PositionSource = 'gnss' | 'wifi' | 'cell' | 'beacon' | 'manual' | 'fused';

export const positionFlags = [
  'noDeviceTime',
  'noFix',
  'impossibleCoordinates',
  'zeroIsland',
  'encryptedCoordinates',
  'impossibleSpeed',
  'mocked',
] as const;
export type PositionFlag = (typeof positionFlags)[number];

/** The shared vocabulary of what a device may raise by itself, whatever its protocol. */
export const deviceAlarms = [
  'sos',
  'overspeed',
  'fatigue',
  'danger',
  'gnssFault',
  'antennaCut',
  'antennaShort',
  'undervoltage',
  'powerCut',
  'displayFault',
  'ttsFault',
  'cameraFault',
  'icCardFault',
  'overspeedWarning',
  'fatigueWarning',
  'illegalDriving',
  'tyrePressure',
  'blindZone',
  'dayDrivingExceeded',
  'parkedTooLong',
  'areaInOut',
  'routeInOut',
  'segmentTime',
  'offRoute',
  'vssFault',
  'fuelAbnormal',
  'stolen',
  'illegalIgnition',
  'illegalMove',
  'collision',
  'rollover',
  'illegalDoor',
  'vibration',
  'fenceEnter',
  'fenceExit',
  'tow',
  'gnssLost',
  'lowBattery',
  'tamper',
  'fall',
  'still',
  'door',
  'simChanged',
  'cloned',
  'harshAcceleration',
  'harshBraking',
  'sharpTurn',
  'forwardCollision',
  'laneDeparture',
  'tooClose',
  'pedestrianCollision',
  'frequentLaneChange',
  'roadSignExceeded',
  'obstacle',
  'solidLineCrossed',
  'personInAisle',
  'phoneCall',
  'smoking',
  'distracted',
  'driverAbnormal',
  'drivingTooLong',
  'seatBelt',
  'infraredGlasses',
  'handsOff',
  'phonePlay',
  'rearApproach',
  'tyreTemperature',
  'tyreSensor',
  'videoLost',
  'videoCovered',
  'storageFault',
  'videoFault',
  'overloaded',
  'driverBehaviour',
  'recordingFull',
  'other',
] as const;
export type DeviceAlarm = (typeof deviceAlarms)[number];
