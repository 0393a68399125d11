import { describe, expect, it } from 'vitest';
import { KnownPrefixes } from './known-prefixes.ts';

const phone = (id: string) => ({ protocol: 'mqtt', id }) as const;

describe('the beginnings of known ids', () => {
  it('are found at every hyphen, as long as one device has them', () => {
    const known = new KnownPrefixes();
    known.note(phone('ot-mary-ann-phone'), true);
    known.note(phone('ot-mary-tablet'), true);
    known.note(phone('ot-mary-tablet'), true);
    expect(['ot-', 'ot-mary-', 'ot-mary-ann-', 'ot-mar-'].map((p) => known.has(p))).toEqual([
      ...[true, true, true, false],
    ]);
    known.note(phone('ot-mary-tablet'), false);
    known.note(phone('ot-mary-tablet'), false);
    expect(known.has('ot-mary-')).toBe(true);
    known.note(phone('ot-mary-ann-phone'), false);
    expect(known.has('ot-mary-')).toBe(false);
    expect(known.has('ot-')).toBe(false);
  });

  it('are those of MQTT devices only', () => {
    const known = new KnownPrefixes();
    known.note({ protocol: 'jt808', id: 'ot-x-y' }, true);
    expect(known.has('ot-x-')).toBe(false);
  });
});
