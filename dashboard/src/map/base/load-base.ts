import { type BaseData, sortFeatures } from './base-data.ts';

/** Why a base map cannot be shown. */
export class BaseMapError extends Error {
  readonly code: 'foreignOrigin' | 'unreachable' | 'empty';
  constructor(code: BaseMapError['code'], cause?: unknown) {
    super(`base map: ${code}`, { cause });
    this.code = code;
  }
}

const known = new Map<string, Promise<BaseData>>();

const load = async (url: string): Promise<BaseData> => {
  if (new URL(url, location.href).origin !== location.origin) {
    throw new BaseMapError('foreignOrigin');
  }
  let collection: unknown;
  try {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    collection = await answer.json();
  } catch (cause) {
    throw new BaseMapError('unreachable', cause);
  }
  const sorted = sortFeatures(collection);
  if (sorted === null) throw new BaseMapError('empty');
  return sorted;
};

/** The GeoJSON base map at a URL of this origin, read once a page; a failed one is asked for again. */
export const loadBase = (url: string): Promise<BaseData> => {
  const before = known.get(url);
  if (before !== undefined) return before;
  const loading = load(url);
  known.set(url, loading);
  loading.catch(() => known.delete(url));
  return loading;
};
