import type { Position } from '../../position.ts';
import type { Sighting } from '../sightings.ts';

/** What one message of a BLE gateway came to, whoever made the gateway. */
export interface Scan {
  /** `gatewayStatus` is news of the gateway itself; `unknown` a message of its maker that no table has. */
  readonly name: 'gatewayScan' | 'gatewayStatus' | 'unknown';
  /** The gateway by its own word: a MAC in lower case; null where the payload does not say. */
  readonly gateway: string | null;
  readonly sightings: readonly Sighting[];
  /** Elements that could not be used. */
  readonly rejected: number;
  /** Elements of a type the table does not know; their MAC and strength are used all the same. */
  readonly unknown: number;
  /** What else is known of the gateway. */
  readonly fields: Readonly<Record<string, number | string | boolean>>;
  /** Where the gateway says it is. */
  readonly positions?: readonly Position[];
}

/** How a site's gateways word it; `auto` goes by the shape of each payload. */
export const gatewayAdapters = [
  'auto',
  'neutral',
  'minew',
  'ingics',
  'kkm',
  'moko',
  'cassia',
  'aprbrother',
] as const;
export type GatewayAdapter = (typeof gatewayAdapters)[number];
