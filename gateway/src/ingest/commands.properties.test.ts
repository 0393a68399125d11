import type { CommandAnswer, Message } from '@xunji/protocols';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { DeviceRef } from '../journal/record.ts';
import type { DeviceCommand } from '../records/device-command.ts';
import { Commands } from './commands.ts';
import { PlainRegistry, sampleReport } from './messages.test-support.ts';
import { type Link, type Session, Sessions } from './session.ts';

/*
 * Whatever devices say, whenever they come and go: every command ends exactly once, as one of the outcomes, queues stay
 * within their bounds, and in the end nothing is kept.
 */

const NOW = 1_795_404_000_000;
const MAX_PER_DEVICE = 3;
const MAX_COMMANDS = 5;
const devices: readonly DeviceRef[] = [
  { protocol: 'jt808', id: '13912345678' },
  { protocol: 'gt06', id: '123456789012345' },
  { protocol: 'mqtt', id: 'badge-7' },
];
const requests = {
  jt808: { message: '0x8300', fields: { flags: [], text: 'x' } },
  gt06: { message: '0x80', fields: { text: 'WHERE#' } },
  mqtt: { message: 'locate', fields: {} },
} as const;

/** A line that numbers what it writes from the beginning again. */
class Line implements Link {
  readonly transport = 'tcp';
  readonly remote = '';
  canTake = true;
  #serial = 0;
  /** Of what is under way by it. */
  readonly sent: number[] = [];

  close(): void {
    this.canTake = false;
  }
  command({ serial, number }: { serial?: number; number: number }) {
    const used = serial ?? this.#serial++ % 4;
    return { serial: used, serials: 1, bytes: Uint8Array.of(used, number) };
  }
  transmit([serial = 0]: Uint8Array): boolean {
    if (this.canTake) this.sent.push(serial);
    return this.canTake;
  }
}

const isOver = ({ state }: DeviceCommand) => state !== 'queued' && state !== 'sent';
const results = ['done', 'received', 'failed', 'malformed', 'unsupported'] as const;
const which = fc.nat({ max: devices.length - 1 });
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      which,
      waitS: fc.constantFrom(0, 0, 5, 600),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      ...{ do: fc.constant('answer' as const), which },
      serial: fc.option(fc.nat({ max: 5 })),
      result: fc.constantFrom(...results),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.constantFrom(250, 1000, 9000, 70_000),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('arrive' as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), which }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('clog' as const), which, canTake: fc.boolean() }),
  },
);

it('every command ends once, within the bounds, whatever happens', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      let at = 0;
      let number = 0;
      const registry = new PlainRegistry();
      for (const { id } of devices) registry.admissions.set(id, 'known');
      const sessions = new Sessions(1);
      const lines = new Map<number, { line: Line; session: Session }>();
      const all = new Set<DeviceCommand>();
      const ended = new Map<DeviceCommand, number>();
      const uses: string[] = [];
      const commands = new Commands({
        ...{
          sessions,
          registry,
          waitMs: 1000,
          repeats: 2,
          editionOf: () => null,
          fixOf: () => null,
        },
        ...{ maxPerDevice: MAX_PER_DEVICE, maxCommands: MAX_COMMANDS },
        records: {
          next: () => ++number,
          add: async (command) => {
            all.add(command);
          },
          changed: () => undefined,
        },
        onAnswer: (use) => uses.push(use),
        onOver: (command) => ended.set(command, (ended.get(command) ?? 0) + 1),
        ...{ now: () => NOW + at, monotonic: () => at },
      });
      const pass = (ms: number) => {
        for (let passed = 0; passed < ms; passed += 250) {
          at += 250;
          commands.tick();
        }
      };
      let answers = 0;
      for (const one of steps) {
        const device = 'which' in one ? devices[one.which] : undefined;
        if (one.do === 'pass') pass(one.ms);
        if (device === undefined || !('which' in one)) continue;
        const request = requests[device.protocol];
        if (one.do === 'ask') {
          const ways = { by: 'ann', reason: null, isConfirmed: false, waitS: one.waitS };
          await commands.request({ device, ...request, ...ways });
        } else if (one.do === 'answer') {
          const answer: CommandAnswer = {
            ...{ serial: one.serial, commands: [request.message], result: one.result },
          };
          const message: Message = sampleReport(1, { fields: { text: 'x' }, positions: [] });
          commands.answered(device, answer, message);
          answers++;
        } else if (one.do === 'arrive') {
          const line = new Line();
          const session = sessions.open(line);
          sessions.bind(session, device);
          lines.set(one.which, { line, session });
        } else if (one.do === 'leave') {
          const gone = lines.get(one.which);
          if (gone !== undefined) sessions.close(gone.session);
        } else {
          const clogged = lines.get(one.which);
          if (clogged !== undefined) clogged.line.canTake = one.canTake;
        }
        expect(commands.length).toBeLessThanOrEqual(MAX_COMMANDS);
        const open = [...all].filter((command) => !isOver(command));
        expect(commands.length).toBe(open.length);
        for (const { id, protocol } of devices) {
          const own = open.filter((command) => command.device.id === id);
          expect(own.length).toBeLessThanOrEqual(MAX_PER_DEVICE);
          const sent = own.filter(({ state }) => state === 'sent');
          if (protocol === 'gt06') expect(sent.length).toBeLessThanOrEqual(1);
        }
        expect(uses).toHaveLength(answers);
      }
      pass(2_000_000);
      expect([commands.length, commands.devices]).toEqual([0, 0]);
      for (const command of all) {
        expect([command.state, isOver(command), ended.get(command)]).toEqual([
          command.state,
          true,
          1,
        ]);
        expect(command.endedTime).not.toBeNull();
      }
    }),
    { numRuns: 300 },
  );
});
