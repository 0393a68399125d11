import {
  bytes,
  type Fields,
  hex,
  type Kind,
  type Layout,
  layout,
  noted,
  sizedBytes,
  text,
  textOf,
  u8,
  u16,
  u32,
} from '../../layout.ts';
import { layoutOf, list } from '../../layout-lists.ts';
import { oneOf } from '../items/kinds.ts';
import { identifications } from '../items/subiao.ts';
import { type Row, row, same } from '../row.ts';

/*
 * Files of active-safety alarms. Their bytes come between these messages on the same connection, see
 * `attachment-stream.ts`.
 */

const name = noted(
  textOf(sizedBytes(1)),
  'as sent and not to be trusted: see `attachment-name.ts`',
);
const fileType = noted(u8, '0 picture, 1 audio, 2 video, 3 text, 4 other');
const size = noted(u32, 'bytes');
const file = layout({ name, fileType, size });

/** Widths that the messages of one text share: of the terminal id, and which identification. */
const [short, long] = identifications;
const forms =
  short === undefined || long === undefined
    ? []
    : ([
        [7, short],
        [30, long],
        // Devices mix the texts.
        [7, long],
        [30, short],
      ] as const);
type Identification = typeof short & {};

/** Of the tables the one that explains the body to its last byte; the shortest when none does. */
function byWidth(tables: readonly Layout<Fields>[]): readonly Layout<Fields>[] {
  const [first] = tables;
  if (first === undefined) return [];
  const either = layoutOf(oneOf(...tables), first.fieldNames, first.fields, first.minBytes);
  // What the header or bytes behind the table add is no reason to refuse a table.
  const own = (value: Fields): Fields =>
    Object.fromEntries(Object.keys(first.fields).map((field) => [field, value[field]]));
  return [{ ...either, encode: (value) => either.encode(own(value)) }, first];
}

const alarmNumber = noted(text(32), 'by which the platform knows the alarm');
const request = (identification: Identification): Layout<Fields> =>
  layout({
    address: noted(textOf(sizedBytes(1)), 'IP address or name of the attachment server'),
    tcpPort: u16,
    udpPort: u16,
    identification,
    alarmNumber,
    reserved: hex(bytes(16)),
  });
const announced = layout({ name, size });
const announcement = ([id, identification]: (typeof forms)[number]): Layout<Fields> =>
  layout({
    terminalId: text(id),
    identification,
    alarmNumber,
    informationType: noted(u8, '0 normal, 1 the files that were not finished'),
    files: list(1, announced.kind),
  });

const range: Kind<{ readonly offset: number; readonly length: number }> = layout({
  offset: u32,
  length: u32,
}).kind;

const everywhere = (tables: readonly Layout<Fields>[]): Row['bodies'] => ({
  '2011': tables,
  '2013': tables,
  '2019': tables,
});

/** Alarm attachments. @see the wire reference, section 11 */
export const attachmentMessages: readonly Row[] = [
  row(
    0x9208,
    'requestAttachments',
    'alarm attachment upload command',
    {
      intent: 'query',
      bodies: everywhere(byWidth(identifications.map(request))),
      answer: 'general',
    },
    'subiao',
  ),
  row(
    0x1210,
    'attachments',
    'alarm attachment information',
    { intent: 'report', bodies: everywhere(byWidth(forms.map(announcement))), answer: 'general' },
    'subiao',
  ),
  row(
    0x1211,
    'attachmentBegins',
    'file information upload',
    { intent: 'report', bodies: same(file), answer: 'general' },
    'subiao',
  ),
  row(
    0x1212,
    'attachmentEnds',
    'file upload completion',
    { intent: 'report', bodies: same(file), answer: 'general' },
    'subiao',
  ),
  row(
    0x9212,
    'attachmentAnswer',
    'file upload completion answer',
    {
      intent: 'answer',
      bodies: same(
        layout({
          name,
          fileType,
          result: noted(u8, '0 done, 1 send the ranges again'),
          ranges: noted(list(1, range), 'bytes of the file'),
        }),
      ),
      answer: 'none',
    },
    'subiao',
  ),
];
