import { parseArgs } from 'node:util';

/** `echo`: reports of JT/T 808 to a server that says them back. */
export type LoadProtocol = 'jt808' | 'gt06' | 'mqtt' | 'echo';
/**
 * `live`: reports in a closed loop, or at a rate. `backlog`: all upload what they buffered. `storm`: all drop, return
 * at once and upload. `idle`: logged in, silent.
 */
export type LoadMode = 'live' | 'backlog' | 'storm' | 'idle';

export interface LoadOptions {
  readonly protocol: LoadProtocol;
  readonly mode: LoadMode;
  readonly host: string;
  readonly port: number;
  readonly sockets: number;
  /** Reports a terminal keeps unanswered in a closed loop. */
  readonly window: number;
  /** Reports a second in an open loop, over all terminals; null for a closed one. */
  readonly rate: number | null;
  readonly seconds: number;
  readonly warmupS: number;
  /** Number of the first terminal; phone, IMEI or badge follows from it. */
  readonly firstId: number;
  /** Ms UTC of the first fix of each terminal. */
  readonly startTime: number;
  /** Register and authenticate first, where the protocol lets a terminal do without. */
  readonly login: boolean;
  /** How many may be connecting at a time. */
  readonly connecting: number;
  /** Buffered fixes a terminal uploads, and how far apart they are. */
  readonly backlogS: number;
  readonly intervalS: number;
  /** How long the last answers are waited for at the end. */
  readonly graceS: number;
  /** A lost line is dialled again; otherwise it ends the run. */
  readonly reconnect: boolean;
  /** How long after it was lost. */
  readonly redialMs: number;
  /** Where acknowledged reports are written. */
  readonly log: string | null;
}

const ports: Readonly<Record<LoadProtocol, number>> = {
  jt808: 5015,
  gt06: 5023,
  mqtt: 1883,
  echo: 7,
};
const modes: readonly LoadMode[] = ['live', 'backlog', 'storm', 'idle'];
const MAX_WINDOW = 256;

export const loadUsage = `usage: load [--protocol jt808|gt06|mqtt|echo] [--mode live|backlog|storm|idle] [--host H] [--port P]
  [--sockets N] [--window N | --rate N] [--seconds S] [--warmup S] [--login] [--connecting N] [--reconnect]
  [--redial MS] [--grace S] [--backlog-s S] [--interval-s S] [--first-phone N] [--start-time MS] [--log FILE] [--text]
`;

const options = {
  protocol: { type: 'string', default: 'jt808' },
  mode: { type: 'string', default: 'live' },
  host: { type: 'string', default: '127.0.0.1' },
  port: { type: 'string' },
  sockets: { type: 'string', default: '500' },
  window: { type: 'string', default: '4' },
  rate: { type: 'string' },
  seconds: { type: 'string', default: '10' },
  warmup: { type: 'string', default: '2' },
  login: { type: 'boolean', default: false },
  connecting: { type: 'string', default: '200' },
  reconnect: { type: 'boolean', default: false },
  redial: { type: 'string', default: '1000' },
  grace: { type: 'string', default: '15' },
  'backlog-s': { type: 'string', default: '3600' },
  'interval-s': { type: 'string', default: '30' },
  'first-phone': { type: 'string', default: '13900000000' },
  'start-time': { type: 'string' },
  log: { type: 'string' },
  text: { type: 'boolean', default: false },
} as const;

/**
 * @param now ms UTC
 * @returns all that is wrong with the arguments, or the options and whether a person reads the result
 */
export function readLoadOptions(
  args: readonly string[],
  now: number,
): { options: LoadOptions; text: boolean } | { faults: string[] } {
  let values: ReturnType<typeof parse>;
  try {
    values = parse(args);
  } catch (error) {
    return { faults: [(error as Error).message] };
  }
  const faults: string[] = [];
  const whole = (name: keyof typeof values, min: number, max: number): number => {
    const n = Number(values[name]);
    if (!Number.isFinite(n) || n < min || n > max) faults.push(`--${name}: wants ${min} to ${max}`);
    return n;
  };
  const protocol = values.protocol as LoadProtocol;
  if (ports[protocol] === undefined) faults.push(`--protocol: wants ${Object.keys(ports)}`);
  const mode = values.mode as LoadMode;
  if (!modes.includes(mode)) faults.push(`--mode: wants ${modes}`);
  const read: LoadOptions = {
    ...{ protocol, mode, host: values.host },
    port: values.port === undefined ? ports[protocol] : whole('port', 1, 65_535),
    sockets: whole('sockets', 1, 60_000),
    window: whole('window', 1, MAX_WINDOW),
    rate: values.rate === undefined ? null : whole('rate', 1, 1_000_000),
    seconds: whole('seconds', 0.1, 86_400),
    warmupS: whole('warmup', 0, 3600),
    firstId: whole('first-phone', 0, 99_999_999_999),
    startTime:
      values['start-time'] === undefined
        ? now - LIVE_MS
        : whole('start-time', 0, 4_102_444_800_000),
    login: values.login || mode === 'idle' || mode === 'storm',
    connecting: whole('connecting', 1, 60_000),
    backlogS: whole('backlog-s', 1, 86_400),
    intervalS: whole('interval-s', 1, 3600),
    graceS: whole('grace', 0, 600),
    reconnect: values.reconnect || mode === 'backlog' || mode === 'storm',
    redialMs: whole('redial', 0, 3_600_000),
    log: values.log ?? null,
  };
  return faults.length > 0 ? { faults } : { options: read, text: values.text };
}

const parse = (args: readonly string[]) => parseArgs({ args: [...args], options }).values;

/** A fix this much older than now, or this much ahead of it, is a live one still, with seconds to spare. */
export const LIVE_MS = 280_000;
