import { hexId } from '../bytes.ts';
import { type Kind, u8, u16, u32 } from '../layout.ts';
import {
  alarms,
  type ByEdition,
  block,
  canSampling,
  collision,
  gnss,
  hours,
  longIn2011,
  photos,
  plate,
  string,
  videoAlarms,
} from './parameter-kinds.ts';
import { type Edition, editions } from './versions.ts';

/*
 * The parameters of a terminal, as data. What a row's kind does not fit, a value of another length above all, stays
 * hex; ids without a row are a vendor's.
 */

/** A row of the parameter table; `last` for rows that stand for a range of ids. */
export interface ParameterRow {
  readonly id: number;
  readonly last: number;
  readonly name: string;
  readonly meaning: string;
  /** Of the number on the wire; empty where it has none. */
  readonly unit: string;
  /** The editions whose text has it; devices of others use it the same way. */
  readonly editions: readonly Edition[];
  /** Where the text is not JT/T 808 itself. */
  readonly standard: string;
  /** How the value stands on the wire, by edition. */
  readonly kinds: Readonly<Record<Edition, Kind<unknown>>>;
  /** What a platform may set, where less than the type holds. */
  readonly range: readonly [min: number, max: number] | null;
  /** A structure of its own standard, kept as its bytes. */
  readonly isBlock: boolean;
}

interface Details {
  readonly unit?: string;
  readonly range?: readonly [min: number, max: number];
  readonly last?: number;
  readonly standard?: string;
}

const ALL = editions;
const SINCE_2013 = ['2013', '2019'] as const;
const ONLY_2019 = ['2019'] as const;
const UNTIL_2013 = ['2011', '2013'] as const;

function row(
  has: readonly Edition[],
  id: number,
  name: string,
  kind: Kind<unknown> | ByEdition,
  meaning: string,
  { unit = '', range, last = id, standard = 'JT/T 808' }: Details = {},
): ParameterRow {
  const of: ByEdition = typeof kind === 'function' ? kind : () => kind;
  const kinds = { '2011': of('2011'), '2013': of('2013'), '2019': of('2019') };
  const isBlock = kind === block;
  return {
    id,
    last,
    name,
    meaning,
    unit,
    editions: has,
    standard,
    kinds,
    range: range ?? null,
    isBlock,
  };
}

const seconds = { unit: 's' };
const metres = { unit: 'm' };
const video = { standard: 'JT/T 1078-2016' };
const subiao = { standard: 'T/JSATL 12-2017' };

