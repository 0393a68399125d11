import { describe, expect, it } from 'vitest';
import { fleet } from './scenarios/fleet.ts';
import { readArguments } from './simulate-arguments.ts';

describe('the arguments of a simulation', () => {
  it('have the ports and counts of the documentation by default', () => {
    expect(readArguments(['fleet'])).toEqual({
      make: fleet,
      devices: 40,
      seed: '1',
      intervalS: null,
      address: { host: '127.0.0.1', jt808: 5015, gt06: 5023, mqtt: 1883 },
      durationS: null,
      out: 'truth.json',
    });
  });

  it('are taken as given', () => {
    const given = '--devices 3 --seed x --host h --jt808-port 1 --gt06-port 2 --mqtt-port 3';
    expect(
      readArguments([
        'fleet',
        ...given.split(' '),
        '--interval',
        '2',
        '--duration',
        '9',
        '--out',
        'o',
      ]),
    ).toMatchObject({
      devices: 3,
      seed: 'x',
      intervalS: 2,
      address: { host: 'h', jt808: 1, gt06: 2, mqtt: 3 },
      durationS: 9,
      out: 'o',
    });
    expect(readArguments(['--help'])).toBe('help');
  });

  it.each([
    [[], 'a scenario is missing'],
    [['nope'], 'no scenario is called nope'],
    [['toString'], 'no scenario is called toString'],
    [['fleet', 'demo'], 'one scenario at a time'],
    [['fleet', '--devices', '0'], '--devices: wants a whole number 1..10000, got 0'],
    [['fleet', '--mqtt-port', '70000'], '--mqtt-port: wants'],
    [['fleet', '--interval', '1.5'], '--interval: wants'],
    [['fleet', '--colour', 'red'], '--colour'],
  ])('%j are refused, naming what is wrong', (args, problem) => {
    expect(() => readArguments(args)).toThrow(problem);
  });
});
