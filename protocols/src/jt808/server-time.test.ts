import { describe, expect, it } from 'vitest';
import { jt808 } from './index.ts';

const asked = jt808.encode({
  id: '0x0004',
  device: '13912345678',
  edition: '2019',
  serial: 7,
  fields: {},
});
/** What a terminal reads of the answer at `time`. */
function answered(time: number, model?: string) {
  const connection = jt808.open(model === undefined ? {} : { model });
  const [query] = connection.push(asked, time);
  if (query?.kind !== 'message') throw new Error('no query');
  const reply = connection.reply(query, { result: 'accepted' });
  const [answer] = jt808.open({ side: 'terminal' }).push(reply ?? new Uint8Array(0), time);
  if (answer?.kind !== 'message') throw new Error('no answer');
  const { id, edition, fields } = answer;
  return { id, edition, fields };
}

describe('the server time', () => {
  const time = Date.UTC(2026, 10, 23, 23, 59, 59, 999);

  it('is told in UTC', () => {
    const fields = { time: '261123235959' };
    expect(answered(time)).toEqual({ id: '0x8004', edition: '2019', fields });
  });

  it('is told in GMT+8 to models that take it so', () => {
    expect(answered(time, 'localServerTime').fields).toEqual({ time: '261124075959' });
  });

  it.each([
    ['before 2000', Date.UTC(1999, 11, 31, 23, 59, 59), undefined],
    ['after 2099', Date.UTC(2100, 0, 1), undefined],
    ['after 2099 in GMT+8', Date.UTC(2099, 11, 31, 16), 'localServerTime'],
  ])('is refused while our clock stands %s', (_, clock, model) => {
    expect(answered(clock, model)).toMatchObject({ id: '0x8001', fields: { result: 1 } });
  });
});
