/** What a file is by its first bytes, whatever its sender calls it. */
export interface FileType {
  /** Without parameters; `application/octet-stream` for what is not known, which no browser shows or runs. */
  readonly contentType: string;
  readonly extension: string;
}

const ascii = (text: string): number[] => [...text].map((c) => c.charCodeAt(0));

/** Pictures, sounds and films that vehicle terminals make; nothing that a browser would run. */
const types: readonly (FileType & {
  readonly magic: readonly number[];
  readonly at?: number;
  readonly also?: readonly number[];
  readonly alsoAt?: number;
})[] = [
  { magic: [0xff, 0xd8, 0xff], contentType: 'image/jpeg', extension: 'jpg' },
  { magic: [0x89, ...ascii('PNG\r\n'), 0x1a, 0x0a], contentType: 'image/png', extension: 'png' },
  { magic: [...ascii('GIF8')], contentType: 'image/gif', extension: 'gif' },
  { magic: [...ascii('II'), 0x2a, 0], contentType: 'image/tiff', extension: 'tif' },
  { magic: [...ascii('MM'), 0, 0x2a], contentType: 'image/tiff', extension: 'tif' },
  {
    ...{ magic: ascii('RIFF'), also: ascii('WAVE'), alsoAt: 8 },
    ...{ contentType: 'audio/wav', extension: 'wav' },
  },
  {
    ...{ magic: ascii('RIFF'), also: ascii('AVI '), alsoAt: 8 },
    ...{ contentType: 'video/x-msvideo', extension: 'avi' },
  },
  { magic: ascii('ID3'), contentType: 'audio/mpeg', extension: 'mp3' },
  { magic: [0xff, 0xfb], contentType: 'audio/mpeg', extension: 'mp3' },
  { magic: [0xff, 0xf3], contentType: 'audio/mpeg', extension: 'mp3' },
  { magic: ascii('#!AMR'), contentType: 'audio/amr', extension: 'amr' },
  { magic: ascii('ftyp'), at: 4, contentType: 'video/mp4', extension: 'mp4' },
  {
    ...{ magic: [0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11] },
    ...{ contentType: 'video/x-ms-asf', extension: 'wmv' },
  },
  { magic: [0, 0, 1, 0xba], contentType: 'video/mpeg', extension: 'mpg' },
];

const unknown: FileType = { contentType: 'application/octet-stream', extension: 'bin' };

/** By its first bytes; what is none of the kinds that terminals make is bytes without a meaning. */
export function fileType(bytes: Uint8Array): FileType {
  const has = (magic: readonly number[], at: number) =>
    magic.every((byte, i) => bytes[at + i] === byte);
  const found = types.find(
    ({ magic, at = 0, also = [], alsoAt = 0 }) => has(magic, at) && has(also, alsoAt),
  );
  if (found === undefined) return unknown;
  return { contentType: found.contentType, extension: found.extension };
}
