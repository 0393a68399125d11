import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { BaseMap } from '../wire.ts';

/** A GeoJSON file ready to be sent. */
export interface BaseMapFile {
  readonly gzip: Buffer;
  readonly etag: string;
}
interface Loaded extends BaseMapFile {
  readonly map: BaseMap;
  readonly mtimeMs: number;
  readonly size: number;
}

export interface BaseMapsOptions {
  readonly directory: string;
  /** A file that cannot be used, with the reason; told again only when it changes. */
  readonly onError: (file: string, reason: string) => void;
}

const EXTENSION = '.geojson';
const MAX_FILES = 32;
/** Reading one holds this thread for about 40 ms a megabyte, once a change. */
const MAX_BYTES = 8 << 20;
const compress = promisify(gzip);

const builtin: BaseMap = {
  id: 'builtin',
  name: 'builtin',
  kind: 'builtin',
  crs: 'wgs84',
  url: null,
  attribution: 'Natural Earth',
  bbox: null,
};

/** The files an operator puts into one folder; a new or changed file is seen at the next question. */
export class BaseMaps {
  readonly #options: BaseMapsOptions;
  readonly #loaded = new Map<string, Loaded>();
  readonly #refused = new Map<string, number>();
  #loading: Promise<void> = Promise.resolve();

  constructor(options: BaseMapsOptions) {
    this.#options = options;
  }

  /** The built-in one first, then the files by name; at most 32. */
  async list(): Promise<BaseMap[]> {
    await this.#refresh();
    return [builtin, ...[...this.#loaded.values()].map(({ map }) => map)];
  }

  /** Null for the built-in one and for what is not listed. */
  async file(id: string): Promise<BaseMapFile | null> {
    await this.#refresh();
    return this.#loaded.get(id) ?? null;
  }

  #refresh(): Promise<void> {
    this.#loading = this.#loading.then(() => this.#scan());
    return this.#loading;
  }

  async #scan(): Promise<void> {
    const { directory, onError } = this.#options;
    const found = new Map<string, Loaded>();
    for (const name of await fileNames(directory)) {
      const id = name.slice(0, -EXTENSION.length);
      const path = join(directory, name);
      try {
        const { mtimeMs, size } = await stat(path);
        if (this.#refused.get(name) === mtimeMs) continue;
        this.#refused.set(name, mtimeMs);
        if (size > MAX_BYTES) throw new Error(`${size} bytes, at most ${MAX_BYTES}`);
        const known = this.#loaded.get(id);
        const isSame = known?.mtimeMs === mtimeMs && known.size === size;
        found.set(id, isSame ? known : await load(id, path, mtimeMs, size));
        this.#refused.delete(name);
      } catch (error) {
        onError(name, (error as Error).message);
      }
    }
    this.#loaded.clear();
    for (const [id, loaded] of found) this.#loaded.set(id, loaded);
  }
}

async function fileNames(directory: string): Promise<string[]> {
  try {
    const names = await readdir(directory);
    return names
      .filter((n) => n.endsWith(EXTENSION) && n.length > EXTENSION.length)
      .sort()
      .slice(0, MAX_FILES);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function load(id: string, path: string, mtimeMs: number, size: number): Promise<Loaded> {
  const bytes = await readFile(path);
  const json: unknown = JSON.parse(bytes.toString('utf8'));
  if (!isRecord(json) || json['type'] !== 'FeatureCollection' || !Array.isArray(json['features'])) {
    throw new Error('is no GeoJSON FeatureCollection');
  }
  const { name, attribution, bbox } = json;
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  return {
    map: {
      id,
      name: typeof name === 'string' && name !== '' ? name : id,
      kind: 'geojson',
      crs: 'wgs84',
      url: `/api/v1/basemaps/${encodeURIComponent(id)}`,
      attribution: typeof attribution === 'string' ? attribution : '',
      bbox: isBox(bbox) ? bbox : boundsOf(json['features']),
    },
    ...{ gzip: await compress(bytes), etag, mtimeMs, size },
  };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function isBox(value: unknown): value is [number, number, number, number] {
  if (!Array.isArray(value) || value.length !== 4 || !value.every(Number.isFinite)) return false;
  const [west, south, east, north] = value as [number, number, number, number];
  return west >= -180 && west < east && east <= 180 && south >= -90 && south < north && north <= 90;
}

/** The box around every position of every feature, null when there is none. */
function boundsOf(features: readonly unknown[]): BaseMap['bbox'] {
  const box: [number, number, number, number] = [180, 90, -180, -90];
  const pending: unknown[] = features.map((f) => {
    const geometry = isRecord(f) ? f['geometry'] : null;
    return isRecord(geometry) ? geometry['coordinates'] : null;
  });
  while (pending.length > 0) {
    const next = pending.pop();
    if (!Array.isArray(next)) continue;
    const [lon, lat] = next as unknown[];
    if (typeof lon === 'number' && typeof lat === 'number') {
      box[0] = Math.min(box[0], lon);
      box[1] = Math.min(box[1], lat);
      box[2] = Math.max(box[2], lon);
      box[3] = Math.max(box[3], lat);
    } else for (const inner of next) pending.push(inner);
  }
  return isBox(box) ? box : null;
}
