import { expect, it } from 'vitest';
import { boundedMemory } from './memory.ts';

it('forgets the device asked for longest ago once it is full', () => {
  const memory = boundedMemory(2);
  const [a, b, c] = [{ a: 1 }, { b: 1 }, { c: 1 }];
  memory.set('a', a);
  memory.set('b', b);
  expect(memory.get('a')).toBe(a);
  memory.set('c', c);
  expect([memory.get('a'), memory.get('b'), memory.get('c')]).toEqual([a, undefined, c]);
  memory.set('c', a);
  expect([memory.get('a'), memory.get('c')]).toEqual([a, a]);
});
