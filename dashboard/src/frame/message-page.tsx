import { Button } from '@mantine/core';
import { Link } from 'wouter';
import { useApp } from '../app.ts';
import { landing, mayOpen } from '../session.ts';
import { useRecord } from '../state.ts';
import { roleWord } from '../text/naming.ts';
import { useText } from '../text/text.ts';
import { useTopic } from '../topic.ts';
import { Frame } from './frame.tsx';

const Home = () => {
  const text = useText();
  const { session } = useRecord(useApp().standing);
  if (session === null) return null;
  const home = landing(session.user.role);
  return mayOpen(session.user.role, home) ? (
    <Link href={home} className="message-link">
      {text('forbidden.home')}
    </Link>
  ) : null;
};

/** The role may not see this screen. */
export const ForbiddenPage = () => {
  const text = useText();
  const { session } = useRecord(useApp().standing);
  return (
    <Frame title={text('app.name')}>
      <section className="message" data-testid="forbidden">
        <h2>{text('forbidden.title')}</h2>
        <p>
          {session === null
            ? null
            : text('forbidden.text', {
                user: session.user.username,
                role: roleWord(session.user.role),
              })}
        </p>
        <Home />
      </section>
    </Frame>
  );
};

/** No screen has this address. */
export const MissingPage = () => {
  const text = useText();
  return (
    <Frame title={text('app.name')}>
      <section className="message" data-testid="missing">
        <h2>{text('missing.title')}</h2>
        <p>{text('missing.text')}</p>
        <Home />
      </section>
    </Frame>
  );
};

/** The script of this screen did not come. */
export const NotLoadedPage = () => {
  const text = useText();
  const { live } = useApp();
  useTopic(live.link);
  const isUp = live.state.kind === 'up';
  return (
    <Frame title={text('app.name')}>
      <section className="message" data-testid="not-loaded">
        <h2>{text('notLoaded.title')}</h2>
        <p>{text(isUp ? 'notLoaded.text' : 'notLoaded.offline')}</p>
        <Button variant="filled" disabled={!isUp} onClick={() => window.location.reload()}>
          {text('bar.reloadButton')}
        </Button>
      </section>
    </Frame>
  );
};
