import { Button, SegmentedControl, TextInput } from '@mantine/core';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { ApiFailure, codeOf } from '../api.ts';
import { useApp } from '../app.ts';
import { Sign } from '../parts/icon.tsx';
import { useNow } from '../parts/use-now.ts';
import { type Locale, setPrefs, usePrefs } from '../prefs.ts';
import { failureWord } from '../text/naming.ts';
import { useText } from '../text/text.ts';
import { Backdrop } from './backdrop.tsx';
import './login.css';

/** User name and password; `username` is given when a session is to be continued. */
export const LoginForm = ({ username: known }: { readonly username?: string | undefined }) => {
  const text = useText();
  const app = useApp();
  const [username, setUsername] = useState(known ?? '');
  const [password, setPassword] = useState('');
  const [isShown, setShown] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [missing, setMissing] = useState<'username' | 'password' | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [waitUntil, setWaitUntil] = useState(0);
  const userField = useRef<HTMLInputElement>(null);
  const passwordField = useRef<HTMLInputElement>(null);
  useNow();
  const waitS = Math.max(0, Math.ceil((waitUntil - Date.now()) / 1000));

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setFailure(null);
    const lack = username.trim() === '' ? 'username' : password === '' ? 'password' : null;
    setMissing(lack);
    if (lack !== null) {
      (lack === 'username' ? userField : passwordField).current?.focus();
      return;
    }
    setBusy(true);
    try {
      app.enter(await app.api.login(username.trim(), password));
    } catch (error) {
      setBusy(false);
      setPassword('');
      passwordField.current?.focus();
      if (error instanceof ApiFailure && error.status === 429) {
        setWaitUntil(Date.now() + (error.retryAfterS ?? 1) * 1000);
      } else if (error instanceof ApiFailure && error.status === 401) {
        setFailure(text('login.wrong'));
      } else setFailure(failureWord(codeOf(error)));
    }
  };

  const message = waitS > 0 ? text('login.tooMany', { n: waitS }) : failure;
  return (
    <form className="login-form" onSubmit={(e) => void submit(e)} noValidate data-testid="login">
      <TextInput
        ref={userField}
        label={text('login.username')}
        name="username"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        autoFocus={known === undefined}
        readOnly={known !== undefined}
        value={username}
        onChange={(e) => setUsername(e.currentTarget.value)}
        error={missing === 'username' ? text('login.missing') : undefined}
      />
      <TextInput
        ref={passwordField}
        label={text('login.password')}
        name="password"
        type={isShown ? 'text' : 'password'}
        autoComplete="current-password"
        autoFocus={known !== undefined}
        data-autofocus={known !== undefined || undefined}
        value={password}
        onChange={(e) => setPassword(e.currentTarget.value)}
        error={missing === 'password' ? text('login.missing') : undefined}
        rightSectionWidth={72}
        rightSection={
          <button
            type="button"
            className="login-show"
            aria-pressed={isShown}
            onClick={() => setShown(!isShown)}
          >
            {text(isShown ? 'login.hide' : 'login.show')}
          </button>
        }
      />
      <p className="login-failure" role="alert" data-testid="login-failure">
        {message}
      </p>
      <Button type="submit" variant="filled" fullWidth loading={isBusy} disabled={waitS > 0}>
        {text('login.submit')}
      </Button>
    </form>
  );
};

/** Whether the gateway answers, asked each five seconds. */
const ServerState = () => {
  const text = useText();
  const { api } = useApp();
  const [state, setState] = useState<'asking' | 'ok' | 'down'>('asking');
  useEffect(() => {
    const abort = new AbortController();
    const ask = async (): Promise<void> => {
      const ok = await api.ready(abort.signal);
      if (!abort.signal.aborted) setState(ok ? 'ok' : 'down');
    };
    void ask();
    const timer = setInterval(() => void ask(), 5_000);
    return () => {
      abort.abort();
      clearInterval(timer);
    };
  }, [api]);
  const word = { asking: 'login.serverAsking', ok: 'login.serverOk', down: 'login.serverDown' };
  return (
    <span className="link-state" data-state={state} role="status">
      {text(word[state] as 'login.serverOk')}
    </span>
  );
};

const languages: { value: Locale; label: string }[] = [
  { value: 'zh-CN', label: '中文' },
  { value: 'en', label: 'English' },
];

/** The first screen. */
export const LoginPage = () => {
  const text = useText();
  const { locale } = usePrefs();
  return (
    <div className="login">
      <main className="login-side">
        <header>
          <Sign />
          <strong>{text('app.name')}</strong>
          <SegmentedControl
            size="sm"
            aria-label={text('user.language')}
            data={languages}
            value={locale}
            onChange={(value) => setPrefs({ locale: value === 'en' ? 'en' : 'zh-CN' })}
            transitionDuration={0}
          />
        </header>
        <div className="login-body">
          <h1>{text('login.title')}</h1>
          <p className="login-subtitle">{text('login.subtitle')}</p>
          <LoginForm />
          <p className="login-privacy">{text('login.privacy')}</p>
        </div>
        <footer>
          <ServerState />
        </footer>
      </main>
      <Backdrop />
    </div>
  );
};
