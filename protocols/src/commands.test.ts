import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { protocols } from './index.ts';
import type { Message } from './protocol.ts';

/*
 * Commands come from people and programs over REST: whatever JSON stands in their fields, it is written or refused by
 * a RangeError that names a field, and what is written reads back as the same command.
 */

const NOW = Date.UTC(2026, 10, 23, 7, 0, 0);
const DEVICE = '123456789012345';
const editions = ['2011', '2013', '2019'];
const NUMBERS = [0, 1, 2, 0x64, 255, 256, 65_535, 65_536, 4_294_967_295, -1, 0.5];

const scalar = fc.oneof(
  fc.constantFrom<unknown>(...NUMBERS, '0x0001', '0x0013', '261123145500', 'lockDoors', '你好', ''),
  fc.jsonValue({ maxDepth: 1 }),
);

describe.each(protocols)('commands of $name', (protocol) => {
  const names = new Set<string>(['text', 'language', 'parameters', 'ids', 'flags', 'controls']);
  for (const { id } of protocol.commands) {
    for (const edition of editions) {
      for (const name of wanted(id, edition)) names.add(name);
    }
  }

  /** Fields that a command asks for one after the other. */
  function wanted(id: string, edition: string): string[] {
    const fields: Record<string, unknown> = {};
    for (let tries = 0; tries < 30; tries++) {
      try {
        protocol.fits({ device: DEVICE.slice(0, 12), id, fields }, edition);
        break;
      } catch (error) {
        const [name = ''] = /^[A-Za-z]+/.exec(String((error as Error).message)) ?? [];
        if (name === '' || fields[name] !== undefined) break;
        fields[name] = 0;
      }
    }
    return Object.keys(fields);
  }

  const field = fc.oneof(
    { weight: 3, arbitrary: scalar },
    fc.array(scalar, { maxLength: 3 }),
    fc.array(
      fc.record(
        { id: scalar, value: scalar, type: scalar, text: scalar, name: scalar, hex: scalar },
        { requiredKeys: [] },
      ),
      { maxLength: 3 },
    ),
  );
  const command = fc.record({
    ...{ id: fc.constantFrom(...protocol.commands.map(({ id }) => id)) },
    ...{ edition: fc.constantFrom(...editions, null) },
    fields: fc.dictionary(fc.constantFrom(...names), field, { maxKeys: 12 }),
  });

  it('are written or refused by the name of a field', () => {
    fc.assert(
      fc.property(command, ({ id, edition, fields }) => {
        try {
          protocol.fits({ device: DEVICE.slice(0, 12), id, fields }, edition);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
          expect((error as Error).message).toMatch(/^[A-Za-z0-9_.]+: /);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('read back as what was written, with the serials that are told', () => {
    const known =
      protocol.name === 'gt06'
        ? { id: '0x80', edition: null, fields: { text: 'WHERE#' } }
        : { id: '0x8104', edition: null, fields: {} };
    let written = 0;
    fc.assert(
      fc.property(command, fc.integer({ min: 0, max: 0xffff }), ({ id, fields }, serial) => {
        const platform = protocol.open();
        const greeting = protocol.name === 'gt06' ? '0x01' : '0x0002';
        const device = protocol.name === 'gt06' ? DEVICE : DEVICE.slice(0, 12);
        platform.push(
          protocol.encode({ ...{ id: greeting, device, edition: '2013', serial: 1 }, fields: {} }),
          NOW,
        );
        try {
          const sent = platform.command({ device, id, fields, serial });
          if (sent === null) throw new Error('nobody is there');
          const terminal = protocol.open({ side: 'terminal' });
          const items = terminal.push(sent.bytes, NOW);
          expect(items).toHaveLength(1);
          const heard = (items[0]?.kind === 'fault' ? items[0].message : items[0]) as Message;
          expect(heard).toMatchObject({ id });
          expect(sent.serial).toBe(serial);
          written++;
        } catch (error) {
          if (!(error instanceof RangeError)) throw error;
        }
      }),
      { numRuns: 1500, examples: [[known, 7]] },
    );
    expect(written).toBeGreaterThan(0);
  });
});
