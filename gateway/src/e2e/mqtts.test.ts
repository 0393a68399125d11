import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Launched, launchGateway, tempDataDir } from './harness.ts';

const run = promisify(execFile);
let data: Awaited<ReturnType<typeof tempDataDir>>;
let files: Awaited<ReturnType<typeof tempDataDir>>;
let gateway: Launched;
const at = (name: string) => join(files.path, name);

beforeAll(async () => {
  data = await tempDataDir();
  files = await tempDataDir();
  for (const name of ['first', 'second']) {
    await run('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-keyout', at(`${name}.key`), '-out', at(`${name}.pem`), '-days', '2'],
      ...['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
    ]);
  }
  await use('first');
  gateway = await launchGateway(data.path, {
    ...{ XUNJI_TLS_CERT: at('now.pem'), XUNJI_TLS_KEY: at('now.key'), XUNJI_MQTTS_PORT: '0' },
  });
});
afterAll(async () => {
  if (gateway?.process.exitCode === null) {
    const ended = once(gateway.process, 'exit');
    gateway.process.kill('SIGTERM');
    await ended;
  }
  await data?.remove();
  await files?.remove();
});

/** The certificate in use. */
async function use(name: string): Promise<void> {
  for (const kind of ['pem', 'key']) await copyFile(at(`${name}.${kind}`), at(`now.${kind}`));
}

/** With QoS 1, so that it succeeds only when the position is durable. */
const publish = (trusted: string) => {
  const { mqtts } = gateway.ports as unknown as { readonly mqtts: number };
  const position = { v: 1, ts: Date.now(), lat: 31.2, lon: 121.5 };
  return run('mosquitto_pub', [
    ...['-h', '127.0.0.1', '-p', String(mqtts), '--cafile', at(`${trusted}.pem`), '-q', '1'],
    ...['-t', 'trk/v1/badge-7/pos', '-m', JSON.stringify(position)],
  ]);
};

it('takes positions of a foreign client over TLS, by a certificate that is renewed in use', async () => {
  await publish('first');
  await expect(publish('second')).rejects.toThrow(/certificate verify failed|TLS error/i);
  await use('second');
  gateway.process.kill('SIGHUP');
  // The signal is taken in its turn.
  for (let tries = 0; ; tries++) {
    const isTaken = await publish('second').then(
      () => true,
      () => false,
    );
    if (isTaken) break;
    expect(tries).toBeLessThan(50);
  }
  expect(gateway.process.exitCode).toBeNull();
});
