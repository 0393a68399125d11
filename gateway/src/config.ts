import { readFileSync } from 'node:fs';
import { gatewayAdapters, keyOfPassphrase } from '@xunji/protocols';
import { parse } from 'yaml';
import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65535);
const text = z.string().min(1);
const count = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

/** A list in the file, its JSON in the environment. */
const gatewayTopics = z
  .union([z.string(), z.array(z.unknown())])
  .transform((value, context): unknown => {
    if (typeof value !== 'string') return value;
    try {
      return JSON.parse(value);
    } catch {
      context.addIssue({ code: 'custom', message: 'is no JSON' });
      return z.NEVER;
    }
  })
  .pipe(
    z
      .array(
        z.strictObject({
          filter: z
            .string()
            .max(256)
            .refine(isFilter, 'is no topic filter, or one of a tree of ours'),
          adapter: z.enum(gatewayAdapters).default('auto'),
          gatewayIdFrom: z.enum(['topic', 'payload']).default('payload'),
        }),
      )
      .max(32)
      .refine(
        (rows) => rows.every((r) => r.gatewayIdFrom === 'payload' || r.filter.includes('+')),
        'gatewayIdFrom: topic wants a + in the filter',
      ),
  );

interface Setting {
  /** Name of the environment variable; the key in xunji.yaml is the same name. */
  readonly env: string;
  readonly schema: z.ZodType;
  readonly fallback?: unknown;
  readonly meaning: string;
}

