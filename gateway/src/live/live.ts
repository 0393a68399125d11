import type { Server as HttpServer } from 'node:http';
import { Server } from 'socket.io';
import { readers } from '../access/access.ts';
import { cookie, isSameOrigin, SESSION_COOKIE } from '../access/cookies.ts';
import type { ConfigEntry, DeviceRef } from '../journal/record.ts';
import { deviceKey } from '../journal/record.ts';
import type { Logger } from '../logger.ts';
import type { DeviceRegistry } from '../records/devices.ts';
import type { Sessions } from '../records/sessions.ts';
import type { ClientToServer, CommandChange, ServerToClient } from '../wire.ts';
import { AlarmLevels } from './alarm-levels.ts';
import { CommandNews } from './command-news.ts';
import type { AlarmDesk } from './desk.ts';
import type { LatestPositions } from './latest.ts';
import { Rows } from './rows.ts';
import { LiveSession, type LiveShared, type LiveSocket } from './session.ts';

type Notice = Parameters<ServerToClient['notice']>[0];

export interface LiveOptions {
  readonly sessions: Sessions;
  readonly devices: DeviceRegistry;
  readonly latest: LatestPositions;
  readonly desk: AlarmDesk;
  readonly site: { readonly boot: string; readonly build: string };
  readonly logger: Logger;
  /** Ms UTC. */
  readonly now: () => number;
  /** Ms, monotonic. */
  readonly monotonic: () => number;
  /** Time between two batches to one dashboard. */
  readonly rateMs?: number;
}

const RATE_MS = 1000;
const MAX_MESSAGE_BYTES = 64 << 10;
const MAX_SOCKETS = 1000;
/** For those who open a line and do not log in. */
const CONNECT_MS = 5000;

/** Refuses a handshake; `data.code` tells the client why. */
class Refused extends Error {
  readonly data: { readonly code: string };
  constructor(code: string) {
    super(code);
    this.data = { code };
  }
}

/** Pushes to open dashboards: Socket.IO on /live behind the log-in. @see ux.md section 8 */
export class LiveServer {
  readonly #options: LiveOptions;
  readonly #io: Server<ClientToServer, ServerToClient>;
  readonly #open = new Map<LiveSocket, { session: LiveSession; hash: string }>();
  readonly #levels: AlarmLevels;
  readonly #shared: LiveShared;
  readonly #dirty = new Set<number>();
  readonly #meta = new Map<string, DeviceRef>();
  readonly #degraded = new Map<string, Notice>();
  readonly #leave: (() => void)[] = [];
  readonly #timer: NodeJS.Timeout;
  readonly #commands = new CommandNews();
  #fencesChanged = false;
  #metaRev = 0;

