import type { Command, WrittenCommand } from '../protocol.ts';
import { commandOf } from './commands.ts';
import { dialectOf } from './dialects.ts';
import type { Header } from './header.ts';
import { rowOfId } from './messages.ts';
import type { Edition } from './versions.ts';
import { joined, writeFrames } from './write.ts';

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
  const row = rowOfId(id);
  if (row === undefined || commandOf(id) === undefined) {
    throw new RangeError(`id: no command ${id}`);
  }
  // The digits as the device writes them itself, where it was the last to speak.
  const phone = to.device === device ? to.phone : device;
  const frames = writeFrames(
    { ...to, phone, id: row.number, serial },
    dialectOf(edition, null),
    fields,
  );
  return { serial, serials: frames.length, bytes: joined(frames), frames };
}
