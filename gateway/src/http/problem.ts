import type { Response } from 'express';
import { type EditFault, editFaults } from '../records/faults.ts';
import type { Problem } from '../wire.ts';

/** Every code a problem document can carry, with its status and one line a person understands. */
export const problems = {
  badRequest: [400, 'the request cannot be read'],
  badInput: [400, 'the fields named in errors are not acceptable'],
  badCursor: [400, 'this cursor is not, or no longer, one of this list; ask again without it'],
  ambiguousDevice: [400, 'two families have this id; say which by ?protocol='],
  badIfMatch: [400, 'If-Match takes one revision number'],
  unknownReference: [400, editFaults.unknownReference],
  noSuchCommand: [400, 'devices of this family know no such command'],
  badValue: [400, 'the device could not be told so; errors names the field'],
  unauthorized: [401, 'log in first'],
  wrongCredentials: [401, 'username or password is wrong'],
  forbidden: [403, 'your role does not allow this'],
  foreignOrigin: [403, 'this page does not belong to the gateway'],
  notFound: [404, editFaults.notFound],
  conflict: [409, editFaults.conflict],
  exists: [409, editFaults.exists],
  confirmNeeded: [409, 'this can do harm; ask again with confirm: true'],
  notSafeNow: [409, 'fuel and power are cut only at rest, at a place known now'],
  deviceOffline: [409, 'the device is not connected; waitS lets the command wait for it'],
  tooLarge: [413, 'the body is larger than allowed'],
  badMediaType: [415, 'the body must be application/json'],
  ifMatchRequired: [428, 'send the revision you have seen in If-Match'],
  queueFull: [429, 'too many commands wait; some have to end first'],
  tooManyTries: [429, 'too many tries; wait as long as Retry-After says'],
  internal: [500, 'this is our mistake; the log has the details'],
  notSupported: [501, 'the store that is read cannot do this; DuckDB can'],
  unavailable: [503, 'the store does not answer; try again later'],
} as const satisfies Record<string, readonly [number, string]>;
export type ProblemCode = keyof typeof problems;

/** One field at fault; `path` is dotted from the body, the query or the path. */
export type FieldError = NonNullable<Problem['errors']>[number];

interface RefusalExtras {
  readonly detail?: string;
  readonly errors?: readonly FieldError[];
  /** For `conflict`: the thing as it stands now. */
  readonly current?: unknown;
  readonly retryAfterS?: number;
}

/** An answer that is a problem document; a value, so that a handler's type shows it may refuse. */
export class Refusal {
  readonly code: ProblemCode;
  readonly extras: RefusalExtras;

  constructor(code: ProblemCode, extras: RefusalExtras = {}) {
    this.code = code;
    this.extras = extras;
  }

  get status(): number {
    return problems[this.code][0];
  }

  /** @see RFC 9457; `current` is an extension member */
  document(): Problem & { current?: unknown } {
    const { detail, errors, current } = this.extras;
    return {
      type: 'about:blank',
      title: problems[this.code][1],
      status: this.status,
      code: this.code,
      ...(detail === undefined ? {} : { detail }),
      ...(errors === undefined ? {} : { errors: [...errors] }),
      ...(current === undefined ? {} : { current }),
    };
  }

  send(response: Response): void {
    const { retryAfterS } = this.extras;
    if (retryAfterS !== undefined) response.set('Retry-After', String(Math.ceil(retryAfterS)));
    response.status(this.status).type('application/problem+json');
    response.send(JSON.stringify(this.document()));
  }
}

/** What a refused edit of the records is over HTTP. */
export function refusedEdit(
  fault: { readonly code: EditFault; readonly path?: string },
  current?: unknown,
): Refusal {
  const { code, path } = fault;
  return new Refusal(code, {
    ...(path === undefined ? {} : { errors: [{ path, code, message: editFaults[code] }] }),
    ...(current === undefined ? {} : { current }),
  });
}
