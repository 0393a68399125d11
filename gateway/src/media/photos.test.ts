import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Media } from '@xunji/protocols';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase, type Records } from '../records/database.ts';
import { fileType } from './file-type.ts';
import { Photos } from './photos.ts';

const NOW = Date.UTC(2026, 10, 24);
const DEVICE = { protocol: 'jt808', id: '13912345678' } as const;
const ALL = { device: null, from: 0, to: NOW + 1, after: null, limit: 10 };
const jpeg = (n: number, size = 100) =>
  Uint8Array.from({ length: size }, (_, i) => [0xff, 0xd8, 0xff, n][i] ?? i & 255);
const media = (data: Uint8Array, over: Partial<Media> = {}): Media => ({
  ...{ mediaId: 7, type: 0, format: 0, event: 1, channel: 2, position: null, package: null },
  data,
  ...over,
});

let root = '';
let db: Records;
let now = NOW;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'xunji-photos-'));
  db = await openDatabase(':memory:');
  now = NOW;
});
afterEach(async () => {
  await db.destroy();
  await rm(root, { recursive: true, force: true });
});
const open = (maxBytes = 1 << 20, keepMs = 0) =>
  Photos.open({ directory: join(root, 'media'), db, maxBytes, keepMs, now: () => now });
const files = async () =>
  (await readdir(join(root, 'media'), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);

describe('a photo', () => {
  it('is kept byte for byte under the name of its hash', async () => {
    const photos = await open();
    await photos.keep(DEVICE, media(jpeg(1)), NOW);
    const sha256 = createHash('sha256').update(jpeg(1)).digest('hex');
    expect(await files()).toEqual([`${sha256}.jpg`]);
    const [listed] = await photos.list(ALL);
    expect(listed).toMatchObject({
      ...{ device: DEVICE.id, mediaId: 7, kind: 'image', format: 'jpeg', event: 'timer', sha256 },
      ...{ channel: 2, contentType: 'image/jpeg', bytes: 100, timeSource: 'server' },
      time: new Date(NOW).toISOString(),
    });
    const file = await photos.file(listed?.id ?? '');
    expect(new Uint8Array(await readFile(file?.path ?? ''))).toEqual(jpeg(1));
    expect(photos.bytes).toBe(100);
  });

  it('sent again is stored once, and by two devices in one file', async () => {
    const photos = await open();
    const other = { protocol: 'jt808', id: '13800000000' } as const;
    await Promise.all([DEVICE, DEVICE, other].map((d) => photos.keep(d, media(jpeg(1)), NOW)));
    await photos.keep(DEVICE, media(jpeg(1)), NOW + 5);
    expect(await photos.list({ ...ALL, to: NOW + 9 })).toHaveLength(2);
    expect(await files()).toHaveLength(1);
    expect((await open()).bytes).toBe(100);
  });

  it('replaces what a crash left half written', async () => {
    const sha256 = createHash('sha256').update(jpeg(3)).digest('hex');
    const photos = await open();
    await photos.keep(DEVICE, media(jpeg(3)), NOW);
    const path = join(root, 'media', sha256.slice(0, 2), `${sha256}.jpg`);
    await writeFile(`${path}.tmp`, 'half');
    await writeFile(path, 'torn');
    await db.deleteFrom('photos').execute();
    await photos.keep(DEVICE, media(jpeg(3)), NOW);
    expect(new Uint8Array(await readFile(path))).toEqual(jpeg(3));
  });

  it('has no room beyond the bound, and again once old ones are gone', async () => {
    const photos = await open(250, 1000);
    await photos.keep(DEVICE, media(jpeg(1)), NOW);
    await photos.keep(DEVICE, media(jpeg(2)), NOW + 900);
    expect(photos.hasRoom(100)).toBe(false);
    now = NOW + 1500;
    await photos.sweep();
    expect(await files()).toHaveLength(1);
    expect(photos.hasRoom(100)).toBe(true);
  });

  it('is found by device and time, page by page', async () => {
    const photos = await open();
    for (let n = 0; n < 5; n++) await photos.keep(DEVICE, media(jpeg(n)), NOW - n * 1000);
    const from = NOW - 3000;
    const first = await photos.list({ ...ALL, device: DEVICE, from, limit: 3 });
    const last = first.at(-1);
    expect(first.map((p) => Date.parse(p.time) - NOW)).toEqual([-3000, -2000, -1000]);
    const after = { time: NOW - 1000, id: last?.id ?? '' };
    expect(await photos.list({ ...ALL, device: DEVICE, from, after, limit: 3 })).toHaveLength(1);
    expect(await photos.list({ ...ALL, device: { ...DEVICE, id: '1' } })).toEqual([]);
  });

  it('tells the disk’s error to who waits for it, and goes on with the next', async () => {
    const photos = await open();
    await rm(join(root, 'media'), { recursive: true });
    await writeFile(join(root, 'media'), 'in the way');
    await expect(photos.keep(DEVICE, media(jpeg(1)), NOW)).rejects.toThrow();
    await rm(join(root, 'media'));
    await photos.keep(DEVICE, media(jpeg(1)), NOW);
    expect(await photos.list(ALL)).toHaveLength(1);
  });
});

describe('what a file is', () => {
  it.each([
    ['image/jpeg', [0xff, 0xd8, 0xff, 0xe0]],
    ['image/png', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
    ['audio/wav', [...Buffer.from('RIFF0000WAVE')]],
    ['video/x-msvideo', [...Buffer.from('RIFF0000AVI ')]],
    ['application/octet-stream', [...Buffer.from('RIFF0000JUNK')]],
    ['application/octet-stream', [...Buffer.from('<html><script>')]],
    ['application/octet-stream', [...Buffer.from('<svg xmlns=')]],
    ['application/octet-stream', []],
  ])('is %s by its first bytes alone', (contentType, bytes) => {
    expect(fileType(Uint8Array.from(bytes)).contentType).toBe(contentType);
  });
});
