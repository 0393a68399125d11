import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layout } from '../../layout.ts';
import { deviceAlarms } from '../../position.ts';
import { dialectOf, dialects } from '../dialects.ts';
import { type Item, ItemTable } from '../extras.ts';
import { locationOf, toPosition } from '../location.ts';
import { models } from '../models.ts';
import type { ItemRow } from './item.ts';
import { bundleRows } from './vendor.ts';

/*
 * Whatever bytes an item has, of whatever model: it is read or stays as it is, and the position beside it is the same.
 */

const byte = fc.nat(255);
/** Small counts and lengths, text, bits, and anything. */
const body = fc.oneof(
  fc.uint8Array({ maxLength: 80 }),
  fc
    .array(fc.constantFrom(0, 1, 2, 4, 9, 0x10, 0x31, 0x39, 0x7f, 0x80, 0xff), { maxLength: 80 })
    .map((bytes) => Uint8Array.from(bytes)),
);
/** Items that are read for sure: as long as their row or one of its tables is. */
const bodyOf = (row: ItemRow) =>
  row.width === null ? body : fc.uint8Array({ minLength: row.width, maxLength: row.width });

const cases = models
  .map(({ name }) => ({ model: name, table: dialectOf('2013', name).items }))
  .concat({ model: 'the parts of a bundle', table: new ItemTable(bundleRows) })
  .flatMap(({ model, table }) =>
    table.rows.filter(({ id }) => id <= 0xff).map((row) => ({ model, row, name: row.name })),
  );
const FIXED = Uint8Array.from([
  ...[0, 0, 0, 0, 0, 0, 0, 3, 0x01, 0xdc, 0x89, 0xd0, 0x07, 0x3d, 0x8a, 0xa5],
  ...[0, 7, 2, 11, 0, 126, 0x26, 0x11, 0x23, 0x14, 0x55, 0],
]);
const NOW = Date.UTC(2026, 10, 23, 7);

describe('any bytes as the item', () => {
  it.each(cases)('$name of $model are read or stay as they are', ({ model, row }) => {
    const table = new ItemTable([row]);
    fc.assert(
      fc.property(bodyOf(row), (bytes) => {
        const wire = Uint8Array.from([row.id, bytes.length, ...bytes]);
        const read = table.kind.read(wire) as readonly Item[];
        expect(read).toHaveLength(1);
        const found = table.findings(read);
        for (const value of [found.mileageKm, found.satellites, found.batteryPercent]) {
          if (value !== null) expect(value).toBeGreaterThanOrEqual(0);
        }
        expect(found.batteryPercent ?? 0).toBeLessThanOrEqual(100);
        for (const alarm of found.alarms ?? []) expect(deviceAlarms).toContain(alarm);
        for (const value of Object.values(found.extras)) {
          expect(['string', 'number', 'boolean']).toContain(typeof value);
          if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true);
        }
        // What was read is written so that it says the same.
        const [item] = read;
        if (item === undefined || 'hex' in item) return;
        const value = JSON.parse(JSON.stringify(item.value));
        let written: Uint8Array;
        try {
          written = row.body.encode({ value });
        } catch (error) {
          // Text in UTF-8 beyond GBK, or characters that GBK could not say.
          expect(error).toBeInstanceOf(RangeError);
          return;
        }
        const again = table.kind.read(Uint8Array.from([row.id, written.length, ...written]));
        if (!JSON.stringify(value).includes('\uFFFD')) {
          expect(JSON.parse(JSON.stringify(again))).toEqual([
            { id: item.id, name: item.name, value },
          ]);
        }
        expect(model).not.toBe('');
      }),
      { numRuns: 40 },
    );
  });

  it('never cost the position they come with', () => {
    const base = toPosition(
      read(FIXED, dialectOf('2013', null)),
      { receivedTime: NOW, anyTime: true, dialect: dialectOf('2013', null) },
      false,
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...dialects),
        fc.array(fc.tuple(byte, body)),
        (dialect, items) => {
          const bytes = items.flatMap(([id, data]) => [id, data.length, ...data]);
          const dated = { receivedTime: NOW, anyTime: true, dialect };
          const position = toPosition(
            read(Uint8Array.from([...FIXED, ...bytes]), dialect),
            dated,
            false,
          );
          const { latitude, longitude, altitudeM, speedKmh, courseDeg, valid, ignition, flags } =
            base;
          const same = {
            latitude,
            longitude,
            altitudeM,
            speedKmh,
            courseDeg,
            valid,
            ignition,
            flags,
          };
          expect(position).toMatchObject(same);
          expect(position.fixTime).toBe(base.fixTime + (8 - dialect.zoneHours) * 3_600_000);
        },
      ),
      { numRuns: 500 },
    );
  });
});

function read(bytes: Uint8Array, dialect: (typeof dialects)[number]) {
  const found = locationOf(dialect).decode(bytes);
  if (!found.ok) throw new Error(`${found.field}: ${found.expected}`);
  return found.value;
}

describe('writing an item', () => {
  const write = (item: object) =>
    layout({ items: dialectOf('2013', 'gps51').items.kind }).encode({ items: [item as Item] });
  it.each([
    ['items.0.value: ', { id: '0x01', name: 'mileage', value: -1 }],
    ['items.0.value', { id: '0x06', name: 'cabinTemperature', value: -274 }],
    ['items.0.value', { id: '0x05', name: 'tyrePressures', value: [1, 2] }],
    ['items.0.value', { id: '0x15', name: 'videoLost', value: [33] }],
    ['items.0.value', { id: '0x11', name: 'overspeed', value: { areaType: 'nowhere' } }],
    ['items.0.value', { id: '0x18', name: 'abnormalDriving', value: { behaviours: ['x'] } }],
    ['items.0.value', { id: '0x64', name: 'adasAlarm', value: {} }],
    ['items.0.value', { id: '0xF1', name: 'iccid', value: 'x'.repeat(21) }],
    ['items.0.id', { id: '0x9A', name: 'nothing', value: 1 }],
    ['items.0.id', { id: '9A', hex: '00' }],
    ['items.0.hex', { id: '0x9A', hex: 'xx' }],
    ['items.0.hex', { id: '0x9A', hex: '00'.repeat(256) }],
  ])('refuses %s', (field, item) => {
    expect(() => write(item)).toThrow(RangeError);
    expect(() => write(item)).toThrow(new RegExp(`^${field.replaceAll('.', '\\.')}`));
  });
});
