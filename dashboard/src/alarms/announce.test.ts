import { expect, test } from 'vitest';
import { type Announcement, advance, enqueue, INSET_MS, next } from './announce.ts';

const nothing: Announcement = { queue: [], shownSince: 0, urgent: '', polite: '' };
const showing = (...queue: string[]): Announcement => ({ ...nothing, queue, shownSince: 1_000 });
const always = (): boolean => true;

test('the first alarm opens the inset at once, the second waits behind it', () => {
  const one = { ...nothing, ...enqueue(nothing, { id: 'a' }, 5_000) };
  expect(one).toMatchObject({ queue: ['a'], shownSince: 5_000 });
  expect(enqueue(one, { id: 'b' }, 9_000)).toEqual({ queue: ['a', 'b'], shownSince: 5_000 });
});

test('after twenty seconds the next one is shown', () => {
  expect(advance(showing('a', 'b'), always, 1_000 + INSET_MS - 1).queue).toEqual(['a', 'b']);
  expect(advance(showing('a', 'b'), always, 1_000 + INSET_MS)).toEqual({
    queue: ['b'],
    shownSince: 1_000 + INSET_MS,
  });
});

test('waiting alarms that somebody has handled are not shown any more', () => {
  expect(advance(showing('a', 'b', 'c'), (id) => id !== 'b', 2_000).queue).toEqual(['a', 'c']);
});

test('closing shows the next one with its full time', () => {
  expect(next(showing('a', 'b'), 4_000)).toEqual({ queue: ['b'], shownSince: 4_000 });
});
