import type { BaseMap } from '@xunji/gateway/wire';
import { type JSX, type ReactNode, useEffect, useRef } from 'react';
import { usePrefs } from '../prefs.ts';
import { useText } from '../text/text.ts';
import {
  type MapEvents,
  type MapScene,
  type MapSources,
  type MapStart,
  MapView,
} from './map-view.ts';
import './map.css';

/** `sources` must stay the same object for the life of the page; the rest may change at will. */
export interface MapCanvasProps extends Partial<Omit<MapScene, 'showFences' | 'showLabels'>> {
  readonly sources: MapSources;
  /** `inset`: no gestures, no controls, no test handles. */
  readonly variant?: 'main' | 'inset' | undefined;
  /** All base maps the layers menu offers, the built-in one aside. */
  readonly baseMaps?: readonly BaseMap[] | undefined;
  readonly start?: MapStart | null | undefined;
  /** Given the view once it stands, null when it goes. */
  readonly onReady?: ((view: MapView | null) => void) | undefined;
  /** The chip "follow again" was pressed. */
  readonly onFollow?: (() => void) | undefined;
  readonly on?: Partial<Omit<MapEvents, 'onOverlap'>> | undefined;
  /** Lies over the map: toolbars, legends, the inset. */
  readonly children?: ReactNode;
}

/** The map, filling its parent, with its own controls, scale and chooser. */
export const MapCanvas = (props: MapCanvasProps): JSX.Element => {
  const text = useText();
  const prefs = usePrefs();
  const target = useRef<HTMLDivElement>(null);
  const view = useRef<MapView | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const { sources, variant = 'main', children } = props;

  useEffect(() => {
    if (target.current === null) return;
    const on = (): Partial<MapEvents> => latest.current.on ?? {};
    const made = new MapView(
      target.current,
      sources,
      {
        onPick: (key) => on().onPick?.(key),
        onOverlap: () => {},
        onPickFence: (id) => on().onPickFence?.(id),
        onView: (v) => on().onView?.(v),
        onFollowEnd: () => on().onFollowEnd?.(),
        onShape: (shape) => on().onShape?.(shape),
        onVertex: (index) => on().onVertex?.(index),
        onDrawEnd: (finished) => on().onDrawEnd?.(finished),
        onBaseMap: (state) => on().onBaseMap?.(state),
      },
      variant === 'main',
      latest.current.start ?? null,
    );
    view.current = made;
    latest.current.onReady?.(made);
    return () => {
      view.current = null;
      latest.current.onReady?.(null);
      made.dispose();
    };
  }, [sources, variant]);

  const { baseMap, fences, selected, follow, selectedFence, draft, drawing } = props;
  const { showFences, showLabels } = prefs;
  useEffect(() => {
    view.current?.update({
      baseMap: baseMap ?? null,
      fences: fences ?? [],
      showFences,
      showLabels,
      selected: selected ?? null,
      follow: follow ?? false,
      selectedFence: selectedFence ?? null,
      draft: draft ?? null,
      drawing: drawing ?? null,
    });
  }, [baseMap, fences, showFences, showLabels, selected, follow, selectedFence, draft, drawing]);

  return (
    <div className="map" data-testid={variant === 'main' ? 'map' : 'map-inset'}>
      <div ref={target} className="map-target" role="application" aria-label={text('map.label')} />
      {children}
    </div>
  );
};
