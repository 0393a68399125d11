import { posix } from 'node:path';
import type { Random } from './random.ts';

interface Change {
  readonly at: number;
  /** Null: the file ends at `at`. */
  readonly bytes: Uint8Array | null;
}

/** A file's bytes with its own length. */
class Image {
  #bytes = new Uint8Array(0);
  length = 0;

  read(at: number, into: Uint8Array): number {
    const part = this.#bytes.subarray(at, Math.min(this.length, at + into.length));
    into.set(part);
    return part.length;
  }

  apply({ at, bytes }: Change): void {
    const end = at + (bytes?.length ?? 0);
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, this.length));
      this.#bytes = grown;
    }
    if (bytes === null) {
      this.#bytes.fill(0, Math.min(at, this.length));
      this.length = at;
    } else {
      this.#bytes.set(bytes, at);
      this.length = Math.max(this.length, end);
    }
  }

  copy(): Image {
    const image = new Image();
    image.apply({ at: 0, bytes: this.#bytes.slice(0, this.length) });
    return image;
  }
}

interface Inode {
  /** What the running system reads. */
  cache: Image;
  /** What the platter holds for certain. */
  platter: Image;
  /** Between the two, in order. */
  dirty: Change[];
  changedTime: number;
}

interface NameChange {
  readonly directory: string;
  readonly apply: (names: Map<string, Inode>) => void;
}

/** What the disk refuses for now. After `syncLoses` a failed sync has dropped its pages, as Linux does. */
export interface DiskFault {
  readonly code: 'ENOSPC' | 'EIO' | 'EROFS';
  readonly on: 'write' | 'sync';
  readonly syncLoses?: boolean;
}

/** What a file system is asked for, where a machine may stop. */
export type Operation = 'open' | 'create' | 'write' | 'truncate' | 'sync' | 'remove' | 'rename';

/** The machine stops in the middle of an operation. */
export class Stopped extends Error {
  readonly code = 'STOPPED';
}

const SECTOR = 512;
const fault = (code: string) => Object.assign(new Error(`disk says ${code}`), { code });

/**
 * Files in memory as a machine sees them: a page cache, and under it a platter that has for certain only what was
 * synced. A kill leaves the cache, a power cut leaves of what was not synced nothing, all, a prefix, a hole, half a
 * sector or a flipped bit; and of names any prefix of their changes.
 */
export class VirtualDisk {
  readonly #random: Random;
  readonly #wall: () => number;
  #names = new Map<string, Inode>();
  #platterNames = new Map<string, Inode>();
  #nameChanges: NameChange[] = [];
  #handles = new Map<number, Inode>();
  #directories = new Map<number, string>();
  #nextFd = 3;
  /** So many of `stopOn` from now the machine stops within one; Infinity for none. */
  stopAfter = Number.POSITIVE_INFINITY;
  /** The operations that count; null for all. */
  stopOn: Operation | null = null;
  /** Called when it does. */
  onStop: () => void = () => undefined;
  #isStopped = false;
  fault: DiskFault | null = null;
  /** A gateway without its syncs: those of files, or of directories, are told to be done and are not. */
  ignoredSync: 'files' | 'directories' | null = null;

  constructor(random: Random, wall: () => number) {
    this.#random = random;
    this.#wall = wall;
  }

  exists = (path: string): boolean => this.#names.has(path);

  list(directory: string): string[] {
    const found: string[] = [];
    for (const path of this.#names.keys()) {
      if (posix.dirname(path) === directory) found.push(posix.basename(path));
    }
    return found.sort();
  }

  open(path: string, options: { create?: boolean; empty?: boolean } = {}): number {
    let inode = this.#names.get(path);
    const isLast = this.#operation(inode === undefined ? 'create' : 'open');
    if (inode === undefined) {
      if (options.create !== true) throw fault('ENOENT');
      if (this.fault?.on === 'write') throw fault(this.fault.code);
      const fresh: Inode = { ...emptyInode(), changedTime: this.#wall() };
      inode = fresh;
      this.#rename(path, (names) => names.set(path, fresh));
    } else if (options.empty === true) this.#change(inode, { at: 0, bytes: null });
    if (isLast) this.#stop();
    this.#handles.set(this.#nextFd, inode);
    return this.#nextFd++;
  }

  openDirectory(path: string): number {
    this.#directories.set(this.#nextFd, path);
    return this.#nextFd++;
  }

  size = (fd: number): number => this.#inode(fd).cache.length;
  changedTime = (path: string): number => this.#at(path).changedTime;
  read = (fd: number, into: Uint8Array, at: number): number => this.#inode(fd).cache.read(at, into);

  write(fd: number, bytes: Uint8Array, at: number): void {
    const inode = this.#inode(fd);
    const isLast = this.#operation('write');
    const refused = this.fault?.on === 'write' ? this.fault.code : null;
    const taken = isLast || refused !== null ? this.#random.below(bytes.length + 1) : bytes.length;
    this.#change(inode, { at, bytes: bytes.slice(0, taken) });
    if (isLast) this.#stop();
    if (refused !== null) throw fault(refused);
  }

  truncate(fd: number, size: number): void {
    const inode = this.#inode(fd);
    const isLast = this.#operation('truncate');
    if (this.fault?.code === 'EROFS') throw fault('EROFS');
    if (inode.cache.length !== size) this.#change(inode, { at: size, bytes: null });
    if (isLast) this.#stop();
  }

  /** fsync or fdatasync; of a directory: of the names in it. */
  sync(fd: number): void {
    const isLast = this.#operation('sync');
    if (isLast) this.#stop();
    if (this.fault?.on === 'sync') {
      const inode = this.#handles.get(fd);
      if (this.fault.syncLoses === true && inode !== undefined) inode.dirty = [];
      throw fault(this.fault.code);
    }
    const directory = this.#directories.get(fd);
    if (directory === undefined) {
      if (this.ignoredSync === 'files') return;
      const inode = this.#inode(fd);
      for (const change of inode.dirty) inode.platter.apply(change);
      inode.dirty = [];
      return;
    }
    if (this.ignoredSync === 'directories') return;
    for (const change of this.#nameChanges) {
      if (change.directory === directory) change.apply(this.#platterNames);
    }
    this.#nameChanges = this.#nameChanges.filter((change) => change.directory !== directory);
  }

  close(fd: number): void {
    this.#handles.delete(fd);
    this.#directories.delete(fd);
  }

  remove(path: string): void {
    const isLast = this.#operation('remove');
    this.#at(path);
    this.#rename(path, (names) => names.delete(path));
    if (isLast) this.#stop();
  }

  rename(from: string, to: string): void {
    const isLast = this.#operation('rename');
    const inode = this.#at(from);
    this.#rename(to, (names) => {
      names.delete(from);
      names.set(to, inode);
    });
    if (isLast) this.#stop();
  }

  /** The process is gone; what it wrote stays in the cache. */
  killed(): void {
    this.#handles.clear();
    this.#directories.clear();
    this.#isStopped = false;
    this.stopAfter = Number.POSITIVE_INFINITY;
    this.stopOn = null;
    this.onStop = () => undefined;
  }

  powerCut(): void {
    this.killed();
    const names = this.#platterNames;
    const directories = new Set(this.#nameChanges.map((change) => change.directory));
    for (const directory of directories) {
      const changes = this.#nameChanges.filter((change) => change.directory === directory);
      for (const change of changes.slice(0, this.#random.below(changes.length + 1))) {
        change.apply(names);
      }
    }
    this.#nameChanges = [];
    this.#platterNames = new Map(names);
    this.#names = new Map(names);
    for (const inode of new Set(names.values())) {
      for (const change of inode.dirty) {
        const left = this.#remains(change);
        if (left !== null) inode.platter.apply(left);
      }
      inode.dirty = [];
      inode.cache = inode.platter.copy();
    }
  }

  /** What a power cut leaves of a change that was not synced, null for nothing. */
  #remains(change: Change): Change | null {
    const { at, bytes } = change;
    const fate = this.#random.next();
    if (fate < 0.3) return null;
    if (bytes === null || bytes.length === 0 || fate < 0.45) return change;
    const cut = this.#random.below(bytes.length);
    const copy = bytes.slice();
    if (fate < 0.6) return { at, bytes: copy.slice(0, cut) };
    if (fate < 0.7) {
      const sectors = Math.floor((at + cut) / SECTOR) * SECTOR - at;
      return sectors <= 0 ? null : { at, bytes: copy.slice(0, sectors) };
    }
    if (fate < 0.85) copy.fill(0, cut, Math.min(copy.length, cut + SECTOR));
    else copy[cut] = (copy[cut] ?? 0) ^ (1 << this.#random.below(8));
    return { at, bytes: copy };
  }

  #change(inode: Inode, change: Change): void {
    inode.cache.apply(change);
    inode.dirty.push(change);
    inode.changedTime = this.#wall();
  }

  #rename(path: string, apply: NameChange['apply']): void {
    apply(this.#names);
    this.#nameChanges.push({ directory: posix.dirname(path), apply });
  }

  #inode(fd: number): Inode {
    const inode = this.#handles.get(fd);
    if (inode === undefined) throw fault('EBADF');
    return inode;
  }

  #at(path: string): Inode {
    const inode = this.#names.get(path);
    if (inode === undefined) throw fault('ENOENT');
    return inode;
  }

  /** @returns true for the one within which the machine stops */
  #operation(operation: Operation): boolean {
    if (this.#isStopped) throw new Stopped();
    if (this.stopOn === null || this.stopOn === operation) this.stopAfter--;
    return this.stopAfter <= 0;
  }

  #stop(): never {
    this.#isStopped = true;
    this.onStop();
    throw new Stopped();
  }
}

const emptyInode = () => ({ cache: new Image(), platter: new Image(), dirty: [] });
