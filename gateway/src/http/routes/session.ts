import { everyRole } from '../../access/access.ts';
import { cookie, KNOWN_COOKIE, SESSION_COOKIE } from '../../access/cookies.ts';
import { sessionLimits } from '../../records/sessions.ts';
import type { Session, User } from '../../wire.ts';
import { endpoint, openEndpoint } from '../endpoint.ts';
import { Refusal } from '../problem.ts';
import type { Rooms } from '../rooms.ts';
import { credentials, session } from '../schemas.ts';

const KNOWN_BROWSER_MS = 180 * 24 * 3_600_000;

/** Log-in, log-out and who one is. */
export const sessionRoutes = ({
  access,
  sessions,
  site,
}: Pick<Rooms, 'access' | 'sessions' | 'site'>) => {
  const sessionOf = (user: User): Session => {
    const { timeZone, build } = site;
    return { user, timeZone, build };
  };
  return [
    openEndpoint({
      method: 'post',
      path: '/login',
      summary: 'Log in: starts a session and sets its cookie',
      body: credentials,
      result: session,
      refusals: ['wrongCredentials', 'tooManyTries', 'foreignOrigin'],
      handle: async ({ body, request, response }) => {
        const answer = await access.login({
          ...body,
          address: request.ip ?? '',
          known: cookie(request.headers.cookie, KNOWN_COOKIE),
        });
        if (!answer.ok) {
          return answer.code === 'tooManyTries'
            ? new Refusal('tooManyTries', { retryAfterS: answer.waitS })
            : new Refusal('wrongCredentials');
        }
        const flags = {
          httpOnly: true,
          sameSite: 'strict',
          secure: request.secure,
          path: '/',
        } as const;
        response.cookie(SESSION_COOKIE, answer.token, {
          ...flags,
          maxAge: sessionLimits.absoluteMs,
        });
        response.cookie(KNOWN_COOKIE, answer.known, { ...flags, maxAge: KNOWN_BROWSER_MS });
        return sessionOf(answer.user);
      },
    }),
    endpoint({
      method: 'post',
      path: '/logout',
      summary: 'Log out: ends the session and its live connections',
      roles: everyRole,
      status: 204,
      handle: async ({ request, response }) => {
        const token = cookie(request.headers.cookie, SESSION_COOKIE);
        if (token !== null) await sessions.end(token);
        response.clearCookie(SESSION_COOKIE, { httpOnly: true, sameSite: 'strict', path: '/' });
        return undefined;
      },
    }),
    endpoint({
      method: 'get',
      path: '/session',
      summary: 'Who is logged in, and where',
      roles: everyRole,
      result: session,
      handle: async ({ user }) => sessionOf(user),
    }),
  ];
};
