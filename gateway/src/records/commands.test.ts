import { afterEach, describe, expect, it } from 'vitest';
import { CommandLog } from './commands.ts';
import { openDatabase, type Records } from './database.ts';
import type { DeviceCommand } from './device-command.ts';

const NOW = 1_795_404_000_000;
const TRUCK = { protocol: 'jt808', id: '13912345678' } as const;

let db: Records | null = null;
afterEach(async () => {
  await db?.destroy();
  db = null;
});

async function open(onError: (error: unknown) => void = fail): Promise<CommandLog> {
  db ??= await openDatabase(':memory:');
  return CommandLog.open({ db, now: () => NOW, onError });
}

function fail(error: unknown): never {
  throw error;
}

const sample = (log: CommandLog, over: Partial<DeviceCommand> = {}): DeviceCommand => ({
  ...{ number: log.next(), device: TRUCK, message: '0x8300', name: 'text', by: 'ann' },
  ...{ fields: { text: '你好' }, reason: null, requestedTime: NOW, expiresTime: NOW + 300_000 },
  ...{ state: 'queued', result: null, detail: null, sends: 0, sentTime: null, takenTime: null },
  ...{ endedTime: null, reply: null, isLate: false, ...over },
});

describe('the log of commands', () => {
  it('has a command before it is sent, and what became of it afterwards', async () => {
    const log = await open();
    const command = sample(log, { reason: 'drill' });
    await log.add(command);
    expect(await log.get(1)).toMatchObject({
      ...{ id: '1', device: TRUCK.id, protocol: 'jt808', message: '0x8300', by: 'ann' },
      ...{ fields: { text: '你好' }, reason: 'drill', state: 'queued', sentAt: null },
      requestedAt: new Date(NOW).toISOString(),
    });
    const reply = { id: '0x0001', name: 'terminalAnswer', fields: { result: 0 } };
    Object.assign(command, { state: 'answered', result: 'done', sends: 2, endedTime: NOW, reply });
    log.changed(command);
    await log.flush();
    expect(await log.get(1)).toMatchObject({
      ...{ state: 'answered', result: 'done', sends: 2, reply, isLate: false },
      endedAt: new Date(NOW).toISOString(),
    });
  });

  it('lists the commands of one device, newest first', async () => {
    const log = await open();
    const other = { protocol: 'gt06', id: TRUCK.id } as const;
    const commands = [sample(log), sample(log, { device: other }), sample(log), sample(log)];
    await Promise.all(commands.map((command) => log.add(command)));
    const ids = async (limit: number, before: number | null) =>
      (await log.list(TRUCK, limit, before)).map(({ id }) => id);
    expect(await ids(10, null)).toEqual(['4', '3', '1']);
    expect(await ids(1, 4)).toEqual(['3']);
    expect(await ids(10, 3)).toEqual(['1']);
  });

  it('goes on counting, and waits for nothing of an earlier process', async () => {
    const log = await open();
    const ended = sample(log, { state: 'answered' });
    await Promise.all([log.add(ended), log.add(sample(log)), log.add(sample(log))]);
    const next = await open();
    expect(next.next()).toBe(4);
    expect((await next.list(TRUCK, 10, null)).map(({ state, detail }) => [state, detail])).toEqual([
      ['timeout', 'gatewayRestarted'],
      ['timeout', 'gatewayRestarted'],
      ['answered', null],
    ]);
  });

  it('says who could not be recorded, and writes what is left over with the next change', async () => {
    const errors: unknown[] = [];
    const log = await open((error) => errors.push(error));
    const command = sample(log);
    await log.add(command);
    await expect(log.add({ ...command })).rejects.toThrow();
    command.state = 'sent';
    command.detail = { toString: () => 'no text' } as unknown as string;
    log.changed(command);
    await log.flush();
    expect(errors).toHaveLength(1);
    command.detail = null;
    await log.flush();
    expect((await log.get(1))?.state).toBe('sent');
  });

  it('keeps a reply that is too long by its name alone', async () => {
    const log = await open();
    const command = sample(log);
    await log.add(command);
    const fields = { hex: 'a'.repeat(300_000) };
    command.reply = { id: '0x0900', name: 'passThroughUp', fields };
    log.changed(command);
    await log.flush();
    expect((await log.get(1))?.reply).toEqual({ id: '0x0900', name: 'passThroughUp', fields: {} });
  });
});
