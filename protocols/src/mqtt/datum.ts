/*
 * Chinese phone kits give coordinates in shifted datums; here they become WGS-84 once, at the edge.
 */

/** What `cs` of an own position may say. @see mqtt.md section 2.1 */
export const datums = ['wgs84', 'gcj02', 'bd09'] as const;
export type Datum = (typeof datums)[number];

export interface Coordinates {
  readonly latitude: number;
  readonly longitude: number;
}

/** Krasovsky 1940, which the shift is defined on. */
const SEMI_MAJOR_M = 6_378_245;
const ECCENTRICITY_SQUARED = 0.006_693_421_622_965_943;
const BD09_ANGLE = (Math.PI * 3000) / 180;
/** The inverse has no closed form; five steps leave less than a millimetre. */
const STEPS = 5;

/** @returns WGS-84 degrees; places outside China are not shifted in GCJ-02 and come back as they are */
export function toWgs84(shifted: Coordinates, datum: Datum): Coordinates {
  if (datum === 'wgs84') return shifted;
  const target = datum === 'bd09' ? bd09ToGcj02(shifted) : shifted;
  if (!isInChina(target)) return target;
  let guess = target;
  for (let i = 0; i < STEPS; i++) {
    const back = wgs84ToGcj02(guess);
    guess = {
      latitude: guess.latitude + target.latitude - back.latitude,
      longitude: guess.longitude + target.longitude - back.longitude,
    };
  }
  return guess;
}

/** The forward shift, which the inverse is measured against. */
export function wgs84ToGcj02(point: Coordinates): Coordinates {
  if (!isInChina(point)) return point;
  const x = point.longitude - 105;
  const y = point.latitude - 35;
  const radians = (point.latitude / 180) * Math.PI;
  const w = 1 - ECCENTRICITY_SQUARED * Math.sin(radians) ** 2;
  const metresPerDegreeNorth =
    (((SEMI_MAJOR_M * (1 - ECCENTRICITY_SQUARED)) / (w * Math.sqrt(w))) * Math.PI) / 180;
  const metresPerDegreeEast = ((SEMI_MAJOR_M / Math.sqrt(w)) * Math.cos(radians) * Math.PI) / 180;
  return {
    latitude: point.latitude + northShiftM(x, y) / metresPerDegreeNorth,
    longitude: point.longitude + eastShiftM(x, y) / metresPerDegreeEast,
  };
}

function bd09ToGcj02(point: Coordinates): Coordinates {
  const x = point.longitude - 0.0065;
  const y = point.latitude - 0.006;
  const radius = Math.hypot(x, y) - 0.00002 * Math.sin(y * BD09_ANGLE);
  const angle = Math.atan2(y, x) - 0.000003 * Math.cos(x * BD09_ANGLE);
  return { latitude: radius * Math.sin(angle), longitude: radius * Math.cos(angle) };
}

/** The rectangle outside which the shift is not applied. */
const isInChina = ({ latitude, longitude }: Coordinates): boolean =>
  longitude >= 72.004 && longitude <= 137.8347 && latitude >= 0.8293 && latitude <= 55.8271;

const waves = (value: number): number =>
  ((20 * Math.sin(6 * value * Math.PI) + 20 * Math.sin(2 * value * Math.PI)) * 2) / 3;

const northShiftM = (x: number, y: number): number =>
  -100 +
  2 * x +
  3 * y +
  0.2 * y * y +
  0.1 * x * y +
  0.2 * Math.sqrt(Math.abs(x)) +
  waves(x) +
  ((20 * Math.sin(y * Math.PI) + 40 * Math.sin((y / 3) * Math.PI)) * 2) / 3 +
  ((160 * Math.sin((y / 12) * Math.PI) + 320 * Math.sin((y * Math.PI) / 30)) * 2) / 3;

const eastShiftM = (x: number, y: number): number =>
  300 +
  x +
  2 * y +
  0.1 * x * x +
  0.1 * x * y +
  0.1 * Math.sqrt(Math.abs(x)) +
  waves(x) +
  ((20 * Math.sin(x * Math.PI) + 40 * Math.sin((x / 3) * Math.PI)) * 2) / 3 +
  ((150 * Math.sin((x / 12) * Math.PI) + 300 * Math.sin((x / 30) * Math.PI)) * 2) / 3;
