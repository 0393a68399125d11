/** A page cursor that no list of the desk gave out. */
export class BadCursor extends Error {
  readonly code = 'badCursor';
}

interface Place {
  /** Ms UTC. */
  readonly time: number;
  readonly id: string;
}

/** The opaque text of a place in a list ordered by time and id. */
export const encodePlace = (time: number, id: string): string =>
  Buffer.from(`${time} ${id}`).toString('base64url');

/**
 * The place a cursor names, null for none given.
 * @throws BadCursor
 */
export function decodePlace(cursor: string | undefined): Place | null {
  if (cursor === undefined) return null;
  const [, time, id] =
    /^(-?\d{1,16}) ([0-9a-f]{24})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? [];
  if (time === undefined || id === undefined) throw new BadCursor('cursor of another list');
  return { time: Number(time), id };
}
