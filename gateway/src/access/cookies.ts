export const SESSION_COOKIE = 'xunji_session';
/** Proves an earlier log-in of this browser to the throttle; grants nothing. */
export const KNOWN_COOKIE = 'xunji_known';

const MAX_HEADER = 8192;

/** The value of one cookie of a `Cookie` header, null when absent or the header is oversized. @see RFC 6265, 4.2.1 */
export function cookie(header: string | undefined, name: string): string | null {
  if (header === undefined || header.length > MAX_HEADER) return null;
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return null;
}

/**
 * Whether a browser's request comes from our own pages: no `Origin` (no browser, or a plain navigation), or one whose
 * host is the one asked for.
 */
export function isSameOrigin(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}
