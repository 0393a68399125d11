import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect as tcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TLSSocket, connect as tls } from 'node:tls';
import { promisify } from 'node:util';
import mqtt, { type MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { broker, position, until } from './mqtt.test-support.ts';
import type { Certificate } from './mqtt-servers.ts';

const run = promisify(execFile);
let folder = '';
const certificates: Certificate[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'xunji-tls-'));
  for (const name of ['first', 'second']) {
    const [cert, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
    await run('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-keyout', key, '-out', cert, '-days', '2', '-subj', `/CN=${name}`],
      ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
    ]);
    certificates.push({ cert: await readFile(cert), key: await readFile(key) });
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let house: Awaited<ReturnType<typeof broker>>;
let current = 0;
const clients: MqttClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.end(true);
  await house.close();
});

/** The broker behind TLS. @returns its port */
async function secured(over = {}): Promise<number> {
  current = 0;
  house = await broker('open', over, {
    tls: () => {
      const found = certificates[current];
      if (found === undefined) throw new Error('no such file');
      return found;
    },
  });
  return await house.intake.listenTls(0, '127.0.0.1');
}
const certOf = async (port: number, options = {}): Promise<string> => {
  const socket: TLSSocket = tls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  await once(socket, 'secureConnect');
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return String(subject.CN);
};

describe('the broker behind TLS', () => {
  it('takes positions like the plain one, and lets nobody in who trusts it not', async () => {
    const port = await secured();
    const ca = certificates[0]?.cert ?? '';
    const options = { ca, username: 'badge-7', reconnectPeriod: 0 };
    const badge = mqtt.connect(`mqtts://127.0.0.1:${port}`, options);
    clients.push(badge);
    await once(badge as never, 'connect');
    const sent = badge.publishAsync('trk/v1/badge-7/pos', position(), { qos: 1 });
    await until(() => house.journal.pending === 1);
    house.journal.sync();
    await sent;
    expect(house.sessions.connections).toBe(1);
    badge.end(true);
    await until(() => house.sessions.connections === 0);
  });

  it('speaks no older TLS than 1.2', async () => {
    const port = await secured();
    expect(await certOf(port, { maxVersion: 'TLSv1.2' })).toBe('first');
    await expect(
      certOf(port, { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }),
    ).rejects.toThrow();
  });

  it('takes a renewed certificate on SIGHUP, and keeps the old one when the new cannot be read', async () => {
    const port = await secured();
    expect(await certOf(port)).toBe('first');
    current = 1;
    process.emit('SIGHUP');
    expect(await certOf(port)).toBe('second');
    current = 2;
    process.emit('SIGHUP');
    expect(await certOf(port)).toBe('second');
    expect(house.errors.splice(0)).toHaveLength(1);
  });

  it('counts who speaks no TLS, and bounds who does nothing', async () => {
    const port = await secured({ maxConnections: 2, firstFrameMs: 200 });
    const plain = tcp(port, '127.0.0.1');
    plain.on('error', () => undefined);
    plain.write('GET / HTTP/1.1\r\n\r\n');
    await once(plain, 'close');
    const idle = [tcp(port, '127.0.0.1'), tcp(port, '127.0.0.1'), tcp(port, '127.0.0.1')];
    // The third is one too many; the handshakes of the others never come.
    await Promise.all(
      idle.map((socket) =>
        once(
          socket.on('error', () => undefined),
          'close',
        ),
      ),
    );
    await until(() => house.sessions.connections === 0);
    const { values } = await house.metrics.closed.get();
    const count = (reason: string) => values.find((v) => v.labels.reason === reason)?.value;
    expect(count('tooManyConnections')).toBe(1);
    expect(count('tlsHandshake')).toBeGreaterThanOrEqual(3);
  });
});
