import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
} from 'express';
import helmet from 'helmet';
import { everyRole, overseers } from '../access/access.ts';
import type { Health } from '../health.ts';
import type { Logger } from '../logger.ts';
import type { Metrics } from '../metrics.ts';
import { isForeignChange, sessionOrBasicUser, sessionUser } from './authenticate.ts';
import { type Endpoint, endpoint } from './endpoint.ts';
import { openApiDocument } from './openapi.ts';
import { Refusal } from './problem.ts';
import type { Rooms } from './rooms.ts';
import { apiEndpoints } from './routes/index.ts';
import type { Dashboard } from './static.ts';

export interface AppOptions {
  readonly rooms: Rooms;
  readonly health: Health;
  readonly metrics: Metrics;
  readonly dashboard: Dashboard;
  readonly logger: Logger;
  /** How many proxies in front may state the client's address. */
  readonly trustProxy: number;
  readonly isTls: boolean;
}

const MAX_BODY = '1mb';
export const API = '/api/v1';

/** The API's operations and the application that serves them, the dashboard and what overseers watch. */
export function createApp(options: AppOptions): { app: Express; endpoints: readonly Endpoint[] } {
  const { rooms, dashboard, trustProxy } = options;
  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', trustProxy);
  app.use(securityHeaders(options.isTls));
  overseen(app, options);

  const endpoints = apiEndpoints(rooms);
  endpoints.push(
    endpoint({
      method: 'get',
      path: '/openapi.json',
      summary: 'This document',
      roles: everyRole,
      handle: async ({ response }) => {
        response.type('application/json').send(document);
        return undefined;
      },
    }),
  );
  const document = JSON.stringify(openApiDocument(endpoints, rooms.site.build));
  app.use('/api', (request, response, next) => {
    response.set('Cache-Control', 'private, no-cache');
    if (isForeignChange(request)) new Refusal('foreignOrigin').send(response);
    else next();
  });
  for (const e of endpoints) {
    app[e.method](`${API}${e.path}`, ...admitted(e, options), answering(e));
  }
  app.use('/api', (request, response) => {
    const isKnown = sessionUser(rooms.sessions, request) !== null;
    new Refusal(isKnown ? 'notFound' : 'unauthorized').send(response);
  });

  app.use(dashboard.files);
  app.use((request, response, next) => {
    if (isPage(request)) dashboard.page(request, response, next);
    else next();
  });
  app.use((_request, response) => new Refusal('notFound').send(response));
  app.use(failures(options.logger));
  return { app, endpoints };
}

/**
 * Everything from here, nothing from elsewhere. Styles alone may stand inline: Mantine writes its variables and
 * responsive props into style elements.
 */
const securityHeaders = (isTls: boolean) =>
  helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    strictTransportSecurity: isTls,
    xFrameOptions: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
  });

/** A route of the dashboard's own: what a browser navigates to, or what cannot be the name of a file. */
function isPage({ method, path, headers }: Request): boolean {
  if ((method !== 'GET' && method !== 'HEAD') || path.startsWith('/assets/')) return false;
  return !path.includes('.') || headers.accept?.includes('text/html') === true;
}

/** /healthz for everybody, /readyz and /metrics for overseers. */
function overseen(app: Express, { rooms, health, metrics }: AppOptions): void {
  app.get('/healthz', (_request, response) => {
    response.type('text/plain').send('ok\n');
  });
  const guard: RequestHandler = async (request, response, next) => {
    const user = await sessionOrBasicUser(rooms, request);
    if (user === null) {
      response.set('WWW-Authenticate', 'Basic realm="xunji", charset="UTF-8"');
      new Refusal('unauthorized').send(response);
    } else if (!overseers.includes(user.role)) new Refusal('forbidden').send(response);
    else next();
  };
  app.get('/readyz', guard, (_request, response) => {
    const report = health.report();
    response
      .status(report.ready ? 200 : 503)
      .set('Cache-Control', 'no-store')
      .json(report);
  });
  app.get('/metrics', guard, async (_request, response) => {
    health.report();
    const text = await metrics.registry.metrics();
    response.set('Cache-Control', 'no-store').type(metrics.registry.contentType).send(text);
  });
}

/** First who asks, then the reading of what was sent: a stranger costs no parsing but at the log-in. */
function admitted(e: Endpoint, { rooms }: AppOptions): RequestHandler[] {
  const read = e.body === null ? [] : [express.json({ limit: MAX_BODY, type: 'application/json' })];
  const { roles } = e;
  if (roles === 'anyone') return read;
  const guard: RequestHandler = (request, response, next) => {
    const user = sessionUser(rooms.sessions, request);
    if (user === null) new Refusal('unauthorized').send(response);
    else if (!roles.includes(user.role)) new Refusal('forbidden').send(response);
    else {
      response.locals['user'] = user;
      next();
    }
  };
  return [guard, ...read];
}

const answering =
  (e: Endpoint): RequestHandler =>
  async (request, response) => {
    const answer = await e.run(request, response, response.locals['user'] ?? null);
    if (answer instanceof Refusal) answer.send(response);
    else if (response.headersSent) return;
    else if (e.status === 204) response.status(204).end();
    else response.status(e.status).json(answer);
  };

/** What Express and its body reader throw for bad input, by their type; anything else is our mistake. */
const failures =
  (logger: Logger): ErrorRequestHandler =>
  (error: { type?: unknown; status?: unknown } | undefined, request: Request, response, next) => {
    if (response.headersSent) return next(error);
    const refusal = refusalOf(error);
    if (refusal.code === 'internal') {
      logger.error(
        { err: error, method: request.method, route: request.route?.path },
        'requestFailed',
      );
    }
    refusal.send(response);
  };

function refusalOf(error: { type?: unknown; status?: unknown } | undefined): Refusal {
  switch (error?.type) {
    case 'entity.parse.failed':
      return new Refusal('badRequest', { detail: 'the body is no JSON' });
    case 'entity.too.large':
      return new Refusal('tooLarge');
    case 'charset.unsupported':
    case 'encoding.unsupported':
      return new Refusal('badMediaType');
  }
  const status = error?.status;
  const isTheirs = typeof status === 'number' && status >= 400 && status < 500;
  return new Refusal(isTheirs ? 'badRequest' : 'internal');
}
