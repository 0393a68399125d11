import { bcdTime, flags, layout, noted, sizedBytes, textOf, u8, u16, u32 } from '../../layout.ts';
import { listToEnd } from '../../layout-lists.ts';
import { counted } from '../counted.ts';
import type { Dialect } from '../dialects.ts';
import { videoBits } from '../items/standard.ts';
import { type Row, row, same, spoken } from '../row.ts';

/*
 * What is said of pictures and sound by JT/T 1078; the pictures themselves come on a connection of their own, see
 * `video-stream.ts`.
 */

const channel = noted(u8, 'logical channel of JT/T 1076, table 2');
const time = noted(bcdTime, 'YYMMDDhhmmss, GMT+8');
const start = noted(bcdTime, 'YYMMDDhhmmss, GMT+8; zeros: no limit');
const end = noted(bcdTime, 'YYMMDDhhmmss, GMT+8; zeros: no limit');
const kind = noted(u8, '0 audio and video, 1 audio, 2 video, 3 video or audio');
const stream = noted(u8, '0 any, 1 main, 2 sub');
const store = noted(u8, '0 any, 1 main, 2 backup');
const codecs =
  '1 G.721, 2 G.722, 3 G.723, 4 G.728, 5 G.729, 6 G.711A, 7 G.711U, 8 G.726, 9 G.729A, 10-18 DVI4, 19 AAC, 20 AAC-LC, 21 HE-AAC, 25 MP3, 26 ADPCMA';
const server = {
  address: noted(textOf(sizedBytes(1)), 'IP address or name of the stream server'),
  tcpPort: noted(u16, '0: not by TCP'),
  udpPort: noted(u16, '0: not by UDP'),
};

const attributes = layout({
  audioCodec: noted(u8, codecs),
  audioChannels: u8,
  audioRate: noted(u8, '0 8 kHz, 1 22.05 kHz, 2 44.1 kHz, 3 48 kHz'),
  audioBits: noted(u8, '0 8, 1 16, 2 32'),
  audioFrameLength: noted(u16, 'bytes'),
  audioOutput: noted(u8, '0 no, 1 yes'),
  videoCodec: noted(u8, '98 H.264, 99 H.265, 100 AVS, 101 SVAC'),
  maxAudioChannels: u8,
  maxVideoChannels: u8,
});
const passengers = layout({
  start: time,
  end: time,
  boarded: noted(u16, 'people between start and end'),
  alighted: noted(u16, 'people between start and end'),
});

/** The two alarm words as one of 64 bits, the higher one first. */
const alarms = (dialect: Dialect) => ({
  videoAlarms: flags(videoBits),
  alarms: flags(dialect.alarms),
});
const span = (dialect: Dialect) => ({
  channel: noted(u8, 'logical channel of JT/T 1076, table 2; 0 all'),
  start,
  end,
  ...alarms(dialect),
  kind,
  stream,
  store,
});
const recordings = (dialect: Dialect) => {
  const item = layout({ ...span(dialect), channel, size: noted(u32, 'bytes') });
  return counted({ answeredSerial: u16 }, { count: u32 }, 'items', listToEnd(item.kind));
};
const upload = (dialect: Dialect) =>
  layout({
    address: noted(textOf(sizedBytes(1)), 'of the FTP server'),
    port: u16,
    user: textOf(sizedBytes(1)),
    password: textOf(sizedBytes(1)),
    path: noted(textOf(sizedBytes(1)), 'where the files go'),
    ...span(dialect),
    conditions: noted(u8, 'bits of what may carry it: 0 WLAN, 1 LAN, 2 mobile network'),
  });

const speed = noted(u8, '0-255');
const factor = noted(u8, 'of playing: 0 none, 1 x1, 2 x2, 3 x4, 4 x8, 5 x16');

/** Commands that a camera mount obeys with one byte. */
const mount = (number: number, name: string, clause: string, field: string, note: string): Row =>
  row(
    number,
    name,
    clause,
    {
      intent: 'query',
      bodies: same(layout({ channel, [field]: noted(u8, note) })),
      answer: 'general',
    },
    'jt1078',
  );

const down = (
  number: number,
  name: string,
  clause: string,
  table: Parameters<typeof same>[0],
): Row =>
  row(number, name, clause, { intent: 'query', bodies: same(table), answer: 'general' }, 'jt1078');

