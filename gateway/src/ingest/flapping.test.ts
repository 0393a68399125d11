import { describe, expect, it } from 'vitest';
import { Flapping } from './flapping.ts';
import { Sessions } from './session.ts';

const truck = { protocol: 'jt808', id: '13912345678' } as const;

function watch() {
  const told: string[] = [];
  const clock = { at: 0 };
  const flapping = new Flapping({
    onFlapping: ({ id }, takeOvers) => told.push(`${id} ${takeOvers}`),
    monotonic: () => clock.at,
  });
  const sessions = new Sessions(1, flapping);
  const come = (remote = '127.0.0.1') => {
    const session = sessions.open({
      ...{ transport: 'tcp', remote },
      close: () => sessions.close(session),
    });
    sessions.bind(session, truck);
  };
  return { sessions, flapping, told, clock, come };
}

describe('a cloned identity', () => {
  it('is told once while two connections keep taking it from each other, and no session is left', () => {
    const { sessions, told, clock, come } = watch();
    for (let n = 0; n < 100; n++) {
      come();
      clock.at += 2000;
    }
    expect(told).toEqual(['13912345678 15']);
    expect(sessions.size).toBe(1);
  });

  it('is told again in another window while it goes on', () => {
    const { told, clock, come } = watch();
    for (let n = 0; n < 400; n++) {
      come();
      clock.at += 2000;
    }
    expect(told.length).toBe(2);
  });

  it('is told after three returns between two addresses, and not after a change of address', () => {
    const cloned = watch();
    for (let n = 0; n < 4; n++) {
      cloned.come(`10.0.0.${n % 2}`);
      cloned.clock.at += 90_000;
    }
    expect(cloned.told).toEqual([]);
    cloned.come('10.0.0.0');
    expect(cloned.told).toEqual(['13912345678 4']);
    const moved = watch();
    for (let n = 0; n < 10; n++) {
      moved.come(`10.0.0.${n}`);
      moved.clock.at += 60_000;
    }
    expect(moved.told).toEqual([]);
  });

  it('is not seen in a terminal that loses its link every half minute', () => {
    const { told, clock, come } = watch();
    for (let n = 0; n < 100; n++) {
      come();
      clock.at += 30_000;
    }
    expect(told).toEqual([]);
  });
});
