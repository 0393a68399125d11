import { expect, test } from 'vitest';
import { Boxes } from '../boxes.ts';
import { NamePlacer, type NameSheet, type PaintedName } from './place-names.ts';

const district: PaintedName = { x: 100, y: 100, w: 80, h: 20, movable: true };
const street: PaintedName = { x: 400, y: 100, w: 60, h: 16, movable: false };
/** A picture that begins 160 px beyond the view, as the base map paints it. */
const sheetOf = (names: readonly PaintedName[], scale = 1): NameSheet => ({
  canvas: {} as HTMLCanvasElement,
  names,
  left: -160,
  top: -160,
  scale,
});
const square = (x: number, y: number): Boxes => {
  const boxes = new Boxes();
  boxes.add(x - 9, y - 9, 18, 18);
  return boxes;
};
const districtX = 100 - 160 + 40;
const districtY = 100 - 160 + 10;
const streetX = 400 - 160 + 30;
const streetY = 100 - 160 + 8;

test('names with nothing over them stand where they were painted, and later names yield to them', () => {
  const placer = new NamePlacer();
  const placed = new Boxes();
  placer.place(sheetOf([district, street]), new Boxes(), placed);
  expect(placer.shown).toEqual([0, 0]);
  expect(placed.hit(streetX, streetY, 1, 1)).toBe(true);
});

test('a district steps aside for a device, a street is not named beneath one', () => {
  const sheet = sheetOf([district, street]);
  const onDistrict = new NamePlacer();
  onDistrict.place(sheet, square(districtX, districtY), new Boxes());
  expect(onDistrict.shown).toEqual([-32, 0]);
  const onStreet = new NamePlacer();
  onStreet.place(sheet, square(streetX, streetY), new Boxes());
  expect(onStreet.shown).toEqual([0, null]);
});

test('a district steps onto no other name and hides when all its places are taken', () => {
  const above: PaintedName = { ...street, x: 110, y: 70 };
  const placer = new NamePlacer();
  placer.place(sheetOf([district, above]), square(districtX, districtY), new Boxes());
  expect(placer.shown).toEqual([32, 0]);
  const all = new Boxes();
  all.add(districtX - 5, districtY - 70, 10, 140);
  placer.place(sheetOf([district]), all, new Boxes());
  expect(placer.shown).toEqual([null]);
});

test('a name that stepped aside stays there, and a hidden one waits for some room', () => {
  const sheet = sheetOf([district, street]);
  const placer = new NamePlacer();
  placer.place(sheet, square(districtX, districtY), new Boxes());
  placer.place(sheet, new Boxes(), new Boxes());
  expect(placer.shown[0]).toBe(-32);
  placer.place(sheet, square(streetX, streetY), new Boxes());
  // Just past the letters, then further away.
  placer.place(sheet, square(streetX + 30 + 11, streetY), new Boxes());
  expect(placer.shown[1]).toBeNull();
  placer.place(sheet, square(streetX + 30 + 18, streetY), new Boxes());
  expect(placer.shown[1]).toBe(0);
});

test('while the picture is scaled, its names take as much room as is seen of them', () => {
  const placer = new NamePlacer();
  const sheet = sheetOf([street], 2);
  placer.place(sheet, square(-160 + 2 * 430, -160 + 2 * 108), new Boxes());
  expect(placer.shown).toEqual([null]);
  const beside = new NamePlacer();
  beside.place(sheet, square(streetX, streetY), new Boxes());
  expect(beside.shown).toEqual([0]);
});
