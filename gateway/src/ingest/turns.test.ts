import { describe, expect, it } from 'vitest';
import { type Reader, Turns } from './turns.ts';

/** Turns of readers named by a text; what they are read is kept in order. The clock moves by `costMs` with each read. */
function turns(costMs = 0) {
  const reads: { peer: string; bytes: number[] }[] = [];
  const caughtUp: string[] = [];
  let at = 0;
  let onRoom: (() => void) | null = null;
  const journal = {
    hasRoom: true,
    onRoom: (listener: () => void) => {
      onRoom = listener;
    },
  };
  const all = new Turns({ journal, monotonic: () => at });
  const readers = new Map<string, Reader & { isBacklog: boolean }>();
  const reader = (peer: string) => {
    const found = readers.get(peer) ?? {
      receive: (bytes: Uint8Array) => {
        at += costMs;
        reads.push({ peer, bytes: [...bytes] });
      },
      caughtUp: () => caughtUp.push(peer),
      isBacklog: false,
    };
    readers.set(peer, found);
    return found;
  };
  const subject = {
    offer: (peer: string, chunk: Uint8Array) => all.offer(reader(peer), chunk),
    park: (peer: string) => all.park(reader(peer)),
    unpark: (peer: string) => all.unpark(reader(peer)),
    forget: (peer: string) => all.forget(reader(peer)),
    has: (peer: string) => all.has(reader(peer)),
    accepted: () => all.accepted(),
  };
  const bytesOf = (peer: string) => reads.filter((r) => r.peer === peer).flatMap((r) => r.bytes);
  const giveRoom = () => {
    journal.hasRoom = true;
    onRoom?.();
  };
  const pass = (ms: number) => {
    at += ms;
  };
  return { subject, reader, reads, caughtUp, journal, giveRoom, bytesOf, pass };
}
const bytes = (length: number) => Uint8Array.from({ length }, (_, i) => i & 0xff);
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

describe('turns', () => {
  it('read what is short at once', () => {
    const { subject, reads } = turns();
    expect(subject.offer('a', bytes(512))).toBe(true);
    expect(reads.map((r) => r.bytes.length)).toEqual([512]);
  });

  it('give everybody one slice after the other, and lose no byte and no order', async () => {
    const { subject, reads, caughtUp, bytesOf } = turns();
    expect(subject.offer('a', bytes(5000))).toBe(false);
    expect(subject.offer('b', bytes(3000))).toBe(false);
    expect(reads).toEqual([]);
    await nextTurn();
    expect(reads.map((r) => r.peer)).toEqual(['a', 'b', 'a', 'b', 'a']);
    expect(bytesOf('a')).toEqual([...bytes(5000)]);
    expect(bytesOf('b')).toEqual([...bytes(3000)]);
    expect(caughtUp).toEqual(['b', 'a']);
  });

  it('keep a turn of the event loop short, whoever sends how much', async () => {
    const { subject, reads } = turns(1.5);
    for (const peer of ['a', 'b', 'c']) subject.offer(peer, bytes(65_536));
    await nextTurn();
    expect(reads.length).toBe(3);
    subject.offer('short', bytes(100));
    expect(reads.at(-1)?.peer).toBe('short');
    await nextTurn();
    expect(reads.slice(4).map((r) => r.peer)).toEqual(['a', 'b', 'c']);
  });

  it('leave out who is parked until it is not, and who is forgotten for ever', async () => {
    const { subject, bytesOf } = turns(9);
    for (const peer of ['parked', 'forgotten', 'other']) subject.offer(peer, bytes(4096));
    subject.park('parked');
    subject.forget('forgotten');
    for (let i = 0; i < 4; i++) await nextTurn();
    expect(bytesOf('other').length).toBe(4096);
    expect(bytesOf('parked')).toEqual([]);
    subject.unpark('parked');
    for (let i = 0; i < 3; i++) await nextTurn();
    expect(bytesOf('parked')).toEqual([...bytes(4096)]);
    expect(bytesOf('forgotten')).toEqual([]);
  });

  it('read live devices before a backlog, which never stands still for all that', async () => {
    const { subject, reader, reads } = turns(1);
    reader('history').isBacklog = true;
    for (let i = 0; i < 20; i++) subject.offer('history', bytes(1000));
    for (let i = 0; i < 20; i++) subject.offer(`live ${i}`, bytes(100));
    // Four fit into the time of this turn of the event loop; the others wait, ahead of the backlog.
    expect(reads.map((r) => r.peer)).toEqual(['live 0', 'live 1', 'live 2', 'live 3']);
    await nextTurn();
    expect(reads.slice(4).map((r) => r.peer)).toEqual(['live 4', 'live 5', 'live 6', 'history']);
    for (let i = 0; i < 6; i++) await nextTurn();
    expect(reads.filter((r) => r.peer !== 'history').map((r) => r.peer)).toEqual(
      Array.from({ length: 20 }, (_, i) => `live ${i}`),
    );
  });

  it('slow a backlog down while what follows from it keeps live devices waiting', async () => {
    const sliceSizesWhile = async (isLive: boolean, lapMs: number) => {
      const { subject, reader, reads, pass } = turns(0.5);
      reader('history').isBacklog = true;
      subject.offer('history', bytes(600_000));
      for (let i = 0; i < 10; i++) {
        if (isLive) subject.offer('live', bytes(50));
        pass(lapMs);
        await nextTurn();
      }
      const before = reads.filter((r) => r.peer === 'history').length;
      if (isLive) subject.offer('live', bytes(50));
      pass(lapMs);
      await nextTurn();
      return reads.filter((r) => r.peer === 'history').length - before;
    };
    expect(await sliceSizesWhile(true, 50)).toBe(1);
    expect(await sliceSizesWhile(true, 1)).toBe(8);
    expect(await sliceSizesWhile(false, 50)).toBe(8);
  });

  it('are short while somebody connects, so that the next is accepted soon', async () => {
    const readInOneTurn = async (isKnocked: boolean) => {
      const { subject, reads } = turns(0.3);
      subject.offer('flood', bytes(65_536));
      if (isKnocked) subject.accepted();
      await nextTurn();
      return reads.length;
    };
    expect(await readInOneTurn(true)).toBe(5);
    expect(await readInOneTurn(false)).toBe(14);
  });

  it('wait for the room of the journal', async () => {
    const { subject, journal, giveRoom, bytesOf } = turns();
    journal.hasRoom = false;
    subject.offer('a', bytes(4096));
    await nextTurn();
    expect(bytesOf('a')).toEqual([]);
    giveRoom();
    expect(bytesOf('a').length).toBe(4096);
  });

  it('hold no more than their bound: beyond it a chunk is read whole', () => {
    const { subject, bytesOf } = turns();
    const chunk = new Uint8Array(64 << 10);
    let held = 0;
    while (!subject.offer(`flood ${held}`, chunk)) held++;
    expect(held).toBe(1024);
    expect(bytesOf('flood 1024').length).toBe(chunk.length);
  });
});
