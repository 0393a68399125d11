import { io } from 'socket.io-client';
import { afterEach, describe, expect, it } from 'vitest';
import { canMount, type Disk, dyingDisk, limitedDisk, smallDisk } from './disks.ts';
import { eventually, type GatewayProcess, startGateway } from './harness.ts';
import { type Family, type Terminal, terminals } from './terminals.ts';
import { audit } from './tracks.ts';

const START_TIME = Math.floor(Date.now() / 1000) * 1000 - 25 * 86_400_000;
const TERMINALS = 10;
const EVERY_MS = 100;
/** More than one try of the journal. */
const SILENT_MS = 1500;
const ENV = { XUNJI_LOG_LEVEL: 'warn', XUNJI_JOURNAL_SEGMENT_MB: '1', XUNJI_SNAPSHOT_S: '1' };

const families: readonly Family[] = ['jt808', 'gt06', 'mqtt'];
/** Without the right to mount, a full disk is played with a limit on files, and no other fault can be. */
const mounts = await canMount();
const after: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of after.splice(0).reverse()) await undo();
});

async function start(disk: Disk): Promise<GatewayProcess> {
  const gateway = await startGateway(disk.path, ENV);
  disk.use(gateway.process.pid ?? 0);
  after.push(() => gateway.process.exitCode ?? gateway.process.signalCode ?? gateway.kill());
  return gateway;
}

function fleetOf(): Terminal[] {
  const fleet = families.flatMap((family) =>
    terminals(family, TERMINALS, { startTime: START_TIME, window: 4, everyMs: EVERY_MS }),
  );
  after.push(() => {
    for (const terminal of fleet) terminal.leave();
  });
  return fleet;
}
const connect = (fleet: readonly Terminal[], { ports }: GatewayProcess) =>
  Promise.all(fleet.map((terminal) => terminal.connect(ports)));
const acknowledged = (fleet: readonly Terminal[]) =>
  fleet.reduce((n, terminal) => n + terminal.acknowledged.size, 0);
const cutOff = (fleet: readonly Terminal[]) => fleet.reduce((n, t) => n + t.cutOff, 0);
const flow = async (fleet: readonly Terminal[]) => {
  const before = acknowledged(fleet);
  await eventually(
    async () => acknowledged(fleet) > before + fleet.length * 5,
    20_000,
    'acknowledgements',
  );
};

const readiness = async ({ ports, cookie }: GatewayProcess) => {
  const answer = await fetch(`http://127.0.0.1:${ports.http}/readyz`, { headers: { cookie } });
  const { journal } = (await answer.json()) as { journal: { stalled: string | null } };
  return { status: answer.status, stalled: journal.stalled };
};
/** @returns the error of the disk */
const stalled = (gateway: GatewayProcess) =>
  eventually(async () => (await readiness(gateway)).stalled, 10_000, 'the stall');
/** What was on its way arrives, a last block may be found; then nothing is acknowledged while it lasts. */
const silent = (fleet: readonly Terminal[]) =>
  eventually(
    async () => {
      const before = acknowledged(fleet);
      await new Promise((resolve) => setTimeout(resolve, SILENT_MS));
      return acknowledged(fleet) === before;
    },
    15_000,
    'silence',
  );
const answered = (fleet: readonly Terminal[]) =>
  eventually(
    async () => fleet.every(({ waiting }) => waiting === 0),
    20_000,
    'answers to all that terminals hold',
  );

/** All that was acknowledged, before and after, is in the tracks once. */
async function expectKept(gateway: GatewayProcess, fleet: readonly Terminal[], what: string) {
  for (const terminal of fleet) terminal.rest();
  await answered(fleet);
  await eventually(
    async () => (await gateway.metric('xunji_consumer_lag_records')) === 0,
    60_000,
    'consumers to catch up',
  );
  const found = await audit(gateway, fleet, START_TIME);
  console.log(
    `${what}: ${found.acknowledged} acknowledged, ${found.lost.length} lost, ${found.doubled.length} doubled`,
  );
  expect(found).toMatchObject({ lost: [], doubled: [], invented: [] });
  expect(found.stored).toBe(found.acknowledged);
}

