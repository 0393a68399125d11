/** Where a listener or a fixed beacon stands, and what the place is called. */
export interface Place {
  readonly id: string;
  readonly name: string;
  /** WGS-84 degrees. */
  readonly latitude: number;
  readonly longitude: number;
  readonly radiusM: number;
}

/** One sighting of a badge that tells of a place. */
export interface ZoneSighting {
  readonly place: Place;
  /** DBm. */
  readonly rssi: number;
  /** Ms UTC, never ahead of us. */
  readonly time: number;
  readonly receivedTime: number;
  /** The badge's own word, which may come long after: its windows wait for the rest of them. */
  readonly isOwn: boolean;
}

/** What a closed window says of a badge. */
export type ZoneFact =
  | {
      readonly kind: 'at';
      readonly place: Place;
      /** Of the last sighting there in the window, ms UTC. */
      readonly time: number;
      /** Median, dBm. */
      readonly rssi: number;
      readonly hasChanged: boolean;
    }
  | {
      /** At two places at once: one of the two badges is a copy. */
      readonly kind: 'conflict';
      readonly places: readonly [Place, Place];
      readonly distanceM: number;
      readonly time: number;
    };

/** Badges advertise every one to three seconds. @see mqtt.md section 6.3 for all of these */
export const WINDOW_MS = 10_000;
const LEAST_SIGHTINGS = 2;
const LEAD_DB = 6;
const LEAD_WINDOWS = 2;
const SILENT_WINDOWS = 3;
export const UNKNOWN_AFTER_MS = 60_000;
const STRONG_DBM = -60;
const APART_M = 50;
/** A copy is told once in a while, not in every window. */
const CONFLICT_EVERY_MS = 600_000;
/** How long after its end a window waits for what is still on its way. */
const GRACE_MS = 1000;
const OWN_GRACE_MS = 20_000;
/** A badge in a hall full of listeners; more are not needed to find the nearest. */
const MAX_PLACES = 64;
const MAX_SIGHTINGS = 64;

interface Heard {
  readonly place: Place;
  readonly rssi: number[];
  last: number;
}

/** What is known of one badge; nothing of it depends on when or how often it is looked at, only on sightings. */
interface Badge {
  /** Number of the open window since 1970. */
  window: number;
  readonly heard: Map<string, Heard>;
  current: Place | null;
  /** Window in which the current place was heard last. */
  currentWindow: number;
  /** Who leads, in how many windows in a row, and the last of them. */
  leader: string | null;
  leadWindows: number;
  leadWindow: number;
  receivedTime: number;
  graceMs: number;
  conflictTime: number;
}

/**
 * From sightings to the place a badge is at: the median strength of each place within windows of ten seconds, with
 * hysteresis, because bodies and shelves take ten decibels away. The same sightings give the same facts, however they
 * are cut into messages.
 * @see mqtt.md section 6.3
 */
export class Zones {
  readonly #badges = new Map<string, Badge>();

  /** Badges heard within the last minute. */
  get size(): number {
    return this.#badges.size;
  }
  has(badge: string): boolean {
    return this.#badges.has(badge);
  }

  /** Takes one sighting; a later window closes the one before it. One older than the open window comes too late. */
  hear(key: string, sighting: ZoneSighting): readonly ZoneFact[] {
    const { place, rssi, time, receivedTime, isOwn } = sighting;
    const window = Math.floor(time / WINDOW_MS);
    const badge = this.#badge(key, window);
    badge.receivedTime = Math.max(badge.receivedTime, receivedTime);
    badge.graceMs = isOwn ? OWN_GRACE_MS : GRACE_MS;
    if (window < badge.window) return [];
    const facts = window > badge.window ? close(badge) : [];
    badge.window = window;
    const heard = badge.heard.get(place.id);
    if (heard !== undefined) {
      if (heard.rssi.length < MAX_SIGHTINGS) heard.rssi.push(rssi);
      heard.last = Math.max(heard.last, time);
    } else if (badge.heard.size < MAX_PLACES) {
      badge.heard.set(place.id, { place, rssi: [rssi], last: time });
    }
    return facts;
  }

