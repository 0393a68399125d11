import DoubleClickZoom from 'ol/interaction/DoubleClickZoom.js';
import DragPan from 'ol/interaction/DragPan.js';
import MouseWheelZoom from 'ol/interaction/MouseWheelZoom.js';
import PinchZoom from 'ol/interaction/PinchZoom.js';
import Kinetic from 'ol/Kinetic.js';
import OlMap from 'ol/Map.js';
import { keyOf } from '../live/fleet.ts';
import { isNarrow } from '../parts/narrow.ts';
import { prefs, prefsTopic } from '../prefs.ts';
import { createTopic, type Topic } from '../topic.ts';
import { deviceMarks, fenceMarks } from './alarm-marks.ts';
import { BaseLayer } from './base/base-layer.ts';
import { BaseSwitch } from './base/base-switch.ts';
import { Camera, placedBox } from './camera.ts';
import { DeviceLayer } from './devices/device-layer.ts';
import { TrailKeeper } from './devices/trail-keeper.ts';
import { DraftLayer } from './fences/draft-layer.ts';
import { FenceLayer } from './fences/fence-layer.ts';
import { FenceTool } from './fences/fence-tool.ts';
import { MapInput } from './map-input.ts';
import { readPalette } from './palette.ts';
import { pixelX, pixelY } from './project.ts';
import { type Scale, scaleOf } from './scale.ts';
import {
  emptyScene,
  type MapEvents,
  type MapScene,
  type MapSources,
  type MapStart,
  type MapSummary,
} from './scene.ts';
import { offerPixels } from './test-handle.ts';

export type * from './scene.ts';

/** The least time between two `onView`, ms. */
const VIEW_MS = 300;
const SECOND_MS = 1000;
/** Longer than the slowest double click, ms. */
const DOUBLE_CLICK_MS = 600;
/** Shares of the view a device is kept within: when chosen in a list, and while it is followed. */
const REVEAL_SHARE = 0.8;
const FOLLOW_SHARE = 0.6;
/** Where the map's own controls lie: names yield to them. From the right top corner, px. */
const CONTROLS = { width: 68, height: 240 } as const;
/** The same on narrow screens, and the height of the search over their upper edge. */
const NARROW_CONTROLS = { width: 76, height: 272, search: 68 } as const;

const keptFree = (width: number): readonly (readonly [number, number, number, number])[] => {
  if (!isNarrow()) return [[width - CONTROLS.width, 0, CONTROLS.width, CONTROLS.height]];
  const { width: w, height, search } = NARROW_CONTROLS;
  return [
    [width - w, 0, w, height],
    [0, 0, width, search],
  ];
};

/** The map outside React: owns the ol map, its layers and its view, reads the fleet's columns itself. */
export class MapView {
  /** Told once a second; read with `summary`. */
  readonly summaryTopic: Topic = createTopic();
  summary: MapSummary = { drawn: 0, alarms: 0, lod: 'sprites', zoom: 0 };
  /** Told when the scale bar changes; read with `scale`. */
  readonly scaleTopic: Topic = createTopic();
  scale: Scale | null = null;
  readonly camera: Camera;
  #map: OlMap;
  #root: HTMLElement;
  #scene: MapScene = emptyScene;
  #tell: MapEvents;
  #sources: MapSources;
  #base = new BaseLayer();
  #baseSwitch: BaseSwitch;
  #fences = new FenceLayer();
  #devices: DeviceLayer;
  #trail: TrailKeeper;
  #draft = new DraftLayer();
  #tool: FenceTool;
  #doubleClick = new DoubleClickZoom();
  #doubleClickTimer: ReturnType<typeof setTimeout> | null = null;
  #viewTimer: ReturnType<typeof setTimeout> | null = null;
  #stops: (() => void)[] = [];
  /** Whether the fleet's box has been looked at; it is not followed as the fleet moves. */
  #fleetShown = false;
  #theme = '';
  #interactive: boolean;

