import type { Message } from '@xunji/protocols';
import type { Report } from '../report.ts';
import { locationFields, type Vehicle } from './jt808-fields.ts';

/** What a terminal says to a command, in order. */
export interface Saying {
  readonly id: string;
  readonly fields: Record<string, unknown>;
}

interface Parameter {
  readonly id: string;
  readonly value?: unknown;
  readonly hex?: string;
}

export interface Asked {
  readonly edition: '2011' | '2013' | '2019';
  readonly vehicle: Vehicle;
  /** Where it is; null before it has measured anything. */
  readonly last: Report | null;
}

const DONE = 0;
const FAILED = 1;
const UNSUPPORTED = 3;
const HEARTBEAT = '0x0001';
const PHOTO_BYTES = 3000;
const RESULT_NO_CHANNEL = 2;
const MAX_CHANNEL = 4;

/** A photo as far as a platform looks: the marks of a JPEG around bytes that frames escape among others. */
function photo(n: number): string {
  const bytes = Array.from({ length: PHOTO_BYTES }, (_, i) => (i * 37 + n * 11) & 0xff);
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `ffd8ffe000104a46494600010100000100010000${hex}ffd9`;
}

/**
 * What a terminal knows and does when it is asked: parameters that can be set, attributes, its place, photos. Commands
 * that only act are said to be done. @see JT/T 808, clauses of the messages; the wire reference, section 4
 */
export class Jt808Commands {
  readonly #parameters = new Map<string, Parameter>();
  #mediaId = 0;
  /** Until a parameter says otherwise, whole seconds or not. */
  #heartbeatMs: number;

  constructor(heartbeatMs: number, plate: string) {
    this.#heartbeatMs = heartbeatMs;
    const heartbeatS = Math.round(heartbeatMs / 1000);
    this.#parameters.set(HEARTBEAT, { id: HEARTBEAT, value: heartbeatS });
    this.#parameters.set('0x0013', { id: '0x0013', value: 'platform.example' });
    this.#parameters.set('0x0029', { id: '0x0029', value: 10 });
    this.#parameters.set('0x0083', { id: '0x0083', value: plate });
  }

  get heartbeatMs(): number {
    return this.#heartbeatMs;
  }

  /** @param serial that the answers name */
  answersTo(message: Message, serial: number, asked: Asked): readonly Saying[] {
    const general = (result: number): Saying => ({
      id: '0x0001',
      fields: { answeredSerial: serial, answeredId: message.id, result },
    });
    switch (message.id) {
      case '0x8103':
        for (const one of listOf<Parameter>(message.fields['parameters'])) {
          this.#parameters.set(one.id, one);
          const isUsable = one.id === HEARTBEAT && Number(one.value) > 0;
          if (isUsable) this.#heartbeatMs = Number(one.value) * 1000;
        }
        return [general(DONE)];
      case '0x8104':
        return [this.#told(serial, [...this.#parameters.values()])];
      case '0x8106': {
        const ids = listOf<string>(message.fields['ids']);
        return [
          this.#told(
            serial,
            ids.flatMap((id) => this.#parameters.get(id) ?? []),
          ),
        ];
      }
      case '0x8107':
        return [attributes(asked.vehicle)];
      case '0x8201':
        if (asked.last === null) return [general(FAILED)];
        return [{ id: '0x0201', fields: placed(serial, asked, asked.last) }];
      case '0x8500':
        if (asked.last === null) return [general(FAILED)];
        return [
          general(DONE),
          { id: '0x0500', fields: placed(serial, { edition: '2013' }, asked.last) },
        ];
      case '0x8801':
        return this.#shoot(message.fields, serial, asked, general);
      default:
        return [general(message.name === 'unknown' ? UNSUPPORTED : DONE)];
    }
  }

  #told(serial: number, parameters: readonly Parameter[]): Saying {
    return { id: '0x0104', fields: { answeredSerial: serial, parameters } };
  }

  #shoot(
    { channel }: Message['fields'],
    serial: number,
    { edition, last }: Asked,
    general: (result: number) => Saying,
  ): readonly Saying[] {
    const isOld = edition === '2011';
    if (!(Number(channel) >= 1 && Number(channel) <= MAX_CHANNEL)) {
      const fields = { answeredSerial: serial, result: RESULT_NO_CHANNEL };
      return [isOld ? general(FAILED) : { id: '0x0805', fields }];
    }
    const mediaId = ++this.#mediaId;
    const data = photo(mediaId);
    const head = { mediaId, type: 0, format: 0, event: 0, channel };
    if (isOld) {
      // Each package stands for itself, so one that fits is sent.
      const small = `${data.slice(0, 1600)}ffd9`;
      return [
        general(DONE),
        { id: '0x0801', fields: { ...head, total: 1, index: 1, data: small } },
      ];
    }
    const taken = {
      id: '0x0805',
      fields: { answeredSerial: serial, result: DONE, mediaIds: [mediaId] },
    };
    const { extras: _, ...location } = last === null ? { extras: [] } : locationFields(last);
    const upload = { ...head, ...(last === null ? {} : { location }), data };
    return [taken, { id: '0x0801', fields: upload }];
  }
}

/** 2011 does not say which query it answers. */
const placed = (serial: number, { edition }: Pick<Asked, 'edition'>, last: Report) => ({
  ...(edition === '2011' ? {} : { answeredSerial: serial }),
  ...locationFields(last),
});

const attributes = ({ terminalId, softwareVersion }: Vehicle): Saying => ({
  id: '0x0107',
  fields: {
    ...{ terminalType: ['freight'], manufacturerId: 'QHSIM', terminalModel: 'QH-TERMINAL' },
    ...{ terminalId, iccid: '89860410162090012345', hardwareVersion: 'QH-1' },
    ...{ firmwareVersion: softwareVersion, gnss: ['gps', 'beidou'], networks: ['tdLte'] },
  },
});

const listOf = <T>(value: unknown): readonly T[] => (Array.isArray(value) ? (value as T[]) : []);
