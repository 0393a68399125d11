import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import type { Response } from 'express';
import type { DeviceRef } from '../journal/record.ts';
import { rowsJson, type TrackPage } from '../stores/track-columns.ts';

/** Rows written (about 2 us each) before sockets get their turn. */
const ROWS_PER_TURN = 500;

/**
 * Writes a page of a track as the JSON of a `Page<TrackPosition>`, in parts and no faster than the client takes them.
 * A client that leaves ends it.
 */
export async function sendTrack(
  response: Response,
  device: DeviceRef,
  { columns, next }: TrackPage,
): Promise<void> {
  response.type('application/json');
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  response.write('{"items":[');
  for (let from = 0; from < columns.length && !gone.signal.aborted; from += ROWS_PER_TURN) {
    const rows = rowsJson(device, columns, from, Math.min(from + ROWS_PER_TURN, columns.length));
    const hasRoom = response.write(from > 0 ? `,${rows}` : rows);
    if (hasRoom) await turn();
    else await once(response, 'drain', gone).catch(() => undefined);
  }
  response.end(`],"next":${JSON.stringify(next)}}`);
}
