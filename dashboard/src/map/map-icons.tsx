import type { JSX } from 'react';

const glyphs = {
  layers: 'M10 3 17 6.8 10 10.6 3 6.8ZM3.5 10.5 10 14l6.5-3.5M3.5 13.7 10 17.2l6.5-3.5',
  home: 'M3.5 9.5 10 4l6.5 5.5M5.5 8.5V16h9V8.5',
} as const;

/** The drawings only the map's controls use; decorative. */
export const MapIcon = ({ name }: { readonly name: keyof typeof glyphs }): JSX.Element => (
  <svg
    width={18}
    height={18}
    viewBox="0 0 20 20"
    fill="none"
    stroke="currentColor"
    strokeWidth={1.6}
    strokeLinecap="round"
    strokeLinejoin="round"
    aria-hidden="true"
  >
    <path d={glyphs[name]} />
  </svg>
);
