import { connect as connectTcp } from 'node:net';
import { connect as connectMqtt, type MqttClient } from 'mqtt';
import type { Ledger } from './ledger.ts';
import type { Random } from './random.ts';
import type { Publisher } from './terminals/badge.ts';
import type { StreamTerminal } from './terminals/terminal.ts';

/** A connection that a simulation opens, keeps and ends. */
export interface Link {
  close(): Promise<void>;
}

/** Waits between attempts to connect: doubled each time, with some chance, so that a fleet does not come at once. */
export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
}
const backoffDefault: Backoff = { firstMs: 500, maxMs: 15_000 };
/** A line that held this long was a good one: the next wait starts small again. */
const goodLineMs = 10_000;
/** How long a close waits for what a broker has not answered. */
const CLOSE_MS = 2_000;

export interface TcpOptions {
  readonly host: string;
  readonly port: number;
  readonly terminal: StreamTerminal;
  readonly random: Random;
  readonly now: () => number;
  readonly backoff?: Backoff;
}

/** Keeps a terminal connected over TCP until it is closed. */
export function linkTcp(options: TcpOptions): Link {
  const { host, port, terminal, random, now } = options;
  const { firstMs, maxMs } = options.backoff ?? backoffDefault;
  let waitMs = firstMs;
  let timer: NodeJS.Timeout | null = null;
  let ended = false;
  let socket = open();

  function open() {
    const fresh = connectTcp({ host, port, noDelay: true });
    let openedTime: number | null = null;
    fresh.on('connect', () => {
      openedTime = now();
      terminal.opened(
        { send: (bytes) => void fresh.write(bytes), close: () => fresh.destroy() },
        now(),
      );
    });
    fresh.on('data', (chunk) => terminal.received(chunk, now()));
    // 'close' follows every error and decides what is next.
    fresh.on('error', () => undefined);
    fresh.on('close', () => {
      if (openedTime !== null) {
        if (now() - openedTime >= goodLineMs) waitMs = firstMs;
        if (!ended) terminal.closed(now());
      }
      if (ended) return;
      timer = setTimeout(() => {
        socket = open();
      }, waitMs * random.between(0.75, 1.25));
      waitMs = Math.min(maxMs, waitMs * 2);
    });
    return fresh;
  }

  return {
    close: async () => {
      ended = true;
      if (timer !== null) clearTimeout(timer);
      if (socket.destroyed) return;
      await new Promise<void>((resolve) => {
        socket.once('close', () => resolve());
        socket.end();
        // A far end that does not close in turn is left.
        setTimeout(() => socket.destroy(), 500).unref();
      });
    },
  };
}

export interface MqttLinkOptions {
  readonly host: string;
  readonly port: number;
  readonly deviceId: string;
  readonly password: string;
  readonly ledger: Ledger;
  readonly reconnectMs?: number;
  /** How long a close waits for what is not answered. Default 2 s. */
  readonly closeMs?: number;
}

/** An MQTT client that reconnects by itself and repeats what has no PUBACK. */
export function linkMqtt(options: MqttLinkOptions): Link & Publisher {
  const { host, port, deviceId, ledger } = options;
  const client: MqttClient = connectMqtt({
    protocol: 'mqtt',
    host,
    port,
    clientId: deviceId,
    username: deviceId,
    password: options.password,
    keepalive: 60,
    clean: true,
    reconnectPeriod: options.reconnectMs ?? 2_000,
    connectTimeout: 10_000,
    protocolVersion: 4,
  });
  let isOpen = false;
  client.on('connect', () => {
    isOpen = true;
    ledger.connected();
  });
  client.on('close', () => {
    if (isOpen && !client.disconnecting) ledger.fault('lineLost');
    isOpen = false;
  });
  // The client tries again by itself; 'close' has counted it.
  client.on('error', () => undefined);
  return {
    publish: (topic, payload, done) => {
      client.publish(topic, Buffer.from(payload), { qos: 1 }, (error) => done(error ?? null));
    },
    listen: (topic, heard) => {
      client.on('message', (on, payload) => {
        if (on === topic) heard(payload);
      });
      // The client subscribes again by itself when it has reconnected.
      client.subscribe(topic, { qos: 1 });
    },
    close: async () => {
      let timer: NodeJS.Timeout | undefined;
      // A broker that answers nothing would keep a client that waits for its answers.
      const unanswered = new Promise<void>((resolve) => {
        timer = setTimeout(() => {
          client.stream.destroy();
          resolve();
        }, options.closeMs ?? CLOSE_MS);
      });
      await Promise.race([client.endAsync(!client.connected), unanswered]);
      clearTimeout(timer);
    },
  };
}

/**
 * Waits until something listens at every one of the ports.
 * @param report called once when a first attempt fails
 * @throws Error naming address and cause when one stays away for `withinMs`
 */
export async function awaitListening(
  host: string,
  ports: readonly number[],
  withinMs: number,
  report: (problem: string) => void,
): Promise<void> {
  const until = performance.now() + withinMs;
  let reported = false;
  for (const port of ports) {
    for (;;) {
      const problem = await attempt(host, port);
      if (problem === null) break;
      if (performance.now() > until)
        throw new Error(`nothing listens at ${host}:${port} (${problem})`);
      if (!reported) report(`${host}:${port}: ${problem}`);
      reported = true;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }
}

const attempt = (host: string, port: number): Promise<string | null> =>
  new Promise((resolve) => {
    const socket = connectTcp({ host, port, timeout: 2_000 });
    const end = (problem: string | null) => {
      socket.destroy();
      resolve(problem);
    };
    socket.on('connect', () => end(null));
    socket.on('timeout', () => end('no answer'));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      end(error.code === 'ECONNREFUSED' ? 'connection refused' : error.message),
    );
  });