  /**
   * @param root the map's own element, with a size; carries the readings for tests
   * @param target an element within it that fills it; takes the gestures and keys
   * @param interactive false for the inset: no gestures, no picking, no readings
   */
  constructor(
    root: HTMLElement,
    target: HTMLElement,
    sources: MapSources,
    tell: MapEvents,
    interactive: boolean,
    start: MapStart | null,
  ) {
    this.#interactive = interactive;
    this.#root = root;
    this.#sources = sources;
    this.#tell = tell;
    this.#baseSwitch = new BaseSwitch(this.#base, (state) => {
      this.#root.dataset['baseMap'] = state;
      tell.onBaseMap(state);
    });
    this.#devices = new DeviceLayer({
      fleet: sources.fleet,
      now: sources.now,
      names: (view) => this.#base.names(view),
      fixedLabels: (view) => this.#fences.labels(view),
      keepOut: () => (interactive ? keptFree(root.clientWidth) : []),
    });
    this.#trail = new TrailKeeper(this.#devices.trail, sources, () => this.#devices.changed());
    this.#tool = new FenceTool(this.#draft, tell);
    this.#map = new OlMap({
      controls: [],
      interactions: interactive
        ? [
            new DragPan({ kinetic: new Kinetic(-0.005, 0.05, 100) }),
            new MouseWheelZoom(),
            new PinchZoom(),
            this.#doubleClick,
            this.#tool,
          ]
        : [],
      layers: [this.#base, this.#fences.layer, this.#devices, this.#draft],
    });
    this.camera = new Camera(this.#map);
    this.#map.setView(this.camera.view);
    this.#map.setTarget(target);
    if (start !== null) this.camera.jump(start.center, start.zoom);
    this.#repaint(true);
    // The narrow dot of plates comes from a face of its own; canvases must be painted again once it is there.
    document.fonts.load('12px "Plate Dot"', '\u00b7').then(
      () => this.#repaint(true),
      () => {},
    );
    this.#listen(target);
  }

  /** Replaces parts of what is shown. */
  update(change: Partial<MapScene>): void {
    const before = this.#scene;
    const scene = { ...before, ...change };
    this.#scene = scene;
    if (scene.baseMap !== before.baseMap) {
      this.#baseSwitch.show(scene.baseMap);
      this.#comeHome();
    }
    if (scene.fences !== before.fences) this.#fences.setFences(scene.fences);
    this.#fences.layer.setVisible(scene.showFences);
    this.#fences.setChosen(scene.selectedFence, scene.draft?.id ?? null);
    if (scene.showLabels !== before.showLabels) this.#devices.setLabels(scene.showLabels);
    if (scene.selected !== before.selected) this.#select(scene.selected);
    if (scene.draft !== before.draft) this.#tool.setDraft(scene.draft);
    if (scene.drawing !== before.drawing) {
      this.#tool.setDrawing(scene.drawing);
      this.#allowDoubleClick(scene.drawing === null);
    }
    this.#devices.setDimmed(scene.draft !== null || scene.drawing !== null);
    if (scene.follow && !before.follow) this.#follow(0);
  }

  /** Shows the base map's box, else all devices that have a place. False when there is neither. */
  home(fly = true): boolean {
    const box = this.#scene.baseMap?.bbox ?? placedBox(this.#sources.fleet);
    if (box === null) return false;
    this.camera.fit(box, fly, this.#scene.baseMap?.bbox ? 0 : 48);
    return true;
  }

  /** Shows a device: centres on it unless it already lies within the inner 80 %. False without a place. */
  reveal(key: string): boolean {
    const { fleet } = this.#sources;
    const slot = fleet.slotOf(key);
    if (slot < 0 || !fleet.placed(slot)) return false;
    if (!this.camera.within(fleet.at.x[slot] ?? 0, fleet.at.y[slot] ?? 0, REVEAL_SHARE)) {
      this.camera.centerOn(fleet.at.lon[slot] ?? 0, fleet.at.lat[slot] ?? 0);
    }
    return true;
  }

  /** Shows a whole fence; false when the map has none of that id. */
  revealFence(id: string): boolean {
    const box = this.#fences.boxOf(id);
    if (box === null) return false;
    this.camera.fit([...box], true, 96);
    return true;
  }

  /** Looks at a place, at the present zoom unless another is given. */
  centerOn(lon: number, lat: number, zoom?: number): void {
    this.camera.centerOn(lon, lat, zoom);
  }

  /** Takes the last point of the outline being drawn back; with none left, drawing goes on. */
  undoPoint(): void {
    this.#tool.undo();
  }

  /** Ends drawing without an outline. */
  cancelDraw(): void {
    this.#tool.cancel();
  }

  /** How long ago the user moved the map, ms; Infinity if never. */
  idleMs(): number {
    return performance.now() - this.camera.touchedAt;
  }

  /** Whether the device in a slot lies within the view, whatever is drawn of it. */
  inView(slot: number): boolean {
    const { at } = this.#sources.fleet;
    return this.camera.within(at.x[slot] ?? 0, at.y[slot] ?? 0, 1);
  }

  /** Where a device is, CSS pixels from the map's left top corner; null without a place. */
  pixelOf(key: string): [number, number] | null {
    const { fleet } = this.#sources;
    const slot = fleet.slotOf(key);
    const p = this.camera.painted();
    if (slot < 0 || p === null || !fleet.placed(slot)) return null;
    return [pixelX(p, fleet.at.x[slot] ?? 0), pixelY(p, fleet.at.y[slot] ?? 0)];
  }

  /** Main-thread cost of the last frame of the devices and of the last painting of the base map, ms. */
  costs(): { readonly devicesMs: number; readonly baseMs: number } {
    return { devicesMs: this.#devices.costMs, baseMs: this.#base.costMs };
  }

  /** Lets go of everything; the element is empty afterwards. */
  dispose(): void {
    if (this.#viewTimer !== null) clearTimeout(this.#viewTimer);
    if (this.#doubleClickTimer !== null) clearTimeout(this.#doubleClickTimer);
    for (const stop of this.#stops) stop();
    this.#baseSwitch.dispose();
    this.#trail.follow(null);
    this.#map.setTarget(undefined);
    this.#map.dispose();
  }

  #listen(target: HTMLElement): void {
    const { fleet, alarms } = this.#sources;
    this.camera.view.on('change', () => this.#viewSoon());
    this.#map.on('change:size', () => {
      this.#comeHome();
      this.#viewSoon();
    });
    this.#map.on('postrender', () => this.#readScale());
    const everySecond = setInterval(() => this.#second(), SECOND_MS);
    this.#stops.push(
      () => clearInterval(everySecond),
      prefsTopic.subscribe(() => this.#repaint()),
      fleet.rows.subscribe(() => this.#rows()),
      fleet.list.subscribe(() => this.#remark()),
      alarms.changed.subscribe(() => this.#remark()),
    );
    this.#remark();
    this.#comeHome();
    this.#viewSoon();
    if (!this.#interactive) return;
    const input = new MapInput({
      map: this.#map,
      target,
      camera: this.camera,
      fleet: this.#sources.fleet,
      devices: this.#devices,
      fences: this.#fences,
      tool: this.#tool,
      tell: this.#tell,
      scene: () => this.#scene,
    });
    this.#stops.push(
      () => input.dispose(),
      offerPixels((idOrKey) => this.#clientPixel(idOrKey)),
    );
  }

  /** Reads theme and language anew and paints everything with them. */
  #repaint(force = false): void {
    const { theme = '' } = document.documentElement.dataset;
    this.#base.setLanguage(prefs().locale === 'en' ? 'en' : 'zh');
    if (theme === this.#theme && !force) return;
    this.#theme = theme;
    const palette = readPalette(this.#root);
    this.#base.setPalette(palette);
    this.#fences.setPalette(palette);
    this.#devices.setPalette(palette);
    this.#draft.setPalette(palette);
  }

  /** A double click that ends an outline must not zoom as well, so zooming by it comes back a little later. */
  #allowDoubleClick(on: boolean): void {
    if (this.#doubleClickTimer !== null) clearTimeout(this.#doubleClickTimer);
    this.#doubleClickTimer = null;
    if (!on) this.#doubleClick.setActive(false);
    else
      this.#doubleClickTimer = setTimeout(() => this.#doubleClick.setActive(true), DOUBLE_CLICK_MS);
  }

  #select(key: string | null): void {
    this.#devices.mark({ selected: key === null ? -1 : this.#sources.fleet.slotOf(key) });
    this.#trail.follow(key);
  }

  #rows(): void {
    this.#trail.take();
    if (!this.#fleetShown) this.#comeHome();
    if (this.#scene.follow) this.#follow(FOLLOW_SHARE);
    this.#devices.changed();
  }

  #remark(): void {
    const { fleet, alarms } = this.#sources;
    const { selected } = this.#scene;
    this.#devices.mark({
      alarms: deviceMarks(alarms, fleet),
      selected: selected === null ? -1 : fleet.slotOf(selected),
    });
    this.#fences.setAlarms(fenceMarks(alarms));
  }

  #follow(share: number): void {
    const { fleet } = this.#sources;
    const slot = this.#scene.selected === null ? -1 : fleet.slotOf(this.#scene.selected);
    if (slot < 0 || !fleet.placed(slot)) return;
    if (share > 0 && this.camera.within(fleet.at.x[slot] ?? 0, fleet.at.y[slot] ?? 0, share))
      return;
    this.centerOn(fleet.at.lon[slot] ?? 0, fleet.at.lat[slot] ?? 0);
  }

  /** Looks at what there is to see, until somebody chooses where to look. */
  #comeHome(): void {
    if (this.camera.chosen || this.#map.getSize() === undefined) return;
    const hasFleet = this.#sources.fleet.top > 0;
    if (this.#scene.baseMap?.bbox || !this.#fleetShown) this.home(false);
    this.#fleetShown ||= hasFleet;
    // The base map's box stands while the page settles, and for good once there are devices on it.
    this.camera.chosen = hasFleet && Boolean(this.#scene.baseMap?.bbox);
  }

  #clientPixel(idOrKey: string): { x: number; y: number } | null {
    const { fleet } = this.#sources;
    const device =
      fleet.slotOf(idOrKey) >= 0
        ? fleet.device(fleet.slotOf(idOrKey))
        : fleet.devices().find((d) => d.id === idOrKey);
    const pixel = device === undefined ? null : this.pixelOf(keyOf(device));
    if (pixel === null) return null;
    const { left, top } = this.#root.getBoundingClientRect();
    return { x: left + pixel[0], y: top + pixel[1] };
  }

  #second(): void {
    // Ages change without a message: a dead line must turn everything stale.
    this.#devices.changed();
    const zoom = this.camera.view.getZoom() ?? 0;
    const { drawn, lod } = this.#devices;
    this.summary = { drawn: drawn.count, alarms: this.#devices.alarmsDrawn(), lod, zoom };
    this.summaryTopic.emit();
    if (this.#interactive) this.#report();
  }

  /** Keeps the readings for tests on the map's element. */
  #report(): void {
    const { dataset } = this.#root;
    const { lod, zoom } = this.summary;
    const [lon = 0, lat = 0] = this.camera.viewport()?.center ?? [];
    dataset['drawn'] = String(this.summary.drawn);
    dataset['lod'] = lod;
    dataset['alarms'] = String(this.summary.alarms);
    dataset['center'] = `${lon.toFixed(6)},${lat.toFixed(6)}`;
    dataset['zoom'] = zoom.toFixed(2);
    dataset['ready'] = String(this.#base.ready && this.#sources.fleet.loaded);
  }

  #readScale(): void {
    const view = this.camera.painted();
    if (view === null) return;
    const scale = scaleOf(view);
    if (scale.metres === this.scale?.metres && scale.px === this.scale.px) return;
    this.scale = scale;
    this.scaleTopic.emit();
  }

  #viewSoon(): void {
    if (this.#viewTimer !== null) return;
    this.#viewTimer = setTimeout(() => {
      this.#viewTimer = null;
      const view = this.camera.viewport();
      if (view !== null) this.#tell.onView(view);
    }, VIEW_MS);
  }
}
