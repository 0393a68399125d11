import { ActionIcon, Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import type { Device, FenceEvent, LatestPosition } from '@xunji/gateway/wire';
import { rowFlag } from '@xunji/gateway/wire';
import { type ReactNode, useEffect, useState } from 'react';
import { AlarmCard } from '../alarms/alarm-card.tsx';
import { fold } from '../alarms/fold.ts';
import { alarmKey, useApp } from '../app.ts';
import { StateShape } from '../marks/state-shape.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { Icon } from '../parts/icon.tsx';
import { Later } from '../parts/later.tsx';
import { useNow } from '../parts/use-now.ts';
import { useRecord } from '../state.ts';
import { eventWord, protocolName, stateWord } from '../text/naming.ts';
import { duration, moment, number, useText, wind } from '../text/text.ts';
import { useTopic } from '../topic.ts';
import { keyOf } from './fleet.ts';
import { wasMoving } from './standing.ts';

const EVENTS_SHOWN = 10;
/** The values a live row does not carry are asked for this often, ms. */
const VALUES_EVERY_MS = 15_000;

/** Asks at once and then from time to time; keeps the last answer while the next is under way. */
const useAsked = <T,>(
  ask: (signal: AbortSignal) => Promise<T>,
  everyMs: number,
  again: unknown,
): { value: T | null; failed: boolean; retry: () => void } => {
  const [state, setState] = useState<{ value: T | null; failed: boolean }>({
    value: null,
    failed: false,
  });
  const [turn, setTurn] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `again` and `turn` are what asks anew
  useEffect(() => {
    const abort = new AbortController();
    const run = (): void => {
      ask(abort.signal).then(
        (value) => {
          if (!abort.signal.aborted) setState({ value, failed: false });
        },
        () => {
          if (!abort.signal.aborted) setState((s) => ({ ...s, failed: true }));
        },
      );
    };
    run();
    const timer = setInterval(run, everyMs);
    return () => {
      abort.abort();
      clearInterval(timer);
    };
  }, [again, turn, everyMs]);
  return { ...state, retry: () => setTurn(turn + 1) };
};

const Value = (props: {
  readonly label: string;
  readonly value: ReactNode;
  readonly unit?: string | undefined;
}) => (
  <div>
    <dt>{props.label}</dt>
    <dd>
      {props.value}
      {props.unit === undefined ? null : <small>{props.unit}</small>}
    </dd>
  </div>
);

const Values = ({ device, latest }: { device: Device; latest: LatestPosition | null }) => {
  const text = useText();
  const { fleet } = useApp();
  const { slot } = device;
  const flags = fleet.at.flags[slot] ?? 0;
  const heading = fleet.at.heading[slot] ?? 0;
  const speed = fleet.at.speed[slot] ?? 0;
  const isValid = (flags & rowFlag.valid) !== 0;
  const isOn = (flags & rowFlag.ignition) !== 0;
  return (
    <dl className="values">
      <Value
        label={text('detail.speed')}
        value={number(speed, speed > 0 && speed < 10 ? 1 : 0)}
        unit="km/h"
      />
      <Value
        label={text('detail.course')}
        value={isValid ? wind(heading) : '—'}
        unit={isValid ? `${heading}°` : undefined}
      />
      {device.kind === 'vehicle' ? (
        <Value label={text('detail.ignition')} value={text(isOn ? 'detail.on' : 'detail.off')} />
      ) : null}
      {typeof latest?.mileageKm === 'number' ? (
        <Value
          label={text('detail.mileage')}
          value={number(latest.mileageKm, latest.mileageKm < 1000 ? 1 : 0)}
          unit="km"
        />
      ) : null}
      {typeof latest?.satellites === 'number' ? (
        <Value label={text('detail.satellites')} value={latest.satellites} />
      ) : null}
      {typeof latest?.accuracyM === 'number' ? (
        <Value label={text('detail.accuracy')} value={`±${number(latest.accuracyM)}`} unit="m" />
      ) : null}
      {typeof latest?.batteryPercent === 'number' ? (
        <Value
          label={text('detail.battery')}
          value={number(latest.batteryPercent)}
          unit={(flags & rowFlag.lowBattery) === 0 ? '%' : `% · ${text('detail.lowBattery')}`}
        />
      ) : null}
    </dl>
  );
};

const Events = ({ device }: { readonly device: Device }) => {
  const text = useText();
  const app = useApp();
  const now = app.now();
  useTopic(app.alarms.changed);
  const { value, failed, retry } = useAsked(
    (signal) => app.api.events(device, signal),
    VALUES_EVERY_MS,
    keyOf(device),
  );
  const line = (e: FenceEvent) => (
    <li key={e.id}>
      <time>{moment(Date.parse(e.occurredAt), now)}</time>
      <i data-type={e.type} />
      <span className="cut">{eventWord(e)}</span>
      {e.late ? <small>{text('event.late')}</small> : null}
    </li>
  );
  return (
    <section className="detail-events">
      <h3 className="section-title">{text('detail.events')}</h3>
      {failed && value === null ? (
        <div className="inline-failure" role="alert">
          {text('detail.eventsFailed')}
          <Button size="xs" onClick={retry}>
            {text('error.retry')}
          </Button>
        </div>
      ) : value === null ? (
        <Later>
          <p className="quiet">…</p>
        </Later>
      ) : value.length === 0 ? (
        <p className="quiet">{text('detail.noEvents')}</p>
      ) : (
        <ul className="events">{value.slice(0, EVENTS_SHOWN).map(line)}</ul>
      )}
    </section>
  );
};

/** How old the last position is, or since when there has been none. */
const Age = ({ slot, now }: { readonly slot: number; readonly now: number }) => {
  const text = useText();
  const { fleet } = useApp();
  if (!fleet.has(slot)) return <span className="detail-age">{text('detail.never')}</span>;
  const fixTime = fleet.at.fixTime[slot] ?? 0;
  const state = fleet.state(slot, now);
  const isOld = state === 'stale' || state === 'offline';
  return (
    <span className="detail-age" data-old={isOld} data-testid="detail-age">
      {isOld
        ? text('detail.noData', { time: moment(fixTime, now) })
        : text('detail.ago', { age: duration(now - fixTime) })}
    </span>
  );
};

const Buttons = ({ deviceKey }: { readonly deviceKey: string }) => {
  const text = useText();
  const app = useApp();
  const { follow } = useRecord(app.look);
  const isPlaced = app.fleet.placed(app.fleet.slotOf(deviceKey));
  const copy = async (): Promise<void> => {
    const url = `${window.location.origin}/live?device=${encodeURIComponent(deviceKey).replace('%3A', ':')}`;
    await navigator.clipboard.writeText(url);
    notifications.show({ message: text('detail.copied'), autoClose: 2_000 });
  };
  return (
    <div className="detail-buttons">
      <Button
        variant={follow ? 'default' : 'filled'}
        leftSection={<Icon name="follow" />}
        disabled={!isPlaced}
        aria-pressed={follow}
        onClick={() => {
          app.view.current?.reveal(deviceKey);
          app.look.set({ follow: !follow });
        }}
      >
        {text(follow ? 'detail.following' : 'detail.follow')}
      </Button>
      <Button
        leftSection={<Icon name="locate" />}
        disabled={!isPlaced}
        onClick={() => {
          const slot = app.fleet.slotOf(deviceKey);
          app.look.set({ sheet: null });
          app.view.current?.centerOn(app.fleet.at.lon[slot] ?? 0, app.fleet.at.lat[slot] ?? 0);
        }}
      >
        {text('detail.locate')}
      </Button>
      <ActionIcon
        aria-label={text('detail.copyLink')}
        title={text('detail.copyLink')}
        onClick={() => void copy()}
      >
        <Icon name="link" />
      </ActionIcon>
    </div>
  );
};

const Subject = ({ device, deviceKey }: { device: Device; deviceKey: string }) => {
  const text = useText();
  const app = useApp();
  const { fleet, alarms } = app;
  const now = useNow();
  useTopic(alarms.changed);
  const { slot } = device;
  const { value: latest } = useAsked(
    (signal) => app.api.latest(device, signal),
    VALUES_EVERY_MS,
    deviceKey,
  );
  const state = fleet.state(slot, now);
  const isOld = state === 'stale' || state === 'offline';
  const cards = fold(alarms.open().filter((a) => alarmKey(a) === deviceKey));
  const placed = fleet.placed(slot);
  return (
    <div className="detail" data-testid="detail" data-device={deviceKey}>
      <section className="detail-head">
        <div className="detail-title">
          <h2 className="cut">{device.name}</h2>
          <span className="detail-state" data-state={state}>
            <StateShape state={state} wasMoving={wasMoving(fleet, slot)} size={14} />
            {stateWord(state, device.kind, true)}
          </span>
          <Age slot={slot} now={now} />
        </div>
        <p className="detail-sub cut">
          {[text(`kind.${device.kind}`), device.group, device.subject]
            .filter((part) => part !== null && part !== device.name)
            .join(' · ')}
        </p>
        <p className="detail-meta">
          {protocolName(device.protocol, device.edition)} · {device.id}
          {placed ? (
            <>
              {' '}
              · {(fleet.at.lat[slot] ?? 0).toFixed(5)}, {(fleet.at.lon[slot] ?? 0).toFixed(5)}
            </>
          ) : null}
        </p>
        {device.admission === 'pending' ? (
          <p className="detail-pending">{text('detail.pending')}</p>
        ) : null}
        <Buttons deviceKey={deviceKey} />
      </section>
      {cards.length === 0 ? null : (
        <section className="detail-alarms">
          {cards.map((card) => (
            <AlarmCard key={card.alarm.id} card={card} now={now} place="detail" />
          ))}
        </section>
      )}
      {fleet.has(slot) ? (
        <section data-old={isOld} className="detail-values">
          <Values device={device} latest={latest} />
        </section>
      ) : null}
      <Events device={device} />
    </div>
  );
};

/** Everything known of the selected subject. */
export const Detail = () => {
  const text = useText();
  const app = useApp();
  const { selected } = useRecord(app.look);
  useTopic(app.fleet.list);
  useTopic(app.fleet.rows);
  const device = selected === null ? undefined : app.fleet.device(app.fleet.slotOf(selected));
  if (device === undefined || selected === null) {
    return <EmptyState title={text('detail.none')} text={text('detail.noneText')} />;
  }
  return <Subject key={selected} device={device} deviceKey={selected} />;
};
