import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, open, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const MB = 1 << 20;

/** A place for a data directory that can be made to fail. */
export interface Disk {
  readonly path: string;
  /** How it fails, in a few words. */
  readonly kind: string;
  /** A process that keeps its data there. */
  use(pid: number): void;
  /** Takes so many MB, by default all room that is left. */
  fill(mb?: number): Promise<void>;
  /** Gives it back. */
  free(): Promise<void>;
  remove(): Promise<void>;
}

/** A disk whose blocks are not all there, as a thin volume has them: what is written beyond them fails at its fdatasync. */
export interface DyingDisk extends Disk {
  /** All blocks are there from now on. */
  repair(): Promise<void>;
  /** What a kernel does that no longer trusts a file system: read-only at once, whoever has it open. */
  distrust(): Promise<void>;
  /** The disk is gone: whatever is asked of it fails with EIO. */
  pull(): Promise<void>;
  /** Checks it and mounts it anew; nobody may use it. */
  restart(): Promise<void>;
}

/** Whether this user may mount file systems here. */
export async function canMount(): Promise<boolean> {
  const path = await mkdtemp(join(tmpdir(), 'xunji-disk-'));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path]);
    await run('umount', [path]);
    return true;
  } catch {
    return false;
  } finally {
    await rm(path, { recursive: true });
  }
}

/**
 * For who may not mount: the kernel lets the processes write no file beyond 64 KiB while it is "full", which they hear
 * as EFBIG. Node.js ignores the signal that comes with it.
 */
export async function limitedDisk(): Promise<Disk> {
  const path = await mkdtemp(join(tmpdir(), 'xunji-disk-'));
  let pid = 0;
  const limit = async (soft: string) => {
    await run('prlimit', ['--pid', String(pid), `--fsize=${soft}:unlimited`]);
  };
  return {
    path,
    kind: 'RLIMIT_FSIZE',
    use: (of) => {
      pid = of;
    },
    fill: () => limit('65536'),
    // Who was killed has no limit any more.
    free: () => limit('unlimited').catch(() => undefined),
    remove: () => rm(path, { recursive: true }),
  };
}

/** A tmpfs of its own: room is all that can lack. Needs root. */
export async function smallDisk(mb: number): Promise<Disk> {
  const path = await mkdtemp(join(tmpdir(), 'xunji-disk-'));
  await run('mount', ['-t', 'tmpfs', '-o', `size=${mb}m`, 'tmpfs', path]);
  const ballast = join(path, 'ballast');
  return {
    path,
    kind: 'tmpfs',
    use: () => undefined,
    fill: (mb) => fillUp(path, ballast, mb),
    free: () => rm(ballast),
    remove: async () => {
      await run('umount', ['-l', path]);
      await rm(path, { recursive: true });
    },
  };
}

/** @see linux/fs/ext4/ext4.h; 2 = without writing back what is cached */
const EXT4_IOC_SHUTDOWN = 0x8004587d;

/**
 * ext4 on a loop device over a sparse file of `mb` that has room for `backedMb` only.
 * @param onError what the kernel does about it: `continue`, or `remount-ro` as most distributions have it
 */
export async function dyingDisk(
  mb: number,
  backedMb: number,
  onError: 'continue' | 'remount-ro',
): Promise<DyingDisk> {
  const root = await mkdtemp(join(tmpdir(), 'xunji-disk-'));
  const [backing, path] = [join(root, 'backing'), join(root, 'mounted')];
  await mkdir(backing);
  await mkdir(path);
  await run('mount', ['-t', 'tmpfs', '-o', `size=${backedMb}m`, 'tmpfs', backing]);
  const image = join(backing, 'image');
  await writeFile(image, '');
  await run('truncate', ['-s', `${mb}M`, image]);
  await run('mkfs.ext4', ['-q', '-F', '-m', '0', '-O', '^has_journal', image]);
  const device = (await run('losetup', ['--show', '-f', image])).stdout.trim();
  const mount = () => run('mount', ['-o', `errors=${onError}`, device, path]);
  await mount();
  const ballast = join(path, 'ballast');
  return {
    path,
    kind: `ext4, errors=${onError}`,
    use: () => undefined,
    fill: (mb) => fillUp(path, ballast, mb),
    free: () => rm(ballast),
    repair: async () => {
      await run('mount', ['-o', `remount,size=${mb * 2}m`, backing]);
    },
    distrust: () => writeFile(`/sys/fs/ext4/${basename(device)}/trigger_fs_error`, '1'),
    pull: async () => {
      const ask = `import fcntl, os, struct; fcntl.ioctl(os.open(${JSON.stringify(path)}, 0), ${EXT4_IOC_SHUTDOWN}, struct.pack('I', 2))`;
      await run('python3', ['-c', ask]);
    },
    restart: async () => {
      await run('umount', [path]);
      // 1 = errors were corrected.
      await run('e2fsck', ['-fy', device]).catch((error: { code?: number }) => {
        if (error.code !== 1) throw error;
      });
      await mount();
    },
    remove: async () => {
      await run('umount', ['-l', path]);
      await run('losetup', ['-d', device]);
      await run('umount', ['-l', backing]);
      await rm(root, { recursive: true });
    },
  };
}

async function fillUp(path: string, ballast: string, mb?: number): Promise<void> {
  if (mb !== undefined) {
    await writeFile(ballast, Buffer.alloc(mb * MB, 0xff));
    // Where blocks lack, this is where it shows.
    await run('sync', [ballast]).catch(() => undefined);
    return;
  }
  const file = await open(ballast, 'w');
  try {
    // In ever smaller pieces, until not even one block is left.
    for (let size = MB; size >= 512; size >>= 1) {
      const piece = Buffer.alloc(size, 0xff);
      for (;;) {
        const { bytesWritten } = await file.write(piece).catch(() => ({ bytesWritten: 0 }));
        if (bytesWritten < size) break;
      }
    }
  } finally {
    await file.close();
  }
  const { bavail } = await statfs(path);
  if (bavail > 1) throw new Error(`${bavail} blocks are left`);
}