  /** Closes the windows that are over at `now`, and forgets badges that nobody has heard for a minute. */
  sweep(now: number): { facts: [string, readonly ZoneFact[]][]; lost: [string, Place | null][] } {
    const facts: [string, readonly ZoneFact[]][] = [];
    const lost: [string, Place | null][] = [];
    for (const [key, badge] of this.#badges) {
      const isOver = now >= (badge.window + 1) * WINDOW_MS + badge.graceMs;
      const isUnknown = now - badge.receivedTime > UNKNOWN_AFTER_MS;
      if ((isOver || isUnknown) && badge.heard.size > 0) {
        const found = close(badge);
        badge.window++;
        if (found.length > 0) facts.push([key, found]);
      }
      if (!isUnknown) continue;
      this.#badges.delete(key);
      lost.push([key, badge.current]);
    }
    return { facts, lost };
  }

  #badge(key: string, window: number): Badge {
    const known = this.#badges.get(key);
    if (known !== undefined) return known;
    const badge: Badge = {
      ...{ window, heard: new Map(), current: null, currentWindow: 0 },
      ...{ leader: null, leadWindows: 0, leadWindow: 0, receivedTime: 0, graceMs: GRACE_MS },
      conflictTime: Number.NEGATIVE_INFINITY,
    };
    this.#badges.set(key, badge);
    return badge;
  }
}

interface Ranked {
  readonly heard: Heard;
  readonly median: number;
}

function close(badge: Badge): readonly ZoneFact[] {
  const all = [...badge.heard.values()].map((heard) => ({ heard, median: medianOf(heard.rssi) }));
  badge.heard.clear();
  // Of two that are equally strong the same one wins, in whatever order they were heard.
  all.sort((a, b) => b.median - a.median || (a.heard.place.id < b.heard.place.id ? -1 : 1));
  const sound = all.filter(({ heard }) => heard.rssi.length >= LEAST_SIGHTINGS);
  const facts: ZoneFact[] = [];
  const conflict = conflictIn(badge, sound);
  if (conflict !== null) facts.push(conflict);
  const hasChanged = choose(badge, sound[0], all);
  const { current } = badge;
  const here = all.find(({ heard }) => heard.place.id === current?.id);
  if (here === undefined) return facts;
  badge.currentWindow = badge.window;
  const { place, last } = here.heard;
  facts.push({ kind: 'at', place, time: last, rssi: here.median, hasChanged });
  return facts;
}

/** @returns whether the badge is elsewhere now */
function choose(badge: Badge, best: Ranked | undefined, all: readonly Ranked[]): boolean {
  const { current, window } = badge;
  if (best === undefined) return false;
  const { place } = best.heard;
  if (current === null) return move(badge, place);
  if (place.id === current.id) {
    badge.leader = null;
    return false;
  }
  const held = all.find(({ heard }) => heard.place.id === current.id);
  if (held === undefined) {
    // Its listener may have missed it, or be out of order.
    badge.leader = null;
    return window - badge.currentWindow >= SILENT_WINDOWS && move(badge, place);
  }
  if (best.median - held.median < LEAD_DB) {
    badge.leader = null;
    return false;
  }
  const goesOn = badge.leader === place.id && badge.leadWindow === window - 1;
  badge.leadWindows = goesOn ? badge.leadWindows + 1 : 1;
  badge.leader = place.id;
  badge.leadWindow = window;
  return badge.leadWindows >= LEAD_WINDOWS && move(badge, place);
}

function move(badge: Badge, place: Place): true {
  badge.current = place;
  badge.leader = null;
  return true;
}

function conflictIn(badge: Badge, sound: readonly Ranked[]): ZoneFact | null {
  const strong = sound.filter(({ median }) => median > STRONG_DBM);
  const [first, ...others] = strong;
  if (first === undefined) return null;
  const time = Math.max(...strong.map(({ heard }) => heard.last));
  if (time - badge.conflictTime < CONFLICT_EVERY_MS) return null;
  for (const other of others) {
    const places = [first.heard.place, other.heard.place] as const;
    const distanceM = metresBetween(...places);
    if (distanceM <= APART_M) continue;
    badge.conflictTime = time;
    return { kind: 'conflict', places, distanceM, time };
  }
  return null;
}

/** Of an even number, the mean of the two in the middle. */
export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[half - 1] ?? upper)) / 2;
}

const METRES_PER_DEGREE = 111_195;

/** Good for the size of a site. */
function metresBetween(a: Place, b: Place): number {
  const middle = ((a.latitude + b.latitude) / 2) * (Math.PI / 180);
  // The short way around.
  const turn = Math.abs(a.longitude - b.longitude);
  const east = Math.min(turn, 360 - turn) * Math.cos(middle);
  return Math.hypot(a.latitude - b.latitude, east) * METRES_PER_DEGREE;
}
