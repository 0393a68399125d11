import '@mantine/core/styles/baseline.css';
import '@mantine/core/styles/default-css-variables.css';
import '@mantine/core/styles/global.css';
import './tokens.css';
import './mantine.ts';
import './base.css';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { lazy, type ReactNode, StrictMode, Suspense, useEffect } from 'react';
import { createRoot } from 'react-dom/client';
import { Redirect, Route, Switch } from 'wouter';
import { ApiFailure } from './api.ts';
import { AppProvider, createApp, useApp } from './app.ts';
import { Frame } from './frame/frame.tsx';
import { ForbiddenPage, MissingPage, NotLoadedPage } from './frame/message-page.tsx';
import { LivePage } from './live/live-page.tsx';
import { LoginPage } from './login/login-page.tsx';
import { Sign } from './parts/icon.tsx';
import { Later, SkeletonRows } from './parts/later.tsx';
import { PanelBoundary } from './parts/panel-boundary.tsx';
import { paintTheme, theme, usePrefs } from './prefs.ts';
import { landing, mayOpen, type Screen } from './session.ts';
import { useRecord } from './state.ts';
import { useText } from './text/text.ts';
import { mantineTheme, tokenVariables } from './theme.ts';

const FencesPage = lazy(() =>
  import('./fences/fences-page.tsx').then(
    (m) => ({ default: m.FencesPage }),
    // Its script is gone from the server, or the line is down: a browser does not ask for it twice.
    () => ({ default: NotLoadedPage }),
  ),
);

/** Where somebody wanted to go before logging in. */
const wanted = (): string => {
  const next = new URLSearchParams(window.location.search).get('next') ?? '/';
  return next.startsWith('/') && !next.startsWith('//') && !next.startsWith('/login') ? next : '/';
};

/** A screen for those whose role may see it. */
const Guarded = (props: { readonly screen: Screen; readonly children: ReactNode }) => {
  const { session } = useRecord(useApp().standing);
  if (session === null) return null;
  return mayOpen(session.user.role, props.screen) ? props.children : <ForbiddenPage />;
};

/** Nobody knows yet who is there: the frame of the page, empty. */
const Asking = () => {
  const text = useText();
  return (
    <Later>
      <div className="frame">
        <nav className="nav">
          <span className="nav-sign">
            <Sign />
          </span>
        </nav>
        <header className="bar">
          <p className="quiet" role="status">
            {text('link.connecting')}
          </p>
        </header>
        <div className="frame-body" />
      </div>
    </Later>
  );
};

const Screens = () => {
  const text = useText();
  const { standing } = useApp();
  const { kind, session } = useRecord(standing);
  if (kind === 'asking') return <Asking />;
  if (session === null) {
    const here = `${window.location.pathname}${window.location.search}`;
    const next = here === '/' ? '' : `?next=${encodeURIComponent(here)}`;
    return (
      <Switch>
        <Route path="/login">
          <LoginPage />
        </Route>
        <Route>
          <Redirect to={`/login${next}`} replace />
        </Route>
      </Switch>
    );
  }
  return (
    <Switch>
      <Route path="/login">
        <Redirect key="from-login" to={wanted()} replace />
      </Route>
      <Route path="/">
        <Redirect key="home" to={landing(session.user.role)} replace />
      </Route>
      <Route path="/live">
        <Guarded screen="/live">
          <LivePage />
        </Guarded>
      </Route>
      <Route path="/fences/:id?">
        {({ id }) => (
          <Guarded screen="/fences">
            <Suspense
              fallback={
                <Frame title={text('title.fences')}>
                  <SkeletonRows />
                </Frame>
              }
            >
              <FencesPage id={id ?? null} />
            </Suspense>
          </Guarded>
        )}
      </Route>
      <Route>
        <MissingPage />
      </Route>
    </Switch>
  );
};

/** Asks who is logged in, until the gateway has answered. */
const useSession = (): void => {
  const app = useApp();
  useEffect(() => {
    let isOver = false;
    const ask = async (): Promise<void> => {
      try {
        app.enter(await app.api.session());
      } catch (error) {
        if (isOver) return;
        app.standing.set({ kind: 'out' });
        // Without an answer nobody knows: the log-in page shows that, and the question is repeated.
        if (!(error instanceof ApiFailure) || error.status !== 401) {
          setTimeout(() => {
            if (!isOver && app.standing.get().session === null) void ask();
          }, 3_000);
        }
      }
    };
    void ask();
    return () => {
      isOver = true;
    };
  }, [app]);
};

const Root = () => {
  usePrefs();
  useSession();
  return (
    <MantineProvider
      theme={mantineTheme}
      cssVariablesResolver={tokenVariables}
      forceColorScheme={theme()}
    >
      <Notifications position="bottom-center" limit={3} />
      <PanelBoundary>
        <Screens />
      </PanelBoundary>
    </MantineProvider>
  );
};

paintTheme();
const app = createApp();
app.tones.open();
const target = document.getElementById('root');
if (target === null) throw new Error('index.html has no #root');
createRoot(target).render(
  <StrictMode>
    <AppProvider value={app}>
      <Root />
    </AppProvider>
  </StrictMode>,
);
