import {
  type BeaconSighting,
  type Message,
  namesOf,
  type Position,
  radioOf,
  type Sighting,
} from '@xunji/protocols';
import { type DeviceRef, deviceKey, IDENTITY_FLAPPING, parseDeviceKey } from '../journal/record.ts';
import { type Place, type ZoneFact, type ZoneSighting, Zones } from './zones.ts';

/** The places that people have entered. */
export interface Places {
  /** By MAC, gateway id, `uuid-major-minor` or Eddystone id, as `namesOf` words them. */
  placeOf(name: string): Place | undefined;
}

export interface NearestOptions {
  readonly places: Places;
  /** Whether a badge heard under this id is one of ours: what passes by is nobody's business. */
  readonly isDevice: (device: DeviceRef) => boolean;
  readonly onSighting: (result: SightingResult, count: number) => void;
}

/** What became of a sighting; `unknownType` beside it where a gateway names a kind of beacon that no table has. */
export type SightingResult = 'used' | 'unknownPlace' | 'stranger' | 'rejected' | 'unknownType';

/** Satellites say better where a badge is, as long as they see it that well. @see mqtt.md section 6.3 */
const GNSS_ACCURACY_M = 30;
const GNSS_SATELLITES = 6;
const GNSS_WINS_MS = 30_000;
/** Gateways' clocks drift: what is about as old as its way takes happened when it came. */
const GATEWAY_CLOCK_MS = 60_000;
const NO_BYTES = new Uint8Array(0);
const NOTHING: readonly Message[] = [];

/** Asked for every message of every protocol; fields of a report are only read from its bytes once somebody looks. */
function tellsOfRadio(message: Message): boolean {
  if (message.sightings !== undefined) return true;
  const { positions } = message;
  if (positions.length === 0) return message.fields['beacons'] !== undefined;
  for (const { extras } of positions) if (extras['beacons'] !== undefined) return true;
  return false;
}

/**
 * Makes positions of what radio receivers hear: gateways that hear badges, and badges that hear fixed beacons. The
 * positions are messages like those of devices, so that they take the same way: gate, journal, fences, stores.
 */
export class NearestBeacons {
  readonly #options: NearestOptions;
  readonly #zones = new Zones();
  /** Receive time of the last good satellite fix of badges that are heard. */
  readonly #gnss = new Map<string, number>();
  /** Badges that gateways hear. */
  readonly #heard = new Set<string>();
  /** State of charge by the badge's own advertisement. */
  readonly #batteries = new Map<string, number>();

  constructor(options: NearestOptions) {
    this.#options = options;
  }

  /** @returns the positions and conflicts that follow, of the device itself or of badges it has heard */
  hear(message: Message, device: DeviceRef, receivedTime: number): readonly Message[] {
    const { sightings, positions } = message;
    if (this.#zones.size > 0) {
      for (const position of positions) this.#noteFix(device, position, receivedTime);
    }
    if (!tellsOfRadio(message)) return NOTHING;
    const own = ownBeacons(message, receivedTime);
    this.#count('rejected', message.fields['rejected']);
    this.#count('unknownType', message.fields['unknown']);
    const derived: Message[] = [];
    for (const sighting of [...(sightings ?? []), ...own]) {
      const found =
        sighting.listener === null
          ? this.#heardByBadge(sighting, device, receivedTime)
          : this.#heardByGateway(sighting, sighting.listener, receivedTime);
      if (found === null) continue;
      const { badge, heard } = found;
      const key = deviceKey(badge);
      if (!heard.isOwn) this.#heard.add(key);
      if (sighting.batteryPercent !== undefined && !heard.isOwn) {
        this.#batteries.set(key, sighting.batteryPercent);
      }
      derived.push(...this.#messages(key, this.#zones.hear(key, heard), receivedTime));
    }
    return derived;
  }

  /** What becomes known by the clock alone. `lost`: badges that nobody has heard for a minute. */
  sweep(now: number): { derived: readonly Message[]; lost: readonly DeviceRef[] } {
    const { facts, lost } = this.#zones.sweep(now);
    const derived = facts.flatMap(([key, found]) => this.#messages(key, found, now));
    for (const [key, place] of lost) {
      const badge = parseDeviceKey(key);
      if (place !== null) derived.push(note(badge, 'beaconLost', { zone: place.name }));
    }
    return { derived, lost: lost.map(([key]) => parseDeviceKey(key)) };
  }

  /** Gateways have heard it within the last minute, so it is there, connected or not. */
  isHeard(device: DeviceRef): boolean {
    return this.#heard.has(deviceKey(device));
  }

  /** Nothing more is to be said of one that is lost. */
  forget(device: DeviceRef): void {
    const key = deviceKey(device);
    for (const held of [this.#gnss, this.#batteries, this.#heard]) held.delete(key);
  }

  #count(result: SightingResult, count: unknown): void {
    if (typeof count === 'number') this.#options.onSighting(result, count);
  }

  #heardByBadge(sighting: Sighting, badge: DeviceRef, receivedTime: number) {
    const place = this.#placeOf(namesOf(sighting));
    if (place === undefined) return null;
    const { rssi, time } = sighting;
    const heard: ZoneSighting = {
      place,
      rssi,
      time: Math.min(time, receivedTime),
      receivedTime,
      isOwn: true,
    };
    return { badge, heard };
  }

  #heardByGateway(sighting: Sighting, listener: string, receivedTime: number) {
    const place = this.#placeOf([listener]);
    if (place === undefined) return null;
    const { isDevice, onSighting } = this.#options;
    const badges = namesOf(sighting).map((id): DeviceRef => ({ protocol: 'mqtt', id }));
    const badge = badges.find(isDevice);
    if (badge === undefined) {
      onSighting('stranger', 1);
      return null;
    }
    const { rssi } = sighting;
    const isFresh = receivedTime - sighting.time < GATEWAY_CLOCK_MS;
    const time = isFresh ? receivedTime : sighting.time;
    const heard: ZoneSighting = { place, rssi, time, receivedTime, isOwn: false };
    return { badge, heard };
  }

  #placeOf(names: readonly string[]): Place | undefined {
    const { places, onSighting } = this.#options;
    for (const name of names) {
      const place = places.placeOf(name);
      if (place !== undefined) {
        onSighting('used', 1);
        return place;
      }
    }
    onSighting('unknownPlace', 1);
    return undefined;
  }

