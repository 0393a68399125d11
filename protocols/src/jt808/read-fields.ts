import { digitsOfTime } from '../bytes.ts';
import { type Fields, numberAt } from '../layout.ts';
import { readBody } from './body.ts';
import type { Dialect } from './dialects.ts';
import { eachContent } from './frame.ts';
import type { Frame } from './frame-message.ts';
import { type Header, readHeader } from './header.ts';
import { type Row, tablesOf } from './row.ts';

/*
 * What a message says, by the tables of its row.
 */

/** What the first four bytes of a first part say; null when they are not all in it, or it is missing. */
export function mediaIdOf(raw: Uint8Array | undefined): number | null {
  let mediaId: number | null = null;
  eachContent(raw ?? new Uint8Array(0), (content) => {
    const bodyAt = readHeader(content)?.bodyAt ?? content.length;
    mediaId = bodyAt + 4 <= content.length ? numberAt(content, bodyAt, 4) : null;
  });
  return mediaId;
}

/** What the tables say of a message that went the short way. */
export function locationFields({ header, row, dialect, raw }: Frame): Fields {
  let fields: Fields = {};
  eachContent(raw, (content) => {
    const read = row && readRow(row, dialect, content.subarray(header.bodyAt));
    if (read?.ok) fields = withQuirks(read.fields, header);
  });
  return fields;
}

/** By the first table of the edition that explains every byte; the last takes what is left. */
export function readRow(
  row: Row,
  dialect: Dialect,
  body: Uint8Array,
): ReturnType<typeof readBody<Fields>> {
  const tables = tablesOf(row, dialect);
  for (const [i, table] of tables.entries()) {
    const read = readBody(table, body);
    if (i === tables.length - 1 || (read.ok && read.fields['trailing'] === undefined)) return read;
  }
  return { ok: false, field: '', offset: 0, expected: 'a body of this edition' };
}

/** Headers that differ from their edition are noted beside the fields of the body. */
export function withQuirks(fields: Fields, header: Header): Fields {
  const mismatch = header.versionFlag !== (header.form === '2019');
  const version = header.versionByte !== null && header.versionByte !== 1;
  const { wrongLength, wrongChecksum } = header;
  if (!mismatch && !version && !wrongLength && !wrongChecksum) return fields;
  return {
    ...fields,
    ...(mismatch ? { versionFlagMismatch: true } : {}),
    ...(version ? { protocolVersion: header.versionByte } : {}),
    ...(wrongLength ? { wrongLength } : {}),
    ...(wrongChecksum ? { wrongChecksum } : {}),
  };
}

/**
 * The server time as 0x8004 says it: UTC by the text, other than all other times.
 * @param zoneHours ahead of UTC, for models that want it so
 * @returns null outside the years that the wire can say
 */
export function serverTime(time: number, zoneHours: number): string | null {
  const year = new Date(time + zoneHours * 3_600_000).getUTCFullYear();
  return year >= 2000 && year <= 2099 ? digitsOfTime(time, zoneHours) : null;
}
