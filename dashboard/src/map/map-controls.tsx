import type { BaseMap } from '@xunji/gateway/wire';
import { type JSX, useEffect, useRef, useState } from 'react';
import { Icon } from '../parts/icon.tsx';
import { setPrefs, usePrefs } from '../prefs.ts';
import { distance, useText } from '../text/text.ts';
import { useTopic } from '../topic.ts';
import { MapIcon } from './map-icons.tsx';
import type { MapView } from './map-view.ts';

/** The id under which the choice of the built-in map alone is remembered. */
const BUILTIN = 'builtin';

const LayerMenu = (props: {
  readonly baseMaps: readonly BaseMap[];
  readonly shown: BaseMap | null;
  readonly close: () => void;
}): JSX.Element => {
  const text = useText();
  const { showFences, showLabels } = usePrefs();
  const { baseMaps, shown, close } = props;
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    box.current?.querySelector('input')?.focus();
    const outside = (event: PointerEvent): void => {
      const { target } = event;
      if (target instanceof Element && target.closest('.map-layers') === null) close();
    };
    document.addEventListener('pointerdown', outside);
    return () => document.removeEventListener('pointerdown', outside);
  }, [close]);
  const base = (id: string, name: string, checked: boolean) => (
    <label key={id}>
      <input
        type="radio"
        name="map-base"
        checked={checked}
        onChange={() => setPrefs({ baseMap: id })}
      />
      {name}
    </label>
  );
  const operators = baseMaps.filter((b) => b.kind !== 'builtin');
  return (
    <div
      ref={box}
      className="map-layers map-popover"
      role="dialog"
      aria-label={text('map.layers')}
      data-testid="map-layers"
    >
      <fieldset>
        <legend>{text('map.baseMap')}</legend>
        {operators.map((b) => base(b.id, b.name, shown?.id === b.id))}
        {base(BUILTIN, text('map.builtin'), shown === null || shown.kind === 'builtin')}
      </fieldset>
      <fieldset>
        <legend>{text('map.layers')}</legend>
        <label>
          <input
            type="checkbox"
            checked={showFences}
            onChange={(event) => setPrefs({ showFences: event.currentTarget.checked })}
          />
          {text('map.fences')}
        </label>
        <label>
          <input
            type="checkbox"
            checked={showLabels}
            onChange={(event) => setPrefs({ showLabels: event.currentTarget.checked })}
          />
          {text('map.labels')}
        </label>
      </fieldset>
    </div>
  );
};

/** Layers, home and zoom at the right top, as buttons of the page. */
export const MapControls = (props: {
  readonly view: MapView;
  readonly baseMaps: readonly BaseMap[];
  readonly shown: BaseMap | null;
}): JSX.Element => {
  const text = useText();
  const { view, baseMaps, shown } = props;
  const [isOpen, setOpen] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const button = (label: string, icon: JSX.Element, run: () => void) => (
    <button type="button" aria-label={label} title={label} onClick={run}>
      {icon}
    </button>
  );
  return (
    // The keys of the map end at its controls: Escape closes the menu and nothing else.
    // biome-ignore lint/a11y/noStaticElementInteractions: the key belongs to whatever inside has the focus
    <div
      className="map-controls map-layers"
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !isOpen) return;
        event.stopPropagation();
        setOpen(false);
        opener.current?.focus();
      }}
    >
      <div className="map-buttons">
        <button
          ref={opener}
          type="button"
          aria-label={text('map.layers')}
          title={text('map.layers')}
          aria-expanded={isOpen}
          data-testid="map-layers-button"
          onClick={() => setOpen(!isOpen)}
        >
          <MapIcon name="layers" />
        </button>
      </div>
      <div className="map-buttons">
        {button(text('map.home'), <MapIcon name="home" />, () => view.home())}
        {button(text('map.zoomIn'), <Icon name="plus" size={18} />, () => view.camera.zoomBy(1))}
        {button(text('map.zoomOut'), <Icon name="minus" size={18} />, () => view.camera.zoomBy(-1))}
      </div>
      {isOpen ? <LayerMenu baseMaps={baseMaps} shown={shown} close={() => setOpen(false)} /> : null}
    </div>
  );
};

/** The scale bar. */
export const MapScale = ({ view }: { readonly view: MapView }): JSX.Element | null => {
  useTopic(view.scaleTopic);
  const { scale } = view;
  if (scale === null) return null;
  return (
    <div className="map-scale" aria-hidden="true">
      {scale.metres >= 1000 ? distance(scale.metres).replace('.00', '') : distance(scale.metres)}
      <i style={{ width: scale.px }} />
    </div>
  );
};

/** The picture in words, kept current for those who cannot see it. */
export const MapSummaryText = (props: { readonly view: MapView; readonly id: string }) => {
  const text = useText();
  useTopic(props.view.summaryTopic);
  const { drawn, alarms, zoom } = props.view.summary;
  return (
    <p id={props.id} className="visually-hidden" data-testid="map-summary">
      {text('map.summary', { n: drawn, alarms, zoom: Math.round(zoom) })}
    </p>
  );
};
