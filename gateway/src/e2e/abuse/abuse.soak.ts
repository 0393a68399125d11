import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { halfHandshakes, hugeConnects, manyTopics, takeover } from './broker.ts';
import { alternating, authenticated, guessCodes } from './identity.ts';
import { partsBomb } from './parts.ts';
import { silent, slowLoris } from './slow.ts';
import { dear, floods, garbageFlood, nanosecondsAByte } from './stream.ts';
import { P99_MS, RSS_GROWTH, World } from './world.ts';

/* The attacks of `abuse.test.ts` in full size, with the default deadlines. */

const DEVICES = 500;
const FLOOD_MS = 10_000;
const GARBAGE_BYTES_S = 100e6;
const mb = (bytes: number) => Math.round(bytes / 1e6);

describe('beside five hundred good devices, in full size', () => {
  let world: World;
  let warm = 0;
  beforeAll(async () => {
    world = await World.open({ devices: DEVICES });
    // All that grows once shall have grown: memory has to come back to what it is from here on.
    for (const shape of floods) await garbageFlood(world, shape, 2000);
    await world.idle();
    await pause(20_000);
    warm = world.rss();
    console.log(`warm: ${mb(warm)} MB`);
  });
  afterAll(() => world.close());

  const full = async <Found>(what: string, attack: () => Promise<Found>): Promise<Found> => {
    const found = await world.during(what, attack, P99_MS);
    await world.idle();
    const after = await world.giveBack(warm);
    console.log(`${what}: then ${mb(after)} MB`);
    expect(after).toBeLessThan(warm * (1 + RSS_GROWTH));
    return found;
  };

  it.each(floods)('garbage of 100 MB/s: $name', async (shape) => {
    const { megabytesS, cores } = await full(`flood with ${shape.name}`, () =>
      garbageFlood(world, shape, FLOOD_MS, GARBAGE_BYTES_S),
    );
    console.log(`${megabytesS.toFixed(0)} MB/s offered, ${cores.toFixed(2)} cores`);
    expect(cores).toBeLessThan(1);
  });

  it('ten thousand slow sockets', async () => {
    const cost = await full('slow', () =>
      slowLoris(world, { sockets: 10_000, everyMs: 5000, withinMs: 60_000 }),
    );
    console.log(cost);
    expect(cost.bytesEach).toBeLessThan(16 << 10);
    expect(cost.closedAfterMs).toBeLessThan(33_000);
  });

  it('ten thousand silent sockets', async () => {
    const cost = await full('silent', () => silent(world, 10_000, 60_000));
    console.log(cost);
    expect(cost.bytesEach).toBeLessThan(16 << 10);
    expect(cost.closedAfterMs).toBeLessThan(33_000);
  });

  it.each(dear)('$name, 64 MB', async ({ name, piece }) => {
    const [few, many] = await full(name, () =>
      nanosecondsAByte(world, piece(world.nextPhone()), 16),
    );
    console.log(`${few.toFixed(0)} and ${many.toFixed(0)} ns a byte`);
    expect(many).toBeLessThan(few * 1.5 + 5);
  });

  it('parts of which no set is completed, 65,535 and more on each of many sessions', async () => {
    const { bytesASession } = await full('parts', () =>
      partsBomb(world, { sessions: 30, partsEach: 65_535, bodyBytes: 20 }),
    );
    console.log(`${Math.round(bytesASession / 1024)} KB a session`);
    expect(bytesASession).toBeLessThan(9 << 20);
  });

  it('sixteen hundred sessions with open sets, more than may be held in all', async () => {
    const { bytesASession, sessionsCut } = await full('many sessions of parts', () =>
      partsBomb(world, { sessions: 1600, partsEach: 300 }),
    );
    console.log(`${Math.round(bytesASession / 1024)} KB a session, ${sessionsCut} cut off`);
  });

  it('two connections of one device in turn, a thousand times', async () => {
    console.log(await full('alternating', () => alternating(world, 1000)));
  });

  it('MQTT clients with 65,536 topics, and half handshakes', async () => {
    await full('MQTT', async () => {
      await hugeConnects(world, 500);
      await takeover(world, 'badge-4');
      // Each client's rate is bounded, so there are many.
      const talkers = Array.from({ length: 64 }, (_, n) => `talker-${n}`);
      const answered = await Promise.all(talkers.map((name) => manyTopics(world, 1024, name)));
      console.log(`${answered.reduce((sum, each) => sum + each, 0)} topics answered`);
      console.log(`${await halfHandshakes(world, 65_536)} half handshakes answered`);
    });
  });

  it('all the while every good device was answered and kept, exactly once', async () => {
    console.log(`${await world.settle()} positions of good devices, each stored once`);
  });
});

describe('in mode strict, in full size', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.open({ devices: DEVICES, isStrict: true });
  });
  afterAll(() => world.close());

  it.each([1, 1000])('a hundred thousand wrong codes from %d addresses', async (addresses) => {
    const id = world.nextPhone();
    const device = { protocol: 'jt808', id, name: id, kind: 'vehicle', group: null };
    await world.gateway.api('POST', 'devices', device);
    const { line, code } = await authenticated(world, id);
    line.socket.destroy();
    const guessed = await world.during(
      'guesses',
      () => guessCodes(world, id, code, { tries: 100_000, addresses }),
      P99_MS,
    );
    console.log(`from ${addresses}:`, guessed);
    expect(guessed.accepted).toBe(0);
    expect(guessed.trueDeviceMs).toBeLessThan(1000);
  });

  it('the good devices were kept, exactly once', async () => {
    console.log(`${await world.settle()} positions of good devices, each stored once`);
  });
});
