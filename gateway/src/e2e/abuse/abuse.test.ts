import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gt06Frame, gt06Position, jt808Frame, locationBody } from '../frames.ts';
import {
  halfHandshakes,
  hugeConnects,
  manyTopics,
  payloadFlood,
  retained,
  takeover,
  wildSubscriptions,
} from './broker.ts';
import { datagrams } from './datagrams.ts';
import { alternating, authenticated, guessCodes, impossiblePositions } from './identity.ts';
import { memoryOf, probed } from './idle.ts';
import { Line, report } from './lines.ts';
import type { Memory } from './memory-probe.ts';
import { endlessPieces, hugeFiles, lyingLengths, swelling } from './nested.ts';
import { manySets, oddParts, partsBomb } from './parts.ts';
import { halfOpen, overHalfOpen, silent, slowLoris } from './slow.ts';
import {
  checksumStorm,
  dear,
  floods,
  garbageFlood,
  nanosecondsAByte,
  splitAndMerged,
} from './stream.ts';
import { World } from './world.ts';

/*
 * Attacks on a running gateway, each beside five hundred good devices, in the short form; `abuse.soak.ts` has the
 * full sizes.
 */

const DEVICES = 500;
/** Deadlines short enough to see them pass. */
const deadlines = { XUNJI_FIRST_FRAME_S: '3', XUNJI_FRAME_S: '2', XUNJI_IDLE_S: '10' };
const FLOOD_MS = 1000;
/** Of the heap: what the good devices' own minute and the strangers' records take. */
const KEPT_BYTES = 24 << 20;
/** Row 1 says 16 KiB; with two thousand sockets only, what the process grows by for itself weighs half as much. */
const MAX_BYTES_A_SOCKET = 24 << 10;
/** From its connection to the answer to its heartbeat. */
const TRUE_DEVICE_MS = 3000;
/** Row 8. */
const MAX_BYTES_OF_PARTS = 6 << 20;

