import { type RefObject, useEffect, useMemo, useRef } from 'react';
import { AlarmRail } from '../alarms/alarm-rail.tsx';
import { Inset } from '../alarms/inset.tsx';
import { useApp } from '../app.ts';
import { Frame } from '../frame/frame.tsx';
import { MapCanvas } from '../map/map-canvas.tsx';
import type { MapEvents, MapView } from '../map/map-view.ts';
import { SeverityMark } from '../marks/severity-mark.tsx';
import { Icon } from '../parts/icon.tsx';
import { isNarrow } from '../parts/narrow.ts';
import { PanelBoundary } from '../parts/panel-boundary.tsx';
import { usePrefs } from '../prefs.ts';
import { useRecord } from '../state.ts';
import { useText } from '../text/text.ts';
import { useTopic } from '../topic.ts';
import { Detail } from './detail.tsx';
import { DeviceList } from './device-list.tsx';
import { FirstRun } from './first-run.tsx';
import './live.css';
import { loudestWaiting, type PanelTab, tabShown } from './panel.ts';
import { readUrl, writeUrl } from './url-state.ts';

/** Address bars are written at most this often, ms: browsers refuse more than 100 in 30 s. */
const URL_MS = 500;

/** Keeps the address telling what is shown, and takes what it says when the page opens. */
const useAddress = (): ReturnType<typeof readUrl> => {
  const app = useApp();
  const start = useMemo(() => {
    const url = readUrl(window.location.search);
    app.look.set({
      search: url.search,
      states: url.states,
      ...(url.selected === null ? {} : { selected: url.selected, panel: 'subject' as const }),
    });
    return url;
  }, [app]);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | null = null;
    const write = (): void => {
      timer = null;
      const { view, selected, search, states } = app.look.get();
      const query = writeUrl({ view, selected, search, states });
      window.history.replaceState(window.history.state, '', `${window.location.pathname}${query}`);
    };
    const stop = app.look.topic.subscribe(() => {
      timer ??= setTimeout(write, URL_MS);
    });
    return () => {
      stop();
      if (timer !== null) clearTimeout(timer);
    };
  }, [app]);
  return start;
};

const MainMap = ({ start }: { readonly start: ReturnType<typeof readUrl> }) => {
  const text = useText();
  const app = useApp();
  const { selected, follow } = useRecord(app.look);
  const { fences, baseMaps } = useRecord(app.shelf);
  const { baseMap } = usePrefs();
  const on = useMemo<Partial<MapEvents>>(
    () => ({
      onPick: (key) =>
        app.look.set(
          key === null
            ? { selected: null, follow: false, panel: null, sheet: null }
            : { selected: key, follow: false, panel: 'subject', panelOpen: true, sheet: 'panel' },
        ),
      onView: (view) => app.look.set({ view }),
      onFollowEnd: () => app.look.set({ follow: false }),
    }),
    [app],
  );
  const ready = useMemo(
    () => (view: MapView | null) => {
      app.view.current = view;
    },
    [app],
  );
  const shown =
    baseMaps.find((b) => b.id === baseMap) ??
    (baseMap === null ? baseMaps.find((b) => b.kind === 'geojson') : undefined) ??
    null;
  return (
    <section className="live-map" aria-label={text('title.live')}>
      <MapCanvas
        sources={app.map}
        start={start.view ?? app.look.get().view}
        baseMap={shown}
        baseMaps={baseMaps}
        fences={fences ?? []}
        selected={selected}
        follow={follow}
        onReady={ready}
        onFollow={() => app.look.set({ follow: true })}
        on={on}
      >
        <PanelBoundary>
          <Inset baseMap={shown} />
        </PanelBoundary>
        <button
          type="button"
          className="list-opener only-narrow"
          onClick={() => app.look.set({ sheet: 'list' })}
        >
          <Icon name="search" size={18} />
          {text('list.search')}
        </button>
      </MapCanvas>
    </section>
  );
};

/** Height of what lies over the top of the map on narrow screens, px. */
const SEARCH_ROOM = 72;

