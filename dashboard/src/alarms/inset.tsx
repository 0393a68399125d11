import { ActionIcon, Button } from '@mantine/core';
import type { BaseMap } from '@xunji/gateway/wire';
import { useEffect, useMemo, useRef } from 'react';
import { type App, alarmKey, useApp } from '../app.ts';
import { MapCanvas } from '../map/map-canvas.tsx';
import type { MapView } from '../map/map-view.ts';
import { SeverityMark } from '../marks/severity-mark.tsx';
import { Icon } from '../parts/icon.tsx';
import { useNow } from '../parts/use-now.ts';
import { useRecord } from '../state.ts';
import { alarmSubject, alarmWord, severityWord } from '../text/naming.ts';
import { running, useText } from '../text/text.ts';
import { useTopic } from '../topic.ts';
import { locate } from './alarm-card.tsx';
import { advance, next } from './announce.ts';

const ZOOM = 16;

const shown = (app: App) => {
  const id = app.announcement.get().queue[0];
  return id === undefined ? undefined : app.alarms.get(id);
};

/** Takes the alarm of the inset to the main map. False when there is none. */
export const moveToMap = (app: App): boolean => {
  const alarm = shown(app);
  if (alarm === undefined) return false;
  locate(app, alarm);
  app.announcement.set(next(app.announcement.get(), app.now()));
  return true;
};

/** Shows where a new urgent alarm is without moving the map somebody works on. */
export const Inset = ({ baseMap }: { readonly baseMap: BaseMap | null }) => {
  const text = useText();
  const app = useApp();
  const now = useNow();
  useTopic(app.alarms.changed);
  const { queue } = useRecord(app.announcement);
  const { fences } = useRecord(app.shelf);
  const view = useRef<MapView | null>(null);
  const alarm = shown(app);
  useEffect(() => {
    const waits = (id: string): boolean => app.alarms.get(id)?.handling === 'new';
    app.announcement.set(advance(app.announcement.get(), waits, now));
  }, [app, now]);
  const key = alarm === undefined ? null : alarmKey(alarm);
  const slot = key === null ? -1 : app.fleet.slotOf(key);
  const hasRow = slot >= 0 && app.fleet.placed(slot);
  const lon = hasRow ? (app.fleet.at.lon[slot] ?? null) : (alarm?.longitude ?? null);
  const lat = hasRow ? (app.fleet.at.lat[slot] ?? null) : (alarm?.latitude ?? null);
  const around = useMemo(
    () => (fences ?? []).filter((f) => f.id === alarm?.fence?.id),
    [fences, alarm?.fence?.id],
  );
  const ready = useMemo(
    () => (made: MapView | null) => {
      view.current = made;
    },
    [],
  );
  useEffect(() => {
    if (lon !== null && lat !== null) view.current?.camera.jump([lon, lat], ZOOM);
  }, [lon, lat]);
  if (alarm === undefined) return null;
  const device = app.fleet.device(slot);
  const severity = severityWord(alarm.severity);
  return (
    <aside
      className="inset"
      data-severity={alarm.severity}
      data-testid="inset"
      data-alarm={alarm.id}
    >
      <header>
        <SeverityMark severity={alarm.severity} size={20} />
        <div className="inset-words">
          <strong className="cut">
            {alarmSubject(alarm, device)} · {alarmWord(alarm)}
            {alarm.fence === null ? '' : ` · ${alarm.fence.name}`}
          </strong>
          <span>
            {text('inset.title', { severity, age: running(now - Date.parse(alarm.occurredAt)) })}
            {queue.length > 1 ? ` · ${text('inset.waiting', { n: queue.length - 1 })}` : ''}
          </span>
        </div>
        <ActionIcon
          variant="subtle"
          aria-label={text('inset.close')}
          title={text('inset.close')}
          onClick={() => app.announcement.set(next(app.announcement.get(), app.now()))}
        >
          <Icon name="close" />
        </ActionIcon>
      </header>
      <div className="inset-map">
        {lon === null || lat === null ? (
          <p className="quiet">{text('inset.unknownPlace')}</p>
        ) : (
          <MapCanvas
            variant="inset"
            sources={app.map}
            start={{ center: [lon, lat], zoom: ZOOM }}
            baseMap={baseMap}
            fences={around}
            selected={key}
            onReady={ready}
          />
        )}
      </div>
      <footer>
        <Button size="xs" onClick={() => moveToMap(app)}>
          {text('inset.toMap')}
          <span className="key only-wide">F</span>
        </Button>
      </footer>
    </aside>
  );
};
