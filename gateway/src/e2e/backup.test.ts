import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { jt808Frame, locationBody } from './frames.ts';
import {
  drawWorkshop,
  eventually,
  exchange,
  type GatewayProcess,
  root,
  startGateway,
  tempDataDir,
} from './harness.ts';

const run = promisify(execFile);
let keyFile = '';
const command = async (name: string, ...args: string[]) => {
  const { stdout } = await run(process.execPath, [`gateway/dist/commands/${name}.js`, ...args], {
    cwd: root,
    env: { PATH: process.env['PATH'], XUNJI_KEY_FILE: keyFile },
    maxBuffer: 64 << 20,
  });
  return stdout.trim();
};

/** All that a gateway says about its devices, fences, rules, alarms, events and tracks. */
async function answers(gateway: GatewayProcess, from: string, to: string) {
  const everything: Record<string, unknown> = {};
  for (const path of ['devices?limit=1000', 'fences', 'rules', 'alarms?state=all', 'events']) {
    everything[path] = (await gateway.api('GET', path)).body.items;
  }
  for (const device of (await gateway.api('GET', 'devices?limit=1000')).body.items) {
    const query = `from=${from}&to=${to}&limit=5000`;
    const track = (await gateway.api('GET', `devices/${device.id}/track?${query}`)).body;
    everything[`track of ${device.id}`] = track.items;
  }
  return everything;
}

const idle = (gateway: GatewayProcess) =>
  eventually(
    async () => (await gateway.metric('xunji_consumer_lag_records', '')) === 0,
    60_000,
    'consumers to catch up',
  );

describe('backup and restore', () => {
  it('give a gateway that answers the same, taken from a running one under load', async () => {
    const dir = await tempDataDir();
    const data = join(dir.path, 'data');
    const backup = join(dir.path, 'backup');
    const restored = join(dir.path, 'restored');
    const log = join(dir.path, 'acknowledged.log');
    const start = Date.now() - 3_600_000;
    const day = [start - 60_000, Date.now() + 86_400_000].map((t) => new Date(t).toISOString());
    const [from, to] = day as [string, string];
    keyFile = join(dir.path, 'key');
    await writeFile(keyFile, randomBytes(32).toString('hex'));
    const settings = { XUNJI_LOG_LEVEL: 'warn', XUNJI_KEY_FILE: keyFile };
    const gateway = await startGateway(data, settings);
    await drawWorkshop(gateway);
    const sos = { latitude: 31.2, longitude: 121.5, speedKmh: 0, courseDeg: 0, alarmBits: 1 };
    const body = locationBody({ ...sos, time: new Date() });
    await exchange(gateway.ports.jt808, jt808Frame(0x0200, '13912345678', 1, body), 20);
    await eventually(
      async () => (await gateway.api('GET', 'alarms')).body.items.length > 0,
      10_000,
      'the alarm',
    );
    const load = spawn(
      process.execPath,
      [
        'simulators/dist/bench/load.js',
        ...['--port', String(gateway.ports.jt808), '--sockets', '5', '--window', '2'],
        ...['--seconds', '60', '--warmup', '0', '--start-time', String(start), '--log', log],
      ],
      { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] },
    );
    const loadEnded = once(load, 'exit');
    const lines = async () => (await readFile(log, 'utf8')).trim().split('\n');
    await eventually(async () => (await lines()).length > 200, 20_000, 'acknowledgements');
    const acknowledged = await lines();
    // The last line may be half written.
    acknowledged.pop();

    const beside = JSON.parse(await command('journal', 'verify', '--data', data));
    expect(beside).toMatchObject({ isSound: true, sealed: beside.segments });
    const manifest = JSON.parse(await command('backup', '--to', backup, '--data', data));
    expect(manifest.seq).toBeGreaterThanOrEqual(acknowledged.length);
    await expect(command('backup', '--to', backup, '--data', data)).rejects.toThrow('is not empty');
    load.kill('SIGKILL');
    await loadEnded;

    // The original goes on; what it has said since is not in the backup, so the journals tell where to compare.
    await command('restore', '--from', backup, '--data', restored);
    const verified = JSON.parse(await command('journal', 'verify', '--data', restored));
    expect(verified).toMatchObject({ isSound: true, lastSeq: manifest.seq, findings: [] });
    const upTo = new Set<string>();
    for (const line of (await command('journal', 'print', '--data', restored)).split('\n')) {
      const record = JSON.parse(line);
      if (record.kind === 'position') upTo.add(`${record.device.id} ${record.position.fixTime}`);
    }
    const copy = await startGateway(restored, settings);
    await idle(copy);
    await idle(gateway);
    const [said, original] = [await answers(copy, from, to), await answers(gateway, from, to)];
    let compared = 0;
    for (const [what, items] of Object.entries(original)) {
      const isTrack = what.startsWith('track');
      const expected = isTrack
        ? (items as { device: string; fixTime: string }[]).filter((p) =>
            upTo.has(`${what.slice('track of '.length)} ${Date.parse(p.fixTime)}`),
          )
        : items;
      if (isTrack) compared += (expected as unknown[]).length;
      expect(stable(said[what]), what).toEqual(stable(expected));
    }
    expect(compared).toBeGreaterThan(200);
    expect(said['alarms?state=all']).toHaveLength(1);
    const stored = new Set<string>();
    for (const [what, items] of Object.entries(said)) {
      if (!what.startsWith('track')) continue;
      for (const p of items as { fixTime: string }[]) {
        stored.add(`${what.slice('track of '.length)} ${Date.parse(p.fixTime)}`);
      }
    }
    const missing = acknowledged.filter((line) => {
      const [phone, fixTime] = line.split(' ');
      return !stored.has(`${Number(phone)} ${fixTime}`);
    });
    expect(missing).toEqual([]);
    await expect(command('restore', '--from', backup, '--data', restored)).rejects.toThrow(
      'is not empty',
    );
    expect(await copy.stop()).toBe(0);
    expect(await gateway.stop()).toBe(0);

    // And of the stopped one.
    await rm(backup, { recursive: true });
    const whole = JSON.parse(await command('backup', '--to', backup, '--data', data));
    expect(whole.seq).toBeNull();
    await expect(
      command('backup', '--to', join(dir.path, 'x'), '--data', dir.path),
    ).rejects.toThrow('is no data directory');
    await dir.remove();
  });
});

/** Without what differs by when it is asked, and slots, which hold for one life of a gateway. */
const stable = (items: unknown) =>
  (items as Record<string, unknown>[])
    .map(({ lastSeen, online, connected, slot, ...rest }) => JSON.stringify(rest))
    .sort();
