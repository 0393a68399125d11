import { expect, it } from 'vitest';
import { type Radio, radioExtras, radioOf } from './radio.ts';

const heard: Radio = {
  cells: [{ mcc: 460, mnc: 0, lac: 10365, cellId: 8049, signal: 62 }],
  wifi: [{ mac: '8089174498b4', rssiDbm: -92, ssid: '厂区 "A"' }],
  beacons: [{ mac: 'ac233fa018e3', rssiDbm: -54, major: 1, minor: 17710 }],
};

it('comes back from the extras of a position as it was heard', () => {
  expect(radioOf(radioExtras(heard))).toEqual(heard);
  expect(radioOf({ ...radioExtras(heard), hdop: 1 })).toEqual(heard);
});

it('leaves out lists in which nobody was heard', () => {
  expect(radioExtras({ cells: [], wifi: [] })).toEqual({});
  expect(radioOf({})).toEqual({});
});

it.each(['', '[', '{}', 'null', '[1', 7, true])('takes %j for no list', (cells) => {
  expect(radioOf({ cells })).toEqual({});
});
