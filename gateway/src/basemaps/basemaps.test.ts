import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BaseMapFile, BaseMaps } from './basemaps.ts';

let directory: string;
let complaints: string[];
let maps: BaseMaps;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'xunji-maps-'));
  complaints = [];
  maps = new BaseMaps({
    directory,
    onError: (file, reason) => complaints.push(`${file}: ${reason}`),
  });
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const collection = (over: object = {}) =>
  JSON.stringify({
    type: 'FeatureCollection',
    features: [
      {
        type: 'Feature',
        properties: {},
        geometry: {
          type: 'LineString',
          coordinates: [
            [121.4, 31.2],
            [121.6, 31.1],
          ],
        },
      },
    ],
    ...over,
  });
const put = (name: string, text: string) => writeFile(join(directory, name), text);

const textOf = (file: BaseMapFile | null) => gunzipSync(file?.gzip ?? Buffer.alloc(0)).toString();

describe('the base maps', () => {
  it('are the built-in one when the folder is empty or missing', async () => {
    const builtin = [expect.objectContaining({ id: 'builtin', kind: 'builtin', url: null })];
    expect(await maps.list()).toEqual(builtin);
    await rm(directory, { recursive: true });
    expect(await maps.list()).toEqual(builtin);
    expect(await maps.file('builtin')).toBeNull();
  });

  it('take name, attribution and box from the file, or the name of the file and the box around it', async () => {
    await put('a plant.geojson', collection());
    await put(
      'b.geojson',
      collection({ name: '化工园', attribution: '© 厂区', bbox: [121, 31, 122, 32] }),
    );
    await put('notes.txt', 'no map');
    const [, first, second] = await maps.list();
    expect(first).toEqual({
      ...{ id: 'a plant', name: 'a plant', kind: 'geojson', crs: 'wgs84', attribution: '' },
      ...{ url: '/api/v1/basemaps/a%20plant', bbox: [121.4, 31.1, 121.6, 31.2] },
    });
    expect(second).toMatchObject({
      name: '化工园',
      attribution: '© 厂区',
      bbox: [121, 31, 122, 32],
    });
    expect(complaints).toEqual([]);
  });

  it('keep the very bytes of the file, zipped', async () => {
    await put('a.geojson', collection());
    expect(textOf(await maps.file('a'))).toBe(collection());
  });

  it('see a changed file, give it another tag, and forget a removed one', async () => {
    await put('a.geojson', collection());
    const before = await maps.file('a');
    await put('a.geojson', collection({ name: 'new' }));
    await utimes(join(directory, 'a.geojson'), 2_000_000_000, 2_000_000_000);
    const after = await maps.file('a');
    expect(textOf(after)).toContain('"new"');
    expect(after?.etag).not.toBe(before?.etag);
    await rm(join(directory, 'a.geojson'));
    expect(await maps.file('a')).toBeNull();
  });

  it.each([
    ['no JSON', '{'],
    ['a single feature', '{"type":"Feature"}'],
    ['an array', '[]'],
  ])('leave out %s, say why once, and show the others', async (_what, text) => {
    await put('bad.geojson', text);
    await put('good.geojson', collection());
    expect((await maps.list()).map((m) => m.id)).toEqual(['builtin', 'good']);
    await maps.list();
    expect(complaints).toHaveLength(1);
    expect(complaints[0]).toMatch(/^bad.geojson: /);
  });

  it('know no file by a path', async () => {
    await put('a.geojson', collection());
    for (const id of ['../a', 'a.geojson', `${directory}/a`])
      expect(await maps.file(id)).toBeNull();
  });
});
