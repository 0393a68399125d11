import { timeOfDigits, toHex } from '../../bytes.ts';
import {
  bcdTime,
  type Fields,
  hex,
  type Layout,
  layout,
  noted,
  numberAt,
  restBytes,
  u8,
  u16,
  u32,
} from '../../layout.ts';
import { list, listToEnd } from '../../layout-lists.ts';
import { counted } from '../counted.ts';
import type { Dialect } from '../dialects.ts';
import { LOCATION_BYTES, locationOf, ZONE_HOURS } from '../location.ts';
import { mediaSignature } from '../media.ts';
import { type Row, row, same, spoken } from '../row.ts';
import { atMost } from '../string.ts';
import type { Edition } from '../versions.ts';

/*
 * Photos, sounds and short films. Where one was taken stands in its `location` and not among the positions of the
 * message: the terminal reports the same fix by 0x0200, and a stored photo comes long after its time.
 */

const type = noted(u8, '0 image, 1 audio, 2 video');
const event = noted(
  u8,
  '0 platform command, 1 timer, 2 robbery, 3 collision or rollover, 4 door opened, 5 door closed, 6 doors closed while speed rose over 20 km/h, 7 distance',
);
const channel = noted(u8, 'camera or microphone');
const mediaId = noted(u32, 'above 0');
const head = {
  mediaId,
  type,
  format: noted(u8, '0 JPEG, 1 TIF, 2 MP3, 3 WAV, 4 WMV'),
  event,
  channel,
};
const data = noted(hex(restBytes), 'the file, or the piece of it in this message');

/** The fixed part of a location report: items follow it nowhere here. */
function fixedLocation(dialect: Dialect): Layout<Fields> {
  const { extras: _, ...fixed } = locationOf(dialect).fields;
  return layout(fixed);
}

const HEAD_BYTES = 8;
const TIME_AT = HEAD_BYTES + 22;
const packageNumbers = {
  total: noted(u32, 'packages of the file'),
  index: noted(u32, 'of this package, from 1'),
};
/** Nobody cuts a file into more. */
const MAX_PACKAGES = 0xffff;
const bare: Layout<Fields> = layout({ ...head, data });
const packaged: Layout<Fields> = layout({ ...head, ...packageNumbers, data });

/**
 * What stands between the head and the file: nothing, the numbers of 2011, or where it was taken. Headers do not tell 2011 from 2013, and recording trackers leave the
 * location out: a file that begins at once, a time that exists and numbers that can be those of packages decide.
 * @see the wire reference, section 8.2
 */
export function mediaForm(body: Uint8Array, edition: Edition): 'bare' | 'packaged' | 'located' {
  if (mediaSignature(body, HEAD_BYTES) !== null) return 'bare';
  const isPackage = isPackaged(body);
  if (isPackage && edition === '2011') return 'packaged';
  if (body.length >= HEAD_BYTES + LOCATION_BYTES) {
    const time = toHex(body.subarray(TIME_AT, TIME_AT + 6));
    const isDated = timeOfDigits(time, ZONE_HOURS) !== null;
    // A terminal whose clock is not set sends a location all the same.
    if (isDated || mediaSignature(body, HEAD_BYTES + LOCATION_BYTES) !== null) return 'located';
  }
  return isPackage ? 'packaged' : 'bare';
}

function mediaData(dialect: Dialect): Layout<Fields> {
  const located: Layout<Fields> = layout({
    ...head,
    location: fixedLocation(dialect).kind,
    data,
  });
  const tables = { bare, packaged, located };
  return {
    ...located,
    fields: { ...head, ...located.fields, ...packageNumbers, data },
    fieldNames: bare.fieldNames,
    minBytes: bare.minBytes,
    decode: (body) => tables[mediaForm(body, dialect.edition)].decode(body),
    encode: (value) => {
      if (value['location'] !== undefined) return located.encode(value);
      return (value['total'] === undefined ? bare : packaged).encode(value);
    },
  };
}

/** Of a body of the form `packaged`. */
export const packageOf = (body: Uint8Array): { total: number; index: number } => ({
  total: numberAt(body, HEAD_BYTES, 4),
  index: numberAt(body, HEAD_BYTES + 4, 4),
});

function isPackaged(body: Uint8Array): boolean {
  const { total, index } = packageOf(body);
  return body.length >= HEAD_BYTES + 8 && index >= 1 && index <= total && total <= MAX_PACKAGES;
}

/** As many as one answer holds. */
const MAX_MISSING = 125;
const missing = noted(atMost(list(1, u16), MAX_MISSING), 'package indexes to be sent again');