/** Every parameter with a meaning of its own. @see JT/T 808, table of terminal parameters */
export const parameters: readonly ParameterRow[] = [
  row(ALL, 0x0001, 'heartbeatInterval', u32, 'heartbeat interval', seconds),
  row(ALL, 0x0002, 'tcpAnswerTimeout', u32, 'wait for an answer over TCP', seconds),
  row(ALL, 0x0003, 'tcpRetransmissions', u32, 'repeats over TCP'),
  row(ALL, 0x0004, 'udpAnswerTimeout', u32, 'wait for an answer over UDP', seconds),
  row(ALL, 0x0005, 'udpRetransmissions', u32, 'repeats over UDP'),
  row(ALL, 0x0006, 'smsAnswerTimeout', u32, 'wait for an answer by SMS', seconds),
  row(ALL, 0x0007, 'smsRetransmissions', u32, 'repeats by SMS'),
  row(ALL, 0x0010, 'mainServerApn', string, 'main server: APN'),
  row(ALL, 0x0011, 'mainServerUser', string, 'main server: dial-up user'),
  row(ALL, 0x0012, 'mainServerPassword', string, 'main server: dial-up password'),
  row(ALL, 0x0013, 'mainServerAddress', string, 'main server; 2019: `host:port;host:port`'),
  row(ALL, 0x0014, 'backupServerApn', string, 'backup server: APN'),
  row(ALL, 0x0015, 'backupServerUser', string, 'backup server: dial-up user'),
  row(ALL, 0x0016, 'backupServerPassword', string, 'backup server: dial-up password'),
  row(ALL, 0x0017, 'backupServerAddress', string, 'backup server; 2019: with port'),
  row(UNTIL_2013, 0x0018, 'serverTcpPort', u32, 'server TCP port; reserved in 2019'),
  row(UNTIL_2013, 0x0019, 'serverUdpPort', u32, 'server UDP port; reserved in 2019'),
  row(SINCE_2013, 0x001a, 'icCardServerAddress', string, 'IC card main server'),
  row(SINCE_2013, 0x001b, 'icCardServerTcpPort', u32, 'IC card server TCP port'),
  row(SINCE_2013, 0x001c, 'icCardServerUdpPort', u32, 'IC card server UDP port'),
  row(SINCE_2013, 0x001d, 'icCardBackupServerAddress', string, 'IC card backup server'),
  row(ALL, 0x0020, 'reportStrategy', u32, 'report by 0 time, 1 distance, 2 both', {
    range: [0, 2],
  }),
  row(ALL, 0x0021, 'reportScheme', u32, 'report scheme: 0 by ACC, 1 by log-in, then ACC', {
    range: [0, 1],
  }),
  row(ALL, 0x0022, 'reportIntervalNotLoggedIn', u32, 'report interval without driver', seconds),
  row(ONLY_2019, 0x0023, 'secondServerApn', string, 'second server: APN; empty: as main'),
  row(ONLY_2019, 0x0024, 'secondServerUser', string, 'second server: dial-up user'),
  row(ONLY_2019, 0x0025, 'secondServerPassword', string, 'second server: dial-up password'),
  row(ONLY_2019, 0x0026, 'secondServerAddress', string, 'second server, with port'),
  row(ALL, 0x0027, 'reportIntervalAsleep', u32, 'report interval asleep', seconds),
  row(ALL, 0x0028, 'reportIntervalEmergency', u32, 'report interval in emergency', seconds),
  row(ALL, 0x0029, 'reportIntervalDefault', u32, 'report interval', seconds),
  row(ALL, 0x002c, 'reportDistanceDefault', u32, 'report distance', metres),
  row(ALL, 0x002d, 'reportDistanceNotLoggedIn', u32, 'report distance without driver', metres),
  row(ALL, 0x002e, 'reportDistanceAsleep', u32, 'report distance asleep', metres),
  row(ALL, 0x002f, 'reportDistanceEmergency', u32, 'report distance in emergency', metres),
  row(ALL, 0x0030, 'cornerAngle', u32, 'turn after which an extra point is sent', {
    unit: '°',
    range: [0, 179],
  }),
  row(SINCE_2013, 0x0031, 'fenceRadius', u16, 'radius for illegal movement', metres),
  row(ONLY_2019, 0x0032, 'forbiddenDrivingHours', hours, 'hours in which driving is forbidden'),
  row(ALL, 0x0040, 'platformPhone', string, 'phone of the platform'),
  row(ALL, 0x0041, 'resetPhone', string, 'phone that resets'),
  row(ALL, 0x0042, 'factoryResetPhone', string, 'phone that restores the factory settings'),
  row(ALL, 0x0043, 'platformSmsPhone', string, 'phone of the platform for SMS'),
  row(ALL, 0x0044, 'smsAlarmPhone', string, 'phone that gets alarms by SMS'),
  row(ALL, 0x0045, 'answeringMode', u32, 'calls: 0 answer, 1 answer with ACC on, else by hand', {
    range: [0, 1],
  }),
  row(ALL, 0x0046, 'longestCall', u32, 'longest call; 0 none, 4294967295 no limit', seconds),
  row(
    ALL,
    0x0047,
    'longestCallPerMonth',
    u32,
    'calls in a month; 0 none, 4294967295 no limit',
    seconds,
  ),
  row(ALL, 0x0048, 'listeningPhone', string, 'phone that may listen'),
  row(ALL, 0x0049, 'privilegedSmsPhone', string, 'phone whose SMS are obeyed'),
  row(ALL, 0x0050, 'hiddenAlarms', alarms, 'alarms that are not reported'),
  row(ALL, 0x0051, 'smsAlarms', alarms, 'alarms that send an SMS'),
  row(ALL, 0x0052, 'photoAlarms', alarms, 'alarms that take a picture'),
  row(ALL, 0x0053, 'storedPhotoAlarms', alarms, 'alarms whose picture is stored, else uploaded'),
  row(ALL, 0x0054, 'criticalAlarms', alarms, 'alarms that are critical'),
  row(ALL, 0x0055, 'topSpeed', u32, 'top speed', { unit: 'km/h' }),
  row(ALL, 0x0056, 'overspeedDuration', u32, 'time above it before the alarm', seconds),
  row(ALL, 0x0057, 'continuousDrivingLimit', u32, 'longest driving without rest', seconds),
  row(ALL, 0x0058, 'dayDrivingLimit', u32, 'longest driving in a day', seconds),
  row(ALL, 0x0059, 'shortestRest', u32, 'shortest rest', seconds),
  row(ALL, 0x005a, 'longestParking', u32, 'longest parking', seconds),
  row(SINCE_2013, 0x005b, 'overspeedWarningMargin', u16, 'warning below the top speed', {
    unit: '0.1 km/h',
  }),
  row(SINCE_2013, 0x005c, 'fatigueWarningMargin', u16, 'warning before the driving limit', seconds),
  row(SINCE_2013, 0x005d, 'collisionAlarm', collision, 'what counts as a collision'),
  row(SINCE_2013, 0x005e, 'rolloverAngle', u16, 'angle that counts as rolling over', {
    unit: '°',
    range: [0, 180],
  }),
  row(SINCE_2013, 0x0064, 'timedPhotos', photos(['second', 'minute']), 'pictures by time'),
  row(SINCE_2013, 0x0065, 'distancePhotos', photos(['metre', 'kilometre']), 'pictures by distance'),
  row(ALL, 0x0070, 'imageQuality', u32, 'picture and video quality, 1 best', { range: [1, 10] }),
  row(ALL, 0x0071, 'imageBrightness', u32, 'brightness', { range: [0, 255] }),
  row(ALL, 0x0072, 'imageContrast', u32, 'contrast', { range: [0, 127] }),
  row(ALL, 0x0073, 'imageSaturation', u32, 'saturation', { range: [0, 127] }),
  row(ALL, 0x0074, 'imageChroma', u32, 'chroma', { range: [0, 255] }),
  row(ALL, 0x0075, 'videoSettings', block, 'audio and video', video),
  row(ALL, 0x0076, 'videoChannels', block, 'audio and video channels', video),
  row(ALL, 0x0077, 'videoChannelSettings', block, 'video of single channels', video),
  row(ALL, 0x0079, 'alarmRecording', block, 'recording of special alarms', video),
  row(ALL, 0x007a, 'hiddenVideoAlarms', videoAlarms, 'video alarms that are not reported', video),
  row(ALL, 0x007b, 'imageAnalysis', block, 'thresholds of image analysis', video),
  row(ALL, 0x007c, 'sleepWake', block, 'sleeping and waking', video),
  row(ALL, 0x0080, 'odometer', u32, 'odometer', { unit: '0.1 km' }),
  row(ALL, 0x0081, 'provinceId', longIn2011(u16), 'province'),
  row(ALL, 0x0082, 'cityId', longIn2011(u16), 'city or county'),
  row(ALL, 0x0083, 'plate', plate, 'plate'),
  row(ALL, 0x0084, 'plateColor', longIn2011(u8), 'colour of the plate'),
  row(SINCE_2013, 0x0090, 'gnssModes', gnss, 'satellite systems in use'),
  row(
    SINCE_2013,
    0x0091,
    'gnssBaudRate',
    u8,
    '0 4800, 1 9600, 2 19200, 3 38400, 4 57600, 5 115200',
    {
      unit: 'code',
      range: [0, 5],
    },
  ),
  row(SINCE_2013, 0x0092, 'gnssOutputRate', u8, '0 500 ms, 1 1 s, 2 2 s, 3 3 s, 4 4 s', {
    unit: 'code',
    range: [0, 4],
  }),
  row(
    SINCE_2013,
    0x0093,
    'gnssSamplingInterval',
    u32,
    'how often satellite data is taken',
    seconds,
  ),
  row(
    SINCE_2013,
    0x0094,
    'gnssUploadMode',
    u8,
    'satellite data is uploaded 0 never, 1 by time, 2 by distance, 11 by total time, 12 by total distance, 13 by count',
    { unit: 'code' },
  ),
  row(SINCE_2013, 0x0095, 'gnssUploadSetting', u32, 'value for the mode: s, m, s, m, pieces'),
  row(SINCE_2013, 0x0100, 'can1SamplingInterval', u32, 'CAN 1 sampling', { unit: 'ms' }),
  row(SINCE_2013, 0x0101, 'can1UploadInterval', u16, 'CAN 1 upload; 0 never', seconds),
  row(SINCE_2013, 0x0102, 'can2SamplingInterval', u32, 'CAN 2 sampling', { unit: 'ms' }),
  row(SINCE_2013, 0x0103, 'can2UploadInterval', u16, 'CAN 2 upload; 0 never', seconds),
  row(SINCE_2013, 0x0110, 'canSampling', canSampling, 'one CAN id', { last: 0x01ff }),
  row(ALL, 0xf364, 'adasSettings', block, 'driver assistance', subiao),
  row(ALL, 0xf365, 'dsmSettings', block, 'driver monitoring', subiao),
  row(ALL, 0xf366, 'tpmsSettings', block, 'tyre pressure monitoring', subiao),
  row(ALL, 0xf367, 'bsdSettings', block, 'blind spot monitoring', subiao),
];

const byId = new Map<number, ParameterRow>();
for (const one of parameters) for (let id = one.id; id <= one.last; id++) byId.set(id, one);

/** By the number on the wire; undefined for a vendor's and for what no table has. */
export const parameterOf = (id: number): ParameterRow | undefined => byId.get(id);

/** As the tables print it, longer where a vendor's needs it. */
export const parameterId = (id: number): string => hexId(id, 4);
