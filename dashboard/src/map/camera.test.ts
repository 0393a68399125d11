import type OlMap from 'ol/Map.js';
import { afterEach, expect, test, vi } from 'vitest';
import { Fleet } from '../live/fleet.ts';
import { Camera, placedBox, wider } from './camera.ts';
import { pixelX, pixelY, toX, toY } from './project.ts';

afterEach(() => vi.unstubAllGlobals());

test('the subscription box is a fifth wider and stays within the legal degrees', () => {
  const [w, s, e, n] = wider([120, 30, 121, 31]);
  expect([w, s, e, n].map((v) => Number(v.toFixed(6)))).toEqual([119.9, 29.9, 121.1, 31.1]);
  expect(wider([-180, -85, 180, 85])).toEqual([-180, -90, 180, 90]);
});

test('the box of the fleet holds every device with a place and none without', () => {
  const fleet = new Fleet();
  expect(placedBox(fleet)).toBeNull();
  fleet.snapshot(
    'map',
    0,
    [
      [0, 121_000_000, 31_000_000, 0, 0, 3, 0],
      [1, 122_000_000, 30_000_000, 0, 0, 3, 0],
      [2, 0, 0, 0, 0, 1, 0],
    ],
    0,
    1,
  );
  expect(placedBox(fleet)).toEqual([121, 30, 122, 31]);
});

const phone = { getSize: () => [390, 728], getPixelRatio: () => 2 } as unknown as OlMap;

test('a place is shown in the middle of what no sheet covers, at whatever zoom', () => {
  vi.stubGlobal('matchMedia', () => ({ matches: true }));
  const camera = new Camera(phone);
  for (const zoom of [12, 16]) {
    camera.cover({ top: 72, bottom: 400 });
    camera.centerOn(121.5, 31.2, zoom);
    const seen = camera.painted();
    if (seen === null) throw new Error('no view');
    expect(pixelX(seen, toX(121.5))).toBeCloseTo(195, 3);
    expect(pixelY(seen, toY(31.2))).toBeCloseTo((72 + 728 - 400) / 2, 3);
    expect(camera.within(toX(121.5), toY(31.2), 0.01)).toBe(true);
  }
});

test('a place beneath a sheet does not count as seen', () => {
  vi.stubGlobal('matchMedia', () => ({ matches: true }));
  const camera = new Camera(phone);
  camera.centerOn(121.5, 31.2, 14);
  const within = (): boolean => camera.within(toX(121.5), toY(31.2), 0.8);
  expect(within()).toBe(true);
  camera.cover({ top: 72, bottom: 400 });
  expect(within()).toBe(false);
  camera.cover({ top: 0, bottom: 0 });
  expect(within()).toBe(true);
});

test('while the view flies, its goal counts, and what is asked meanwhile starts from there', () => {
  vi.stubGlobal('matchMedia', () => ({ matches: false }));
  vi.stubGlobal('requestAnimationFrame', () => 0);
  vi.stubGlobal('cancelAnimationFrame', () => undefined);
  const camera = new Camera(phone);
  const x = toX(121.5);
  const y = toY(31.2);
  expect(camera.within(x, y, 0.8)).toBe(false);
  camera.centerOn(121.5, 31.2, 16);
  expect(camera.within(x, y, 0.01)).toBe(true);
  const step = camera.view.getResolutionForZoom(16) * 250;
  expect(camera.within(x + step, y, 1)).toBe(false);
  camera.centerOn(121.6, 31.2);
  expect(camera.within(toX(121.6), y, 0.01)).toBe(true);
  expect(camera.within(toX(121.6) + step, y, 1)).toBe(false);
});
