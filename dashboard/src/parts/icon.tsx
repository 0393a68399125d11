/** Line drawings on a 20 x 20 grid, stroked with the text's colour. */
const paths = {
  live: [
    'M10 17.6c3.6-3.4 5.4-6.5 5.4-9.3a5.4 5.4 0 0 0-10.8 0c0 2.8 1.8 5.9 5.4 9.3Z',
    'M10 6.2a2 2 0 1 1 0 4 2 2 0 0 1 0-4Z',
  ],
  fences: [
    'M4 6.5 11 4l5 5-2.5 7-8-.5Z',
    'M3 6.5a1 1 0 1 0 2 0 1 1 0 0 0-2 0ZM10 4a1 1 0 1 0 2 0 1 1 0 0 0-2 0ZM15 9a1 1 0 1 0 2 0 1 1 0 0 0-2 0ZM12.5 16a1 1 0 1 0 2 0 1 1 0 0 0-2 0ZM4.5 15.5a1 1 0 1 0 2 0 1 1 0 0 0-2 0Z',
  ],
  bell: ['M5 14V9.2a5 5 0 0 1 10 0V14l1.2 1.2H3.8Z', 'M8.5 17.5h3'],
  search: ['M9 4a5 5 0 1 1 0 10A5 5 0 0 1 9 4Z', 'm12.8 12.8 3.7 3.7'],
  user: ['M10 4a3 3 0 1 1 0 6 3 3 0 0 1 0-6Z', 'M4.2 16.5c.5-2.8 2.8-4.2 5.8-4.2s5.3 1.4 5.8 4.2'],
  close: ['m5.5 5.5 9 9', 'm14.5 5.5-9 9'],
  chevronDown: ['m6 8 4 4 4-4'],
  chevronRight: ['m8 6 4 4-4 4'],
  chevronLeft: ['m12 6-4 4 4 4'],
  check: ['m4.5 10.5 3.7 3.5 7.3-8'],
  follow: [
    'M10 4.8a5.2 5.2 0 1 1 0 10.4 5.2 5.2 0 0 1 0-10.4Z',
    'M10 2.5v3M10 14.5v3M2.5 10h3M14.5 10h3',
  ],
  locate: ['M10 17.5c3.4-3.3 5-6.2 5-8.8a5 5 0 0 0-10 0c0 2.6 1.6 5.5 5 8.8Z', 'M10 8.6v.2'],
  link: [
    'M8.5 11.5a3 3 0 0 0 4.2 0l2.6-2.6a3 3 0 0 0-4.2-4.2l-1 1',
    'M11.5 8.5a3 3 0 0 0-4.2 0l-2.6 2.6a3 3 0 0 0 4.2 4.2l1-1',
  ],
  plus: ['M10 4.5v11', 'M4.5 10h11'],
  minus: ['M4.5 10h11'],
  polygon: ['m4 7.5 7-3.5 5 5-3 7H5.5Z'],
  circle: ['M10 4.2a5.8 5.8 0 1 1 0 11.6 5.8 5.8 0 0 1 0-11.6Z'],
  undo: ['M5 8.5h6.5a4 4 0 0 1 0 8H8.5', 'm8 5.5-3 3 3 3'],
  sound: ['M4 8v4h2.5L10 15V5L6.5 8Z', 'M12.7 7.5a3.6 3.6 0 0 1 0 5', 'M15 5.5a6.3 6.3 0 0 1 0 9'],
  muted: ['M4 8v4h2.5L10 15V5L6.5 8Z', 'm13 8 4 4', 'm17 8-4 4'],
  trash: ['M4.5 6h11', 'M8 6V4h4v2', 'm6 6 .7 10.5h6.6L14 6'],
  ignition: ['M10 3.5v6', 'M6.3 5.5a6 6 0 1 0 7.4 0'],
  battery: ['M3 7h12.5v6H3Z', 'M17.5 9v2'],
  list: ['M4 6h12', 'M4 10h12', 'M4 14h12'],
  warning: ['M10 3.5 17.5 16h-15Z', 'M10 8.5v3.5', 'M10 14v.2'],
  lock: ['M5 9.2h10v7.3H5Z', 'M7.2 9.2V6.8a2.8 2.8 0 0 1 5.6 0v2.4'],
  map: ['m3.5 5.5 4-1.5 5 2 4-1.5v10l-4 1.5-5-2-4 1.5Z', 'M7.5 4v10', 'M12.5 6v10'],
} as const satisfies Record<string, readonly string[]>;

/** A drawing by what it stands for. */
export type IconName = keyof typeof paths;

/** A decorative drawing; the control around it carries the name. */
export const Icon = ({ name, size = 16 }: { name: IconName; size?: number }) => (
  <svg
    className="icon"
    width={size}
    height={size}
    viewBox="0 0 20 20"
    fill="none"
    stroke="currentColor"
    strokeWidth={1.6}
    strokeLinecap="round"
    strokeLinejoin="round"
    aria-hidden="true"
  >
    {paths[name].map((d) => (
      <path key={d} d={d} />
    ))}
  </svg>
);

/** The sign of the product: a way with a start and a direction. */
export const Sign = ({ size = 28 }: { size?: number }) => (
  <svg
    className="icon"
    width={size}
    height={size}
    viewBox="0 0 28 28"
    fill="none"
    stroke="currentColor"
    strokeWidth={2}
    strokeLinecap="round"
    strokeLinejoin="round"
    aria-hidden="true"
  >
    <path d="M5 22c0-7 9-5 9-11s5-6 9-6" />
    <path d="m19 8.5 4-3.5-4.5-2.8" />
    <circle cx="5" cy="22" r="2.2" fill="currentColor" stroke="none" />
  </svg>
);
