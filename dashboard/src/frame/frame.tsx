import type { ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { useApp } from '../app.ts';
import { Icon, type IconName, Sign } from '../parts/icon.tsx';
import { PanelBoundary } from '../parts/panel-boundary.tsx';
import { mayOpen, type Screen } from '../session.ts';
import { useRecord } from '../state.ts';
import { useText } from '../text/text.ts';
import { useTopic } from '../topic.ts';
import { Announcements } from './announcements.tsx';
import { AppBar } from './app-bar.tsx';
import { ConnectionBar } from './connection-bar.tsx';
import { ExpiredDialog } from './expired-dialog.tsx';
import { useKeys } from './keys.ts';
import { KeysDialog } from './keys-dialog.tsx';
import { useShowAlarms } from './show-alarms.ts';
import { UserMenu } from './user-menu.tsx';
import './frame.css';

const entries: { screen: Screen; icon: IconName; word: 'nav.live' | 'nav.fences' }[] = [
  { screen: '/live', icon: 'live', word: 'nav.live' },
  { screen: '/fences', icon: 'fences', word: 'nav.fences' },
];

/** The bottom bar of narrow screens holds the alarms besides the screens. */
const AlarmsEntry = () => {
  const text = useText();
  const app = useApp();
  const show = useShowAlarms();
  useTopic(app.alarms.changed);
  const waiting = app.alarms.all().filter((a) => a.handling === 'new').length;
  return (
    <Link href="/live" className="nav-entry only-narrow" onClick={show} data-testid="nav-alarms">
      <Icon name="bell" size={20} />
      <span>{text('nav.alarms')}</span>
      {waiting > 0 ? <b className="nav-count">{waiting}</b> : null}
    </Link>
  );
};

/** What stands around every screen: ways, the bar, warnings, announcements. */
export const Frame = (props: {
  readonly title: string;
  readonly extra?: ReactNode;
  readonly children: ReactNode;
}) => {
  const text = useText();
  const app = useApp();
  const show = useShowAlarms();
  const { session } = useRecord(app.standing);
  const [path] = useLocation();
  useKeys();
  const role = session?.user.role ?? 'subject';
  return (
    <div className="frame">
      <button
        type="button"
        className="skip"
        onClick={() => {
          show();
          requestAnimationFrame(() => document.getElementById('alarms')?.focus());
        }}
      >
        {text('app.skipToAlarms')}
      </button>
      <nav className="nav" aria-label={text('nav.label')}>
        <Link href="/" className="nav-sign" aria-label={text('app.name')}>
          <Sign />
        </Link>
        {entries
          .filter(({ screen }) => mayOpen(role, screen))
          .map(({ screen, icon, word }) => (
            <Link
              key={screen}
              href={screen}
              className={path.startsWith(screen) ? 'nav-entry on' : 'nav-entry'}
              aria-current={path.startsWith(screen) ? 'page' : undefined}
            >
              <Icon name={icon} size={20} />
              <span>{text(word)}</span>
            </Link>
          ))}
        {mayOpen(role, '/live') ? <AlarmsEntry /> : null}
        <div className="nav-gap" />
        <UserMenu />
      </nav>
      <header className="bar">
        <h1>{props.title}</h1>
        {props.extra}
        <AppBar />
      </header>
      <div className="frame-body">
        <ConnectionBar />
        <main className="frame-main">
          <PanelBoundary>{props.children}</PanelBoundary>
        </main>
      </div>
      <Announcements />
      <ExpiredDialog />
      <KeysDialog />
    </div>
  );
};
