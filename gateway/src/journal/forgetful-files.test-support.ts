import type { FileLayer } from './files.ts';

interface FileState {
  bytes: Uint8Array;
  /** What a power cut leaves for certain. */
  synced: Uint8Array;
  /** Writes since the last sync, each of which may survive, vanish or tear. */
  dirty: { at: number; bytes: Uint8Array }[];
  /** What a failed sync dropped: read from memory, never written by a later sync. */
  dropped: { from: number; to: number }[];
}

export interface ForgetfulFiles extends FileLayer {
  /** A power cut: what was not synced is dropped or torn, file by file, as `random` decides. */
  crash(random: () => number): void;
  /** The next write or sync throws this code; null heals the disk. */
  failWith(code: string | null): void;
}

/**
 * A disk in memory that keeps its promises about what was synced and none about the rest: prefix of a write,
 * hole, half sector, flipped bit, or a file whose name was never synced.
 * @param options.ignoreSync what a journal without its fdatasync would run on
 */
export function forgetfulFiles(options: { ignoreSync?: boolean } = {}): ForgetfulFiles {
  const files = new Map<string, FileState>();
  let durableNames = new Set<string>();
  let handles = new Map<number, string>();
  let nextFd = 3;
  let failure: string | null = null;
  const state = (fd: number): FileState => {
    const found = files.get(handles.get(fd) ?? '');
    if (found === undefined)
      throw Object.assign(new Error('bad file descriptor'), { code: 'EBADF' });
    return found;
  };
  const maybeFail = () => {
    if (failure !== null) throw Object.assign(new Error(failure), { code: failure });
  };
  const grown = (bytes: Uint8Array, size: number): Uint8Array => {
    if (bytes.length >= size) return bytes;
    const next = new Uint8Array(size);
    next.set(bytes);
    return next;
  };
  return {
    list: () => [...files.keys()].sort(),
    open: (name) => {
      if (!files.has(name)) {
        maybeFail();
        files.set(name, {
          bytes: new Uint8Array(0),
          synced: new Uint8Array(0),
          dirty: [],
          dropped: [],
        });
      }
      const fd = nextFd++;
      handles.set(fd, name);
      return fd;
    },
    size: (fd) => state(fd).bytes.length,
    read: (fd, into, offset) => {
      const part = state(fd).bytes.subarray(offset, offset + into.length);
      into.set(part);
      return part.length;
    },
    write: (fd, bytes, offset) => {
      const file = state(fd);
      const half = failure === null ? bytes : bytes.subarray(0, bytes.length >> 1);
      file.dropped = file.dropped.filter(
        ({ from, to }) => from < offset || to > offset + half.length,
      );
      file.bytes = grown(file.bytes, offset + half.length);
      file.bytes.set(half, offset);
      file.dirty.push({ at: offset, bytes: half.slice() });
      maybeFail();
    },
    sync: (fd) => {
      const file = state(fd);
      if (failure !== null) {
        // As kernels do: the pages stay readable and count as clean.
        for (const { at, bytes } of file.dirty) {
          file.dropped.push({ from: at, to: at + bytes.length });
        }
        file.dirty = [];
      }
      maybeFail();
      if (options.ignoreSync) return;
      const before = file.synced;
      file.synced = file.bytes.slice();
      for (const { from, to } of file.dropped) {
        file.synced.fill(0, from, to);
        file.synced.set(before.subarray(from, Math.min(to, file.synced.length)), from);
      }
      file.dirty = [];
    },
    syncDir: () => {
      maybeFail();
      if (!options.ignoreSync) durableNames = new Set(files.keys());
    },
    truncate: (fd, size) => {
      const file = state(fd);
      file.bytes = grown(file.bytes, size).slice(0, size);
      file.dropped = file.dropped
        .filter(({ from }) => from < size)
        .map(({ from, to }) => ({ from, to: Math.min(to, size) }));
      file.dirty.push({ at: size, bytes: new Uint8Array(0) });
    },
    close: (fd) => void handles.delete(fd),
    remove: (name) => {
      files.delete(name);
      durableNames.delete(name);
    },
    failWith: (code) => {
      failure = code;
    },
    crash: (random) => {
      failure = null;
      handles = new Map();
      for (const [name, file] of [...files]) {
        if (!durableNames.has(name) && random() < 0.5) {
          files.delete(name);
          continue;
        }
        let bytes: Uint8Array = file.synced.slice();
        for (const write of file.dirty) {
          const fate = random();
          if (fate < 0.35) continue;
          let part = write.bytes.slice();
          if (fate < 0.6) part = part.slice(0, Math.floor(random() * part.length));
          else if (fate < 0.75) part.fill(0, Math.floor(random() * part.length));
          else if (fate < 0.85 && part.length > 0) {
            const at = Math.floor(random() * part.length);
            part[at] = (part[at] as number) ^ (1 << Math.floor(random() * 8));
          }
          bytes = grown(bytes, write.at + part.length);
          bytes.set(part, write.at);
        }
        file.bytes = bytes;
        file.synced = bytes.slice();
        file.dirty = [];
      }
      durableNames = new Set(files.keys());
    },
  };
}
