import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromHex } from '../bytes.ts';
import type { Message } from '../protocol.ts';
import { decodeMqtt, type GatewayTopic, keyOfPassphrase } from './index.ts';

/** Written by protocols/vectors/mqtt.py and mqtt_gateways.py. */
interface Vector {
  readonly name: string;
  readonly from: string;
  readonly topic: string;
  readonly retain: boolean;
  readonly receivedTime: string;
  readonly payload?: string;
  readonly payloadHex?: string;
  readonly message?: Readonly<Record<string, unknown>>;
  readonly positions?: readonly { readonly fixTime: string }[];
  readonly sightings?: readonly { readonly time: string }[];
  readonly options?: {
    readonly prefix?: string;
    readonly owntracksPassphrase?: string;
    readonly gatewayTopics?: readonly GatewayTopic[];
  };
  readonly fault?: string;
  /** False where the payload is a secret. */
  readonly keepsRaw?: boolean;
}
const vectors: readonly Vector[] = ['./vectors.json', './gateways/vectors.json'].flatMap(
  (file): Vector[] => JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')),
);

const payloadOf = ({ payload, payloadHex }: Vector): Uint8Array =>
  payload === undefined ? (fromHex(payloadHex ?? '') ?? new Uint8Array(0)) : Buffer.from(payload);
const decode = (vector: Vector, payload: Uint8Array) =>
  decodeMqtt(vector.topic, payload, Date.parse(vector.receivedTime), {
    retain: vector.retain,
    ...vector.options,
    owntracksKey: keyOfPassphrase(vector.options?.owntracksPassphrase ?? ''),
  });

describe.each(vectors)('$name ($from)', (vector) => {
  const payload = payloadOf(vector);

  it('is read as the tables say', () => {
    const item = decode(vector, payload);
    if (vector.message !== undefined) {
      // Which command it answers has a test of its own.
      const { answers: _, ...said } = item as Message;
      expect(said).toEqual({
        ...vector.message,
        kind: 'message',
        protocol: 'mqtt',
        edition: null,
        positions: vector.positions?.map((p) => ({ ...p, fixTime: Date.parse(p.fixTime) })),
        raw: new Uint8Array(vector.keepsRaw === false ? [] : payload),
        ...(vector.sightings === undefined
          ? {}
          : { sightings: vector.sightings.map((one) => ({ ...one, time: Date.parse(one.time) })) }),
      });
    } else if (vector.fault !== undefined) {
      expect(item).toEqual({
        kind: 'fault',
        protocol: 'mqtt',
        code: vector.fault,
        offset: 0,
        bytes: payload.length,
        detail: expect.any(String),
      });
    } else expect(item).toBeNull();
  });

  it('is nothing or a fault when cut short', () => {
    // What stands behind the last bracket is blanks.
    const end = Math.min(payload.length, 600, String(vector.payload ?? '  ').trimEnd().length);
    // Lines are read one by one: what is cut has fewer of them.
    const whole = decode(vector, payload);
    const isLines = payload[0] === 0x24;
    for (let cut = 0; cut < end; cut++) {
      if (isLines) {
        const item = decode(vector, payload.subarray(0, cut));
        const heard = (of: typeof item) =>
          of?.kind === 'message' ? (of.sightings?.length ?? 0) : 0;
        expect(heard(item)).toBeLessThanOrEqual(heard(whole));
      } else
        expect(decode(vector, payload.subarray(0, cut))?.kind, `cut at ${cut}`).not.toBe('message');
    }
  });
});

it('keeps no view of the buffer it was given', () => {
  const vector = vectors.find(({ name }) => name === 'smallest position');
  if (vector === undefined) throw new Error('no such vector');
  const payload = Buffer.from(payloadOf(vector));
  const item = decode(vector, payload);
  if (item?.kind !== 'message') throw new Error('no message');
  const before = [...item.raw];
  payload.fill(0);
  expect([...item.raw]).toEqual(before);
});
