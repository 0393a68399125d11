import { Button } from '@mantine/core';
import { useEffect } from 'react';
import { useApp } from '../app.ts';
import { Icon } from '../parts/icon.tsx';
import { useNow } from '../parts/use-now.ts';
import { useRecord } from '../state.ts';
import { running, useText } from '../text/text.ts';
import { useTopic } from '../topic.ts';
import { useShowAlarms } from './show-alarms.ts';

/** The clocks may differ by this much before it is said, ms. */
const SKEW_MS = 30_000;
/** A break in which nothing happened is told so long, ms. */
const UNEVENTFUL_MS = 20_000;

const Lost = () => {
  const text = useText();
  const { live } = useApp();
  useTopic(live.link);
  useNow();
  const { state } = live;
  if (state.kind !== 'down') return null;
  const since = running(Date.now() - state.since);
  const n =
    state.retryAt === null ? 0 : Math.max(0, Math.ceil((state.retryAt - Date.now()) / 1000));
  return (
    <div className="warning lost" role="alert" data-testid="bar-lost">
      <Icon name="warning" />
      {/* The figures tick each second: a reader hears the sentence once. */}
      <strong aria-hidden="true">
        {n === 0 ? text('bar.retrying', { since }) : text('bar.lost', { since, n })}
      </strong>
      <span className="visually-hidden">{text('link.lost')}</span>
      <span className="warning-more">{text('bar.dataStays')}</span>
      <Button size="xs" onClick={() => live.retry()} disabled={state.retryAt === null}>
        {text('bar.retry')}
      </Button>
    </div>
  );
};

const Back = () => {
  const text = useText();
  const app = useApp();
  const show = useShowAlarms();
  const { back } = useRecord(app.health);
  useEffect(() => {
    if (back === null || back.alarms > 0) return;
    const timer = setTimeout(() => app.health.set({ back: null }), UNEVENTFUL_MS);
    return () => clearTimeout(timer);
  }, [app, back]);
  if (back === null) return null;
  return (
    <div className="warning" role="status" data-testid="bar-back">
      <Icon name="check" />
      <strong>
        {text('bar.back', { since: running(back.awayMs) })} ·{' '}
        {back.alarms > 0 ? text('bar.backAlarms', { n: back.alarms }) : text('bar.backNone')}
      </strong>
      {back.alarms > 0 ? (
        <Button
          size="xs"
          onClick={() => {
            app.health.set({ back: null });
            show();
          }}
        >
          {text('bar.show')}
        </Button>
      ) : null}
      <Button size="xs" variant="subtle" onClick={() => app.health.set({ back: null })}>
        {text('bar.dismiss')}
      </Button>
    </div>
  );
};

const Notices = () => {
  const text = useText();
  const { health } = useApp();
  const { notices } = useRecord(health);
  const sentence = (code: string, value: number): string => {
    switch (code) {
      case 'storeBehind':
        return text('notice.storeBehind', { n: Math.round(value) });
      case 'storeDown':
        return text('notice.storeDown');
      case 'journalFull':
        return text('notice.journalFull');
      case 'journalDamaged':
        return text('notice.journalDamaged', { n: Math.round(value) });
      default:
        return text('notice.other', { code });
    }
  };
  return notices.map(({ code, value }) => (
    <div key={code} className="warning" role="status">
      <Icon name="warning" />
      <strong>{sentence(code, value)}</strong>
    </div>
  ));
};

const Skew = () => {
  const text = useText();
  const { live } = useApp();
  useTopic(live.link);
  if (live.state.kind !== 'up' || Math.abs(live.offsetMs) <= SKEW_MS) return null;
  return (
    <div className="warning" role="status">
      <Icon name="warning" />
      <strong>{text('bar.clock', { n: Math.round(Math.abs(live.offsetMs) / 1000) })}</strong>
    </div>
  );
};

const Outdated = () => {
  const text = useText();
  const { health } = useApp();
  const { outdated } = useRecord(health);
  if (!outdated) return null;
  return (
    <div className="warning" role="status">
      <Icon name="warning" />
      <strong>{text('bar.reload')}</strong>
      <Button size="xs" onClick={() => window.location.reload()}>
        {text('bar.reloadButton')}
      </Button>
    </div>
  );
};

const Silent = () => {
  const text = useText();
  const { tones } = useApp();
  useTopic(tones.changed);
  if (tones.running) return null;
  return (
    <button
      type="button"
      className="warning silent"
      onClick={() => void tones.enable()}
      data-testid="bar-sound"
    >
      <Icon name="muted" />
      <strong>{text('bar.sound')}</strong>
    </button>
  );
};

/** Everything that keeps the screen from being the whole truth, worst first. */
export const ConnectionBar = () => (
  <div className="warnings">
    <Lost />
    <Back />
    <Outdated />
    <Notices />
    <Skew />
    <Silent />
  </div>
);
