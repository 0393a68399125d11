import realConstants from 'node:constants';
import { here } from './world.ts';

/*
 * Stands in for `node:fs` and `node:fs/promises` as far as the gateway uses them. What is asked for synchronously
 * happens at once; a promise takes its time on the virtual clock, and never settles for a life that has ended.
 */

const { O_CREAT, O_RDWR } = realConstants;
/** As `node:fs` has them. */
export const constants = realConstants;

export const mkdirSync = (): void => undefined;
export const readdirSync = (directory: string): string[] => here().disk.list(directory);
export const existsSync = (path: string): boolean => here().disk.exists(path);
export const openSync = (path: string, flags: number | string = 'r'): number =>
  openAny(path, flags);
export const fstatSync = (fd: number): { size: number } => ({ size: here().disk.size(fd) });
export const statSync = (path: string): { size: number; mtimeMs: number } => statOf(path);
export const readSync = (
  fd: number,
  into: Uint8Array,
  at: number,
  length: number,
  position: number,
): number => here().disk.read(fd, into.subarray(at, at + length), position);
export const writeSync = (
  fd: number,
  bytes: Uint8Array,
  at: number,
  length: number,
  position: number,
): number => {
  here().disk.write(fd, bytes.subarray(at, at + length), position);
  return length;
};
export const fsyncSync = (fd: number): void => here().disk.sync(fd);
export const fdatasyncSync = (fd: number): void => here().disk.sync(fd);
export const ftruncateSync = (fd: number, size: number): void => here().disk.truncate(fd, size);
export const closeSync = (fd: number): void => here().disk.close(fd);
export const rmSync = (path: string): void => here().disk.remove(path);
export const unlinkSync = rmSync;
export const renameSync = (from: string, to: string): void => here().disk.rename(from, to);
export const readFileSync = (path: string, encoding?: string): string | Buffer =>
  textOf(contentOf(path), encoding);

function openAny(path: string, flags: number | string): number {
  const { disk } = here();
  if (typeof flags === 'number') return disk.open(path, { create: (flags & O_CREAT) !== 0 });
  if (flags.startsWith('w') || flags.startsWith('a')) {
    return disk.open(path, { create: true, empty: flags.startsWith('w') });
  }
  return disk.exists(path) ? disk.open(path) : openMissing(path);
}

/** Directories are not kept: what holds files is one. */
function openMissing(path: string): number {
  const { disk } = here();
  if (disk.list(path).length > 0) return disk.openDirectory(path);
  throw Object.assign(new Error(`no such file: ${path}`), { code: 'ENOENT' });
}

function statOf(path: string): { size: number; mtimeMs: number } {
  const { disk } = here();
  const mtimeMs = disk.changedTime(path);
  const fd = disk.open(path);
  const size = disk.size(fd);
  disk.close(fd);
  return { size, mtimeMs };
}

function contentOf(path: string): Buffer {
  const { disk } = here();
  const fd = openAny(path, disk.exists(path) ? O_RDWR : 'r');
  const bytes = Buffer.alloc(disk.size(fd));
  disk.read(fd, bytes, 0);
  disk.close(fd);
  return bytes;
}

const textOf = (bytes: Buffer, encoding: string | undefined): string | Buffer =>
  encoding === undefined ? bytes : bytes.toString('utf8');

/** Runs `work` after the time it takes. */
function later<T>(work: () => T): Promise<T> {
  const { clock, machine } = here();
  return new Promise((resolve, reject) => {
    clock.inGateway(machine.between(0, 1.5), () => {
      const { life } = clock;
      try {
        const value = work();
        if (clock.life === life) resolve(value);
      } catch (error) {
        if (clock.life === life) reject(error);
      }
    });
  });
}

/** Stands in for `FileHandle`. */
export class Handle {
  readonly fd: number;
  #at = 0;

  constructor(fd: number) {
    this.fd = fd;
  }

  read(
    into: Uint8Array,
    at = 0,
    length = into.length - at,
    position: number | null = null,
  ): Promise<{ bytesRead: number }> {
    return later(() => {
      const from = position ?? this.#at;
      const bytesRead = here().disk.read(this.fd, into.subarray(at, at + length), from);
      if (position === null) this.#at += bytesRead;
      return { bytesRead };
    });
  }

  async writeFile(content: string | Uint8Array | Iterable<string>): Promise<void> {
    const pieces =
      typeof content === 'string' || content instanceof Uint8Array ? [content] : content;
    for (const piece of pieces) {
      const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
      await later(() => here().disk.write(this.fd, bytes, this.#at));
      this.#at += bytes.length;
    }
  }

  stat(): Promise<{ size: number }> {
    return later(() => ({ size: here().disk.size(this.fd) }));
  }
  sync(): Promise<void> {
    return later(() => here().disk.sync(this.fd));
  }
  datasync(): Promise<void> {
    return this.sync();
  }
  truncate(size = 0): Promise<void> {
    return later(() => here().disk.truncate(this.fd, size));
  }
  close(): Promise<void> {
    return later(() => here().disk.close(this.fd));
  }
}

export const open = (path: string, flags: number | string = 'r'): Promise<Handle> =>
  later(() => new Handle(openAny(path, flags)));
export const readdir = (directory: string): Promise<string[]> =>
  later(() => here().disk.list(directory));
export const readFile = (path: string, encoding?: string): Promise<string | Buffer> =>
  later(() => textOf(contentOf(path), encoding));
export const stat = (path: string): Promise<{ size: number; mtimeMs: number }> =>
  later(() => statOf(path));
export const rm = (path: string, options?: { force?: boolean }): Promise<void> =>
  later(() => {
    if (options?.force !== true || here().disk.exists(path)) here().disk.remove(path);
  });
export const unlink = (path: string): Promise<void> => rm(path);
export const rename = (from: string, to: string): Promise<void> =>
  later(() => here().disk.rename(from, to));
export const mkdir = (): Promise<void> => later(() => undefined);
export const writeFile = async (
  file: Handle | string,
  content: string | Uint8Array | Iterable<string>,
): Promise<void> => {
  if (file instanceof Handle) return file.writeFile(content);
  const handle = await open(file, 'w');
  await handle.writeFile(content);
  await handle.close();
};
