import type {
  Alarm,
  BaseMap,
  Device,
  DeviceList,
  Fence,
  FenceEvent,
  FenceGeometry,
  FenceProperties,
  LatestPosition,
  Page,
  Problem,
  Rule,
  Session,
  TrackPosition,
} from '@xunji/gateway/wire';

/** Why a request did not do what it should. `network`: no answer at all; else the problem document's code. */
export class ApiFailure extends Error {
  readonly code: string;
  readonly status: number;
  readonly problem: Problem | null;
  /** Seconds to wait, where the server said so. */
  readonly retryAfterS: number | null;

  constructor(code: string, status: number, problem: Problem | null, retryAfterS: number | null) {
    super(`${status} ${code}`);
    this.name = 'ApiFailure';
    this.code = code;
    this.status = status;
    this.problem = problem;
    this.retryAfterS = retryAfterS;
  }
}

/** The code of whatever was thrown; a fault of our own reads as `unknown`. */
export const codeOf = (error: unknown): string =>
  error instanceof ApiFailure ? error.code : 'unknown';

/** What a fence needs to be made or replaced. */
export interface FenceBody {
  readonly type: 'Feature';
  readonly geometry: FenceGeometry;
  readonly properties: FenceProperties;
}

/** Where requests go and who is told when the session has ended. */
export interface ApiOptions {
  readonly fetch: typeof fetch;
  /** A request other than the session's own was refused for want of a log-in. */
  readonly onExpired: () => void;
}

const PAGE = 1000;
/** Pages a list is followed for: 100,000 rows, ten times the largest fleet a page is built for. */
const MAX_PAGES = 100;

const fallbackCode: Record<number, string> = {
  400: 'invalid',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'notFound',
  409: 'conflict',
  412: 'conflict',
  429: 'tooManyRequests',
};

interface Ask {
  readonly body?: unknown;
  readonly rev?: number;
  readonly signal?: AbortSignal | undefined;
  /** The request is about the session itself: a 401 is its answer, not the end of one. */
  readonly aboutSession?: boolean;
}

/** The gateway's REST interface. Every call rejects with an `ApiFailure`. */
export class Api {
  readonly #options: ApiOptions;

  constructor(options: ApiOptions) {
    this.#options = options;
  }

  /** Who is logged in; rejects with `unauthorized` when nobody is. */
  session(): Promise<Session> {
    return this.#ask('GET', 'session', { aboutSession: true });
  }
  login(username: string, password: string): Promise<Session> {
    return this.#ask('POST', 'login', { body: { username, password }, aboutSession: true });
  }
  logout(): Promise<void> {
    return this.#ask('POST', 'logout', { aboutSession: true });
  }
  /** Whether the gateway answers and is ready. */
  async ready(signal: AbortSignal): Promise<boolean> {
    try {
      return (await this.#options.fetch('/healthz', { signal })).ok;
    } catch {
      // Unreachable is the answer asked for, not a failure.
      return false;
    }
  }

  /** Every device and the boot its slots belong to. */
  async devices(): Promise<{ boot: string; devices: Device[] }> {
    const devices: Device[] = [];
    let cursor: string | null = null;
    let boot = '';
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const list: DeviceList = await this.#ask('GET', `devices?${paging(cursor)}`);
      // A restart between two pages renumbers the slots: begin again.
      if (boot !== '' && list.boot !== boot) return this.devices();
      boot = list.boot;
      devices.push(...list.items);
      cursor = list.next;
      if (cursor === null) break;
    }
    return { boot, devices };
  }

