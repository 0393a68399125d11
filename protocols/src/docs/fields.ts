import type { Fields, Kind, Layout } from '../layout.ts';
import { code, markdownTable } from './markdown.ts';

/** A table by its fields, as docs see it. */
export type Table = Pick<Layout<Fields>, 'fields'> & Partial<Pick<Layout<Fields>, 'fieldNames'>>;

const MAX_DEPTH = 4;

/** The fields of a table, those inside others by their path. */
export function fieldsOf(
  { fields, fieldNames }: Table,
  noteOf: (kind: Kind<unknown>) => string = (kind) => kind.note ?? '',
): string {
  const rows: (readonly string[])[] = [];
  const add = (inside: Table['fields'], prefix: string, depth: number): void => {
    for (const [name, kind] of Object.entries(inside)) {
      const isOptional = depth === 0 && fieldNames !== undefined && !fieldNames.includes(name);
      const shape = kind.shape ?? (kind.inside === undefined ? 'bytes' : 'fields');
      rows.push([code(prefix + name), shape, isOptional ? 'optional' : '', noteOf(kind)]);
      if (kind.inside === undefined || depth >= MAX_DEPTH) continue;
      add(kind.inside, `${prefix}${name}${shape.includes('items') ? '[]' : ''}.`, depth + 1);
    }
  };
  add(fields, '', 0);
  return markdownTable(['field', 'on the wire', '', 'unit, meaning'], rows);
}

/** Variants that look the same, together; each with the labels it has. */
export function groupedByText<T>(
  variants: readonly { readonly label: T; readonly text: string }[],
): readonly { readonly labels: readonly T[]; readonly text: string }[] {
  const groups = new Map<string, T[]>();
  for (const { label, text } of variants) {
    const group = groups.get(text);
    if (group === undefined) groups.set(text, [label]);
    else group.push(label);
  }
  return [...groups].map(([text, labels]) => ({ labels, text }));
}
