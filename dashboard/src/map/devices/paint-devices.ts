import type { Severity } from '@xunji/gateway/wire';
import { rowFlag } from '@xunji/gateway/wire';
import { type DeviceState, deviceStates } from '../../live/device-state.ts';
import type { Fleet } from '../../live/fleet.ts';
import { severityShapes, shapeOf } from '../../marks/shapes.ts';
import { isClear, type Palette, type Token } from '../palette.ts';
import { pixelX, pixelY, type View } from '../project.ts';
import type { Lod } from '../scene.ts';
import type { Drawn } from './drawn.ts';
import { DOT_PX } from './lod.ts';
import type { SpriteAtlas } from './sprites.ts';
import { GAP_MS, type TrailPoint, trailAlpha } from './trail.ts';

/** The worst open alarm of a device. */
export interface DeviceAlarmMark {
  readonly severity: Severity;
  /** Nobody has acknowledged it yet. */
  readonly waiting: boolean;
}

/** Devices further outside than this are not drawn, px. */
const OUTSIDE = 20;
const severityRank: Readonly<Record<Severity, number>> = {
  low: 0,
  medium: 1,
  high: 2,
  critical: 3,
};
const ALARM_RANK = deviceStates.length;
const SELECTED_RANK = ALARM_RANK + 4;
const RING = { selected: 20, alarm: 17, focus: 15 } as const;
/** Where the mark of a level stands beside its device, px from its middle. */
const MARK_OFF = { waiting: 15, seen: 11 } as const;

const dotColors: Readonly<Record<DeviceState, Token>> = {
  offHours: 'st-offline',
  offline: 'st-offline',
  noFix: 'st-nofix',
  parked: 'st-parked',
  stale: 'st-offline',
  idling: 'st-idle',
  moving: 'st-moving',
  suspect: 'st-suspect',
};

/** What the painter needs beside the fleet. */
export interface Marked {
  readonly alarms: ReadonlyMap<number, DeviceAlarmMark>;
  /** Slot, or -1. */
  readonly selected: number;
  /** Slot the keyboard stands on, or -1. */
  readonly focused: number;
}

/** Collects the devices of the view with their drawing ranks. Linear in the fleet, no allocation. */
export const collect = (
  drawn: Drawn,
  fleet: Fleet,
  view: View,
  now: number,
  marked: Marked,
): void => {
  const { at } = fleet;
  drawn.clear();
  for (let slot = 0; slot < fleet.top; slot += 1) {
    if (at.held[slot] === 0) continue;
    const x = pixelX(view, at.x[slot] ?? 0);
    if (x < -OUTSIDE || x > view.width + OUTSIDE) continue;
    const y = pixelY(view, at.y[slot] ?? 0);
    if (y < -OUTSIDE || y > view.height + OUTSIDE) continue;
    if (!fleet.placed(slot)) continue;
    const alarm = marked.alarms.get(slot);
    const rank =
      slot === marked.selected
        ? SELECTED_RANK
        : alarm !== undefined
          ? ALARM_RANK + severityRank[alarm.severity]
          : deviceStates.indexOf(fleet.state(slot, now));
    drawn.add(slot, x, y, rank);
  }
  drawn.sort();
};

/** Paints everything of the devices but their names; `g` is left untransformed (device pixels). */
export const paintDevices = (
  g: CanvasRenderingContext2D,
  drawn: Drawn,
  fleet: Fleet,
  atlas: SpriteAtlas,
  lod: Lod,
  now: number,
  marked: Marked,
): void => {
  const r = atlas.pixelRatio;
  const { palette } = atlas;
  if (lod === 'dots') paintDots(g, drawn, fleet, palette, r, now, marked);
  for (let k = 0; k < drawn.count; k += 1) {
    const i = drawn.order[k] ?? 0;
    const slot = drawn.slot[i] ?? 0;
    const alarm = marked.alarms.get(slot);
    const selected = slot === marked.selected;
    if (lod === 'dots' && !selected && alarm === undefined && slot !== marked.focused) continue;
    const x = (drawn.x[i] ?? 0) * r;
    const y = (drawn.y[i] ?? 0) * r;
    if (selected) paintSelection(g, palette, x, y, r);
    else if (alarm?.waiting) paintAlarmRing(g, palette, alarm.severity, x, y, r);
    if (slot === marked.focused) ring(g, palette.of.focus, x, y, RING.focus * r, 2 * r);
    const moving = ((fleet.at.flags[slot] ?? 0) & rowFlag.moving) !== 0;
    const shape = shapeOf(fleet.state(slot, now), moving);
    const kind = fleet.device(slot)?.kind ?? 'vehicle';
    atlas.device(g, shape, kind, fleet.at.heading[slot] ?? 0, x, y);
  }
  for (let k = 0; k < drawn.count; k += 1) {
    const i = drawn.order[k] ?? 0;
    const alarm = marked.alarms.get(drawn.slot[i] ?? -1);
    if (alarm === undefined) continue;
    const off = (alarm.waiting ? MARK_OFF.waiting : MARK_OFF.seen) * r;
    const x = (drawn.x[i] ?? 0) * r + off;
    const y = (drawn.y[i] ?? 0) * r - off;
    atlas.severity(g, alarm.severity, alarm.waiting, x, y);
  }
};

