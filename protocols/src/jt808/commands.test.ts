import { describe, expect, it } from 'vitest';
import type { Command, Message } from '../protocol.ts';
import { commands } from './commands.ts';
import { jt808 } from './index.ts';
import { rowOfId } from './messages.ts';

const NOW = Date.UTC(2026, 10, 23, 7, 0, 0);
const DEVICE = '13912345678';

const heartbeat = (edition: string) =>
  jt808.encode({ id: '0x0002', device: DEVICE, edition, serial: 5, fields: {} });

const answer = (edition: string, id: string, fields: object): Message => {
  const bytes = jt808.encode({ id, device: DEVICE, edition, serial: 6, fields: { ...fields } });
  return jt808.open().push(bytes, NOW)[0] as Message;
};

describe('a command', () => {
  const command: Command | undefined = commands
    .filter(({ id }) => rowOfId(id)?.bodies['2019']?.[0]?.fieldNames.length === 0)
    .map(({ id }) => ({ device: DEVICE, id, fields: {} }))[0];

  it('cannot be written before a device was heard', () => {
    expect(jt808.open().command({ device: DEVICE, id: '0x8104', fields: {} })).toBeNull();
  });

  it.each(['2013', '2019'])('goes out in the header of a device of %s', (edition) => {
    if (command === undefined) return expect(commands).toEqual([]);
    const platform = jt808.open();
    platform.push(heartbeat(edition), NOW);
    const first = platform.command(command);
    const second = platform.command(command);
    const repeat = platform.command({ ...command, serial: 0 });
    expect([first?.serial, second?.serial, repeat?.serial]).toEqual([0, 1, 0]);
    expect(repeat?.bytes).toEqual(first?.bytes);
    const terminal = jt808.open({ side: 'terminal' });
    expect(terminal.push(second?.bytes ?? new Uint8Array(0), NOW)).toMatchObject([
      { id: command.id, device: DEVICE, edition, serial: 1 },
    ]);
  });

  it.each(['0x8001', '0x8100', '0x0200', '0x8F42', 'nonsense'])('is not %s', (id) => {
    const platform = jt808.open();
    platform.push(heartbeat('2013'), NOW);
    expect(() => platform.command({ device: DEVICE, id, fields: {} })).toThrow(/^id: /);
  });
});

describe('the general answer', () => {
  it.each([
    [0, '0x8300', 'done'],
    [1, '0x8300', 'failed'],
    [2, '0x8300', 'malformed'],
    [3, '0x8300', 'unsupported'],
    [9, '0x8300', 'failed'],
    [0, '0x8104', 'received'],
    [3, '0x8104', 'unsupported'],
    [0, '0x8801', 'received'],
  ])('of %i to %s says %s', (result, answeredId, said) => {
    const message = answer('2013', '0x0001', { answeredSerial: 7, answeredId, result });
    expect(message.answers).toEqual({ serial: 7, commands: [answeredId], result: said });
  });

  it('is all that a terminal of 2011 says to a camera', () => {
    const platform = jt808.open();
    platform.push(
      jt808.encode({
        id: '0x0100',
        device: DEVICE,
        edition: '2011',
        serial: 1,
        fields: {
          provinceId: 31,
          cityId: 115,
          manufacturerId: 'QHKJ1',
          terminalModel: 'SW-200',
          terminalId: '7654321',
          plateColor: 2,
          plate: '沪A12345',
        },
      }),
      NOW,
    );
    const fields = { answeredSerial: 7, answeredId: '0x8801', result: 0 };
    const bytes = jt808.encode({
      id: '0x0001',
      device: DEVICE,
      edition: '2011',
      serial: 2,
      fields,
    });
    expect(platform.push(bytes, NOW)).toMatchObject([{ answers: { result: 'done' } }]);
  });
});

it.each(commands.filter(({ answeredBy }) => answeredBy !== null))(
  '$id $name is answered by a message of the tables',
  ({ answeredBy }) => {
    expect(rowOfId(answeredBy ?? '')).toMatchObject({ direction: 'up' });
  },
);

it('messages that report answer no command', () => {
  expect(answer('2013', '0x0002', {}).answers).toBeNull();
});