describe('a disk', () => {
  it('that is full stops acknowledgements and nothing else, until there is room', async () => {
    const disk = mounts ? await smallDisk(64) : await limitedDisk();
    after.push(() => disk.remove());
    let gateway = await start(disk);
    const notices: { code: string; value?: number }[] = [];
    const page = io(`http://127.0.0.1:${gateway.ports.http}`, {
      ...{ path: '/live', transports: ['websocket'], reconnection: false },
      extraHeaders: { cookie: gateway.cookie },
    });
    after.push(() => page.close());
    page.on('notice', (notice) => notices.push(notice));
    await page.emitWithAck('hello', { v: 1, locale: 'en' });
    const fleet = fleetOf();
    await connect(fleet, gateway);
    await flow(fleet);

    await disk.fill();
    expect(await stalled(gateway)).toBe(mounts ? 'ENOSPC' : 'EFBIG');
    expect((await readiness(gateway)).status).toBe(503);
    await silent(fleet);
    await eventually(
      async () => notices.some(({ code, value }) => code === 'journalFull' && value !== 0),
      10_000,
      'the notice',
    );
    expect(cutOff(fleet)).toBe(0);

    await disk.free();
    await flow(fleet);
    await eventually(
      async () => notices.some(({ code, value }) => code === 'journalFull' && value === 0),
      10_000,
      'the end of the notice',
    );
    expect(cutOff(fleet)).toBe(0);
    await expectKept(gateway, fleet, `full disk (${disk.kind})`);
    await eventually(async () => (await readiness(gateway)).status === 200, 20_000, 'readiness');

    // The same, killed while it is full.
    for (const terminal of fleet) terminal.resume();
    await disk.fill();
    await stalled(gateway);
    await gateway.kill();
    await Promise.all(fleet.map(({ over }) => over));
    await disk.free();
    gateway = await start(disk);
    await connect(fleet, gateway);
    await expectKept(gateway, fleet, `killed on a full disk (${disk.kind})`);
    expect(await gateway.stop()).toBe(0);
  });
});

const mountedFaults = () => {
  it('that fails to write stops acknowledgements until it takes them again', async () => {
    const disk = await dyingDisk(256, 24, 'continue');
    after.push(() => disk.remove());
    const gateway = await start(disk);
    const fleet = fleetOf();
    await connect(fleet, gateway);
    await flow(fleet);
    await disk.fill(32);
    const code = await stalled(gateway);
    // A fresh segment may lie on blocks that are there: what is acknowledged meanwhile is kept, as is found below.
    expect(cutOff(fleet)).toBe(0);
    await disk.repair();
    await flow(fleet);
    await expectKept(gateway, fleet, `disk failing with ${code}`);
    expect(cutOff(fleet)).toBe(0);
    expect(await gateway.stop()).toBe(0);
  });

  it.each([
    ['turns read-only', 'distrust', 'EROFS'],
    ['is gone', 'pull', 'EIO'],
  ] as const)(
    'that %s stops acknowledgements, and is whole after its check',
    async (what, fault, code) => {
      const disk = await dyingDisk(128, 128, 'remount-ro');
      after.push(() => disk.remove());
      let gateway = await start(disk);
      const fleet = fleetOf();
      await connect(fleet, gateway);
      await flow(fleet);
      await disk[fault]();
      expect(await stalled(gateway)).toBe(code);
      await silent(fleet);
      expect(cutOff(fleet)).toBe(0);
      await gateway.kill();
      await Promise.all(fleet.map(({ over }) => over));
      await disk.restart();
      gateway = await start(disk);
      await connect(fleet, gateway);
      await expectKept(gateway, fleet, `disk that ${what} (${code})`);
      expect(await gateway.stop()).toBe(0);
    },
  );
};
if (mounts) describe('a disk', mountedFaults);
