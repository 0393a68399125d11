import type { Request } from 'express';
import type { Access } from '../access/access.ts';
import { cookie, isSameOrigin, KNOWN_COOKIE, SESSION_COOKIE } from '../access/cookies.ts';
import type { Sessions } from '../records/sessions.ts';
import type { User } from '../wire.ts';

/** Who sends this request, by its session cookie; null for nobody. Counts as use of the session. */
export function sessionUser(sessions: Sessions, request: Request): User | null {
  const token = cookie(request.headers.cookie, SESSION_COOKIE);
  return token === null ? null : (sessions.use(token)?.user ?? null);
}

/** The session's user, or the one of Basic credentials, for programs that scrape. @see RFC 7617 */
export async function sessionOrBasicUser(
  rooms: { readonly access: Access; readonly sessions: Sessions },
  request: Request,
): Promise<User | null> {
  const user = sessionUser(rooms.sessions, request);
  const encoded = /^Basic ([A-Za-z0-9+/=]{1,2048})$/.exec(request.headers.authorization ?? '')?.[1];
  if (user !== null || encoded === undefined) return user;
  const pair = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  if (colon < 1 || pair.includes('\0')) return null;
  return rooms.access.basic({
    username: pair.slice(0, colon),
    password: pair.slice(colon + 1),
    address: request.ip ?? '',
    known: cookie(request.headers.cookie, KNOWN_COOKIE),
  });
}

/** Whether a page of somebody else's makes a browser change something here. */
export function isForeignChange(request: Request): boolean {
  if (request.method === 'GET' || request.method === 'HEAD') return false;
  return (
    request.headers['sec-fetch-site'] === 'cross-site' ||
    !isSameOrigin(request.headers.origin, request.headers.host)
  );
}