  private constructor(server: HttpServer, options: LiveOptions) {
    this.#options = options;
    const { devices, latest, desk, sessions, site, now, monotonic, logger } = options;
    this.#levels = new AlarmLevels((key) => this.#mark(key));
    const rows = new Rows({ devices, latest, levels: this.#levels });
    this.#shared = {
      ...{ rows, desk, devices, latest, now, monotonic, logger },
      ...{ boot: site.boot, build: site.build, rateMs: options.rateMs ?? RATE_MS },
      notices: () => [...this.#degraded.values()],
      nextMetaRev: () => ++this.#metaRev,
    };
    this.#io = new Server(server, {
      path: '/live',
      serveClient: false,
      maxHttpBufferSize: MAX_MESSAGE_BYTES,
      perMessageDeflate: false,
      httpCompression: false,
      connectTimeout: CONNECT_MS,
      allowRequest: (request, done) => {
        const { origin, host } = request.headers;
        done(isSameOrigin(origin, host) ? null : 'foreignOrigin', isSameOrigin(origin, host));
      },
    });
    this.#io.use((socket, next) => this.#admit(socket, next));
    this.#io.on('connection', (socket) => this.#welcome(socket));
    this.#leave.push(
      latest.onChange((changed) => {
        for (const { entry } of changed) {
          if (entry !== null && entry.slot >= 0) this.#dirty.add(entry.slot);
        }
      }),
      devices.onChange(({ changed, removed }) => {
        for (const device of [...changed, ...removed]) this.#changed(device);
      }),
      desk.onChange((changes) => {
        for (const { alarm } of changes) this.#levels.note(alarm);
        for (const { session } of this.#open.values()) session.alarms(changes);
      }),
      sessions.onEnd((hash) => this.#end((open) => open.hash === hash)),
    );
    this.#timer = setInterval(() => this.#tick(), this.#shared.rateMs);
  }

  /** Begins on a server that may already listen. */
  static async open(server: HttpServer, options: LiveOptions): Promise<LiveServer> {
    const live = new LiveServer(server, options);
    await live.#levels.load(options.desk);
    return live;
  }

  /** Dashboards connected now. */
  get size(): number {
    return this.#open.size;
  }

  /** Of these, how many do not read now. */
  get stuck(): number {
    return [...this.#open.values()].filter(({ session }) => session.isStuck).length;
  }

  /** The configuration was edited: dashboards load their list of fences again. */
  configured(entries: readonly Pick<ConfigEntry, 'what'>[]): void {
    this.#fencesChanged ||= entries.some((e) => e.what === 'fence');
  }

  /** A command to a device has come further. */
  commanded(change: CommandChange): void {
    this.#commands.note(change);
  }

  /** Something is degraded, for so many seconds now; 0 = it is over. */
  degraded(trouble: { readonly code: string; readonly value: number; readonly records?: number }) {
    const { code, value } = trouble;
    const notice: Notice = { level: value > 0 ? 'warning' : 'info', ...trouble };
    if (value > 0) this.#degraded.set(code, notice);
    else this.#degraded.delete(code);
    for (const { session } of this.#open.values()) session.notice(notice);
  }

  /** Disconnects everybody and leaves the HTTP server to its owner. */
  close(): void {
    clearInterval(this.#timer);
    for (const leave of this.#leave) leave();
    this.#end(() => true);
    this.#io.engine.close();
  }

  #admit(socket: LiveSocket, next: (error?: Error) => void): void {
    const code = this.#refusal(socket);
    if (code === null) {
      next();
      return;
    }
    next(new Refused(code));
    // Who is refused shall not keep the line.
    setImmediate(() => socket.conn.close());
  }

  #refusal(socket: LiveSocket): string | null {
    const logged = this.#session(socket);
    if (logged === null) return 'unauthorized';
    if (!readers.includes(logged.user.role)) return 'forbidden';
    return this.#open.size >= MAX_SOCKETS ? 'tooManyDashboards' : null;
  }

  #session(socket: LiveSocket): ReturnType<Sessions['use']> {
    const token = cookie(socket.handshake.headers.cookie, SESSION_COOKIE);
    return token === null ? null : this.#options.sessions.use(token);
  }

  #welcome(socket: LiveSocket): void {
    const logged = this.#session(socket);
    if (logged === null) {
      socket.disconnect(true);
      return;
    }
    const { user, hash } = logged;
    const use = () => this.#session(socket) !== null;
    const session = new LiveSession(socket, { user, use }, this.#shared);
    this.#open.set(socket, { session, hash });
    socket.on('disconnect', () => this.#open.delete(socket));
  }

  #tick(): void {
    const { sessions, now } = this.#options;
    this.#end(({ hash }) => !sessions.isAlive(hash));
    this.#shared.rows.begin(now());
    const commands = this.#commands.take();
    for (const { session } of this.#open.values()) {
      session.tick(this.#dirty, this.#meta, commands);
      if (this.#fencesChanged) session.notice({ level: 'info', code: 'fences' });
    }
    this.#dirty.clear();
    this.#meta.clear();
    this.#fencesChanged = false;
  }

  #end(which: (open: { hash: string }) => boolean): void {
    for (const [socket, open] of [...this.#open]) if (which(open)) socket.disconnect(true);
  }

  #changed(device: DeviceRef): void {
    const { protocol, id } = device;
    const key = deviceKey(device);
    this.#meta.set(key, { protocol, id });
    this.#mark(key);
  }

  #mark(key: string): void {
    const slot = this.#shared.rows.slotOf(key);
    if (slot !== undefined) this.#dirty.add(slot);
  }
}