  openAlarms(): Promise<Alarm[]> {
    return this.#all<Alarm>('alarms?state=open');
  }
  async recentAlarms(): Promise<Alarm[]> {
    return (await this.#ask<Page<Alarm>>('GET', 'alarms?state=all&limit=100')).items;
  }
  /** The latest events of one device, newest first. */
  async events(
    device: { id: string; protocol: string },
    signal: AbortSignal,
  ): Promise<FenceEvent[]> {
    return (await this.#ask<Page<FenceEvent>>('GET', `events?${oneDevice(device, 20)}`, { signal }))
      .items;
  }
  /** The last position of one device with all its values; null while it has none. */
  async latest(
    device: { id: string; protocol: string },
    signal: AbortSignal,
  ): Promise<LatestPosition | null> {
    const path = `positions/latest?${oneDevice(device, 1)}`;
    return (await this.#ask<Page<LatestPosition>>('GET', path, { signal })).items[0] ?? null;
  }
  /** The track of a device key (`protocol:id`) between two instants, oldest first. */
  async track(
    key: string,
    fromMs: number,
    toMs: number,
    signal: AbortSignal,
  ): Promise<readonly TrackPosition[]> {
    const cut = key.indexOf(':');
    const query = new URLSearchParams({
      protocol: key.slice(0, cut),
      from: new Date(fromMs).toISOString(),
      to: new Date(toMs).toISOString(),
      limit: String(PAGE),
    });
    const id = encodeURIComponent(key.slice(cut + 1));
    return (await this.#ask<Page<TrackPosition>>('GET', `devices/${id}/track?${query}`, { signal }))
      .items;
  }

  async baseMaps(): Promise<BaseMap[]> {
    return (await this.#ask<Page<BaseMap>>('GET', 'basemaps')).items;
  }

  fences(): Promise<Fence[]> {
    return this.#all<Fence>('fences');
  }
  fence(id: string): Promise<Fence> {
    return this.#ask('GET', `fences/${encodeURIComponent(id)}`);
  }
  createFence(body: FenceBody): Promise<Fence> {
    return this.#ask('POST', 'fences', { body });
  }
  /** Replaces the fence; rejects with status 412 or 409 when it is no longer at that revision. */
  replaceFence(id: string, rev: number, body: FenceBody): Promise<Fence> {
    return this.#ask('PUT', `fences/${encodeURIComponent(id)}`, { body, rev });
  }
  deleteFence(id: string, rev: number): Promise<void> {
    return this.#ask('DELETE', `fences/${encodeURIComponent(id)}`, { rev });
  }

  rules(): Promise<Rule[]> {
    return this.#all<Rule>('rules');
  }
  createRule(rule: Omit<Rule, 'id' | 'rev'>): Promise<Rule> {
    return this.#ask('POST', 'rules', { body: rule });
  }
  /** Replaces the rule whole; rejects with `conflict` when it is no longer at its revision. */
  replaceRule({ id, rev, ...body }: Rule): Promise<Rule> {
    return this.#ask('PUT', `rules/${encodeURIComponent(id)}`, { body, rev });
  }
  deleteRule(rule: Pick<Rule, 'id' | 'rev'>): Promise<void> {
    return this.#ask('DELETE', `rules/${encodeURIComponent(rule.id)}`, { rev: rule.rev });
  }

  async #all<T>(path: string): Promise<T[]> {
    const items: T[] = [];
    let cursor: string | null = null;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const joint = path.includes('?') ? '&' : '?';
      const list: Page<T> = await this.#ask('GET', `${path}${joint}${paging(cursor)}`);
      items.push(...list.items);
      cursor = list.next;
      if (cursor === null) break;
    }
    return items;
  }

  async #ask<T>(method: string, path: string, ask: Ask = {}): Promise<T> {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (ask.body !== undefined) headers['content-type'] = 'application/json';
    if (ask.rev !== undefined) headers['if-match'] = String(ask.rev);
    let response: Response;
    try {
      response = await this.#options.fetch(`/api/v1/${path}`, {
        method,
        headers,
        credentials: 'same-origin',
        ...(ask.body === undefined ? {} : { body: JSON.stringify(ask.body) }),
        ...(ask.signal === undefined ? {} : { signal: ask.signal }),
      });
    } catch (error) {
      if (ask.signal?.aborted === true) throw error;
      throw new ApiFailure('network', 0, null, null);
    }
    if (!response.ok) {
      const failure = await failureOf(response);
      if (failure.status === 401 && ask.aboutSession !== true) this.#options.onExpired();
      throw failure;
    }
    if (response.status === 204) return undefined as T;
    try {
      return (await response.json()) as T;
    } catch {
      // Something between us and the gateway answered in its stead.
      throw new ApiFailure('network', response.status, null, null);
    }
  }
}

const oneDevice = (device: { id: string; protocol: string }, limit: number): string =>
  new URLSearchParams({
    device: device.id,
    protocol: device.protocol,
    limit: String(limit),
  }).toString();

const paging = (cursor: string | null): string =>
  new URLSearchParams({ limit: String(PAGE), ...(cursor === null ? {} : { cursor }) }).toString();

const failureOf = async (response: Response): Promise<ApiFailure> => {
  const problem = await response.json().then(
    (body: unknown) => (isProblem(body) ? body : null),
    () => null,
  );
  const wait = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new ApiFailure(
    problem?.code ?? fallbackCode[response.status] ?? String(response.status),
    response.status,
    problem,
    Number.isFinite(wait) ? wait : null,
  );
};

const isProblem = (body: unknown): body is Problem =>
  typeof body === 'object' && body !== null && 'code' in body && typeof body.code === 'string';
