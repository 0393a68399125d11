import { describe, expect, it } from 'vitest';
import { Turns } from './turns.ts';

/** Turns of peers named by a text; what they are read is kept in order. The clock moves by `costMs` with each read. */
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
  const subject = new Turns<string>({
    read: (peer, bytes) => {
      at += costMs;
      reads.push({ peer, bytes: [...bytes] });
    },
    caughtUp: (peer) => caughtUp.push(peer),
    journal,
    monotonic: () => at,
  });
  const bytesOf = (peer: string) => reads.filter((r) => r.peer === peer).flatMap((r) => r.bytes);
  const giveRoom = () => {
    journal.hasRoom = true;
    onRoom?.();
  };
  return { subject, reads, caughtUp, journal, giveRoom, bytesOf };
}
const bytes = (length: number) => Uint8Array.from({ length }, (_, i) => i & 0xff);
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

describe('turns', () => {
  it('read what is short at once', () => {
    const { subject, reads } = turns();
    expect(subject.offer('a', bytes(2048))).toBe(true);
    expect(reads.map((r) => r.bytes.length)).toEqual([2048]);
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
    const { subject, reads } = turns(3);
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
