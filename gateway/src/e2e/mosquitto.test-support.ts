import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';

/** Debian's own server; it stands outside the path of ordinary users. */
const PATH = `${process.env['PATH']}:/usr/sbin:/usr/local/sbin`;
const PATIENCE_MS = 10_000;

/** A mosquitto of the tests' own, on loopback. */
export interface Mosquitto {
  readonly port: number;
  /** SIGKILL, as a broken machine ends it. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts mosquitto with its sessions on disk in `directory`; again on the same port with the same directory it knows
 * who was there before.
 * @throws naming the package when it is not installed
 */
export async function startMosquitto(directory: string, port: number): Promise<Mosquitto> {
  const file = join(directory, 'mosquitto.conf');
  const lines = [
    `listener ${port} 127.0.0.1`,
    'allow_anonymous true',
    // Written at once, so that a kill loses nothing it has acknowledged.
    ...['persistence true', `persistence_location ${directory}/`, 'autosave_on_changes true'],
    ...['autosave_interval 1', 'max_queued_messages 0', 'user root'],
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  await chmod(directory, 0o777);
  const child = spawn('mosquitto', ['-c', file], {
    env: { PATH },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr.on('data', (piece) => {
    log += String(piece);
  });
  const missing = new Promise<never>((_resolve, reject) => {
    child.once('error', () =>
      reject(new Error('mosquitto is not installed: apt-get install mosquitto')),
    );
    child.once('exit', (code) => reject(new Error(`mosquitto ended with ${code}\n${log}`)));
  });
  missing.catch(() => undefined);
  const killIt = () => void child.kill('SIGKILL');
  process.once('exit', killIt);
  child.once('exit', () => process.off('exit', killIt));
  await Promise.race([listening(port), missing]);
  return { port, kill: () => end(child, 'SIGKILL'), stop: () => end(child, 'SIGTERM') };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

async function listening(port: number): Promise<void> {
  const until = Date.now() + PATIENCE_MS;
  while (Date.now() < until) {
    const socket = connect(port, '127.0.0.1');
    const isUp = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    socket.destroy();
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('mosquitto does not listen');
}
