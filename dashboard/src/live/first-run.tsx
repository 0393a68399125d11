import { Button } from '@mantine/core';
import { useEffect, useState } from 'react';
import { Link } from 'wouter';
import { useApp } from '../app.ts';
import { Icon } from '../parts/icon.tsx';
import { useNow } from '../parts/use-now.ts';
import { mayOpen } from '../session.ts';
import { useRecord } from '../state.ts';
import { running, useText } from '../text/text.ts';

/** No device has ever come: what to do, in order. */
export const FirstRun = () => {
  const text = useText();
  const app = useApp();
  const now = useNow();
  const { session } = useRecord(app.standing);
  const [since, setSince] = useState(now);
  const [isBusy, setBusy] = useState(false);
  useEffect(() => setSince(app.now()), [app]);
  const ask = async (): Promise<void> => {
    setBusy(true);
    try {
      app.fleet.setDevices((await app.api.devices()).devices);
    } catch {
      // The connection bar says that the gateway cannot be reached; this button may be pressed again.
    } finally {
      setBusy(false);
    }
  };
  const canDraw = session !== null && mayOpen(session.user.role, '/fences');
  return (
    <section className="first-run" data-testid="first-run">
      <h2>{text('empty.devices')}</h2>
      <p>{text('empty.devicesText')}</p>
      <ol>
        <li className="done">
          <i>
            <Icon name="check" />
          </i>
          <h3>{text('empty.step1')}</h3>
          <p>{text('empty.step1Text')}</p>
        </li>
        <li className="now">
          <i>2</i>
          <h3>
            {text('empty.step2')}
            <span>{text('empty.waiting', { since: running(now - since) })}</span>
          </h3>
          <p>{text('empty.step2Text')}</p>
          <Button variant="filled" loading={isBusy} onClick={() => void ask()}>
            {text('empty.again')}
          </Button>
          <p>{text('empty.simulate')}</p>
        </li>
        <li>
          <i>3</i>
          <h3>{text('empty.step3')}</h3>
          <p>{text('empty.step3Text')}</p>
          {canDraw ? (
            <Link href="/fences" className="text-button">
              {text('empty.toFences')}
            </Link>
          ) : null}
        </li>
      </ol>
    </section>
  );
};
