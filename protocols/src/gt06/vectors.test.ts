import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../bytes.ts';
import type { Connection, Fault, Message, Outgoing } from '../protocol.ts';
import { partsOf, writeFrame } from './frame.ts';
import { gt06 } from './index.ts';

/** Written by protocols/vectors/gt06-*.py. */
interface Vector {
  readonly name: string;
  readonly from: string;
  readonly hex: string;
  readonly side: 'platform' | 'terminal';
  readonly receivedTime: string;
  readonly device: string | null;
  readonly message: {
    readonly id: string;
    readonly name: string;
    readonly serial: number;
    readonly fields: Readonly<Record<string, unknown>>;
  };
  readonly positions: readonly { readonly fixTime: string }[];
  readonly reply: string | null;
  readonly oneWay?: string;
  readonly model?: string;
}
const folder = new URL('./vectors/', import.meta.url);
const vectors: readonly Vector[] = readdirSync(folder).flatMap((file): Vector[] =>
  JSON.parse(readFileSync(new URL(file, folder), 'utf8')),
);

const bytesOf = (text: string): Uint8Array => fromHex(text) ?? new Uint8Array(0);

function openFor(vector: Vector): Connection {
  const { side, model } = vector;
  const connection = gt06.open({ side, ...(model === undefined ? {} : { model }) });
  if (vector.device !== null) {
    const { device } = vector;
    const login = gt06.encode({ id: '0x01', device, edition: null, serial: 1, fields: {} });
    connection.push(login, Date.parse(vector.receivedTime));
  }
  return connection;
}

function decode(vector: Vector, bytes: Uint8Array): readonly (Message | Fault)[] {
  return openFor(vector).push(bytes, Date.parse(vector.receivedTime));
}

function outgoing({ side }: Vector, { id, device, serial, fields }: Message): Outgoing {
  const direction = side === 'terminal' ? 'down' : 'up';
  return { id, device, edition: null, serial, fields, direction };
}

/** The message as data: its fields are read only when somebody asks. */
function shown(item: Message | Fault | undefined): unknown {
  if (item?.kind !== 'message') return item;
  const { kind, protocol, id, name, device, edition, serial } = item;
  const { fields, positions, intent, raw } = item;
  return { kind, protocol, id, name, device, edition, serial, fields, positions, intent, raw };
}

function expected({ message, positions, hex }: Vector): object {
  return {
    ...message,
    kind: 'message',
    protocol: 'gt06',
    edition: null,
    positions: positions.map((p) => ({ ...p, fixTime: Date.parse(p.fixTime) })),
    raw: bytesOf(hex),
  };
}

describe.each(vectors)('$name ($from)', (vector) => {
  const wire = bytesOf(vector.hex);

  it('decodes to what the tables say and is answered as they say', () => {
    const connection = openFor(vector);
    const items = connection.push(wire, Date.parse(vector.receivedTime));
    const device = vector.message.name.endsWith('Answer') ? null : vector.device;
    expect(items.map(shown)).toEqual([{ device, ...expected(vector) }]);
    const [message] = items;
    if (message?.kind !== 'message') throw new Error('no message');
    const reply = connection.reply(message, { result: 'accepted' });
    expect(reply === null ? null : toHex(reply)).toBe(vector.reply);
  });

  it('is written back to the same bytes', () => {
    const [message] = decode(vector, wire);
    if (message?.kind !== 'message') throw new Error('no message');
    const written = toHex(gt06.encode(outgoing(vector, message)));
    if (vector.oneWay === undefined) expect(written).toBe(vector.hex);
    else expect(written, vector.oneWay).not.toBe(vector.hex);
  });

  it('is read from our own writing', () => {
    const [message] = decode(vector, wire);
    if (message?.kind !== 'message') throw new Error('no message');
    const written = gt06.encode(outgoing(vector, message));
    const again = decode(vector, written).map(shown);
    expect(again).toEqual([{ ...(shown(message) as Message), raw: written }]);
  });

  it('gives nothing while it is cut short, and itself once the rest comes', () => {
    const [message] = decode(vector, wire);
    const receivedTime = Date.parse(vector.receivedTime);
    for (let cut = 1; cut < wire.length; cut++) {
      const connection = openFor(vector);
      expect(connection.push(wire.subarray(0, cut), receivedTime), `cut at ${cut}`).toEqual([]);
      expect(connection.pendingBytes).toBe(cut);
      const rest = connection.push(wire.subarray(cut), receivedTime);
      expect(rest.map(shown), `cut at ${cut}`).toEqual([shown(message)]);
    }
  });
});

describe('a sound frame whose content is cut', () => {
  const ups = vectors.filter(({ side }) => side === 'platform');
  it.each(ups)('is a message or a fault that names its field: $name', (vector) => {
    const whole = bytesOf(vector.hex);
    const { type, serial, isLong, contentStart, contentEnd } = partsOf(whole);
    for (let end = contentStart; end < contentEnd; end++) {
      const cut = writeFrame(type, whole.slice(contentStart, end), serial, isLong);
      const connection = openFor(vector);
      const items = connection.push(cut, Date.parse(vector.receivedTime));
      expect(items, `${end - contentStart} bytes`).toHaveLength(1);
      const [item] = items;
      if (item?.kind === 'fault') {
        expect(item).toMatchObject({
          code: 'badBody',
          bytes: cut.length,
          offset: expect.any(Number),
        });
        expect(item.detail).toMatch(/^\w+\.\w*: wants /);
        expect(item.message?.name).toBe(vector.message.name);
      }
      // However short the rest is, these wait for their answer. @see gt06.md section 15
      const least = { login: 8, heartbeat: 3, voltageHeartbeat: 3 }[vector.message.name];
      if (item?.kind !== 'message' && least !== undefined) {
        expect(end - contentStart).toBeLessThan(least);
      }
    }
  });
});

describe('the table of messages', () => {
  it('has a vector for every row', () => {
    const proven = new Set(vectors.map(({ message }) => `${message.id} ${message.name}`));
    const rows = gt06.messages.map(({ id, name }) => `${id} ${name}`);
    expect(rows.filter((row) => !proven.has(row))).toEqual([]);
  });
});