/** The one table of settings: validation, defaults and the README's table come from it. */
export const settings = {
  dataDir: {
    env: 'XUNJI_DATA_DIR',
    schema: text,
    fallback: './data',
    meaning: 'journal, embedded stores, records, base maps',
  },
  host: {
    env: 'XUNJI_HOST',
    schema: text,
    fallback: '0.0.0.0',
    meaning: 'address of the device ports',
  },
  jt808Port: {
    env: 'XUNJI_JT808_PORT',
    schema: port,
    fallback: 5015,
    meaning: 'TCP, which recognises every protocol by its first sound frame, and UDP for JT/T 808',
  },
  gt06Port: { env: 'XUNJI_GT06_PORT', schema: port, fallback: 5023, meaning: 'TCP, likewise' },
  httpHost: {
    env: 'XUNJI_HTTP_HOST',
    schema: text,
    fallback: '127.0.0.1',
    meaning: 'address of the dashboard',
  },
  httpPort: {
    env: 'XUNJI_HTTP_PORT',
    schema: port,
    fallback: 8080,
    meaning: 'dashboard, REST, Socket.IO, metrics, health',
  },
  tlsCert: {
    env: 'XUNJI_TLS_CERT',
    schema: text.optional(),
    meaning: 'PEM file; with the key the dashboard speaks HTTPS',
  },
  tlsKey: { env: 'XUNJI_TLS_KEY', schema: text.optional(), meaning: 'PEM file' },
  trustProxy: {
    env: 'XUNJI_TRUST_PROXY',
    schema: count(0, 8),
    fallback: 0,
    meaning: 'how many proxies in front may state the client address',
  },
  mqttHost: {
    env: 'XUNJI_MQTT_HOST',
    schema: text,
    fallback: '127.0.0.1',
    meaning: 'address of the embedded MQTT broker',
  },
  mqttPort: {
    env: 'XUNJI_MQTT_PORT',
    schema: port,
    fallback: 1883,
    meaning: 'port of the embedded MQTT broker',
  },
  mqttsPort: {
    env: 'XUNJI_MQTTS_PORT',
    schema: port.optional(),
    meaning:
      'port of the embedded MQTT broker with TLS at `XUNJI_HOST`, by the same certificate; SIGHUP reads it anew',
  },
  mqttUrl: {
    env: 'XUNJI_MQTT_URL',
    schema: z.url({ protocol: /^(mqtts?|wss?)$/ }).optional(),
    meaning:
      'external MQTT broker to subscribe to instead: `mqtt://`, `mqtts://`, `ws://` or `wss://`, with log-in',
  },
  mqttConnections: {
    env: 'XUNJI_MQTT_CONNECTIONS',
    schema: count(1, 16),
    fallback: 4,
    meaning: 'connections to the external broker, where it has shared subscriptions; else one',
  },
  mqttPrefix: {
    env: 'XUNJI_MQTT_PREFIX',
    schema: z.string().regex(/^(?!owntracks)[A-Za-z0-9._-]{1,32}(\/[A-Za-z0-9._-]{1,32}){0,3}$/),
    fallback: 'trk/v1',
    meaning: 'root of our own MQTT topics',
  },
  mqttGateways: {
    env: 'XUNJI_MQTT_GATEWAYS',
    schema: gatewayTopics,
    fallback: '[]',
    meaning:
      'topics of BLE gateways, a list of `{"filter":"kbeacon/publish/+","adapter":"auto","gatewayIdFrom":"payload"}`',
  },
  owntracksKey: {
    env: 'XUNJI_OWNTRACKS_KEY',
    schema: z
      .string()
      .refine((v) => keyOfPassphrase(v) !== null, 'wants 1 to 32 bytes')
      .optional(),
    meaning: 'passphrase of OwnTracks payload encryption; without it such messages are counted',
  },
  store: {
    env: 'XUNJI_STORE',
    schema: z
      .string()
      .transform((v) => v.split(',').map((s) => s.trim()))
      .pipe(z.array(z.enum(['duckdb', 'influx'])).min(1)),
    fallback: 'duckdb',
    meaning: 'comma-separated list, the first is read: `duckdb`, `influx`',
  },
  influxUrl: {
    env: 'XUNJI_INFLUX_URL',
    schema: z.url(),
    fallback: 'http://127.0.0.1:8086',
    meaning: 'where InfluxDB (1.x API) listens',
  },
  influxDatabase: {
    env: 'XUNJI_INFLUX_DATABASE',
    schema: text,
    fallback: 'xunji',
    meaning: 'made when missing',
  },
  influxUser: {
    env: 'XUNJI_INFLUX_USER',
    schema: text.optional(),
    meaning: 'when InfluxDB asks for a log-in',
  },
  influxPassword: {
    env: 'XUNJI_INFLUX_PASSWORD',
    schema: text.optional(),
    meaning: 'likewise',
  },
  admission: {
    env: 'XUNJI_ADMISSION',
    schema: z.enum(['strict', 'known', 'open']),
    fallback: 'known',
    meaning:
      '`strict`: known and authenticated; `known`: entered by an operator; `open`: anything, marked pending',
  },
  commandWaitS: {
    env: 'XUNJI_COMMAND_WAIT_S',
    schema: count(1, 600),
    fallback: 10,
    meaning:
      'how long a JT/T 808 terminal may take to answer before it is asked again; each wait is longer',
  },
  commandRepeats: {
    env: 'XUNJI_COMMAND_REPEATS',
    schema: count(0, 4),
    fallback: 2,
    meaning:
      'how often it is asked again; never what cuts fuel or power, controls doors or the terminal',
  },
  maxCommandsPerDevice: {
    env: 'XUNJI_MAX_COMMANDS_PER_DEVICE',
    schema: count(1, 1000),
    fallback: 16,
    meaning: 'commands of one device that are not over',
  },
  maxCommands: {
    env: 'XUNJI_MAX_COMMANDS',
    schema: count(1, 1_000_000),
    fallback: 20_000,
    meaning: 'of all devices',
  },
  adminPassword: {
    env: 'XUNJI_ADMIN_PASSWORD',
    schema: z.string().min(8).optional(),
    meaning: 'password of the first user `admin`; random and printed once when unset',
  },
  liveMaxAgeS: {
    env: 'XUNJI_LIVE_MAX_AGE_S',
    schema: count(10, 86_400),
    fallback: 300,
    meaning: 'an older position is late: stored, never a live alarm',
  },
  timeZone: {
    env: 'XUNJI_TIME_ZONE',
    schema: z.string().refine(isTimeZone, 'is no IANA time zone'),
    fallback: 'Asia/Shanghai',
    meaning: 'zone in which the dashboard shows times',
  },
  logLevel: {
    env: 'XUNJI_LOG_LEVEL',
    schema: z.enum(['debug', 'info', 'warn', 'error', 'silent']),
    fallback: 'info',
    meaning: 'log lines go to standard error',
  },
  keyFile: {
    env: 'XUNJI_KEY_FILE',
    schema: text.optional(),
    meaning:
      'encrypts the journal from then on: 32 bytes, 64 hexadecimal digits or base64; keep a copy elsewhere',
  },
  journalKeepDays: {
    env: 'XUNJI_JOURNAL_KEEP_DAYS',
    schema: count(0, 3650),
    fallback: 7,
    meaning: 'how long segments that every consumer has read are kept as evidence',
  },
  trackKeepDays: {
    env: 'XUNJI_TRACK_KEEP_DAYS',
    schema: count(0, 36_500),
    fallback: 0,
    meaning: 'how long DuckDB keeps positions, in whole UTC days of their device time; 0: for ever',
  },
  journalSegmentMb: {
    env: 'XUNJI_JOURNAL_SEGMENT_MB',
    schema: count(1, 1024),
    fallback: 64,
    meaning: 'MiB after which the journal begins its next file',
  },
  snapshotS: {
    env: 'XUNJI_SNAPSHOT_S',
    schema: count(1, 3600),
    fallback: 30,
    meaning:
      'how often fence states and latest positions are saved; a restart replays what came since',
  },
  maxConnections: {
    env: 'XUNJI_MAX_CONNECTIONS',
    schema: count(1, 1_000_000),
    fallback: 18_000,
    meaning: 'device connections in all',
  },
  firstFrameS: {
    env: 'XUNJI_FIRST_FRAME_S',
    schema: count(1, 3600),
    fallback: 30,
    meaning: 'a connection without a sound frame of an admitted device is closed',
  },
  frameS: {
    env: 'XUNJI_FRAME_S',
    schema: count(1, 3600),
    fallback: 15,
    meaning: 'a frame that does not get complete closes the connection',
  },
  idleS: {
    env: 'XUNJI_IDLE_S',
    schema: count(10, 86_400),
    fallback: 900,
    meaning: 'a silent connection is closed',
  },
  maxBadFrames: {
    env: 'XUNJI_MAX_BAD_FRAMES',
    schema: count(1, 10_000),
    fallback: 20,
    meaning: 'bad frames in a row before the connection is closed',
  },
  maxBadFramesPerMinute: {
    env: 'XUNJI_MAX_BAD_FRAMES_PER_MINUTE',
    schema: count(1, 1_000_000),
    fallback: 60_000,
    meaning: 'bad frames within a minute, good ones between them or not, likewise',
  },
  maxConnectionsPerAddress: {
    env: 'XUNJI_MAX_CONNECTIONS_PER_ADDRESS',
    schema: count(1, 1_000_000),
    fallback: 10_000,
    meaning:
      'device connections from one address (/64 of IPv6); a carrier puts thousands behind one',
  },
  maxStrangers: {
    env: 'XUNJI_MAX_STRANGERS',
    schema: count(0, 1_000_000),
    fallback: 1000,
    meaning:
      'GT06 trackers not entered that keep their connection; while there are more, each has the first-frame deadline',
  },
  banAfter: {
    env: 'XUNJI_BAN_AFTER',
    schema: count(0, 1_000_000),
    fallback: 20,
    meaning:
      'connections closed for what they sent, within a minute, before their address is turned away; 0 = never',
  },
  banS: {
    env: 'XUNJI_BAN_S',
    schema: count(1, 86_400),
    fallback: 300,
    meaning:
      'for how long; never an address from which an admitted device was heard in the last 15 min',
  },
  maxHeldMb: {
    env: 'XUNJI_MAX_HELD_MB',
    schema: count(1, 65_536),
    fallback: 256,
    meaning:
      'frames and sub-packages that are not complete, of all connections of a port; the heaviest is closed',
  },
  photosMaxMb: {
    env: 'XUNJI_PHOTOS_MAX_MB',
    schema: count(1, 100_000_000),
    fallback: 10_240,
    meaning: 'what photos, sounds and films of devices may take on the disk; more are refused',
  },
  photosKeepDays: {
    env: 'XUNJI_PHOTOS_KEEP_DAYS',
    schema: count(0, 36_500),
    fallback: 190,
    meaning: 'how long they are kept; 0: for ever',
  },
  maxPartsMb: {
    env: 'XUNJI_MAX_PARTS_MB',
    schema: count(1, 65_536),
    fallback: 128,
    meaning:
      'sub-packages of messages that are not complete, of all devices; those longest without a new one are given up',
  },
  udpRate: {
    env: 'XUNJI_UDP_RATE',
    schema: count(1, 100_000),
    fallback: 100,
    meaning:
      'datagrams a second from one address and port, ten seconds of it at once; more are dropped',
  },
  mqttPacketKb: {
    env: 'XUNJI_MQTT_PACKET_KB',
    schema: count(1, 65_536),
    fallback: 64,
    meaning: 'longest MQTT packet; the log-in may have 8',
  },
  mqttRate: {
    env: 'XUNJI_MQTT_RATE',
    schema: count(1, 1_000_000),
    fallback: 200,
    meaning:
      'MQTT packets a second of one client, five seconds of it at once; faster ones are slowed down',
  },
  mqttInflight: {
    env: 'XUNJI_MQTT_INFLIGHT',
    schema: count(1, 65_535),
    fallback: 100,
    meaning: 'QoS 2 messages of one client with an open handshake before it is closed',
  },
} as const satisfies Record<string, Setting>;

