import { expect } from 'vitest';
import { type BitTable, bitsOf, bitTable, toHex } from '../bytes.ts';
import { layout } from '../layout.ts';
import { type Checks, empty, inTheirWords, renamed } from './gathered.test-support.ts';
import { checkLocation, type GatheredLocation } from './gathered-location.test-support.ts';
import type { BatchItem } from './location.ts';
import { rowOfId } from './messages.ts';
import { type Parameter, parameterItems } from './parameter-items.ts';
import type { Edition } from './versions.ts';

interface TheirParameter {
  readonly id: string;
  readonly hex: string;
  readonly value?: string | number;
}

/** The bytes that our reading of a parameter stands for. */
function hexOf(parameter: Parameter, edition: Edition): string {
  if ('hex' in parameter) return parameter.hex;
  const items = layout({ items: parameterItems(edition, false) });
  return toHex(items.encode({ items: [parameter] }).subarray(5));
}

/** Texts that are filled up lose that; numbers and structures must stand for the very bytes. */
const parameters: Checks[string] = ({ fields, edition }, body) => {
  const ours = fields['parameters'] as readonly Parameter[];
  const theirs = body['params'] as readonly TheirParameter[];
  expect([fields['count'], fields['answeredSerial'], fields['trailing']]).toEqual([
    body['count'],
    body['ackSerial'],
    undefined,
  ]);
  expect(ours.map((one) => one.id)).toEqual(theirs.map((one) => one.id));
  for (const [i, their] of theirs.entries()) {
    const our = ours[i] as Parameter;
    const value = 'value' in our ? our.value : undefined;
    if (typeof their.value === 'string') expect(value, their.id).toBe(their.value);
    else expect(hexOf(our, edition as Edition), their.id).toBe(their.hex);
    if (typeof their.value === 'number') {
      expect(our, their.id).toHaveProperty('value');
      if (typeof value === 'number') expect(value, their.id).toBe(their.value);
    }
  }
};

/** The word of named bits, by position in the table they came from. */
const bits = (names: unknown, width: BitTable['width'], of: readonly string[]) =>
  bitsOf(names as readonly string[], bitTable(width, of));
const types = ['passenger', 'dangerousGoods', 'freight', 'taxi', 'bit4', 'bit5', 'hardDiskVideo'];
const satellites = ['gps', 'beidou', 'glonass', 'galileo'];
const networks = ['gprs', 'cdma', 'tdScdma', 'wcdma', 'cdma2000', 'tdLte', 'bit6', 'other'];

/** Terminal management, parameters, position queries. */
export const terminalChecks: Checks = {
  '0x0004': empty,
  '0x8004': renamed({ time: 'serverTimeBcd' }),
  '0x0104': parameters,
  '0x8103': parameters,
  '0x8104': empty,
  '0x8105': inTheirWords(({ command, arguments: args }) => ({ command, args: args ?? '' })),
  '0x8106': renamed(),
  '0x0107': inTheirWords((fields, { edition }) => {
    const { terminalType, gnss, networks: modules, manufacturerIdBytes, ...rest } = fields;
    const known = [...types, 'splitUnit', edition === '2019' ? 'trailer' : 'bit8'];
    return {
      ...rest,
      terminalType: bits(terminalType, 16, known),
      gnss: bits(gnss, 8, satellites),
      comm: bits(modules, 8, networks),
      ...(edition === '2019' ? { manufacturerFieldLength: manufacturerIdBytes ?? 5 } : {}),
    };
  }),
  '0x0108': renamed(),
  '0x0201': ({ fields, positions, edition }, body) => {
    expect(fields['answeredSerial']).toBe(body['ackSerial']);
    const expected = body['location'] as GatheredLocation;
    checkLocation(fields as unknown as BatchItem, positions[0], edition as Edition, expected);
  },
  '0x8202': inTheirWords(({ interval, duration }) => ({
    intervalS: interval,
    validS: duration ?? null,
  })),
  '0x8203': ({ fields }, body) => {
    const table = rowOfId('0x8203')?.bodies['2013']?.[0];
    const bytes = table?.encode(fields) ?? new Uint8Array(6);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    expect({ alarmSerial: fields['alarmSerial'], alarmTypes: view.getUint32(2) }).toEqual(body);
  },
};
