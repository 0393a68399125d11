import { createTopic, useTopic } from './topic.ts';

export type Locale = 'zh-CN' | 'en';
export type ThemeChoice = 'dark' | 'light' | 'system';
export type Theme = 'dark' | 'light';

/** What this browser remembers of its user's choices. */
export interface Prefs {
  readonly locale: Locale;
  readonly theme: ThemeChoice;
  readonly showFences: boolean;
  readonly showLabels: boolean;
  readonly baseMap: string | null;
  readonly onlyInView: boolean;
}

const KEY = 'xunji.prefs';
const topic = createTopic();
const light =
  typeof matchMedia === 'undefined' ? null : matchMedia('(prefers-color-scheme: light)');

const defaults = (): Prefs => ({
  locale: typeof navigator !== 'undefined' && !navigator.language.startsWith('zh') ? 'en' : 'zh-CN',
  theme: 'system',
  showFences: true,
  showLabels: true,
  baseMap: null,
  onlyInView: false,
});

const read = (): Prefs => {
  try {
    const saved: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    return typeof saved === 'object' && saved !== null ? { ...defaults(), ...saved } : defaults();
  } catch {
    // Storage refused or its content damaged: the defaults hold for this visit.
    return defaults();
  }
};

let current = read();

/** The present choices. */
export const prefs = (): Prefs => current;

/** Changes some choices, keeps them for the next visit and tells whoever shows them. */
export const setPrefs = (change: Partial<Prefs>): void => {
  current = { ...current, ...change };
  try {
    localStorage.setItem(KEY, JSON.stringify(current));
  } catch {
    // Without storage the choice lasts until the page closes.
  }
  paintTheme();
  topic.emit();
};

/** The theme in force: the choice, or the system's when the choice is `system`. */
export const theme = (): Theme =>
  current.theme === 'system' ? (light?.matches ? 'light' : 'dark') : current.theme;

/** Writes theme and language to the document's root, where tokens.css reads them. */
export const paintTheme = (): void => {
  document.documentElement.dataset['theme'] = theme();
  document.documentElement.lang = current.locale;
};

light?.addEventListener('change', () => {
  paintTheme();
  topic.emit();
});

/** Told at each change of the choices or of the system's theme. */
export const prefsTopic = topic;

/** The choices, followed by the component. */
export const usePrefs = (): Prefs => {
  useTopic(topic);
  return current;
};