  #noteFix(device: DeviceRef, position: Position, receivedTime: number): void {
    const { source, valid, accuracyM, satellites, buffered } = position;
    if (source !== 'gnss' || !valid || buffered) return;
    const isGood =
      accuracyM === null ? (satellites ?? 0) >= GNSS_SATELLITES : accuracyM < GNSS_ACCURACY_M;
    const key = deviceKey(device);
    if (isGood && this.#zones.has(key)) this.#gnss.set(key, receivedTime);
  }

  #messages(key: string, facts: readonly ZoneFact[], receivedTime: number): readonly Message[] {
    const badge = parseDeviceKey(key);
    return facts.flatMap((fact): readonly Message[] => {
      if (fact.kind === 'conflict') {
        const [a, b] = fact.places;
        const distanceM = Math.round(fact.distanceM);
        return [note(badge, IDENTITY_FLAPPING, { zones: [a.name, b.name], distanceM })];
      }
      const gnss = this.#gnss.get(key);
      if (gnss !== undefined && receivedTime - gnss < GNSS_WINS_MS) return [];
      const batteryPercent = this.#batteries.get(key) ?? null;
      return [{ ...note(badge, 'beaconZone', {}), positions: [positionAt(fact, batteryPercent)] }];
    });
  }
}

/** Beacons that a report without sightings of its own lists beside its position, or instead of one. */
function ownBeacons(message: Message, receivedTime: number): readonly Sighting[] {
  const { positions } = message;
  const listed = positions.length === 0 ? message.fields['beacons'] : undefined;
  const inFields = Array.isArray(listed) ? listed.filter(isBeacon) : [];
  const sighting =
    (time: number) =>
    ({ mac, rssiDbm, uuid, major, minor }: BeaconSighting): Sighting => ({
      ...{ time, listener: null, beacon: mac, rssi: rssiDbm },
      ...(uuid === undefined ? {} : { uuid }),
      ...(major === undefined ? {} : { major }),
      ...(minor === undefined ? {} : { minor }),
    });
  const inPositions = positions.flatMap(({ extras, fixTime }) =>
    extras['beacons'] === undefined
      ? []
      : (radioOf(extras).beacons ?? []).filter(isBeacon).map(sighting(fixTime)),
  );
  return inPositions.length > 0 ? inPositions : inFields.map(sighting(receivedTime));
}

const isBeacon = (value: unknown): value is BeaconSighting => {
  if (typeof value !== 'object' || value === null) return false;
  const { mac, rssiDbm } = value as Partial<BeaconSighting>;
  return typeof mac === 'string' && typeof rssiDbm === 'number';
};

function positionAt(
  fact: Extract<ZoneFact, { kind: 'at' }>,
  batteryPercent: number | null,
): Position {
  const { place, time, rssi } = fact;
  return {
    fixTime: time,
    timeSource: 'device',
    valid: true,
    latitude: place.latitude,
    longitude: place.longitude,
    altitudeM: null,
    // It stands for a zone: neither speed nor distance follow from it.
    speedKmh: null,
    courseDeg: null,
    satellites: null,
    hdop: null,
    accuracyM: place.radiusM,
    mileageKm: null,
    batteryPercent,
    ignition: null,
    source: 'beacon',
    buffered: false,
    alarms: [],
    flags: [],
    extras: { zone: place.name, beaconId: place.id, rssiDbm: rssi },
  };
}

/** A message of ours about a badge. */
const note = ({ protocol, id }: DeviceRef, name: string, fields: Message['fields']): Message => ({
  ...{ kind: 'message', protocol, id: name, name, device: id, edition: null, serial: 0 },
  ...{ fields, positions: [], intent: 'report', raw: NO_BYTES },
});
