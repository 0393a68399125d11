import type { Fence, Rule } from '@xunji/gateway/wire';
import { expect, test } from 'vitest';
import {
  addVertex,
  blindRingM,
  bodyOf,
  draftOf,
  isSame,
  measure,
  moveVertex,
  newDraft,
  removeVertex,
  ringOf,
  ruleEdits,
  shapeAt,
} from './draft.ts';

const square = shapeAt('polygon', 121.47, 31.23);
const rule = (over: Partial<Rule> = {}): Rule => ({
  id: 'r1',
  name: 'left',
  type: 'exit',
  fences: ['f1'],
  severity: 'high',
  params: {},
  enabled: true,
  rev: 3,
  ...over,
});
const nameOf = (type: string): string => `${type} f1`;

test('the square placed at the map centre measures 200 m a side and has four corners', () => {
  const { areaM2, perimeterM, vertices, fault } = measure(square);
  expect(areaM2).toBeGreaterThan(39_600);
  expect(areaM2).toBeLessThan(40_400);
  expect(perimeterM).toBeGreaterThan(796);
  expect(perimeterM).toBeLessThan(804);
  expect(vertices).toBe(4);
  expect(fault).toBeNull();
});

test('an outline that crosses itself or has too few corners is named', () => {
  const [a, b, c, d] = ringOf(square.geometry);
  const bow = {
    type: 'Polygon' as const,
    coordinates: [[a, c, b, d, a].map((p) => [...(p ?? [])])],
  };
  expect(measure({ geometry: bow }).fault).toBe('fence.crossing');
  const flat = { type: 'Polygon' as const, coordinates: [[a, b, a].map((p) => [...(p ?? [])])] };
  expect(measure({ geometry: flat }).fault).toBe('fence.tooFew');
});

test('vertices are added half way, moved and removed, and the ring stays closed', () => {
  const five = addVertex(square.geometry, 3);
  expect(ringOf(five)).toHaveLength(5);
  const moved = moveVertex(five, 4, 121, 31);
  expect(ringOf(moved)[4]).toEqual([121, 31]);
  const outer = moved.type === 'Polygon' ? (moved.coordinates[0] ?? []) : [];
  expect(outer[0]).toEqual(outer.at(-1));
  expect(ringOf(removeVertex(moved, 4))).toEqual(ringOf(square.geometry));
});

test('three vertices always stay', () => {
  let geometry = square.geometry;
  for (let i = 0; i < 4; i += 1) geometry = removeVertex(geometry, 0);
  expect(ringOf(geometry)).toHaveLength(3);
});

test('a saved fence read into the form and written back is the same', () => {
  const fence: Fence = {
    type: 'Feature',
    id: 'f1',
    geometry: { type: 'Point', coordinates: [121.4, 31.2] },
    properties: {
      name: '站',
      kind: 'site',
      radiusM: 120,
      profile: 'neutral',
      bufferM: 20,
      rev: 2,
      updatedAt: '',
    },
  };
  const draft = draftOf(fence, [rule()]);
  expect(draft.alarms).toEqual({ exit: 'high', enter: null });
  expect(bodyOf(draft).properties).toEqual({
    name: '站',
    kind: 'site',
    radiusM: 120,
    profile: 'neutral',
    bufferM: 20,
  });
  expect(isSame(draft, { ...draft, rev: 9 })).toBe(true);
  expect(isSame(draft, { ...draft, bufferM: 21 })).toBe(false);
  expect(isSame(draft, { ...draft, alarms: { exit: null, enter: null } })).toBe(false);
});

test('switching an alarm on makes a rule, off removes it, another severity replaces it', () => {
  expect(ruleEdits('f1', { exit: 'critical', enter: null }, [], nameOf)).toMatchObject([
    {
      kind: 'create',
      rule: { type: 'exit', severity: 'critical', fences: ['f1'], name: 'exit f1' },
    },
  ]);
  expect(ruleEdits('f1', { exit: null, enter: null }, [rule()], nameOf)).toEqual([
    { kind: 'remove', rule: rule() },
  ]);
  expect(ruleEdits('f1', { exit: 'low', enter: null }, [rule()], nameOf)).toEqual([
    { kind: 'replace', rule: rule({ severity: 'low' }) },
  ]);
  expect(ruleEdits('f1', { exit: 'high', enter: null }, [rule()], nameOf)).toEqual([]);
});

test('a rule that names other fences too keeps its say about them', () => {
  const shared = rule({ fences: ['f1', 'f2'] });
  expect(ruleEdits('f1', { exit: null, enter: null }, [shared], nameOf)).toEqual([
    { kind: 'replace', rule: rule({ fences: ['f2'] }) },
  ]);
  expect(ruleEdits('f1', { exit: 'low', enter: null }, [shared], nameOf)).toMatchObject([
    { kind: 'replace', rule: { fences: ['f2'], severity: 'high' } },
    { kind: 'create', rule: { fences: ['f1'], severity: 'low' } },
  ]);
});

test('only a lenient fence has a blind ring', () => {
  const draft = newDraft(square);
  expect(blindRingM(draft)).toBeNull();
  expect(blindRingM({ ...draft, profile: 'lenient' })).toBe(35);
});
