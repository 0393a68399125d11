/** A refusal of the gateway's REST interface, with what it says. */
export class RestError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The gateway's REST interface with the session of one user. */
export class Rest {
  readonly #base: string;
  readonly #cookie: string;

  private constructor(base: string, cookie: string) {
    this.#base = base;
    this.#cookie = cookie;
  }

  /** @param base such as `http://127.0.0.1:8080` */
  static async login(base: string, username: string, password: string): Promise<Rest> {
    const response = await fetch(`${base}/api/v1/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username, password }),
    });
    if (!response.ok) throw new RestError(response.status, await response.text());
    const cookie = (response.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    return new Rest(base, cookie);
  }

  /** The session, for sockets. */
  get cookie(): string {
    return this.#cookie;
  }

  /** The metric summed over the labels that contain all of `labels`; 0 when there is none. */
  async metric(name: string, labels = ''): Promise<number> {
    const response = await fetch(`${this.#base}/metrics`, { headers: { cookie: this.#cookie } });
    let sum = 0;
    for (const line of (await response.text()).split('\n')) {
      const end = line.lastIndexOf(' ');
      const head = line.slice(0, end);
      const isIt = head === name || head.startsWith(`${name}{`);
      if (isIt && head.includes(labels)) sum += Number(line.slice(end));
    }
    return sum;
  }

  /** @throws RestError unless the gateway took it */
  async post(path: string, body: unknown): Promise<Record<string, unknown>> {
    return this.#ask('POST', path, body);
  }

  async get(path: string): Promise<Record<string, unknown>> {
    return this.#ask('GET', path);
  }

  async #ask(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
    const response = await fetch(`${this.#base}/api/v1/${path}`, {
      method,
      headers: { cookie: this.#cookie, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new RestError(response.status, `${method} ${path}: ${text}`);
    return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  }
}
