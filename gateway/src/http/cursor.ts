import { z } from 'zod';
import type { Page } from '../wire.ts';
import { Refusal } from './problem.ts';

/** Makes the opaque text of a place in a list. */
export const encodeCursor = (place: unknown): string =>
  Buffer.from(JSON.stringify(place)).toString('base64url');

/** The place a cursor names, null for none given, a refusal for one that no list of this kind gave out. */
export function decodeCursor<S extends z.ZodType>(
  schema: S,
  cursor: string | undefined,
): z.output<S> | null | Refusal {
  if (cursor === undefined) return null;
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch (error) {
    if (error instanceof z.ZodError || error instanceof SyntaxError)
      return new Refusal('badCursor');
    throw error;
  }
}

// What a cursor holds goes into a query, which refuses NUL and halves of surrogate pairs.
const part = z.string().refine((text) => !/[\0\p{Surrogate}]/u.test(text));
const placeByName = z.tuple([part, part]);

/** One page of a list ordered by name and id. `list` is asked for one more than is shown. */
export async function pageByName<T extends { readonly id: string }>(
  query: { readonly limit: number; readonly cursor?: string | undefined },
  nameOf: (item: T) => string,
  list: (limit: number, after: { name: string; id: string } | null) => Promise<T[]>,
): Promise<Page<T> | Refusal> {
  const place = decodeCursor(placeByName, query.cursor);
  if (place instanceof Refusal) return place;
  const after = place === null ? null : { name: place[0], id: place[1] };
  const found = await list(query.limit + 1, after);
  const items = found.slice(0, query.limit);
  const last = items.at(-1);
  const more = found.length > query.limit && last !== undefined;
  return { items, next: more ? encodeCursor([nameOf(last), last.id]) : null };
}
