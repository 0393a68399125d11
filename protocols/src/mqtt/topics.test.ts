import { describe, expect, it } from 'vitest';
import { isPlainTopic, levelAtPlus, matchesFilter } from './topics.ts';

describe('topics', () => {
  it.each([
    ['a/b', 'a/b', true],
    ['a/+', 'a/b', true],
    ['a/+', 'a/b/c', false],
    ['a/#', 'a', true],
    ['a/#', 'a/b/c', true],
    ['+/b', 'a/b', true],
    ['+', 'a/b', false],
    ['a/b', 'a/bc', false],
    ['a/b/c', 'a/b', false],
    ['/x/+/send', '/x/1/send', true],
  ])('%s against %s is %s', (filter, topic, is) => {
    expect(matchesFilter(filter, topic)).toBe(is);
  });

  it.each(['', '/', 'a//b', '/a', 'a/', 'a/+', '#', 'a\0b', 'x'.repeat(257), '牌'.repeat(86)])(
    '%j is nothing to publish to',
    (topic) => {
      expect(isPlainTopic(topic)).toBe(false);
    },
  );

  it('have at most 256 bytes', () => {
    expect(isPlainTopic('x'.repeat(256))).toBe(true);
    expect(isPlainTopic('trk/v1/牌/pos')).toBe(true);
  });

  it('tell the gateway at the first wildcard', () => {
    expect(levelAtPlus('kbeacon/publish/+', 'kbeacon/publish/68B9')).toBe('68B9');
    expect(levelAtPlus('gw/#', 'gw/1')).toBeNull();
  });
});
