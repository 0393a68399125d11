import type { Protocol } from '../protocol.ts';
import { commands } from './commands.ts';
import { Jt808Connection } from './connection.ts';
import { messages } from './messages.ts';
import { models } from './models.ts';
import { encode } from './write.ts';
import { fits } from './write-command.ts';

/** JT/T 808 of 2011, 2013 and 2019. */
export const jt808: Protocol = {
  name: 'jt808',
  messages,
  commands,
  models: models.map(({ name, note }) => ({ name, note })),
  open: (options) => new Jt808Connection(options),
  fits,
  encode,
};
