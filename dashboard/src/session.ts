import type { Role, Session } from '@xunji/gateway/wire';
import { createState, type State } from './state.ts';

/** Who uses this page. */
export interface Standing {
  /** `asking` until the gateway has said whether somebody is logged in. */
  readonly kind: 'asking' | 'out' | 'in';
  readonly session: Session | null;
  /** The session ended under a page in use: the screen stays, a dialog asks for the password. */
  readonly expired: boolean;
}

/** The standing of a page just opened. */
export const createStanding = (): State<Standing> =>
  createState<Standing>({ kind: 'asking', session: null, expired: false });

/** Screens and who may see them, as the gateway decides; here only so that refused ones are not offered. */
export const screens = {
  '/live': ['admin', 'dispatcher', 'supervisor', 'manager', 'wall'],
  '/fences': ['admin'],
} as const satisfies Record<string, readonly Role[]>;
/** The path of a screen. */
export type Screen = keyof typeof screens;

/** Whether a role may see a screen. */
export const mayOpen = (role: Role, screen: Screen): boolean =>
  (screens[screen] as readonly Role[]).includes(role);

/** Where a role begins; one that may see none of the screens lands on the page that says so. */
export const landing = (role: Role): Screen =>
  (Object.keys(screens) as Screen[]).find((s) => mayOpen(role, s)) ?? '/live';

/** Who may acknowledge alarms. */
export const mayHandle = (role: Role): boolean => role === 'admin' || role === 'dispatcher';
