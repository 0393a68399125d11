import type {
  Fence,
  FenceGeometry,
  FenceKind,
  FenceProperties,
  Rule,
  Severity,
} from '@xunji/gateway/wire';
import type { FenceBody } from '../api.ts';
import type { FenceShape } from '../map/map-view.ts';
import { areaM2, circleRing, crossesItself, openRing, perimeterM } from '../map/project.ts';

/** The order in which kinds are listed and offered. */
export const fenceKinds = [
  'workshop',
  'patrol',
  'forbidden',
  'zone',
  'site',
] as const satisfies readonly FenceKind[];
/** What may raise an alarm, in the order of the form. */
export const ruleTypes = ['exit', 'enter'] as const satisfies readonly Rule['type'][];

/** The legal numbers of a fence, as the gateway has them. */
export const limits = {
  radiusM: { min: 5, max: 100_000 },
  bufferM: { min: 0, max: 1_000 },
  name: 64,
  vertices: 500,
} as const;

/** A fence in the form. */
export interface Draft {
  /** Null until it has been saved once. */
  readonly id: string | null;
  /** The revision it was read at. */
  readonly rev: number;
  readonly name: string;
  readonly kind: FenceKind;
  readonly profile: FenceProperties['profile'];
  readonly bufferM: number;
  readonly shape: FenceShape;
  /** Severity of the alarm on leaving and on entering; null: none. */
  readonly alarms: Readonly<Record<Rule['type'], Severity | null>>;
}

/** What stands in the form for a saved fence and the rules that name it. */
export const draftOf = (fence: Fence, rules: readonly Rule[]): Draft => {
  const { properties: p } = fence;
  const severity = (type: Rule['type']): Severity | null =>
    rulesOf(rules, fence.id, type)[0]?.severity ?? null;
  return {
    id: fence.id,
    rev: p.rev,
    name: p.name,
    kind: p.kind,
    profile: p.profile,
    bufferM: p.bufferM,
    shape: { geometry: fence.geometry, radiusM: p.radiusM },
    alarms: { exit: severity('exit'), enter: severity('enter') },
  };
};

/** The enabled rules of one type that name a fence. */
export const rulesOf = (rules: readonly Rule[], fence: string, type: Rule['type']): Rule[] =>
  rules.filter((r) => r.enabled && r.type === type && r.fences.includes(fence));

/** The form of an outline just drawn. */
export const newDraft = (shape: FenceShape): Draft => ({
  id: null,
  rev: 0,
  name: '',
  kind: shape.geometry.type === 'Point' ? 'site' : 'zone',
  profile: 'neutral',
  bufferM: 20,
  shape,
  alarms: { exit: null, enter: null },
});

/** What the gateway takes. */
export const bodyOf = (draft: Draft): FenceBody => {
  const { radiusM } = draft.shape;
  return {
    type: 'Feature',
    geometry: draft.shape.geometry,
    properties: {
      name: draft.name.trim(),
      kind: draft.kind,
      profile: draft.profile,
      bufferM: draft.bufferM,
      ...(radiusM === undefined ? {} : { radiusM }),
    },
  };
};

/** Whether two forms would save the same fence and rules. */
export const isSame = (a: Draft, b: Draft): boolean =>
  JSON.stringify([bodyOf(a), a.alarms]) === JSON.stringify([bodyOf(b), b.alarms]);

/** The outer ring of a polygon without its closing point; empty for other shapes. */
export const ringOf = (geometry: FenceGeometry): readonly (readonly number[])[] =>
  geometry.type === 'Polygon' ? openRing(geometry.coordinates[0] ?? []) : [];

/** The polygon with another outer ring, closed; its holes stay. */
export const withRing = (
  geometry: FenceGeometry,
  ring: readonly (readonly number[])[],
): FenceGeometry => {
  const first = ring[0];
  const closed = first === undefined ? [] : [...ring, first].map((p) => [...p]);
  const holes = geometry.type === 'Polygon' ? geometry.coordinates.slice(1) : [];
  return { type: 'Polygon', coordinates: [closed, ...holes] };
};

/** A new vertex half way between this one and the next. */
export const addVertex = (geometry: FenceGeometry, after: number): FenceGeometry => {
  const ring = ringOf(geometry);
  const a = ring[after];
  const b = ring[(after + 1) % ring.length];
  if (a === undefined || b === undefined) return geometry;
  const middle = [((a[0] ?? 0) + (b[0] ?? 0)) / 2, ((a[1] ?? 0) + (b[1] ?? 0)) / 2];
  return withRing(geometry, [...ring.slice(0, after + 1), middle, ...ring.slice(after + 1)]);
};

