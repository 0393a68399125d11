import type OlMap from 'ol/Map.js';
import type MapBrowserEvent from 'ol/MapBrowserEvent.js';
import { unByKey } from 'ol/Observable.js';
import { type Fleet, keyOf } from '../live/fleet.ts';
import type { Camera } from './camera.ts';
import type { DeviceLayer } from './devices/device-layer.ts';
import { REACH_PX } from './devices/drawn.ts';
import type { FenceLayer } from './fences/fence-layer.ts';
import type { FenceTool } from './fences/fence-tool.ts';
import { answerKey, type KeyTargets } from './map-keys.ts';
import { toLat, toLon } from './project.ts';
import type { MapEvents, MapScene } from './scene.ts';

/** What the input works on. */
export interface InputParts {
  readonly map: OlMap;
  readonly target: HTMLElement;
  readonly camera: Camera;
  readonly fleet: Fleet;
  readonly devices: DeviceLayer;
  readonly fences: FenceLayer;
  readonly tool: FenceTool;
  readonly tell: MapEvents;
  readonly scene: () => MapScene;
}

const isTouch = (event: MapBrowserEvent): boolean =>
  'pointerType' in event.originalEvent && event.originalEvent.pointerType === 'touch';

/** Clicks, hovering, gestures and keys on the map. */
export class MapInput {
  #parts: InputParts;
  #stops: (() => void)[];

  constructor(parts: InputParts) {
    this.#parts = parts;
    const { map, target, devices } = parts;
    const heard = [
      map.on('pointerdrag', () => {
        if (!parts.tool.busy) this.#panned();
      }),
      map.on('click', (event) => this.#click(event)),
      map.on('pointermove', (event) => this.#hover(event)),
    ];
    const wheel = (): void => {
      parts.camera.touched();
    };
    const key = (event: KeyboardEvent): void => {
      if (event.target !== target || !answerKey(event, this.#keys())) return;
      event.preventDefault();
      event.stopPropagation();
    };
    const blur = (): void => devices.mark({ focused: -1 });
    target.addEventListener('wheel', wheel, { passive: true });
    target.addEventListener('keydown', key);
    target.addEventListener('blur', blur);
    this.#stops = [
      () => unByKey(heard),
      () => target.removeEventListener('wheel', wheel),
      () => target.removeEventListener('keydown', key),
      () => target.removeEventListener('blur', blur),
    ];
  }

  /** Hears nothing more. */
  dispose(): void {
    for (const stop of this.#stops) stop();
  }

  #click(event: MapBrowserEvent): void {
    const { tool, tell, scene, fences } = this.#parts;
    if (tool.drawing) {
      tool.click(event);
      return;
    }
    if (scene().draft !== null) {
      if (!tool.over(event)) tell.onVertex(null);
      return;
    }
    const [x = 0, y = 0] = event.pixel;
    const keys = this.#keysAt(x, y, isTouch(event) ? REACH_PX.touch : REACH_PX.mouse);
    if (keys.length > 1) {
      tell.onOverlap({ keys, pixel: [x, y] });
      return;
    }
    tell.onOverlap(null);
    tell.onPick(keys[0] ?? null);
    if (keys.length > 0 || !scene().showFences) return;
    const [mx = 0, my = 0] = event.coordinate;
    const fence = fences.at(toLon(mx), toLat(my));
    if (fence !== null) tell.onPickFence(fence);
  }

  #keysAt(x: number, y: number, reachPx: number): string[] {
    const { devices, fleet } = this.#parts;
    return devices.pick(x, y, reachPx).flatMap((slot) => {
      const device = fleet.device(slot);
      return device === undefined ? [] : [keyOf(device)];
    });
  }

  #hover(event: MapBrowserEvent): void {
    if (event.dragging) return;
    const { tool, devices, scene, target } = this.#parts;
    const [x = 0, y = 0] = event.pixel;
    const overHandle = tool.hover(event);
    const overDevice = scene().draft === null && devices.pick(x, y, REACH_PX.mouse).length > 0;
    const cursor = tool.drawing ? 'crosshair' : overHandle ? 'grab' : overDevice ? 'pointer' : '';
    if (target.style.cursor !== cursor) target.style.cursor = cursor;
  }

  #panned(): void {
    const { camera, scene, tell } = this.#parts;
    camera.touched();
    tell.onOverlap(null);
    if (scene().follow) tell.onFollowEnd();
  }

  #keys(): KeyTargets {
    const { camera, fleet, devices, tool, tell } = this.#parts;
    return {
      pan: (dx, dy) => {
        this.#panned();
        camera.panBy(dx, dy);
      },
      zoom: (steps) => camera.zoomBy(steps),
      step: (by) => this.#step(by),
      choose: () => {
        const device = fleet.device(devices.marked.focused);
        if (device !== undefined) tell.onPick(keyOf(device));
        return device !== undefined;
      },
      leave: () => {
        if (tool.drawing) tool.cancel();
        else if (devices.marked.focused >= 0) devices.mark({ focused: -1 });
        else return false;
        return true;
      },
      remove: () => {
        if (!tool.drawing) return tool.removeChosen();
        tool.undo();
        return true;
      },
    };
  }

  #step(by: 1 | -1): boolean {
    const { map, devices, fleet, tell } = this.#parts;
    const [width = 0, height = 0] = map.getSize() ?? [];
    const order = devices
      .outwards(width / 2, height / 2)
      .filter((slot) => fleet.device(slot) !== undefined);
    const at = order.indexOf(devices.marked.focused);
    // Shift+Tab from outside the devices leaves the map: there is nothing before the first.
    const slot = at < 0 ? (by > 0 ? order[0] : undefined) : order[at + by];
    const device = slot === undefined ? undefined : fleet.device(slot);
    devices.mark({ focused: slot ?? -1 });
    tell.onFocus(device === undefined ? null : keyOf(device));
    return slot !== undefined;
  }
}
