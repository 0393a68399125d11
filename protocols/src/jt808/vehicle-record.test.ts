import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex } from '../bytes.ts';
import { decodeVehicleRecord, encodeVehicleRecord, VEHICLE_STATE_BYTES } from './vehicle-record.ts';

/** Packed by hand from the table of T/JSATL 12-2017. */
const content = [
  ...[
    '00000002',
    '00000001',
    '00000004',
    '00000003',
    '01dc89d0',
    '073d8aa5',
    '0007',
    '020b',
    '007e',
  ],
  ...[
    '261123145500',
    '0064',
    'ff9c',
    '0000',
    '0001',
    'ffff',
    '7fff',
    '0209',
    '020a',
    '03',
    '32',
    '00',
    '00',
  ],
  ...['0708', 'ffd3', '01', '0000'],
].join('');
const sum = (fromHex(content) ?? new Uint8Array(0)).reduce((all, byte) => (all + byte) & 0xff, 0);
const block = fromHex(content + sum.toString(16).padStart(2, '0')) ?? new Uint8Array(0);
const state = {
  ...{ total: 2, index: 1, alarms: ['fatigue'], status: ['acc', 'fixed'] },
  ...{ latitude: 31230416, longitude: 121473701, altitude: 7, speed: 523, direction: 126 },
  ...{ time: '261123145500', accelerationX: 100, accelerationY: -100, accelerationZ: 0 },
  ...{ rateX: 1, rateY: -1, rateZ: 32767, pulseSpeed: 521, obdSpeed: 522, gear: 3, throttle: 50 },
  ...{ brake: 0, isBraking: 0, rpm: 1800, steeringAngle: -45, turnLight: 1, reserved: '0000' },
};
const twice = Uint8Array.of(...block, ...block);

describe('a record of the state of a vehicle', () => {
  it('has blocks of 64 bytes', () => {
    expect(block.length).toBe(64);
    expect(VEHICLE_STATE_BYTES).toBe(64);
    expect(decodeVehicleRecord(twice)).toEqual({ states: [state, state], damaged: 0, trailing: 0 });
  });

  it('is written to the same bytes', () => {
    expect(encodeVehicleRecord([state, state])).toEqual(twice);
  });

  it('loses only the block whose check code is wrong', () => {
    const broken = Uint8Array.from(twice);
    broken[20] = (broken[20] ?? 0) ^ 1;
    expect(decodeVehicleRecord(broken)).toEqual({ states: [state], damaged: 1, trailing: 0 });
  });

  it('of any bytes is read as far as its blocks are whole', () => {
    for (let size = 0; size <= twice.length; size++) {
      const { states, trailing } = decodeVehicleRecord(twice.subarray(0, size));
      expect([states.length, trailing]).toEqual([Math.floor(size / 64), size % 64]);
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const { states, damaged, trailing } = decodeVehicleRecord(bytes);
        expect((states.length + damaged) * 64 + trailing).toBe(bytes.length);
      }),
    );
  });
});
