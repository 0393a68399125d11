import { chipStates, type DeviceState } from './device-state.ts';

/** What a link to the live map carries. */
export interface UrlState {
  /** [lon, lat] and zoom; null: the map's own first view. */
  readonly view: { readonly center: readonly [number, number]; readonly zoom: number } | null;
  /** Device key. */
  readonly selected: string | null;
  readonly search: string;
  readonly states: readonly DeviceState[];
}

const MAX_SEARCH = 64;

const viewOf = (at: string | null): UrlState['view'] => {
  const parts = (at ?? '').split(',');
  if (parts.length !== 3 || parts.some((p) => p.trim() === '')) return null;
  const [lat = Number.NaN, lon = Number.NaN, zoom = Number.NaN] = parts.map(Number);
  if (!(Math.abs(lat) <= 85 && Math.abs(lon) <= 180 && zoom >= 0 && zoom <= 24)) return null;
  return { center: [lon, lat], zoom };
};

/** Reads a query string; what is damaged or out of range is left out. */
export const readUrl = (query: string): UrlState => {
  const params = new URLSearchParams(query);
  const wanted = (params.get('state') ?? '').split(',');
  const selected = params.get('device');
  return {
    view: viewOf(params.get('at')),
    selected: selected === null || !/^[a-z0-9]+:.+/.test(selected) ? null : selected,
    search: (params.get('q') ?? '').slice(0, MAX_SEARCH),
    states: chipStates.filter((s) => wanted.includes(s)),
  };
};

/** The query string of a state, with its question mark; empty when there is nothing to say. */
export const writeUrl = (s: UrlState): string => {
  const params = new URLSearchParams();
  if (s.view !== null) {
    const { center, zoom } = s.view;
    params.set('at', `${center[1].toFixed(5)},${center[0].toFixed(5)},${zoom.toFixed(2)}`);
  }
  if (s.selected !== null) params.set('device', s.selected);
  if (s.search !== '') params.set('q', s.search);
  if (s.states.length > 0) params.set('state', s.states.join(','));
  const query = params.toString().replaceAll('%2C', ',').replaceAll('%3A', ':');
  return query === '' ? '' : `?${query}`;
};
