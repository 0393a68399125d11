import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import { jt808Ack, jt808Frame, jt808Part } from './frames.ts';
import { startGateway, tempDataDir } from './harness.ts';

const PHONE = '13912345678';
const ID = 0x0801;
const picture = Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), Buffer.alloc(2500, 0x7e)]);
/** Media id 123, an image, JPEG, made by a command on channel 1; where and when. */
const head = Buffer.from(
  '0000007b00000001' + '0000000000000003' + '01dc8a10073d8e85' + '000702090064' + '261123145500',
  'hex',
);
const body = Buffer.concat([head, picture]);
const part = (index: number) =>
  jt808Part(ID, PHONE, 100 + index, [index, 3], body.subarray((index - 1) * 900, index * 900));
const ack = (ours: number, index: number) => jt808Ack(PHONE, ours, 100 + index, ID, 0);
const answer = (ours: number) => jt808Frame(0x8800, PHONE, ours, Buffer.from('0000007b', 'hex'));

/** A terminal that sends the next part only when the last is answered. */
async function terminal(port: number) {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await once(socket, 'connect');
  socket.on('error', () => undefined);
  const ask = async (frame: string, bytes: number): Promise<string> => {
    socket.write(Buffer.from(frame, 'hex'));
    let got = Buffer.alloc(0);
    while (got.length < bytes) {
      got = Buffer.concat([got, (await once(socket, 'data'))[0] as Buffer]);
    }
    return got.toString('hex');
  };
  return { ask, close: () => socket.destroy() };
}

const dir = await tempDataDir();
const start = () => startGateway(dir.path, { XUNJI_ADMISSION: 'open' });
afterAll(() => dir.remove());

describe('a photo in parts', () => {
  it('goes on over a kill -9 with the parts that were answered, and is listed byte for byte', async () => {
    const before = await start();
    const first = await terminal(before.ports.jt808);
    expect(await first.ask(part(1), ack(0, 1).length / 2)).toBe(ack(0, 1));
    expect(await first.ask(part(2), ack(1, 2).length / 2)).toBe(ack(1, 2));
    await before.kill();
    first.close();

    const after = await start();
    const second = await terminal(after.ports.jt808);
    const last = ack(0, 3) + answer(1);
    expect(await second.ask(part(3), last.length / 2)).toBe(last);
    // The answer got lost: the terminal sends its last part again.
    const again = ack(2, 3) + answer(3);
    expect(await second.ask(part(3), again.length / 2)).toBe(again);
    second.close();

    const period = 'from=2026-11-23T00:00:00Z&to=2026-11-24T00:00:00Z';
    const { body: page } = await after.api('GET', `photos?device=${PHONE}&${period}`);
    expect(page.items).toMatchObject([
      {
        ...{ device: PHONE, mediaId: 123, kind: 'image', contentType: 'image/jpeg', channel: 1 },
        ...{ bytes: picture.length, time: '2026-11-23T06:55:00.000Z', timeSource: 'device' },
        sha256: createHash('sha256').update(picture).digest('hex'),
      },
    ]);
    const url = `http://127.0.0.1:${after.ports.http}/api/v1/photos/${page.items[0].id}/file`;
    const file = await fetch(url, { headers: { cookie: after.cookie } });
    expect(Buffer.from(await file.arrayBuffer()).equals(picture)).toBe(true);
    await after.kill();
  });
});
