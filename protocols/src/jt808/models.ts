import type { Fields, Layout } from '../layout.ts';
import type { DeviceAlarm } from '../position.ts';
import type { ModelRow } from '../protocol.ts';
import { type ItemForm, standardForm } from './extras.ts';
import type { ItemRow } from './items/item.ts';
import { guangdongItems } from './items/subiao.ts';
import * as vendor from './items/vendor.ts';
import type { Edition } from './versions.ts';

/*
 * Dialects of JT/T 808 by device model, as data: what a profile does not say is as the standard has it. Nothing in the
 * code asks for a model by its name; an unknown model is the standard alone.
 */

/** What is different about a model. */
export interface Model extends ModelRow {
  /** Beside those of the standard, and in place of those with the same id. */
  readonly items: readonly ItemRow[];
  /** Alarm bits that mean something else, in every edition. */
  readonly alarms: Readonly<Record<number, DeviceAlarm>>;
  /** Status bits, likewise. */
  readonly status: Readonly<Record<number, string>>;
  /** Hours ahead of UTC, of the times in its reports; null: as the standard has them. */
  readonly zoneHours: number | null;
  readonly itemForm: ItemForm;
  /** The edition whose header it wants in answers, whatever it sends itself; null: its own. */
  readonly answerEdition: Edition | null;
  /** Hours ahead of UTC of the time it wants in 0x8004; the text says 0. */
  readonly serverTimeHours: number;
  /** Bodies of its heartbeat that are not empty. */
  readonly heartbeats: readonly Layout<Fields>[];
}

/** Trackers without the flag of 2019. @see the wire reference, section 6.2 */
const trackerAlarms = { 15: 'lowBattery', 16: 'vibration', 17: 'tamper' } as const;
/** @see the wire reference, section 6.3 */
const trackerStatus = {
  6: 'armed',
  11: 'mainPowerCut',
  25: 'differentialGps',
  26: 'charging',
} as const;

function model(name: string, note: string, differs: Partial<Omit<Model, 'name' | 'note'>>): Model {
  return {
    name,
    note,
    items: [],
    alarms: {},
    status: {},
    zoneHours: null,
    itemForm: standardForm,
    answerEdition: null,
    serverTimeHours: 0,
    heartbeats: [],
    ...differs,
  };
}

const tracker = { alarms: trackerAlarms, status: trackerStatus };

/** Every profile; names are stable, device records hold them. */
export const models: readonly Model[] = [
  model('tracker', 'bits 15-17 are battery, vibration and removal; no items of its own', tracker),
  model('gps51', 'GPS51 extension: temperatures, load, power, cells, alarms 0xFA', {
    ...tracker,
    items: [
      vendor.temperatures,
      vendor.drum,
      vendor.wifi,
      vendor.load,
      vendor.humidities,
      vendor.mainPower,
      vendor.cells,
      vendor.firmware,
      vendor.iccid,
      vendor.imei,
      vendor.gps51States,
      vendor.powerState,
    ],
  }),
  model('g10ls', 'G10LS tracker: cells of 2G and 4G, Wi-Fi, battery, driving alarms', {
    ...tracker,
    items: [
      vendor.temperatures,
      vendor.drum,
      vendor.cells2g,
      vendor.wifi,
      vendor.batteryLevel,
      vendor.cells4g,
      vendor.mainPower,
      vendor.iccid,
      vendor.armed,
      vendor.extendedAlarms,
      vendor.accelerometer,
      vendor.workMode,
    ],
  }),
  model('bsj', 'BSJ type: the bundle 0xEB', {
    ...tracker,
    items: [vendor.temperatures, vendor.drum, vendor.load, vendor.humidities, vendor.bundle],
  }),
  model('yuebiao', 'Guangdong, T/GDRTA 002-2020: driver monitor types, faults 0xF1 and 0xF2', {
    items: guangdongItems,
  }),
  model('lockTracker', 'electronic lock: block 0xD5, kept whole', {
    ...tracker,
    items: [vendor.lockBlock],
  }),
  model('assetTracker', 'asset tracker: battery, signal and mode in the heartbeat', {
    ...tracker,
    heartbeats: [vendor.assetHeartbeat],
  }),
  model('portable', 'portable tracker: battery 0xE1, satellites 0x32 and 0x33, ICCID 0xCC', {
    ...tracker,
    items: [
      vendor.portableBattery,
      vendor.gpsSatellites,
      vendor.beidouSatellites,
      vendor.portableIccid,
    ],
  }),
  model('utcClock', 'sends its times in UTC instead of GMT+8', { zoneHours: 0 }),
  model('localServerTime', 'takes the server time of 0x8004 for GMT+8', { serverTimeHours: 8 }),
  model('answers2013', 'wants the short header in answers though it sends the long one', {
    answerEdition: '2013',
  }),
  model('wideIds', 'items with ids of two bytes', {
    itemForm: { idBytes: 2, lengthBytes: 1, lengthHasId: false },
  }),
  model('wideItems', 'items with ids and lengths of two bytes', {
    itemForm: { idBytes: 2, lengthBytes: 2, lengthHasId: false },
  }),
  model('longItems', 'items with lengths of four bytes', {
    itemForm: { idBytes: 1, lengthBytes: 4, lengthHasId: false },
  }),
];

const byName = new Map(models.map((one) => [one.name, one]));

/** Null for a name without a profile, and for none. */
export const modelOf = (name: string | null | undefined): Model | null =>
  byName.get(name ?? '') ?? null;
