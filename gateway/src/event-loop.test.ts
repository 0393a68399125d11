import { afterEach, describe, expect, it } from 'vitest';
import { EventLoopDelay } from './event-loop.ts';

const BLOCKED_MS = 300;
const turns = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('the delay of the event loop', () => {
  const delay = new EventLoopDelay();
  afterEach(() => delay.close());

  it('shows a loop that was blocked, once', async () => {
    await turns(50);
    const until = performance.now() + BLOCKED_MS;
    while (performance.now() < until);
    await turns(50);
    // The timer may have been due up to its interval after the blocking began.
    expect(delay.takeP99Seconds()).toBeGreaterThan(BLOCKED_MS / 1000 - 0.03);
    expect(delay.takeP99Seconds()).toBe(0);
  });
});
