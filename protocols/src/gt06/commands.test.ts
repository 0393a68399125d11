import { describe, expect, it } from 'vitest';
import type { Message } from '../protocol.ts';
import { gt06 } from './index.ts';

const NOW = Date.UTC(2026, 10, 23, 7, 0, 0);
const DEVICE = '123456789012345';

function loggedIn() {
  const platform = gt06.open();
  platform.push(
    gt06.encode({ id: '0x01', device: DEVICE, edition: null, serial: 1, fields: {} }),
    NOW,
  );
  return platform;
}
const asks = (text: string) => ({ device: DEVICE, id: '0x80', fields: { text } });

describe('a command', () => {
  it('cannot be written before the log-in', () => {
    expect(gt06.open().command(asks('WHERE#'))).toBeNull();
  });

  it('is its text under a server flag that only a repeat has again', () => {
    const platform = loggedIn();
    const first = platform.command(asks('WHERE#'));
    const second = platform.command(asks('STATUS#\r\n\0'));
    const repeat = platform.command({ ...asks('WHERE#'), serial: 1 });
    const terminal = gt06.open({ side: 'terminal' });
    const read = [first, second, repeat].flatMap((one) =>
      terminal.push(one?.bytes ?? new Uint8Array(0), NOW),
    );
    expect([first, second, repeat].map((one) => one?.serial)).toEqual([1, 2, 1]);
    expect(read).toMatchObject([
      { id: '0x80', serial: 1, fields: { serverFlag: 1, text: 'WHERE#' } },
      { id: '0x80', serial: 2, fields: { serverFlag: 2, text: 'STATUS#' } },
      { id: '0x80', serial: 3, fields: { serverFlag: 1, text: 'WHERE#' } },
    ]);
  });

  it.each([
    ['id', '0x15', { text: 'WHERE#' }],
    ['text', '0x80', {}],
    ['text', '0x80', { text: '' }],
    ['text', '0x80', { text: '位置#' }],
    ['text', '0x80', { text: 'A\tB#' }],
    ['text', '0x80', { text: 'A'.repeat(241) }],
    ['language', '0x80', { text: 'WHERE#', language: 65_536 }],
    ['serverFlag', '0x80', { text: 'WHERE#', serverFlag: 9 }],
  ])('names %s in %s %j', (field, id, fields) => {
    expect(() => loggedIn().command({ device: DEVICE, id, fields })).toThrow(
      new RegExp(`^${field}: `),
    );
  });
});

describe('a reply', () => {
  it.each([
    ['0x15', 7, 'RELAY=Success!', { serial: 7, result: 'done' }],
    ['0x21', 7, 'Current position! Lat:N22.57776', { serial: 7, result: 'done' }],
    ['0x15', 0, 'OK', { serial: null, result: 'done' }],
    ['0x15', 7, 'DYD=Unvalued Fix', { serial: 7, result: 'failed' }],
    ['0x15', 7, 'DYD=Speed Limit, Speed 40km/h', { serial: 7, result: 'failed' }],
    ['0x21', 7, 'HFYD=Fail!', { serial: 7, result: 'failed' }],
  ])('%s with flag %i and %s says which command and how it went', (id, serverFlag, text, said) => {
    const fields = { serverFlag, text, ...(id === '0x21' ? { encoding: 1 } : {}) };
    const [reply] = loggedIn().push(
      gt06.encode({ id, device: DEVICE, edition: null, serial: 2, fields }),
      NOW,
    ) as Message[];
    expect(reply?.answers).toEqual({ commands: ['0x80'], ...said });
  });

  it('is nothing else', () => {
    const [login] = gt06
      .open()
      .push(gt06.encode({ id: '0x01', device: DEVICE, edition: null, serial: 1, fields: {} }), NOW);
    expect(login).toMatchObject({ answers: null });
  });
});
