import { connect, type Socket } from 'node:net';
import { parseArgs } from 'node:util';
import { AnswerReader } from './answers.ts';
import { LocationFrames } from './location-frame.ts';

/*
 * Closed-loop JT/T 808 load: SOCKETS terminals keep WINDOW location reports each unanswered. Prints one JSON line:
 * {sockets, window, seconds, acknowledged, perSecond, p50Ms, p99Ms, maxMs, servedMs, total, refused, broken,
 * cpuSeconds, ended}. It measures from the end of the warm-up, and not before every terminal had its first answer:
 * `servedMs` says how long that took; `total` counts the warm-up too.
 * With --log FILE every acknowledged report is written as "phone fixTime latE6 lonE6", one a line, when it is
 * acknowledged and not before, so that a killed gateway can be checked against it.
 */
const { values } = parseArgs({
  options: {
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string' },
    sockets: { type: 'string', default: '500' },
    window: { type: 'string', default: '4' },
    seconds: { type: 'string', default: '10' },
    warmup: { type: 'string', default: '2' },
    'first-phone': { type: 'string', default: '13900000000' },
    'start-time': { type: 'string' },
    log: { type: 'string' },
  },
});
const port = Number(values.port);
const sockets = Number(values.sockets);
const window = Number(values.window);
const seconds = Number(values.seconds);
const warmup = Number(values.warmup);
if (![port, sockets, window, seconds].every((n) => Number.isFinite(n) && n > 0)) {
  process.stderr.write('usage: load --port P [--sockets N] [--window N] [--seconds S]\n');
  process.exit(2);
}

interface Sent {
  readonly at: number;
  readonly fixTime: number;
  readonly lat: number;
  readonly lon: number;
}

const latencies: number[] = [];
let acknowledged = 0;
let refused = 0;
let broken = 0;
let total = 0;
let measuring = false;
let measureFrom = 0;
let servedMs: number | null = null;
let unserved = sockets;
let everyoneServed = () => {};
const allServed = new Promise<void>((resolve) => {
  everyoneServed = resolve;
});
const logStream =
  values.log === undefined
    ? null
    : (await import('node:fs')).createWriteStream(values.log, { flags: 'a' });
const startTime =
  values['start-time'] === undefined ? Date.now() - 3_600_000 * 20 : Number(values['start-time']);

/** One terminal: its own track, one distinct fix a report, so that each can be told apart in the store. */
function terminal(index: number): Promise<Socket> {
  const phone = String(Number(values['first-phone']) + index).padStart(12, '0');
  const frames = new LocationFrames(phone);
  const answers = new AnswerReader();
  const open = new Map<number, Sent>();
  let n = 0;
  let served = false;
  return new Promise((resolve, reject) => {
    const socket = connect({ host: values.host, port, noDelay: true });
    const send = (count: number) => {
      const parts: Uint8Array[] = [];
      for (let i = 0; i < count; i++) {
        const fixTime = Math.floor((startTime + n * 1000) / 1000) * 1000;
        const lat = 31_200_000 + ((index * 37 + n * 11) % 90_000);
        const lon = 121_400_000 + ((index * 53 + n * 7) % 90_000);
        n++;
        open.set(frames.serial, { at: performance.now(), fixTime, lat, lon });
        parts.push(frames.next(fixTime, lat, lon).slice());
      }
      socket.write(parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts));
    };
    socket.on('connect', () => {
      resolve(socket);
      send(window);
    });
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      let freed = 0;
      const now = performance.now();
      answers.read(chunk, (a) => {
        const sent = open.get(a.serial);
        if (sent === undefined || a.id !== 0x0200) {
          broken++;
          return;
        }
        open.delete(a.serial);
        freed++;
        if (a.result !== 0) {
          refused++;
          return;
        }
        total++;
        if (!served) {
          served = true;
          unserved--;
          if (unserved === 0) {
            servedMs = Math.round(now - startedAt);
            everyoneServed();
          }
        }
        logStream?.write(`${phone} ${sent.fixTime} ${sent.lat} ${sent.lon}\n`);
        if (!measuring) return;
        acknowledged++;
        if (sent.at >= measureFrom) latencies.push(now - sent.at);
      });
      broken += answers.broken;
      answers.broken = 0;
      if (freed > 0 && !socket.destroyed) send(freed);
    });
  });
}

const startedAt = performance.now();
const open: Socket[] = [];
try {
  for (let i = 0; i < sockets; i += 200) {
    open.push(
      ...(await Promise.all(
        Array.from({ length: Math.min(200, sockets - i) }, (_, k) => terminal(i + k)),
      )),
    );
  }
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(1);
}
let ended = false;
const finish = (why: string) => {
  if (ended) return;
  ended = true;
  for (const socket of open) socket.destroy();
  latencies.sort((a, b) => a - b);
  const at = (p: number) =>
    Number((latencies[Math.floor((latencies.length - 1) * p)] ?? 0).toFixed(2));
  const cpu = process.cpuUsage();
  const line = JSON.stringify({
    sockets,
    window,
    seconds,
    acknowledged,
    perSecond: Math.round(acknowledged / seconds),
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    maxMs: at(1),
    servedMs,
    total,
    refused,
    broken,
    cpuSeconds: Number(((cpu.user + cpu.system) / 1e6).toFixed(2)),
    ended: why,
  });
  const done = () => {
    process.stdout.write(`${line}\n`);
    process.exit(0);
  };
  if (logStream === null) done();
  else logStream.end(done);
};
// A killed gateway ends the run: what was acknowledged until then is what counts.
for (const socket of open) {
  socket.on('error', () => finish('connection lost'));
  socket.on('close', () => finish('connection lost'));
}
process.on('SIGTERM', () => finish('stopped'));
await Promise.all([allServed, new Promise((resolve) => setTimeout(resolve, warmup * 1000))]);
measureFrom = performance.now();
measuring = true;
setTimeout(() => finish('done'), seconds * 1000);
