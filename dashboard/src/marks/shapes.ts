import type { Severity } from '@xunji/gateway/wire';
import type { DeviceState } from '../live/device-state.ts';

/** Names in tokens.css of the colours of states. */
export type StateToken =
  | 'st-moving'
  | 'st-idle'
  | 'st-parked'
  | 'st-nofix'
  | 'st-offline'
  | 'st-suspect';

/**
 * One part of a mark in a box of 16 by 16, centre 8,8. The same parts feed the SVG components and the sprite
 * atlas of the map. `color` names a token; `letter` parts are text centred on x with its baseline at y.
 */
export type Part =
  | { readonly d: string; readonly fill: StateToken; readonly opacity?: number }
  | {
      readonly d: string;
      readonly stroke: StateToken;
      readonly width: number;
      readonly dash?: readonly number[];
      readonly opacity?: number;
    }
  | {
      readonly letter: string;
      readonly x: number;
      readonly y: number;
      readonly size: number;
      readonly color: StateToken;
    };

/** The mark of an alarm level: its outline carries the edge colour, its letter stands on it. */
export interface SeverityShape {
  readonly d: string;
  readonly letter: string;
  readonly letterY: number;
  readonly letterSize: number;
  /** Token stem: `--crit`, `--on-crit`, `--crit-e`. */
  readonly token: 'crit' | 'high' | 'med' | 'low';
}

/** C triangle, H diamond, M circle, L square. */
export const severityShapes: Readonly<Record<Severity, SeverityShape>> = {
  critical: {
    d: 'M8 1.2 15.4 14.4H.6Z',
    letter: 'C',
    letterY: 12.6,
    letterSize: 8.2,
    token: 'crit',
  },
  high: { d: 'M8 .6 15.4 8 8 15.4.6 8Z', letter: 'H', letterY: 11.3, letterSize: 9, token: 'high' },
  medium: {
    d: 'M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1Z',
    letter: 'M',
    letterY: 11.3,
    letterSize: 9,
    token: 'med',
  },
  low: { d: 'M1.4 1.4h13.2v13.2H1.4Z', letter: 'L', letterY: 11.3, letterSize: 9, token: 'low' },
};

/** How a device looks: the state, and for delayed ones what it was before. */
export type Shape =
  | 'moving'
  | 'idling'
  | 'parked'
  | 'noFix'
  | 'offline'
  | 'suspect'
  | 'staleMoving'
  | 'staleParked';

const ARROW = 'M8 1 13.4 14 8 11 2.6 14Z';
const SQUARE = 'M4.8 2.8h6.4a2 2 0 0 1 2 2v6.4a2 2 0 0 1-2 2H4.8a2 2 0 0 1-2-2V4.8a2 2 0 0 1 2-2Z';
const STALE = { width: 1.4, dash: [2.4, 1.8], opacity: 0.8 } as const;

/** The parts of each shape, painted in order. */
export const shapeParts: Readonly<Record<Shape, readonly Part[]>> = {
  moving: [{ d: ARROW, fill: 'st-moving' }],
  idling: [
    { d: 'M8 2.4a5.6 5.6 0 1 1 0 11.2A5.6 5.6 0 0 1 8 2.4Z', stroke: 'st-idle', width: 1.8 },
    { d: 'M8 6a2 2 0 1 1 0 4A2 2 0 0 1 8 6Z', fill: 'st-idle' },
  ],
  parked: [{ d: SQUARE, fill: 'st-parked' }],
  noFix: [{ d: 'M8 2.2 14 13.2H2Z', stroke: 'st-nofix', width: 1.7 }],
  offline: [{ d: 'M3.6 3.6 12.4 12.4M12.4 3.6 3.6 12.4', stroke: 'st-offline', width: 2 }],
  suspect: [
    { d: 'M7 2.6 11.6 14 7 11.4 2.4 14Z', fill: 'st-suspect' },
    { letter: '?', x: 13, y: 6.8, size: 8, color: 'st-suspect' },
  ],
  staleMoving: [{ d: 'M8 1.6 12.8 13.4 8 10.8 3.2 13.4Z', stroke: 'st-moving', ...STALE }],
  staleParked: [{ d: SQUARE, stroke: 'st-parked', ...STALE }],
};

/** Pixels a unit of the box is worth on the map, and whether the shape turns with the course. */
export const spriteScale: Readonly<Record<Shape, number>> = {
  moving: 1.42,
  staleMoving: 1.42,
  suspect: 1.42,
  idling: 1.19,
  parked: 1.14,
  staleParked: 1.14,
  noFix: 1.3,
  offline: 1.22,
};

/** Shapes that turn with the course. */
export const turns = (shape: Shape): boolean =>
  shape === 'moving' || shape === 'staleMoving' || shape === 'suspect';

/** The shape of a state; a delayed device keeps the outline of how it last went. */
export const shapeOf = (state: DeviceState, wasMoving: boolean): Shape => {
  if (state === 'stale') return wasMoving ? 'staleMoving' : 'staleParked';
  return state === 'offHours' ? 'offline' : state;
};
