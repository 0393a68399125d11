import type { DataDir } from '../data-dir.ts';
import type { Journal } from '../journal/journal.ts';
import type { Logger } from '../logger.ts';
import { copyRecords, type Records } from '../records/database.ts';
import type { Store } from '../stores/store.ts';
import { makeBackup } from './backup.ts';
import { openControl } from './control.ts';

export interface RunningGateway {
  readonly dir: DataDir;
  readonly db: Records;
  readonly journal: Journal;
  readonly stores: readonly Pick<Store, 'backup'>[];
  readonly logger: Logger;
  /** Ms UTC. */
  readonly now: () => number;
  /** Its version. */
  readonly program: string;
}

/**
 * Lets the backup command reach a running gateway, which alone may copy what it holds the locks of. Null when the
 * control socket cannot be made: the gateway works as well without.
 */
export async function openBackups(gateway: RunningGateway) {
  const { dir, db, journal, stores, logger, now, program } = gateway;
  const embedded = stores.find((store) => store.backup !== undefined);
  const source = {
    ...{ dir, journal, now, program },
    copyRecords: (to: string) => copyRecords(db, to),
    copyTracks: embedded === undefined ? null : async (to: string) => embedded.backup?.(to),
  };
  const backup = async (to: string) => {
    logger.info({ to }, 'backupBegun');
    const manifest = await makeBackup(source, to);
    logger.info({ to, seq: manifest.seq, bytes: manifest.bytes }, 'backupMade');
    return manifest;
  };
  try {
    return await openControl({ path: dir.control, backup });
  } catch (error) {
    logger.warn({ err: error }, 'controlUnavailable');
    return null;
  }
}