/** Video. @see the wire reference, section 12 */
export const videoMessages: readonly Row[] = [
  row(
    0x1003,
    'videoAttributesAnswer',
    'terminal upload of audio and video attributes',
    { intent: 'answer', bodies: same(attributes), answer: 'none' },
    'jt1078',
  ),
  row(
    0x1005,
    'passengerFlow',
    'terminal upload of passenger flow',
    { intent: 'report', bodies: same(passengers), answer: 'general' },
    'jt1078',
  ),
  row(
    0x1205,
    'recordings',
    'terminal upload of the list of audio and video resources',
    {
      intent: 'answer',
      ...spoken((dialect) => [recordings(dialect)]),
      answer: 'general',
    },
    'jt1078',
  ),
  row(
    0x1206,
    'recordingUploaded',
    'file upload completion notice',
    {
      intent: 'answer',
      bodies: same(layout({ answeredSerial: u16, result: noted(u8, '0 ok, 1 failed') })),
      answer: 'general',
    },
    'jt1078',
  ),
  row(
    0x9003,
    'queryVideoAttributes',
    'query terminal audio and video attributes',
    { intent: 'query', bodies: same(layout({})), answer: 'none' },
    'jt1078',
  ),
  down(
    0x9101,
    'playLive',
    'real-time audio and video transmission request',
    layout({
      ...server,
      channel,
      kind: noted(
        u8,
        '0 audio and video, 1 video, 2 two-way talk, 3 listen, 4 broadcast, 5 pass-through',
      ),
      stream: noted(u8, '0 main, 1 sub'),
    }),
  ),
  down(
    0x9102,
    'controlLive',
    'real-time audio and video transmission control',
    layout({
      channel,
      command: noted(u8, '0 close, 1 switch stream, 2 pause, 3 resume, 4 end talk'),
      close: noted(u8, '0 audio and video, 1 audio only, 2 video only'),
      stream: noted(u8, 'to switch to: 0 main, 1 sub'),
    }),
  ),
  down(
    0x9105,
    'liveQuality',
    'real-time audio and video transmission status notice',
    layout({ channel, loss: noted(u8, 'percent of packets lost') }),
  ),
  row(
    0x9201,
    'playRecording',
    'remote video playback request',
    {
      intent: 'query',
      bodies: same(
        layout({
          ...server,
          channel,
          kind,
          stream,
          store,
          mode: noted(u8, '0 normal, 1 fast, 2 key frames backwards, 3 key frames, 4 one frame'),
          factor,
          start,
          end,
        }),
      ),
      answer: 'general',
    },
    'jt1078',
  ),
  down(
    0x9202,
    'controlRecording',
    'remote video playback control',
    layout({
      channel,
      command: noted(
        u8,
        '0 start, 1 pause, 2 end, 3 fast, 4 key frames backwards, 5 go to position, 6 key frames',
      ),
      factor,
      position: noted(bcdTime, 'YYMMDDhhmmss, GMT+8; command 5'),
    }),
  ),
  row(
    0x9205,
    'queryRecordings',
    'query list of resources',
    {
      intent: 'query',
      ...spoken((dialect) => [layout(span(dialect))]),
      answer: 'none',
    },
    'jt1078',
  ),
  row(
    0x9206,
    'uploadRecording',
    'file upload command',
    {
      intent: 'query',
      ...spoken((dialect) => [upload(dialect)]),
      answer: 'general',
    },
    'jt1078',
  ),
  down(
    0x9207,
    'controlUpload',
    'file upload control',
    layout({
      answeredSerial: noted(u16, 'of the upload command'),
      command: noted(u8, '0 pause, 1 continue, 2 cancel'),
    }),
  ),
  down(
    0x9301,
    'turnCamera',
    'PTZ rotation',
    layout({ channel, direction: noted(u8, '0 stop, 1 up, 2 down, 3 left, 4 right'), speed }),
  ),
  mount(0x9302, 'focusCamera', 'PTZ focus control', 'direction', '0 larger, 1 smaller'),
  mount(0x9303, 'setIris', 'PTZ iris control', 'direction', '0 larger, 1 smaller'),
  mount(0x9304, 'wipeCamera', 'PTZ wiper control', 'state', '0 stop, 1 start'),
  mount(0x9305, 'setInfrared', 'infrared fill light control', 'state', '0 stop, 1 start'),
  mount(0x9306, 'zoomCamera', 'PTZ zoom control', 'direction', '0 larger, 1 smaller'),
];