/** Tells the map what the sheet of a narrow screen covers, and keeps the selected subject in what is left. */
const useSheetRoom = (panel: PanelTab): RefObject<HTMLElement | null> => {
  const app = useApp();
  const aside = useRef<HTMLElement>(null);
  const { sheet, selected } = useRecord(app.look);
  const isOpen = sheet === 'panel';
  useEffect(() => {
    const element = aside.current;
    if (element === null || !isOpen || !isNarrow()) return;
    const measure = (): void => {
      app.view.current?.camera.cover({ top: SEARCH_ROOM, bottom: element.offsetHeight });
      if (panel === 'subject' && selected !== null) app.view.current?.reveal(selected);
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => {
      observer.disconnect();
      app.view.current?.camera.cover({ top: 0, bottom: 0 });
    };
  }, [app, isOpen, panel, selected]);
  return aside;
};

const RightPanel = () => {
  const text = useText();
  const app = useApp();
  const look = useRecord(app.look);
  const { panelOpen, sheet } = look;
  useTopic(app.alarms.changed);
  const open = app.alarms.open().length;
  const panel = tabShown(look, app.alarms.all());
  const waiting = loudestWaiting(app.alarms.all());
  const aside = useSheetRoom(panel);
  const close = (): void => app.look.set({ panelOpen: false, sheet: null });
  if (!panelOpen && sheet !== 'panel') {
    return (
      <button
        type="button"
        className="panel-opener"
        aria-label={text('panel.open')}
        title={text('panel.open')}
        onClick={() => app.look.set({ panelOpen: true })}
      >
        <Icon name="chevronLeft" />
        {waiting === null ? null : <SeverityMark severity={waiting.severity} size={16} />}
      </button>
    );
  }
  const tab = (name: PanelTab, label: string) => (
    <button
      type="button"
      role="tab"
      id={`tab-${name}`}
      aria-selected={panel === name}
      aria-controls="panel-body"
      className="tab"
      onClick={() => app.look.set({ panel: name })}
      data-testid={`tab-${name}`}
      data-waiting={name === 'alarms' ? waiting?.severity : undefined}
    >
      {name === 'alarms' && waiting !== null ? (
        <SeverityMark severity={waiting.severity} size={16} />
      ) : null}
      {label}
    </button>
  );
  return (
    <aside
      ref={aside}
      className="live-panel"
      data-sheet={sheet === 'panel'}
      aria-label={text('panel.label')}
      data-testid="panel"
    >
      <i className="sheet-grip only-narrow" />
      <div className="tabs">
        <div role="tablist" className="tab-list">
          {tab('subject', text('panel.subject'))}
          {tab('alarms', text('panel.alarms', { n: open }))}
        </div>
        <button
          type="button"
          className="plain-button"
          aria-label={text('panel.close')}
          title={text('panel.close')}
          onClick={close}
        >
          <Icon name="close" />
        </button>
      </div>
      <div
        id="panel-body"
        role="tabpanel"
        aria-labelledby={`tab-${panel}`}
        className="panel-body"
        data-panel={panel}
      >
        <PanelBoundary key={panel}>{panel === 'alarms' ? <AlarmRail /> : <Detail />}</PanelBoundary>
      </div>
    </aside>
  );
};

/** The map of a dispatcher's desk: who is where, and what waits. */
export const LivePage = () => {
  const text = useText();
  const app = useApp();
  const start = useAddress();
  const { sheet, panelOpen } = useRecord(app.look);
  useTopic(app.fleet.list);
  const revealed = useRef(false);
  useEffect(
    () =>
      app.fleet.rows.subscribe(() => {
        // A link names a device but no place: its device is looked up as soon as its row is here.
        if (revealed.current || start.selected === null || start.view !== null) return;
        revealed.current = app.view.current?.reveal(start.selected) ?? false;
      }),
    [app, start],
  );
  const isEmpty = app.fleet.loaded && app.fleet.size === 0;
  return (
    <Frame title={text('title.live')}>
      <div className="live" data-panel={panelOpen} data-empty={isEmpty} data-testid="live">
        {isEmpty ? (
          <FirstRun />
        ) : (
          <PanelBoundary>
            <DeviceList isSheet={sheet === 'list'} />
          </PanelBoundary>
        )}
        <PanelBoundary>
          <MainMap start={start} />
        </PanelBoundary>
        {isEmpty ? null : <RightPanel />}
      </div>
    </Frame>
  );
};