/** The polygon without one vertex; three always stay. */
export const removeVertex = (geometry: FenceGeometry, index: number): FenceGeometry => {
  const ring = ringOf(geometry);
  return ring.length <= 3
    ? geometry
    : withRing(
        geometry,
        ring.filter((_, i) => i !== index),
      );
};

/** The polygon with one vertex elsewhere. */
export const moveVertex = (
  geometry: FenceGeometry,
  index: number,
  lon: number,
  lat: number,
): FenceGeometry =>
  withRing(
    geometry,
    ringOf(geometry).map((p, i) => (i === index ? [lon, lat] : p)),
  );

/** What an outline measures, and what is wrong with it. */
export interface Measures {
  readonly areaM2: number;
  readonly perimeterM: number;
  /** Null for a circle. */
  readonly vertices: number | null;
  readonly fault: 'fence.crossing' | 'fence.tooFew' | null;
}

/** Measures an outline; several parts are summed up. */
export const measure = (shape: FenceShape): Measures => {
  const { geometry, radiusM = 0 } = shape;
  if (geometry.type === 'Point') {
    return {
      areaM2: Math.PI * radiusM ** 2,
      perimeterM: 2 * Math.PI * radiusM,
      vertices: null,
      fault: null,
    };
  }
  const parts = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
  let area = 0;
  let perimeter = 0;
  let vertices = 0;
  let fault: Measures['fault'] = null;
  for (const [outer = [], ...holes] of parts) {
    area += areaM2(outer) - holes.reduce((sum, hole) => sum + areaM2(hole), 0);
    perimeter += perimeterM(outer);
    vertices += openRing(outer).length;
    if (openRing(outer).length < 3) fault = 'fence.tooFew';
    else if (crossesItself(outer)) fault = 'fence.crossing';
  }
  return { areaM2: area, perimeterM: perimeter, vertices, fault };
};

/** A shape of about 200 m around a place, for those who do not draw by mouse. */
export const shapeAt = (kind: 'polygon' | 'circle', lon: number, lat: number): FenceShape => {
  if (kind === 'circle') {
    return { geometry: { type: 'Point', coordinates: [lon, lat] }, radiusM: 100 };
  }
  // Corners of the square, half way between the points of a ring that starts in the north.
  const corners = circleRing(lon, lat, 141.4, 8).filter((_, i) => i % 2 === 1);
  const rounded = corners.map(([x, y]) => [Number(x.toFixed(6)), Number(y.toFixed(6))]);
  return { geometry: withRing({ type: 'Polygon', coordinates: [] }, rounded) };
};

/** Fixes are taken as this accurate when the blind ring is drawn, m. */
const ASSUMED_ACCURACY_M = 5;
/** How far outside a lenient fence somebody still counts as on post, m; null for other profiles. */
export const blindRingM = (draft: Pick<Draft, 'profile' | 'bufferM'>): number | null =>
  draft.profile === 'lenient' ? draft.bufferM + ASSUMED_ACCURACY_M + 10 : null;

/** One edit of the rules that makes them say what the form says. */
export type RuleEdit =
  | { readonly kind: 'create'; readonly rule: Omit<Rule, 'id' | 'rev'> }
  | { readonly kind: 'replace'; readonly rule: Rule }
  | { readonly kind: 'remove'; readonly rule: Rule };

/**
 * What to change so that leaving and entering this fence alarm as the form says. A rule that names other fences
 * too keeps doing for them what it did.
 * @param nameOf names a new rule
 */
export const ruleEdits = (
  fence: string,
  alarms: Draft['alarms'],
  rules: readonly Rule[],
  nameOf: (type: Rule['type']) => string,
): RuleEdit[] => {
  const edits: RuleEdit[] = [];
  for (const type of ruleTypes) {
    const severity = alarms[type];
    const present = rulesOf(rules, fence, type);
    if (severity !== null && present[0]?.severity === severity) continue;
    let needsOwn = severity !== null;
    for (const rule of present) {
      const others = rule.fences.filter((f) => f !== fence);
      if (others.length > 0) edits.push({ kind: 'replace', rule: { ...rule, fences: others } });
      else if (needsOwn && severity !== null) {
        edits.push({ kind: 'replace', rule: { ...rule, severity } });
        needsOwn = false;
      } else edits.push({ kind: 'remove', rule });
    }
    if (needsOwn && severity !== null) {
      edits.push({
        kind: 'create',
        rule: { name: nameOf(type), type, fences: [fence], severity, params: {}, enabled: true },
      });
    }
  }
  return edits;
};
