import type { Command, WrittenCommand } from '../protocol.ts';
import { commandOf } from './commands.ts';
import { dialectOf } from './dialects.ts';
import type { Header } from './header.ts';
import { rowOfId } from './messages.ts';
import type { Row } from './row.ts';
import { type Edition, editions, versions } from './versions.ts';
import { joined, writeFrames } from './write.ts';

/** What stands for a device that nothing is known of. */
const COMMON_EDITION = '2013';

/** @see Protocol.fits in `protocol.ts` */
export function fits({ device, id, fields }: Command, edition: string | null): void {
  const row = commandRow(id);
  const known = editions.find((one) => one === edition) ?? COMMON_EDITION;
  const form = versions[known].header;
  const to = { form, versionFlag: form === '2019', versionByte: null, phone: device };
  writeFrames({ ...to, id: row.number, serial: 0 }, dialectOf(known, null), fields);
}

function commandRow(id: string): Row {
  const row = rowOfId(id);
  if (row === undefined || commandOf(id) === undefined) {
    throw new RangeError(`id: no command ${id}`);
  }
  return row;
}

/** A command and the frames that it takes, which the terminal may ask for again. */
export interface FramedCommand extends WrittenCommand {
  readonly frames: readonly Uint8Array[];
}

/**
 * A command in the header form of `to`, which is any that came over the connection of the device.
 * @throws RangeError naming the field that does not fit; `id` for what is no command
 */
export function writeCommand(
  to: Header,
  edition: Edition,
  { device, id, fields }: Command,
  serial: number,
): FramedCommand {
  const row = commandRow(id);
  // The digits as the device writes them itself, where it was the last to speak.
  const phone = to.device === device ? to.phone : device;
  const frames = writeFrames(
    { ...to, phone, id: row.number, serial },
    dialectOf(edition, null),
    fields,
  );
  return { serial, serials: frames.length, bytes: joined(frames), frames };
}
