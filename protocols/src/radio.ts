/*
 * What a device hears around it when it has no fix: cells, access points, beacons. Evidence of presence, never a
 * place: coordinates are made of it only by somebody who knows where the senders stand.
 */

/** One mobile cell, raw: some firmware writes the digits of a network code as hex, and nobody can tell which. */
export interface CellSighting {
  readonly mcc: number;
  readonly mnc: number;
  /** Location area, or tracking area of LTE. */
  readonly lac: number;
  /** Text of 16 hex digits when the field holds more than a whole number of ours. */
  readonly cellId: number | string;
  /** As sent, on the scale of the device; null when it sends none. */
  readonly signal: number | null;
}

/** One Wi-Fi access point. */
export interface WifiSighting {
  /** 12 lower-case hex digits without separators. */
  readonly mac: string;
  readonly rssiDbm: number;
  readonly ssid?: string;
}

/** One Bluetooth beacon that the device itself heard. */
export interface BeaconSighting {
  /** 12 lower-case hex digits without separators. */
  readonly mac: string;
  readonly rssiDbm: number;
  readonly uuid?: string;
  readonly major?: number;
  readonly minor?: number;
}

/** What one report heard; absent lists were not reported, empty ones found nobody. */
export interface Radio {
  readonly cells?: readonly CellSighting[];
  readonly wifi?: readonly WifiSighting[];
  readonly beacons?: readonly BeaconSighting[];
}

const kinds = ['cells', 'wifi', 'beacons'] as const;

/** The lists as extras of a position, which are flat: each is the JSON text of its list. Empty lists are left out. */
export function radioExtras(radio: Radio): Record<string, string> {
  const extras: Record<string, string> = {};
  for (const kind of kinds) {
    const list = radio[kind];
    if (list !== undefined && list.length > 0) extras[kind] = JSON.stringify(list);
  }
  return extras;
}

/**
 * The lists back from the extras of a position. Extras come from devices of every kind, so a text that is no list
 * counts as none; what is in a list is as `radioExtras` wrote it.
 */
export function radioOf(extras: Readonly<Record<string, number | string | boolean>>): Radio {
  const radio: { -readonly [K in keyof Radio]: Radio[K] } = {};
  for (const kind of kinds) {
    const list = listIn(extras[kind]);
    if (list !== null) Object.assign(radio, { [kind]: list });
  }
  return radio;
}

function listIn(text: unknown): readonly unknown[] | null {
  if (typeof text !== 'string' || !text.startsWith('[')) return null;
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list : null;
  } catch {
    return null;
  }
}
