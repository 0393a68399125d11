import { useEffect } from 'react';
import { useApp } from '../app.ts';
import { severities } from '../live/alarm-book.ts';
import { online } from '../live/list-view.ts';
import { SeverityMark } from '../marks/severity-mark.tsx';
import { Icon } from '../parts/icon.tsx';
import { useNow } from '../parts/use-now.ts';
import { mayOpen } from '../session.ts';
import { useRecord } from '../state.ts';
import { severityWord } from '../text/naming.ts';
import { clock, duration, running, useText, zoneMark } from '../text/text.ts';
import { useTopic } from '../topic.ts';
import { useShowAlarms } from './show-alarms.ts';

/** Open alarms by severity; a press shows them. */
const Counts = () => {
  const text = useText();
  const app = useApp();
  const show = useShowAlarms();
  useTopic(app.alarms.changed);
  const counts = app.alarms.counts();
  return (
    <button
      type="button"
      className="bar-counts"
      aria-label={text('severity.counts', counts)}
      title={text('severity.counts', counts)}
      onClick={show}
      data-testid="severity-counts"
    >
      {severities.map((s) => (
        <span key={s} className={counts[s] === 0 ? 'zero' : ''} data-severity={s}>
          <SeverityMark severity={s} size={18} />
          <span className="visually-hidden">{severityWord(s)}</span>
          {counts[s]}
        </span>
      ))}
    </button>
  );
};

/** Whether what one sees is alive, and how old the last message is. */
const LinkState = () => {
  const text = useText();
  const app = useApp();
  useTopic(app.live.link);
  useNow();
  const { state, lastFrame } = app.live;
  const age = duration(Date.now() - lastFrame, true);
  const [tone, long, short] =
    state.kind === 'down'
      ? (['down', text('link.lost'), text('link.lostShort')] as const)
      : state.kind === 'connecting'
        ? (['asking', text('link.connecting'), text('link.connecting')] as const)
        : lastFrame === 0
          ? (['ok', text('link.waiting'), '…'] as const)
          : app.fleet.loaded && app.fleet.size === 0
            ? (['ok', text('link.noDevices'), text('link.noDevicesShort')] as const)
            : (['ok', text('link.live', { age }), age] as const);
  return (
    <span className="link-state" data-state={tone} data-testid="link-state">
      <span className="only-wide">{long}</span>
      <span className="only-narrow">{short}</span>
    </span>
  );
};

const Muted = () => {
  const text = useText();
  const app = useApp();
  useNow();
  const left = app.schedule.mutedMs(Date.now());
  if (left === 0) return null;
  return (
    <button
      type="button"
      className="bar-muted"
      title={text('sound.unmute')}
      onClick={() => {
        app.schedule.unmute();
        app.second.emit();
      }}
    >
      <Icon name="muted" />
      {text('sound.muted', { left: running(left) })}
    </button>
  );
};

const Clock = () => {
  const now = useNow();
  const zone = zoneMark(now);
  return (
    <time className="bar-clock">
      {clock(now)}
      {zone === '' ? null : <small>{zone}</small>}
    </time>
  );
};

/** Keeps the browser's tab telling the state of things while it is in the background. */
const TabTitle = () => {
  const text = useText();
  const app = useApp();
  useTopic(app.alarms.changed);
  const now = useNow();
  const { critical, high, medium, low } = app.alarms.counts();
  const open = critical + high + medium + low;
  const waiting = app.alarms.all().filter((a) => a.handling === 'new').length;
  const said = text('title.browser', { open, online: online(app.fleet, now) });
  const title = `${waiting > 0 ? `(${waiting}) ` : ''}${said} · ${text('app.name')}`;
  useEffect(() => {
    document.title = title;
  }, [title]);
  return null;
};

/** The right half of the bar. */
export const AppBar = () => {
  const { session } = useRecord(useApp().standing);
  const isLive = session !== null && mayOpen(session.user.role, '/live');
  return (
    <>
      <div className="bar-gap" />
      {isLive ? (
        <>
          <Muted />
          <Counts />
          <i className="bar-rule" />
          <LinkState />
          <i className="bar-rule only-wide" />
          <TabTitle />
        </>
      ) : null}
      <Clock />
    </>
  );
};