describe('beside five hundred good devices', () => {
  let world: World;
  let deadLink: Promise<void>;
  let warm: Memory;
  beforeAll(async () => {
    world = await World.open({ devices: DEVICES, env: { ...deadlines, ...probed } });
    // Lasts as long as the idle limit, so it goes on beside the others.
    deadLink = halfOpen(world, 15_000);
    deadLink.catch(() => undefined);
  });
  afterAll(() => world.close());

  it('the first gate: rubbish before a frame, bad check codes, odd parts, broken bodies', async () => {
    await world.during('first gate', async () => {
      const line = await Line.open(world.gateway.ports.jt808);
      const phone = world.nextPhone();
      const stream = Buffer.concat([
        Buffer.alloc(60, 0x41),
        Buffer.from(report(phone, 5, new Date()), 'hex'),
      ]);
      for (const byte of stream) {
        line.socket.write(Uint8Array.of(byte));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await line.answered(1);
      expect(line.answers).toEqual([{ serial: 5, result: 0 }]);
      line.socket.destroy();
      await checksumStorm(world, 200);
      await overHalfOpen(world);
      await manySets(world);
      await oddParts(world);
    });
  });

  it('clocks that cannot be are flagged, and their positions kept', async () => {
    const line = await Line.open(world.gateway.ports.jt808);
    const phone = world.nextPhone();
    for (const [n, time] of ['000000000000', 'ffffffffffff', '991231235959'].entries()) {
      const where = { latitude: 31.2, longitude: 121.4, speedKmh: 30, courseDeg: 90 };
      const body = locationBody({ time: new Date(), ...where });
      body.write(time, 22, 'hex');
      line.send(jt808Frame(0x0200, phone, n, body));
    }
    await line.answered(3);
    expect(line.answers.map(({ result }) => result)).toEqual([0, 0, 0]);
    line.socket.destroy();
  });

  it('four megabytes without a delimiter are closed', async () => {
    const line = await Line.open(world.gateway.ports.jt808);
    const before = await world.closedFor('badFrames');
    line.socket.write(Buffer.concat([Uint8Array.of(0x7e), Buffer.alloc(4 << 20, 0x41)]));
    await line.closed;
    expect(await world.closedFor('badFrames')).toBe(before + 1);
  });

  it('GT06 frames before its log-in, and a length of 64 KiB, are not believed', async () => {
    const line = await Line.open(world.gateway.ports.gt06);
    const fix = { time: new Date(), latitude: 31.2, longitude: 121.4, speedKmh: 30, courseDeg: 90 };
    line.send(gt06Frame(0x22, gt06Position(fix), 1), `7979ffff${'79'.repeat(5000)}`);
    line.send(gt06Frame(0x01, Buffer.from('0868120148373571', 'hex'), 2));
    while (line.heard.length < 20) await new Promise((heard) => line.socket.once('data', heard));
    expect(line.heard).toMatch(/^787805010002/);
    expect(await world.gateway.metric('xunji_messages_total', 'result="beforeLogin"')).toBe(1);
    line.socket.destroy();
  });

  it('two thousand slow and two thousand silent sockets are closed in their time', async () => {
    const closed = async () =>
      (await world.closedFor('noFirstFrame')) + (await world.closedFor('slowFrame'));
    const before = await closed();
    const quiet = await world.during('silent', () => silent(world, 2000, 10_000));
    const slow = await world.during('slow', () =>
      slowLoris(world, { sockets: 2000, everyMs: 500, withinMs: 10_000 }),
    );
    console.log('silent, slow:', quiet, slow);
    expect(await closed()).toBe(before + 4000);
    expect(Math.max(quiet.bytesEach, slow.bytesEach)).toBeLessThan(MAX_BYTES_A_SOCKET);
  });

  it.each(floods)('floods with $name keep nobody waiting', async (shape) => {
    await world.during(`flood with ${shape.name}`, async () => {
      const { megabytesS, cores } = await garbageFlood(world, shape, FLOOD_MS);
      console.log(`${megabytesS.toFixed(0)} MB/s`);
      // Two threads beside the one that reads are at work for the good devices meanwhile.
      expect(cores).toBeLessThan(shape.areSound ? 2 : 1.3);
    });
  });

  it('a dead link was offline after the idle limit, and no other', async () => {
    await deadLink;
    // All that grows once has grown: from here on memory has to come back.
    warm = await memoryOf(world.gateway);
  });

  it.each(dear)('$name cost in proportion to their length', async ({ name, piece }) => {
    const [few, many] = await world.during(name, () =>
      nanosecondsAByte(world, piece(world.nextPhone()), 2),
    );
    console.log(`${few.toFixed(0)} and ${many.toFixed(0)} ns a byte`);
    // Four times as many bytes: were it quadratic, each would cost four times as much. Time is told in hundredths.
    expect(many).toBeLessThan(few * 2 + 10);
  });

  it('frames split at every byte and a hundred in a segment come out the same', async () => {
    await world.during('split and merged', () => splitAndMerged(world));
  });

  it('sets of parts that nobody completes are bounded', async () => {
    const { bytesASession } = await world.during('parts', () =>
      partsBomb(world, { sessions: 15, partsEach: 600 }),
    );
    console.log(`${Math.round(bytesASession / 1024)} KB a session`);
    expect(bytesASession).toBeLessThan(MAX_BYTES_OF_PARTS);
  });

  it('lengths and counts inside bodies that lie cost only what they are in', async () => {
    await world.during('lying lengths', () => lyingLengths(world, 20));
  });

  it('bodies that swell when they are read keep nobody waiting', async () => {
    const cpuS = await world.during('swelling bodies', () => swelling(world, 500));
    console.log(`${cpuS.toFixed(2)} s of processor time a MB`);
  });

  it('files of a gigabyte are not waited for, and pieces that never end are closed', async () => {
    await world.during('files', async () => {
      const [huge, endless] = [await hugeFiles(world, 50), await endlessPieces(world, 50)];
      console.log(`${Math.round(huge / 1024)} and ${Math.round(endless / 1024)} KB a connection`);
      expect(endless).toBeLessThan(MAX_BYTES_OF_PARTS);
    });
  });

  it('impossible positions move nobody out of a fence', () => impossiblePositions(world));

  it('two connections of one device push each other out, and leave nothing behind', async () => {
    const turns = await world.during('alternating', () => alternating(world, 20));
    expect(turns).toMatchObject({ answered: 20, noticed: 1 });
    // What is left of the flood of one device may be counted with them.
    expect(turns.superseded).toBeGreaterThanOrEqual(19);
  });

  it('datagrams reach nobody who did not send more, in whatever order and number', async () => {
    console.log('datagrams:', await world.during('UDP', () => datagrams(world, 1500)));
  });

  it('an MQTT client gets no more than its own', async () => {
    await world.during('MQTT', async () => {
      await hugeConnects(world, 20);
      await takeover(world, 'badge-4');
      await wildSubscriptions(world);
      await retained(world);
      const [topics, halves] = [await manyTopics(world, 1200), await halfHandshakes(world, 500)];
      console.log(`${topics} topics and ${halves} half handshakes answered`);
    });
  });

  it('payloads that nobody can use are answered, and the next good one is kept', async () => {
    const bytes = await world.during('payloads', () => payloadFlood(world, 20));
    console.log(`${(bytes / 1e6).toFixed(1)} MB of payloads`);
  });

  it('what the attacks took is given back', async () => {
    await world.idle();
    const { heapUsed, external, rss } = await memoryOf(world.gateway);
    const mb = (bytes: number) => Math.round(bytes / 1e6);
    console.log(
      `memory ${mb(warm.rss)} MB before, ${mb(rss)} after; heap ${mb(warm.heapUsed)}, ${mb(heapUsed)}`,
    );
    expect(heapUsed + external).toBeLessThan(warm.heapUsed + warm.external + KEPT_BYTES);
  });

  it('all the while every good device was answered and kept, exactly once', async () => {
    console.log(`${await world.settle()} positions of good devices, each stored once`);
  });
});

describe('in mode strict', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.open({ devices: DEVICES, isStrict: true });
  });
  afterAll(() => world.close());

  const enter = async () => {
    const id = world.nextPhone();
    const device = { protocol: 'jt808', id, name: id, kind: 'vehicle', group: null };
    await world.gateway.api('POST', 'devices', device);
    return id;
  };

  it('the proof of one device is none for another on the same connection', async () => {
    const [mine, other] = [await enter(), await enter()];
    const { line, code } = await authenticated(world, mine);
    line.send(report(mine, 3, new Date()));
    line.send(report(other, 4, new Date()), jt808Frame(0x0102, other, 5, code));
    await line.answered(4);
    expect(line.answers.map(({ serial, result }) => [serial, result])).toEqual([
      [2, 0],
      [3, 0],
      [4, 1],
      [5, 1],
    ]);
    line.socket.destroy();
  });

  it('nobody guesses a code, and the true device still gets in', async () => {
    const phone = await enter();
    const { line, code } = await authenticated(world, phone);
    line.socket.destroy();
    const guessed = await world.during('guesses', () =>
      guessCodes(world, phone, code, { tries: 5000, addresses: 100 }),
    );
    console.log('guesses:', guessed);
    expect(guessed.accepted).toBe(0);
    const wrong = 'result="wrongAuthCode"';
    expect(await world.gateway.metric('xunji_messages_total', wrong)).toBeGreaterThan(10);
    expect(await world.closedFor('wrongAuthCode')).toBeGreaterThan(0);
    // Ten on each connection, of fifty that were sent.
    expect(guessed.answered).toBeLessThanOrEqual(guessed.tried / 5);
    expect(guessed.trueDeviceMs).toBeLessThan(TRUE_DEVICE_MS);
  });

  it('the good devices were kept, exactly once, and every message is counted', async () => {
    const positions = await world.settle();
    console.log(`${positions} positions of good devices, each stored once`);
    // One more of the device with a proof of its own.
    expect(await world.gateway.metric('xunji_positions_total')).toBe(positions + 1);
    // The other's report.
    const refused = 'result="notAuthenticated"';
    expect(await world.gateway.metric('xunji_messages_total', refused)).toBe(1);
  });
});