const paintDots = (
  g: CanvasRenderingContext2D,
  drawn: Drawn,
  fleet: Fleet,
  palette: Palette,
  r: number,
  now: number,
  marked: Marked,
): void => {
  const size = Math.max(1, Math.round(DOT_PX * r));
  let last = '';
  for (let k = 0; k < drawn.count; k += 1) {
    const i = drawn.order[k] ?? 0;
    const slot = drawn.slot[i] ?? 0;
    if (slot === marked.selected || marked.alarms.has(slot)) continue;
    const state = deviceStates[drawn.rank[i] ?? 0] ?? fleet.state(slot, now);
    const color = palette.of[dotColors[state]];
    if (color !== last) {
      g.fillStyle = color;
      last = color;
    }
    const x = Math.round((drawn.x[i] ?? 0) * r - size / 2);
    const y = Math.round((drawn.y[i] ?? 0) * r - size / 2);
    g.fillRect(x, y, size, size);
  }
};

const ring = (
  g: CanvasRenderingContext2D,
  color: string,
  x: number,
  y: number,
  radius: number,
  width: number,
): void => {
  g.beginPath();
  g.arc(x, y, radius, 0, 2 * Math.PI);
  g.strokeStyle = color;
  g.lineWidth = width;
  g.stroke();
};

const paintSelection = (
  g: CanvasRenderingContext2D,
  palette: Palette,
  x: number,
  y: number,
  r: number,
): void => {
  g.beginPath();
  g.arc(x, y, RING.selected * r, 0, 2 * Math.PI);
  g.globalAlpha = 0.08;
  g.fillStyle = palette.of.ink;
  g.fill();
  g.globalAlpha = 1;
  ring(g, palette.of.ink, x, y, RING.selected * r, 2 * r);
};

const paintAlarmRing = (
  g: CanvasRenderingContext2D,
  palette: Palette,
  severity: Severity,
  x: number,
  y: number,
  r: number,
): void => {
  const { token } = severityShapes[severity];
  g.beginPath();
  g.arc(x, y, RING.alarm * r, 0, 2 * Math.PI);
  g.globalAlpha = 0.55;
  g.fillStyle = palette.of['m-halo'];
  g.fill();
  g.globalAlpha = 1;
  const edge = palette.of[`${token}-e`];
  if (!isClear(edge)) ring(g, edge, x, y, RING.alarm * r, 4 * r);
  ring(g, palette.of[token], x, y, RING.alarm * r, 2 * r);
};

/** Steps of fading a trail is drawn in: pieces of like age are one stroke. */
const FADES = 24;
const TRAIL_PX = 3.5;

/** Paints a trail that fades towards the past; fixes too far apart in time are joined by thin dashes. */
export const paintTrail = (
  g: CanvasRenderingContext2D,
  points: readonly TrailPoint[],
  view: View,
  color: string,
  now: number,
): void => {
  if (points.length < 2) return;
  const r = view.pixelRatio;
  const x = (p: TrailPoint): number => pixelX(view, p.x) * r;
  const y = (p: TrailPoint): number => pixelY(view, p.y) * r;
  g.strokeStyle = color;
  g.lineJoin = 'round';
  g.lineCap = 'butt';
  let i = 1;
  while (i < points.length) {
    const a = points[i - 1];
    const b = points[i];
    if (a === undefined || b === undefined) break;
    const alpha = trailAlpha(now - b.time);
    g.globalAlpha = alpha;
    g.beginPath();
    g.moveTo(x(a), y(a));
    if (b.time - a.time > GAP_MS) {
      g.lineWidth = 1.4 * r;
      g.setLineDash([3 * r, 5 * r]);
      g.lineTo(x(b), y(b));
      i += 1;
    } else {
      const step = Math.round(alpha * FADES);
      g.lineWidth = TRAIL_PX * r;
      let last = a.time;
      for (; i < points.length; i += 1) {
        const p = points[i];
        if (p === undefined || p.time - last > GAP_MS) break;
        if (Math.round(trailAlpha(now - p.time) * FADES) !== step) break;
        g.lineTo(x(p), y(p));
        last = p.time;
      }
    }
    g.stroke();
    g.setLineDash([]);
  }
  g.globalAlpha = 1;
};

/** How far a shape reaches from its middle, px: half the square that names yield to. */
export const SPRITE_REACH = 9;
/** The same for one with a ring around it and the mark of a level beside it. */
export const RING_REACH = 24;