const resolution = noted(
  u8,
  '0 lowest (2019), 1 320x240, 2 640x480, 3 800x600, 4 1024x768, 5 176x144, 6 352x288, 7 704x288, 8 704x576, 255 highest (2019)',
);
const shoot = layout({
  channel: noted(u8, 'above 0; T/JSATL 12: 100 ADAS, 101 DSM'),
  command: noted(u16, '0 stop, 65535 film, else number of photos'),
  interval: noted(u16, 's between photos, or of the film; 0 as short as can be, or endless'),
  keep: noted(u8, '1 keep, 0 upload at once'),
  resolution,
  quality: noted(u8, '1 best to 10'),
  brightness: noted(u8, '0-255'),
  contrast: noted(u8, '0-127'),
  saturation: noted(u8, '0-127'),
  chroma: noted(u8, '0-255'),
});
const shootResult = {
  answeredSerial: u16,
  result: noted(u8, '0 ok, 1 failed, 2 channel not supported'),
};
const shootAnswers = [layout({ ...shootResult, mediaIds: list(2, mediaId) }), layout(shootResult)];

const search = {
  type,
  channel: noted(u8, '0 all'),
  event,
  start: noted(bcdTime, 'YYMMDDhhmmss, GMT+8; zeros: no limit'),
  end: noted(bcdTime, 'YYMMDDhhmmss, GMT+8; zeros: no limit'),
};
const deleteFlag = noted(u8, '0 keep, 1 delete');

function found(dialect: Dialect, edition: Edition): Layout<Fields> {
  const rest = { type, channel, event, location: fixedLocation(dialect).kind };
  const item = layout(edition === '2011' ? rest : { mediaId, ...rest });
  // Of 2011 counts what this package holds besides; it must be given, or the later form would be written.
  return edition === '2011'
    ? counted({ answeredSerial: u16 }, { total: u16, count: u16 }, 'items', listToEnd(item.kind), [
        'total',
      ])
    : counted({ answeredSerial: u16 }, { count: u16 }, 'items', listToEnd(item.kind));
}
/** Counts are not trusted, so one of both forms may be read in the other: the one that fits the bytes counts. */
function foundForms(dialect: Dialect): readonly Layout<Fields>[] {
  const own = found(dialect, dialect.edition);
  if (dialect.edition === '2019') return [own];
  return [own, found(dialect, dialect.edition === '2011' ? '2013' : '2011'), own];
}

/** Multimedia. @see the wire reference, section 8.2 */
export const mediaMessages: readonly Row[] = [
  row(0x0800, 'mediaEvent', 'multimedia event information upload', {
    intent: 'report',
    bodies: same(layout(head)),
    answer: 'general',
  }),
  row(0x0801, 'mediaData', 'multimedia data upload', {
    intent: 'report',
    ...spoken((dialect) => [mediaData(dialect)]),
    answer: 'general',
  }),
  row(0x0802, 'mediaFound', 'stored multimedia data search answer', {
    intent: 'answer',
    ...spoken(foundForms),
    answer: 'none',
  }),
  row(0x0805, 'shootAnswer', 'camera immediate shot command answer', {
    intent: 'answer',
    // The list belongs to a success; devices send an empty one behind a failure too.
    bodies: { '2013': shootAnswers, '2019': shootAnswers },
    answer: 'none',
  }),
  row(0x8800, 'mediaAnswer', 'multimedia data upload answer', {
    intent: 'answer',
    bodies: {
      '2011': [
        layout({ answeredSerial: u16, mediaId, missing }),
        layout({ answeredSerial: u16, mediaId }),
      ],
      '2013': [layout({ mediaId, missing }), layout({ mediaId })],
      '2019': [layout({ mediaId, missing }), layout({ mediaId })],
    },
    answer: 'none',
  }),
  row(0x8801, 'shoot', 'camera immediate shot command', {
    intent: 'query',
    bodies: same(shoot),
    answer: 'none',
  }),
  row(0x8802, 'searchMedia', 'stored multimedia data search', {
    intent: 'query',
    bodies: same(layout(search)),
    answer: 'none',
  }),
  row(0x8803, 'uploadMedia', 'stored multimedia data upload command', {
    intent: 'query',
    bodies: same(layout({ ...search, deleteFlag })),
    answer: 'general',
  }),
  row(0x8804, 'recordAudio', 'audio recording start command', {
    intent: 'query',
    bodies: same(
      layout({
        command: noted(u8, '0 stop, 1 start'),
        duration: noted(u16, 's; 0 endless'),
        keep: noted(u8, '1 keep, 0 upload at once'),
        rate: noted(u8, '0 8 kHz, 1 11 kHz, 2 23 kHz, 3 32 kHz'),
      }),
    ),
    answer: 'general',
  }),
  row(0x8805, 'uploadOneMedium', 'single stored multimedia data search and upload command', {
    intent: 'query',
    bodies: same(layout({ mediaId, deleteFlag }), '2013', '2019'),
    answer: 'general',
  }),
];
