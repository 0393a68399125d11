import * as fs from 'node:fs';
import { join } from 'node:path';

/**
 * The file operations the journal stands on, synchronous because its thread does nothing else. Behind an
 * interface so that tests can put a layer underneath that forgets or tears whatever was not synced.
 */
export interface FileLayer {
  /** Names of the files in the journal's directory, sorted. */
  list(): string[];
  /** Opens for reading and writing; creates when missing. */
  open(name: string): number;
  size(fd: number): number;
  read(fd: number, into: Uint8Array, offset: number): number;
  /** Writes all of `bytes` at `offset`, or throws. */
  write(fd: number, bytes: Uint8Array, offset: number): void;
  /** fdatasync: afterwards the bytes and the length survive a power cut. */
  sync(fd: number): void;
  /** fsync of the directory: afterwards a new file's name survives a power cut. */
  syncDir(): void;
  truncate(fd: number, size: number): void;
  close(fd: number): void;
  remove(name: string): void;
}

/** The layer over the real disk. */
export function diskFiles(directory: string): FileLayer {
  fs.mkdirSync(directory, { recursive: true });
  return {
    list: () => fs.readdirSync(directory).sort(),
    open: (name) => {
      const path = join(directory, name);
      return fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o600);
    },
    size: (fd) => fs.fstatSync(fd).size,
    read: (fd, into, offset) => fs.readSync(fd, into, 0, into.length, offset),
    write: (fd, bytes, offset) => {
      let done = 0;
      while (done < bytes.length) {
        done += fs.writeSync(fd, bytes, done, bytes.length - done, offset + done);
      }
    },
    sync: (fd) => fs.fdatasyncSync(fd),
    syncDir: () => {
      const fd = fs.openSync(directory, 'r');
      try {
        fs.fsyncSync(fd);
      } finally {
        fs.closeSync(fd);
      }
    },
    truncate: (fd, size) => fs.ftruncateSync(fd, size),
    close: (fd) => fs.closeSync(fd),
    remove: (name) => fs.rmSync(join(directory, name)),
  };
}
