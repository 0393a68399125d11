import type { Protocol } from '../protocol.ts';
import { commands, writeCommand } from './commands.ts';
import { Gt06Connection, terminalIdOf } from './connection.ts';
import { writeFrame } from './frame.ts';
import { login } from './messages/session.ts';
import { downRow, rows, upRow } from './messages.ts';
import { models } from './models.ts';

/**
 * GT06 and its relatives of the Concox and Jimi families.
 *
 * Some types say one thing up and another down; `encode` writes the direction it is given. Without one it writes what
 * a device sends, what a platform sends where devices send nothing of that type, and the bare answer when there are
 * neither device nor fields. A log-in takes its `terminalId` from `device` when the fields do not give it.
 */
export const gt06: Protocol = {
  name: 'gt06',
  messages: rows.map(({ id, name, direction, clause }) => ({ id, name, direction, clause })),
  commands,
  models: models.map(({ name, note }) => ({ name, note })),
  open: (options = {}) => new Gt06Connection(options),
  fits: (command) => {
    writeCommand(command, 1, 1);
  },
  encode({ id, device, serial, fields, direction }) {
    const type = Number.parseInt(id, 16);
    if (!Number.isInteger(serial) || serial < 0 || serial > 0xffff) {
      throw new RangeError(`serial: wants a whole number 0..65535, got ${serial}`);
    }
    const asked = upRow(type, false)?.answer;
    const isAnswer =
      device === null &&
      Object.keys(fields).length === 0 &&
      (asked === 'bare' || asked === 'login');
    const isDown = direction === undefined ? isAnswer : direction === 'down';
    // What stands in the long form alone is told by its fields.
    const isLong = fields['content'] !== undefined || fields['longForm'] === true;
    const row =
      (isDown ? downRow(type, isLong) : upRow(type, isLong)) ??
      (direction === undefined ? (upRow(type, isLong) ?? downRow(type, isLong)) : undefined);
    if (row === undefined) throw new RangeError(`id: no message is ${id}`);
    const content = row.body.encode(
      row === login && fields['terminalId'] === undefined && device !== null
        ? { ...fields, terminalId: terminalIdOf(device) }
        : fields,
    );
    return writeFrame(type, content, serial, row.isLong);
  },
};
