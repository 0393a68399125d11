import type { BaseMap } from '@xunji/gateway/wire';
import {
  type JSX,
  type ReactNode,
  useCallback,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import { Icon } from '../parts/icon.tsx';
import { usePrefs } from '../prefs.ts';
import { useText } from '../text/text.ts';
import { useTopic } from '../topic.ts';
import { MapChooser } from './map-chooser.tsx';
import { MapControls, MapScale, MapSummaryText } from './map-controls.tsx';
import {
  type MapEvents,
  type MapScene,
  type MapSources,
  type MapStart,
  MapView,
} from './map-view.ts';
import type { BaseMapState, Overlap } from './scene.ts';
import './map.css';

/** `sources` must stay the same object for the life of the page; the rest may change at will. */
export interface MapCanvasProps extends Partial<Omit<MapScene, 'showFences' | 'showLabels'>> {
  readonly sources: MapSources;
  /** `inset`: no gestures, no controls, no test handles. */
  readonly variant?: 'main' | 'inset' | undefined;
  /** All base maps the layers menu offers, the built-in one aside. */
  readonly baseMaps?: readonly BaseMap[] | undefined;
  /** Null: home. */
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
  const { showFences, showLabels } = usePrefs();
  const summaryId = useId();
  const root = useRef<HTMLDivElement>(null);
  const target = useRef<HTMLDivElement>(null);
  const [view, setView] = useState<MapView | null>(null);
  const [overlap, setOverlap] = useState<Overlap | null>(null);
  const [baseState, setBaseState] = useState<BaseMapState>('ready');
  const [focused, setFocused] = useState<string | null>(null);
  const [wasFollowing, setWasFollowing] = useState<string | null>(null);
  const latest = useRef(props);
  useLayoutEffect(() => {
    latest.current = props;
  });
  const { sources, variant = 'main', children, baseMaps, onFollow } = props;
  const { baseMap, fences, selected, follow, selectedFence, draft, drawing } = props;
  const isMain = variant === 'main';

  useEffect(() => {
    if (root.current === null || target.current === null) return;
    const on = (): Partial<MapEvents> => latest.current.on ?? {};
    const made = new MapView(
      root.current,
      target.current,
      sources,
      {
        onPick: (key) => on().onPick?.(key),
        onOverlap: setOverlap,
        onFocus: (key) => {
          setFocused(key);
          on().onFocus?.(key);
        },
        onPickFence: (id) => on().onPickFence?.(id),
        onView: (v) => on().onView?.(v),
        onFollowEnd: () => {
          setWasFollowing(latest.current.selected ?? null);
          on().onFollowEnd?.();
        },
        onShape: (shape) => on().onShape?.(shape),
        onVertex: (index) => on().onVertex?.(index),
        onDrawEnd: (finished) => on().onDrawEnd?.(finished),
        onBaseMap: (state) => {
          setBaseState(state);
          on().onBaseMap?.(state);
        },
      },
      isMain,
      latest.current.start ?? null,
    );
    setView(made);
    latest.current.onReady?.(made);
    return () => {
      setView(null);
      latest.current.onReady?.(null);
      made.dispose();
    };
  }, [sources, isMain]);

  useEffect(() => {
    view?.update({
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
  }, [
    view,
    baseMap,
    fences,
    showFences,
    showLabels,
    selected,
    follow,
    selectedFence,
    draft,
    drawing,
  ]);

  const choose = useCallback((key: string | null) => {
    setOverlap(null);
    if (key !== null) latest.current.on?.onPick?.(key);
  }, []);
  const { fleet } = sources;
  const focusedName = focused === null ? '' : (fleet.device(fleet.slotOf(focused))?.name ?? '');
  const offersFollow =
    isMain && !follow && selected != null && wasFollowing === selected && onFollow !== undefined;
  const attribution = baseState === 'failed' ? '' : (baseMap?.attribution ?? '');

  return (
    <div
      ref={root}
      className="map"
      data-testid={isMain ? 'map' : 'map-inset'}
      data-variant={variant}
    >
      <div
        ref={target}
        className="map-target"
        role="application"
        aria-label={text('map.label')}
        aria-describedby={summaryId}
        tabIndex={isMain ? 0 : -1}
      />
      {view !== null && isMain ? (
        <>
          <MapSummaryText view={view} id={summaryId} />
          <p className="visually-hidden" aria-live="polite">
            {focusedName}
          </p>
          <MapControls view={view} baseMaps={baseMaps ?? []} shown={baseMap ?? null} />
          <div className="map-foot">
            {baseState === 'failed' ? (
              <span className="map-chip" role="status" data-testid="map-base-failed">
                {text('map.baseFailed')}
              </span>
            ) : null}
            <MapCrowd view={view} />
            <span className="map-attribution">{attribution}</span>
            <MapScale view={view} />
          </div>
        </>
      ) : null}
      {offersFollow ? (
        <button
          type="button"
          className="map-chip map-follow"
          data-testid="map-follow-again"
          onClick={onFollow}
        >
          <Icon name="follow" size={14} />
          {text('map.followAgain')}
        </button>
      ) : null}
      {overlap === null ? null : <MapChooser overlap={overlap} sources={sources} choose={choose} />}
      {children}
    </div>
  );
};

const MapCrowd = ({ view }: { readonly view: MapView }): JSX.Element | null => {
  const text = useText();
  useTopic(view.summaryTopic);
  return view.summary.lod === 'dots' ? (
    <span className="map-chip" role="status">
      {text('map.clustered')}
    </span>
  ) : null;
};
