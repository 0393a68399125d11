import type { ModelRow } from '../protocol.ts';
import type { AlarmCode } from './alarms.ts';

/** What differs from the base by device model; data, so that a further model is a row. @see gt06.md section 14 */
export interface Model extends ModelRow {
  /** Alarm codes that mean something else than the common table says. */
  readonly alarms?: ReadonlyMap<number, AlarmCode>;
  /** Whose voltage the heartbeat 23 tells. @see gt06.md section 7 */
  readonly voltageOf?: 'external' | 'battery';
  /** It wants the date and time in the answer to its log-in. @see gt06.md section 3.1 */
  readonly loginTime?: true;
  /** It repeats positions that are not answered. */
  readonly answerPositions?: true;
  /** It waits for an answer to each part of a file. */
  readonly answerFiles?: true;
}

/** What holds for a device whose model nobody named. */
export const baseModel: Model = { name: '', note: 'the common tables' };

const speedNormal: AlarmCode = { key: 'speedNormal', alarm: null };

/** Models that the common tables are for; named so that people find theirs. @see gt06.md section 14 */
const plainModels = (note: string, names: string): readonly Model[] =>
  names.split(' ').map((name) => ({ name, note: `the common tables: ${note}` }));

/** Every model of the family, by the name people enter; first those that differ. */
export const models: readonly Model[] = [
  {
    name: 'AM01',
    note: 'positions are answered: its firmware repeats them otherwise',
    answerPositions: true,
  },
  {
    name: 'BL10',
    note: 'the log-in is answered with date and time; voltage 23 is that of the battery',
    loginTime: true,
    voltageOf: 'battery',
  },
  { name: 'EG02', note: 'voltage 23 is that of the supply', voltageOf: 'external' },
  { name: 'EG03', note: 'voltage 23 is that of the supply', voltageOf: 'external' },
  { name: 'HVT001', note: 'parts of files are answered', answerFiles: true },
  { name: 'LL301', note: 'voltage 23 is that of the battery', voltageOf: 'battery' },
  { name: 'WETRACK2', note: 'voltage 23 is that of the battery', voltageOf: 'battery' },
  {
    name: 'CLONE77',
    note: 'alarm 16 says that the speed is normal again',
    alarms: new Map([[0x16, speedNormal]]),
  },
  ...plainModels(
    'short log-in, types 12, 13 and 16, its times may be local',
    'GT06 TR06 GT100 GK309 GK310',
  ),
  ...plainModels(
    'types 22, 26, 27, 28, 2C and 94, times in UTC',
    'GT06N GT06E GT06F GV20 ET200 GT310 GT700 GT710 GT800 CRX1 WETRACK X3 Q2 MT200 JM01 JV200 OB22',
  ),
  ...plainModels('4G types A0, A1 and A4', 'VL01 VL02 VL03 VG03 VL103M VL110C'),
  ...plainModels('modules of type 70', 'CT10 LL01 LL02'),
];

const plain = (name: string): string => name.toUpperCase().replace(/[^A-Z0-9]/g, '');
const byName = new Map(models.map((model) => [plain(model.name), model]));

/** The model of that name, whatever its case, separators and the maker's `JM-` in front; the base for any other. */
export function modelOf(name: string | null | undefined): Model {
  if (name === undefined || name === null) return baseModel;
  const key = plain(name);
  return byName.get(key) ?? byName.get(key.replace(/^JM/, '')) ?? baseModel;
}
