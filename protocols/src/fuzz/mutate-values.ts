import { edit } from './edit.ts';
import { concat } from './frames.ts';
import type { Random } from './random.ts';

/*
 * Changes of values: JSON payloads, topics, and fields that somebody wants to be written.
 */

const SCALARS: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -0.5,
  -1,
  1,
  90.0001,
  181,
  255,
  256,
  65536,
  4294967296,
  -2147483649,
  9007199254740994,
  1e308,
  5e-324,
  '',
  '0',
  '-1',
  '1e999',
  'ff',
  '261323145500',
  '__proto__',
  'constructor',
  '\u0000',
  '张三',
  '\ud800',
  'a'.repeat(300),
  '9'.repeat(40),
];

/** One value of the tree changed, taken away, doubled or put elsewhere. The input stays as it is. */
export function mutateJson(random: Random, value: unknown): unknown {
  if (Array.isArray(value)) {
    if (value.length === 0 || random.once(5)) return mutateList(random, value);
    const at = random.below(value.length);
    return value.map((one, i) => (i === at ? mutateJson(random, one) : one));
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    if (entries.length === 0 || random.once(6)) return mutateEntries(random, entries);
    const at = random.below(entries.length);
    return Object.fromEntries(
      entries.map(([key, one], i) => [key, i === at ? mutateJson(random, one) : one]),
    );
  }
  return scalar(random, value);
}

function scalar(random: Random, value: unknown): unknown {
  if (typeof value === 'number' && random.once(2)) {
    return value + random.pick([-1, 1, 0.5, 256, -value, value, 65536]);
  }
  if (typeof value === 'string' && value !== '' && random.once(2)) {
    const at = random.below(value.length);
    return value.slice(0, at) + random.pick(['', 'x', '0', ':', value]) + value.slice(at + 1);
  }
  if (random.once(8)) return random.once(2) ? [value] : { value };
  if (random.once(40)) return deep(random.below(200));
  return random.pick(SCALARS);
}

function deep(levels: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < levels; i++) value = i % 2 ? [value] : { a: value };
  return value;
}

function mutateList(random: Random, list: readonly unknown[]): unknown {
  switch (random.below(5)) {
    case 0:
      return [];
    case 1:
      return [...list, random.pick(SCALARS)];
    case 2:
      return [...list, ...list];
    case 3:
      return list.slice(1);
    default:
      return random.once(3) ? Object.fromEntries(list.entries()) : Array(300).fill(list[0] ?? 0);
  }
}

function mutateEntries(random: Random, entries: [string, unknown][]): unknown {
  const others = [...entries];
  switch (random.below(4)) {
    case 0:
      others.splice(random.below(others.length + 1), 1);
      return Object.fromEntries(others);
    case 1:
      return Object.fromEntries([...others, [random.pick(['x', '__proto__', 'v', 'toString']), 1]]);
    case 2:
      return entries.map(([, value]) => value);
    default: {
      const [first] = others.splice(0, 1);
      const last = random.pick<[string, unknown]>([...others, ['x', 1]]);
      return Object.fromEntries([...entries, [first?.[0] ?? 'x', last[1]]]);
    }
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });
const toUtf8 = new TextEncoder();

/** A payload changed as JSON where it is JSON, as bytes where it is not, and now and then as bytes anyway. */
export function mutatePayload(random: Random, payload: Uint8Array): Uint8Array {
  if (random.once(60)) return nested(random, payload);
  const json = random.once(5) ? undefined : parse(payload);
  if (json === undefined) return edit(random, payload, payload);
  let changed: unknown = json;
  for (let times = random.below(3); times >= 0; times--) changed = mutateJson(random, changed);
  const text = toUtf8.encode(JSON.stringify(changed));
  if (random.once(15)) return concat([text, toUtf8.encode(random.pick([' ', '\n', ',', ' {}']))]);
  return text;
}

/** Deeper than any stack of ours goes. */
function nested(random: Random, payload: Uint8Array): Uint8Array {
  const levels = random.pick([100, 5000, 20_000]);
  const [open, close] = random.pick([
    ['[', ']'],
    ['{"a":', '}'],
  ] as const);
  return concat([toUtf8.encode(open.repeat(levels)), payload, toUtf8.encode(close.repeat(levels))]);
}

function parse(payload: Uint8Array): unknown {
  try {
    const json = JSON.parse(utf8.decode(payload)) as unknown;
    JSON.stringify(json);
    return json;
  } catch {
    // No JSON, or nested too deep to be written again: changed as bytes.
    return undefined;
  }
}

/** Levels taken away, doubled, emptied or renamed. */
export function mutateTopic(random: Random, topic: string): string {
  const levels = topic.split('/');
  const at = random.below(levels.length);
  const names = [
    '',
    '+',
    '#',
    'gw',
    'cmd',
    'pos',
    'scan',
    '__proto__',
    'a'.repeat(300),
    '张',
    '..',
  ];
  if (random.once(3)) levels.splice(at, 1);
  else if (random.once(2)) levels.splice(at, 0, random.pick(names));
  else levels[at] = random.pick(names);
  return levels.join('/');
}