/** The settings by their short names, frozen. */
export type Config = {
  readonly [K in keyof typeof settings]: z.output<(typeof settings)[K]['schema']>;
};

/** Every fault found at once, one line each. */
export class ConfigError extends Error {
  readonly code = 'badConfig';
}

/**
 * Reads `xunji.yaml` (when a path is given) and the environment; the latter wins.
 * @throws ConfigError naming every unknown key and bad value
 */
export function readConfig(env: NodeJS.ProcessEnv, yamlPath: string | undefined): Config {
  const faults: string[] = [];
  const known = new Map<string, string>(Object.entries(settings).map(([key, s]) => [s.env, key]));
  const given = new Map<string, unknown>();
  for (const [name, value] of Object.entries(
    yamlPath === undefined ? {} : readYaml(yamlPath, faults),
  )) {
    if (known.has(name)) given.set(name, value);
    else faults.push(`${yamlPath}: ${name} is no setting`);
  }
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith('XUNJI_') || value === undefined || value === '') continue;
    if (known.has(name)) given.set(name, value);
    else faults.push(`${name} is no setting`);
  }
  const config: Record<string, unknown> = {};
  for (const [key, setting] of Object.entries<Setting>(settings)) {
    const parsed = setting.schema.safeParse(given.get(setting.env) ?? setting.fallback);
    if (parsed.success) config[key] = parsed.data;
    else {
      const shown = /PASSWORD|KEY|MQTT_URL/.test(setting.env)
        ? ''
        : ` (${JSON.stringify(given.get(setting.env))})`;
      faults.push(
        `${setting.env}${shown}: ${parsed.error.issues.map((i) => i.message).join('; ')}`,
      );
    }
  }
  if ((config['tlsCert'] === undefined) !== (config['tlsKey'] === undefined)) {
    faults.push('XUNJI_TLS_CERT and XUNJI_TLS_KEY go together');
  }
  if (config['mqttsPort'] !== undefined && config['tlsCert'] === undefined) {
    faults.push('XUNJI_MQTTS_PORT wants XUNJI_TLS_CERT and XUNJI_TLS_KEY');
  }
  if (faults.length > 0) throw new ConfigError(faults.join('\n'));
  return Object.freeze(config) as Config;
}

function readYaml(path: string, faults: string[]): Record<string, unknown> {
  try {
    const value: unknown = parse(readFileSync(path, 'utf8')) ?? {};
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
    faults.push(`${path}: is no table of settings`);
  } catch (error) {
    faults.push(`${path}: ${(error as Error).message}`);
  }
  return {};
}

/** @see MQTT 3.1.1, section 4.7.1 */
function isFilter(text: string): boolean {
  const levels = text.split('/');
  if (text === '' || /^(\$|trk$|owntracks$)/.test(levels[0] ?? '')) return false;
  return levels.every(
    (level, i) =>
      !/[\0+#]/.test(level) || level === '+' || (level === '#' && i === levels.length - 1),
  );
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
