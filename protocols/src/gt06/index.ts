import type { Protocol } from '../protocol.ts';
import { Gt06Connection, terminalIdOf } from './connection.ts';
import { writeFrame } from './frame.ts';
import { downByType, login, rows, upByType } from './messages.ts';

/**
 * GT06 and its relatives of the Concox and Jimi families.
 *
 * An answer shares the type of what it answers: `encode` with neither device nor fields writes the answer. A log-in
 * takes its `terminalId` from `device` when the fields do not give it.
 */
export const gt06: Protocol = {
  name: 'gt06',
  messages: rows.map(({ id, name, direction, clause }) => ({ id, name, direction, clause })),
  models: [],
  open: (options = {}) => new Gt06Connection(options),
  encode({ id, device, serial, fields }) {
    const type = Number.parseInt(id, 16);
    if (!Number.isInteger(serial) || serial < 0 || serial > 0xffff) {
      throw new RangeError(`serial: wants a whole number 0..65535, got ${serial}`);
    }
    const isAnswer = device === null && Object.keys(fields).length === 0;
    const row = (isAnswer ? downByType.get(type) : undefined) ?? upByType.get(type);
    if (row === undefined) throw new RangeError(`id: no message is ${id}`);
    const content = row.body.encode(
      row === login && fields['terminalId'] === undefined && device !== null
        ? { ...fields, terminalId: terminalIdOf(device) }
        : fields,
    );
    return writeFrame(type, content, serial);
  },
};
