import { type Locale, prefs, prefsTopic } from '../prefs.ts';
import { useTopic } from '../topic.ts';
import { en, type Word, zh } from './words.ts';

/** What fills the `{name}` places of a sentence. */
export type Fill = Readonly<Record<string, string | number>>;

const words: Readonly<Record<Locale, Readonly<Record<Word, string>>>> = { 'zh-CN': zh, en };

/** The sentence of that key in the present language, its places filled. */
export const t = (key: Word, fill?: Fill): string => {
  const sentence = words[prefs().locale][key];
  if (fill === undefined) return sentence;
  return sentence.replace(/\{(\w+)\}/g, (place, name: string) => String(fill[name] ?? place));
};

const cache = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();
const numbers = (options: Intl.NumberFormatOptions): Intl.NumberFormat => {
  const key = `n${prefs().locale}${JSON.stringify(options)}`;
  const known = cache.get(key);
  if (known instanceof Intl.NumberFormat) return known;
  const made = new Intl.NumberFormat(prefs().locale, options);
  cache.set(key, made);
  return made;
};
const dates = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat => {
  const key = `d${prefs().locale}${JSON.stringify(options)}`;
  const known = cache.get(key);
  if (known instanceof Intl.DateTimeFormat) return known;
  const made = new Intl.DateTimeFormat(prefs().locale, options);
  cache.set(key, made);
  return made;
};

let zone: string | undefined;
/** The zone in which the site reads times, from the session; undefined = the browser's. */
export const setTimeZone = (name: string): void => {
  zone = name;
};
const inZone = (): { timeZone?: string } => (zone === undefined ? {} : { timeZone: zone });

/** A number with at most that many digits after the point. */
export const number = (value: number, digits = 0): string =>
  numbers({ maximumFractionDigits: digits }).format(value);

const unit = (value: number, name: string, digits = 0): string =>
  numbers({
    style: 'unit',
    unit: name,
    unitDisplay: name === 'minute' || prefs().locale === 'en' ? 'short' : 'short',
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
    .format(value)
    .replace(/ ?(sec|secs)$/, ' s')
    .replace(/ ?(hr|hrs)$/, ' h')
    .replace(/(\d)([秒分小天])/, '$1 $2')
    .replace('分钟', '分')
    .replace('小时', '时');

/** A length of time in its largest unit: `6 秒`, `24 分`, `3 h`; below ten seconds with one digit on request. */
export const duration = (ms: number, tenths = false): string => {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 60) {
    return tenths && seconds < 10
      ? unit(seconds, 'second', 1)
      : unit(Math.floor(seconds), 'second');
  }
  if (seconds < 3600) return unit(Math.floor(seconds / 60), 'minute');
  if (seconds < 86_400) return unit(Math.floor(seconds / 3600), 'hour');
  return unit(Math.floor(seconds / 86_400), 'day');
};

/** A running time as `MM:SS`, or `H:MM:SS` from one hour. */
export const running = (ms: number): string => {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number): string => String(n).padStart(2, '0');
  const tail = `${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
  return s < 3600 ? tail : `${Math.floor(s / 3600)}:${tail}`;
};

/** `HH:MM:SS` in the site's zone, 24 h. */
export const clock = (ms: number): string =>
  dates({
    ...inZone(),
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).format(ms);

const offset = (ms: number, where: { timeZone?: string }): string =>
  dates({ ...where, timeZoneName: 'shortOffset' })
    .formatToParts(ms)
    .find((part) => part.type === 'timeZoneName')
    ?.value.replace('GMT', 'UTC') ?? '';

/** The site's offset, such as `UTC+8`, where its clock differs from the browser's; else empty. */
export const zoneMark = (ms: number): string => {
  const site = offset(ms, inZone());
  return site === offset(ms, {}) ? '' : site;
};

/** The clock for today, with the date before it for other days. */
export const moment = (ms: number, now: number): string => {
  const day = dates({ ...inZone(), month: '2-digit', day: '2-digit' });
  return day.format(ms) === day.format(now) ? clock(ms) : `${day.format(ms)} ${clock(ms)}`;
};

/** Metres below one kilometre, kilometres above: `986 m`, `2.23 km`. */
export const distance = (metres: number): string =>
  metres < 1000
    ? `${number(Math.round(metres))} m`
    : `${number(metres / 1000, metres < 100_000 ? 2 : 0)} km`;

/** Square metres below a tenth of a square kilometre, square kilometres above. */
export const area = (squareMetres: number): string =>
  squareMetres < 100_000
    ? `${number(Math.round(squareMetres))} m²`
    : `${number(squareMetres / 1_000_000, 2)} km²`;

/** One of the eight winds for a course in degrees. */
export const wind = (degrees: number): string => {
  const eighth = Math.round((((degrees % 360) + 360) % 360) / 45) % 8;
  return t(`heading.${eighth}` as Word);
};

const collators = new Map<Locale, Intl.Collator>();
/** Order of names: numbers by value, Chinese by pinyin. */
export const byName = (a: string, b: string): number => {
  const locale = prefs().locale;
  let collator = collators.get(locale);
  if (collator === undefined) {
    collator = new Intl.Collator('zh', { numeric: true });
    collators.set(locale, collator);
  }
  return collator.compare(a, b);
};

/** The dictionary for a component, which renders again when the language changes. */
export const useText = (): typeof t => {
  useTopic(prefsTopic);
  return t;
};
