import type { ProtocolName } from '@xunji/protocols';

/**
 * What a command can do to a vehicle or to our hold on it.
 * - `plain`: nothing that the next command does not mend
 * - `confirm`: may lose the device or what it keeps; asked for twice
 * - `cut`: fuel or power; asked for twice, only at rest, and sent once
 */
export type CommandRisk = 'plain' | 'confirm' | 'cut';

type Fields = Readonly<Record<string, unknown>>;

/** Fuel and power of vendors, inside a message of the standard. @see the wire reference, section 5.6 */
const CUT = 0x64;
const RESTORE = 0x65;
const DOORS = 1;
const DOOR_FLAG = 'lockDoors';

/** Where the device reports to. @see the wire reference, section 9 */
const isServerParameter = (id: number): boolean =>
  (id >= 0x0010 && id <= 0x0019) || (id >= 0x0023 && id <= 0x0026);
const VENDOR_PARAMETERS = 0xf000;

/** Of the rows of the standard, by what they can do. Fields are those of the rows. */
const jt808: Readonly<Record<string, (fields: Fields) => CommandRisk>> = {
  '0x8103': ({ parameters }) =>
    itemsOf(parameters).some(({ id }) => {
      const number = Number(id);
      return !(number < VENDOR_PARAMETERS) || isServerParameter(number);
    })
      ? 'confirm'
      : 'plain',
  '0x8105': ({ command }) => (command === CUT || command === RESTORE ? 'cut' : 'confirm'),
  '0x8108': () => 'confirm',
  '0x8500': vehicleControl,
  '0x8900': () => 'confirm',
  '0x8A00': () => 'confirm',
};

/**
 * Doors are not in it. Before 2019 bit 0 is the doors and the rest is vendors', among it fuel and power; since then each
 * control has a type. Which of them is written is the edition's matter, so all that is given counts.
 */
function vehicleControl({ flags, controls, data }: Fields): CommandRisk {
  const isDoors =
    data === undefined &&
    (flags !== undefined || controls !== undefined) &&
    (flags === undefined || (Array.isArray(flags) && flags.every((flag) => flag === DOOR_FLAG))) &&
    (controls === undefined || itemsOf(controls).every(({ type }) => type === DOORS));
  return isDoors ? 'plain' : 'cut';
}

function itemsOf(value: unknown): readonly Fields[] {
  return Array.isArray(value)
    ? value.map((item) => (typeof item === 'object' && item !== null ? (item as Fields) : {}))
    : [];
}

/** Commands whose wiring decides which way round they are; asking for the state is none. @see gt06.md section 10 */
const GT06_CUT = /^(?:RELAY\s*,|DYD|HFYD)/;
/** What only asks, or sets what the next command sets back. @see gt06.md section 10 */
const GT06_PLAIN =
  /^(?:RELAY|DWXX|WHERE|STATUS|PARAM|GPRSSET|VERSION|URL|TIMER|DISTANCE|ANGLEREP|ACCREP|HBT|BATCH|GMT|MILEAGE|SPEED|MOVING|SENALM|POWERALM|BATALM|EXBATALM|SOSALM|FENCE|SOS|CENTER|GPSON|LBS|ADT|DOOR|FIND)(?:,|$)/;

/** A text may hold several commands, each ending in `#`. */
function gt06Risk({ text }: Fields): CommandRisk {
  const parts = String(text)
    .replaceAll(/[\r\n\0]/g, '')
    .toUpperCase()
    .split('#')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (parts.some((part) => GT06_CUT.test(part))) return 'cut';
  return parts.every((part) => GT06_PLAIN.test(part)) ? 'plain' : 'confirm';
}

const mqttPlain: readonly string[] = ['locate', 'interval', 'buzz'];

/** What the command can do; what is not known to be harmless is not taken for it. */
export function riskOf(protocol: ProtocolName, message: string, fields: Fields): CommandRisk {
  if (protocol === 'gt06') return gt06Risk(fields);
  if (protocol === 'mqtt') return mqttPlain.includes(message) ? 'plain' : 'confirm';
  const isVendors = /^0x8F/i.test(message);
  return isVendors ? 'confirm' : (jt808[message]?.(fields) ?? 'plain');
}

const lookups: readonly string[] = ['0x8201', 'locate'];
const GT06_LOOKUP = /^(?:WHERE|DWXX,\d{6}|LBS)#?$/i;

/** It only asks where the device is. */
export const isWhereNow = (protocol: ProtocolName, message: string, fields: Fields): boolean =>
  protocol === 'gt06' ? GT06_LOOKUP.test(String(fields['text'])) : lookups.includes(message);
