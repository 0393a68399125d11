import type { FenceKind, Severity } from '@xunji/gateway/wire';
import { severityShapes } from '../../marks/shapes.ts';
import type { Token } from '../palette.ts';

/** How the outline of a fence is drawn; widths and dashes in CSS px. */
export interface FenceLook {
  readonly color: Token;
  readonly width: number;
  readonly dash: readonly number[];
  readonly opacity: number;
  /** Short strokes along the inner side. */
  readonly ticks: boolean;
  /** Edge beneath the outline, for colours that need one on light. */
  readonly edge: Token | null;
  readonly halo: number;
  readonly fillOpacity: number;
  /** Hatched at 45 degrees instead of a plain fill. */
  readonly hatched: boolean;
}

/** Each kind has its own stroke, so that colour is never alone. */
const kinds: Readonly<
  Record<FenceKind, Pick<FenceLook, 'color' | 'width' | 'dash' | 'opacity' | 'ticks'>>
> = {
  workshop: { color: 'f-workshop', width: 1.4, dash: [], opacity: 0.75, ticks: false },
  patrol: { color: 'f-patrol', width: 1.4, dash: [10, 5], opacity: 0.75, ticks: false },
  site: { color: 'f-site', width: 1.2, dash: [], opacity: 0.8, ticks: false },
  forbidden: { color: 'f-forbid', width: 1.4, dash: [], opacity: 0.75, ticks: true },
  zone: { color: 'f-patrol', width: 1.4, dash: [2, 4], opacity: 0.75, ticks: false },
};

/** The worst open alarm of a fence. */
export interface FenceAlarm {
  readonly severity: Severity;
  readonly waiting: boolean;
}

/** Streets stay readable under a hatching of this strength. */
const HATCH_OPACITY = 0.34;

/** The look of a fence of that kind: at rest, with an open alarm, or chosen in a list. */
export const fenceLook = (
  kind: FenceKind,
  alarm: FenceAlarm | null,
  selected: boolean,
): FenceLook => {
  const base = kinds[kind];
  if (alarm !== null) {
    const { token } = severityShapes[alarm.severity];
    return {
      ...base,
      color: token,
      width: alarm.waiting ? 2.4 : 1.6,
      opacity: 1,
      edge: `${token}-e`,
      halo: 5,
      fillOpacity: alarm.waiting ? HATCH_OPACITY : 0.035,
      hatched: alarm.waiting,
    };
  }
  if (selected) {
    return {
      ...base,
      color: 'ink',
      width: 2,
      opacity: 1,
      edge: null,
      halo: 5,
      fillOpacity: 0.06,
      hatched: false,
    };
  }
  return { ...base, edge: null, halo: 3.5, fillOpacity: 0.035, hatched: false };
};
