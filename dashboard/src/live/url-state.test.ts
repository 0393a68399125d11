import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chipStates } from './device-state.ts';
import { readUrl, type UrlState, writeUrl } from './url-state.ts';

const states = fc.subarray([...chipStates]);
const round = (n: number, digits: number): number => Number(n.toFixed(digits));

test('a link carries the view, the selection and the filters back unchanged', () => {
  fc.assert(
    fc.property(
      fc.double({ min: -180, max: 180, noNaN: true }),
      fc.double({ min: -85, max: 85, noNaN: true }),
      fc.double({ min: 0, max: 24, noNaN: true }),
      fc.string({ maxLength: 60, unit: 'grapheme' }).filter((s) => s.length <= 60),
      states,
      (lon, lat, zoom, search, chosen) => {
        const state: UrlState = {
          view: { center: [round(lon, 5), round(lat, 5)], zoom: round(zoom, 2) },
          selected: 'jt808:13912345678',
          search,
          states: chosen,
        };
        const read = readUrl(writeUrl(state));
        expect(read.selected).toBe(state.selected);
        expect(read.search).toBe(search);
        expect(read.states).toEqual(chosen);
        expect(read.view?.zoom).toBeCloseTo(round(zoom, 2), 2);
        expect(read.view?.center[0]).toBeCloseTo(round(lon, 5), 5);
        expect(read.view?.center[1]).toBeCloseTo(round(lat, 5), 5);
      },
    ),
  );
});

test('nothing to say is no query at all', () => {
  expect(writeUrl({ view: null, selected: null, search: '', states: [] })).toBe('');
});

test('a damaged link is read as far as it makes sense', () => {
  expect(readUrl('?at=91,121,12&device=nonsense&state=moving,flying&q=A')).toEqual({
    view: null,
    selected: null,
    search: 'A',
    states: ['moving'],
  });
  expect(readUrl('?at=,,').view).toBeNull();
  expect(readUrl('?at=31.2,121.4').view).toBeNull();
});
