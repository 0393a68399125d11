import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cityMap } from '../city/geojson.ts';
import { geoRing } from '../geo.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import type { Rest } from './rest.ts';

/** Puts the city where an operator would put the base map of a plant or a district. */
export async function layMap(scenario: Scenario, dataDir: string): Promise<void> {
  const folder = join(dataDir, 'basemaps');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, 'city.geojson'), JSON.stringify(cityMap(scenario.city)));
}

/** Enters what an operator would enter by hand: devices, who carries them, fences and their rules. */
export async function furnish(rest: Rest, scenario: Scenario): Promise<void> {
  for (const { id, protocol, kind, name, group } of scenario.devices) {
    await rest.post('devices', { id, protocol, kind, name, group });
    await rest.post('subjects', {
      name,
      kind: kind === 'badge' ? 'person' : 'vehicle',
      device: { id, protocol },
    });
  }
  for (const { name, kind, outline } of scenario.fences) {
    const fence = await rest.post('fences', {
      type: 'Feature',
      geometry: { type: 'Polygon', coordinates: [geoRing(outline)] },
      properties: { name, kind },
    });
    // Everybody passes through the patrol zone; only leaving a workshop calls for somebody.
    if (kind !== 'workshop') continue;
    await rest.post('rules', {
      name: `离开${name}`,
      type: 'exit',
      fences: [fence['id']],
      severity: 'critical',
      params: {},
    });
  }
}
