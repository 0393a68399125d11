import type { Request, Response } from 'express';
import { z } from 'zod';
import type { Role, User } from '../wire.ts';
import { type FieldError, type ProblemCode, Refusal } from './problem.ts';

type Nothing = z.ZodObject<Record<never, never>>;
const nothing: Nothing = z.strictObject({});

/** A request whose every part has been validated. */
export interface Call<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** The revision of `If-Match`; 0 where none is asked for. */
  readonly rev: number;
  /** For what is not JSON: cookies, files, the client's address. */
  readonly request: Request;
  readonly response: Response;
}

/** One operation as the application and the OpenAPI document see it. */
export interface Endpoint {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** Below /api/v1, with `:name` for parameters. */
  readonly path: string;
  readonly summary: string;
  readonly roles: readonly Role[] | 'anyone';
  readonly params: z.ZodObject;
  readonly query: z.ZodObject;
  /** Null: a body is not looked at. */
  readonly body: z.ZodType | null;
  readonly ifMatch: boolean;
  readonly status: 200 | 201 | 202 | 204;
  /** Null: no JSON in the answer. */
  readonly result: z.ZodType | null;
  /** Refusals beyond those every operation has. */
  readonly refusals: readonly ProblemCode[];
  /** @returns the answer's JSON, undefined or `sent` when it was sent otherwise, or a refusal */
  run(request: Request, response: Response, user: User | null): Promise<unknown>;
}

interface Spec<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType, R> {
  readonly method: Endpoint['method'];
  readonly path: string;
  readonly summary: string;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly ifMatch?: boolean;
  readonly status?: Endpoint['status'];
  readonly result?: z.ZodType<R>;
  readonly refusals?: readonly ProblemCode[];
}
/** What a handler returns that has written its answer itself, in the shape its `result` promises. */
export const sent: unique symbol = Symbol('sent');

type Handler<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType, R, More> = (
  call: Call<z.output<P>, z.output<Q>, z.output<B>> & More,
) => Promise<R | Refusal | typeof sent>;

/** An operation for those who are logged in with one of `roles`. */
export function endpoint<
  R,
  P extends z.ZodObject = Nothing,
  Q extends z.ZodObject = Nothing,
  B extends z.ZodType = z.ZodUndefined,
>(
  spec: Spec<P, Q, B, R> & {
    readonly roles: readonly Role[];
    readonly handle: Handler<P, Q, B, R, { readonly user: User }>;
  },
): Endpoint {
  return build(spec, spec.roles, async (call, user) =>
    user === null ? new Refusal('unauthorized') : spec.handle({ ...call, user }),
  );
}

/** An operation that asks for no log-in. */
export function openEndpoint<
  R,
  P extends z.ZodObject = Nothing,
  Q extends z.ZodObject = Nothing,
  B extends z.ZodType = z.ZodUndefined,
>(spec: Spec<P, Q, B, R> & { readonly handle: Handler<P, Q, B, R, object> }): Endpoint {
  return build(spec, 'anyone', (call) => spec.handle(call));
}

function build<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType, R>(
  spec: Spec<P, Q, B, R>,
  roles: Endpoint['roles'],
  handle: (
    call: Call<z.output<P>, z.output<Q>, z.output<B>>,
    user: User | null,
  ) => Promise<R | Refusal | typeof sent>,
): Endpoint {
  const params = spec.params ?? (nothing as unknown as P);
  const query = spec.query ?? (nothing as unknown as Q);
  const body = spec.body ?? null;
  const ifMatch = spec.ifMatch ?? false;
  return {
    ...{ method: spec.method, path: spec.path, summary: spec.summary, roles },
    ...{ params, query, body, ifMatch, status: spec.status ?? 200, result: spec.result ?? null },
    refusals: spec.refusals ?? [],
    run: async (request, response, user) => {
      if (body !== null && hasOtherMedia(request)) return new Refusal('badMediaType');
      const errors: FieldError[] = [];
      const parsed = {
        params: parse(params, request.params, errors),
        query: parse(query, request.query, errors),
        body: body === null ? undefined : parse(body, request.body, errors),
      };
      if (errors.length > 0) return new Refusal('badInput', { errors });
      const rev = ifMatch ? revision(request) : 0;
      if (rev instanceof Refusal) return rev;
      // What was parsed has the schemas' output types; only the union with "nothing given" is lost above.
      const input = parsed as { params: z.output<P>; query: z.output<Q>; body: z.output<B> };
      return handle({ ...input, rev, request, response }, user);
    },
  };
}

function parse<S extends z.ZodType>(
  schema: S,
  value: unknown,
  errors: FieldError[],
): z.output<S> | undefined {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  errors.push(...fieldErrors(parsed.error));
  return undefined;
}

const MAX_ERRORS = 50;

/** The issues of a failed validation, with an unknown key named by its own path. */
export function fieldErrors(error: z.ZodError): FieldError[] {
  return error.issues
    .flatMap((issue) => {
      const at = issue.path.map(String);
      const paths =
        issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...at, key]) : [at];
      return paths.map((path) => ({
        path: path.join('.'),
        code: issue.code,
        message: issue.message,
      }));
    })
    .slice(0, MAX_ERRORS);
}

/** A body was sent and the JSON reader has left it alone. */
function hasOtherMedia(request: Request): boolean {
  const length = request.headers['content-length'];
  const sends =
    request.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
  return sends && request.is('application/json') === false;
}

function revision(request: Request): number | Refusal {
  const header = request.headers['if-match'];
  if (header === undefined) return new Refusal('ifMatchRequired');
  const digits = /^(?:"(\d{1,15})"|(\d{1,15}))$/.exec(header.trim());
  return digits === null ? new Refusal('badIfMatch') : Number(digits[1] ?? digits[2]);
}
