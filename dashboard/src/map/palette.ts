/** The tokens of tokens.css that canvases paint with. */
const names = [
  'panel',
  'text',
  'text-2',
  'text-3',
  'ink',
  'on-ink',
  'focus',
  'line-2',
  'line-ctl',
  'chip',
  'crit',
  'crit-t',
  'crit-e',
  'on-crit',
  'high',
  'high-t',
  'high-e',
  'on-high',
  'med',
  'med-t',
  'med-e',
  'on-med',
  'low',
  'low-t',
  'low-e',
  'on-low',
  'st-moving',
  'st-idle',
  'st-parked',
  'st-nofix',
  'st-offline',
  'st-suspect',
  'm-land',
  'm-block',
  'm-ind',
  'm-park',
  'm-water',
  'm-water-line',
  'm-bld',
  'm-bld-line',
  'm-road0',
  'm-road1',
  'm-road2',
  'm-case',
  'm-rail',
  'm-label',
  'm-label-2',
  'm-water-label',
  'm-park-label',
  'm-halo',
  'f-workshop',
  'f-patrol',
  'f-site',
  'f-forbid',
] as const;
export type Token = (typeof names)[number];

/** The value of each token as one theme has it. */
export interface Palette {
  readonly of: Readonly<Record<Token, string>>;
  readonly dark: boolean;
  /** The family list that text around the map is set in. */
  readonly family: string;
}

/** Reads the tokens in force at an element; costs a style recalculation, so once a theme change. */
export const readPalette = (element: Element): Palette => {
  const style = getComputedStyle(element);
  const of = Object.fromEntries(
    names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]),
  ) as Record<Token, string>;
  return { of, dark: style.colorScheme !== 'light', family: style.fontFamily || 'sans-serif' };
};

/** Whether the token stands for no colour: edges of symbols on dark. */
export const isClear = (color: string): boolean => color === '' || color === 'transparent';

/** A CSS font: size in px and weight. */
export const fontOf = (palette: Palette, size: number, bold = false): string =>
  `${bold ? 700 : 400} ${size}px ${palette.family}`;
