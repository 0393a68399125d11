import type { ProtocolName } from '@xunji/protocols';
import type { City } from '../city.ts';
import type { Ring } from '../geo.ts';
import type { Carrier } from '../report.ts';

/** What a simulated device is for; decides how it moves. */
export type Duty = 'sweeper' | 'vehicle' | 'worker' | 'patrol';

/** One device of a story, before it is connected. */
export interface SimulatedDevice {
  /** Phone number, IMEI or badge name. */
  readonly id: string;
  readonly protocol: ProtocolName;
  /** JT/T 808 only. */
  readonly edition: '2011' | '2013' | '2019' | null;
  readonly kind: 'vehicle' | 'badge';
  readonly duty: Duty;
  /** Plate or person. */
  readonly name: string;
  readonly group: string;
  readonly intervalS: number;
  /** Its place in the interval, 0 to below `intervalS`, so that a fleet does not send in one burst. */
  readonly phaseMs: number;
  readonly carrier: Carrier;
}

/** An area whose crossings are part of the truth. */
export interface TrueFence {
  readonly id: string;
  readonly name: string;
  readonly kind: 'workshop' | 'patrol';
  readonly outline: Ring;
}

export interface Scenario {
  readonly name: string;
  readonly seed: string;
  readonly city: City;
  readonly fences: readonly TrueFence[];
  readonly devices: readonly SimulatedDevice[];
}

export interface ScenarioOptions {
  readonly devices: number;
  readonly seed: string;
  /** Overrides the interval of every device. */
  readonly intervalS: number | null;
}

/** Makes a story; the same options make the same one. */
export type ScenarioMaker = (options: ScenarioOptions) => Scenario;
