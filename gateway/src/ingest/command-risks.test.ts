import { expect, it } from 'vitest';
import { isWhereNow, riskOf } from './command-risks.ts';

it.each([
  ['0x8300', { text: 'hello' }, 'plain'],
  ['0x8103', { parameters: [{ id: '0x0001', value: 60 }] }, 'plain'],
  ['0x8103', { parameters: [{ id: '0x0001' }, { id: '0x0013', value: 'a.example' }] }, 'confirm'],
  ['0x8103', { parameters: [{ id: '0x0026', value: 'a.example' }] }, 'confirm'],
  ['0x8103', { parameters: [{ id: '0x0027', value: 1 }] }, 'plain'],
  ['0x8103', { parameters: [{ id: '0xF364', hex: '00' }] }, 'confirm'],
  ['0x8103', { parameters: [null, {}] }, 'confirm'],
  ['0x8105', { command: 4 }, 'confirm'],
  ['0x8105', { command: 0x64 }, 'cut'],
  ['0x8105', { command: 0x65 }, 'cut'],
  ['0x8500', { flags: ['lockDoors'] }, 'plain'],
  ['0x8500', { flags: [] }, 'plain'],
  ['0x8500', { flags: ['lockDoors', 'bit1'] }, 'cut'],
  ['0x8500', { controls: [{ type: 1, value: 0 }] }, 'plain'],
  [
    '0x8500',
    {
      controls: [
        { type: 1, value: 0 },
        { type: 0xf001, data: '01' },
      ],
    },
    'cut',
  ],
  ['0x8500', { controls: [{ type: 1, value: 0 }], flags: ['bit1'] }, 'cut'],
  ['0x8500', { count: 1, data: 'f00101' }, 'cut'],
  ['0x8500', {}, 'cut'],
  ['0x8900', {}, 'confirm'],
  ['0x8F01', {}, 'confirm'],
] as const)('of JT/T 808 %s %j is %s', (message, fields, risk) => {
  expect(riskOf('jt808', message, fields)).toBe(risk);
});

it.each([
  ['WHERE#', 'plain'],
  ['STATUS#', 'plain'],
  ['TIMER,10,10#', 'plain'],
  ['RELAY#', 'plain'],
  ['RELAY,1#', 'cut'],
  ['relay,0#', 'cut'],
  ['RELAY ,1#', 'cut'],
  ['DYD,000000#', 'cut'],
  ['HFYD,000000#', 'cut'],
  ['WHERE#RELAY,1#', 'cut'],
  ['WH\nERE#', 'plain'],
  ['REL\0AY,1#', 'cut'],
  ['SERVER,1,a.example,5023,0#', 'confirm'],
  ['FACTORY#', 'confirm'],
  ['SOMETHING,1#', 'confirm'],
] as const)('of GT06 %j is %s', (text, risk) => {
  expect(riskOf('gt06', '0x80', { text })).toBe(risk);
});

it.each([
  ['locate', 'plain'],
  ['buzz', 'plain'],
  ['reboot', 'confirm'],
  ['raw', 'confirm'],
] as const)('of MQTT %s is %s', (cmd, risk) => {
  expect(riskOf('mqtt', cmd, {})).toBe(risk);
});

it('knows what only asks where a device is', () => {
  expect(isWhereNow('jt808', '0x8201', {})).toBe(true);
  expect(isWhereNow('jt808', '0x8202', {})).toBe(false);
  expect(isWhereNow('gt06', '0x80', { text: 'WHERE#' })).toBe(true);
  expect(isWhereNow('gt06', '0x80', { text: 'WHERE#RELAY,1#' })).toBe(false);
  expect(isWhereNow('mqtt', 'locate', {})).toBe(true);
});
