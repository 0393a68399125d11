import type { ConnectionOptions } from '@xunji/protocols';
import type { Registry } from './gate.ts';

/** What connections ask of a device's record: its model, and whether faults of its frames are taken. */
export const profilesOf =
  (registry: Pick<Registry, 'find'>): NonNullable<ConnectionOptions['profileOf']> =>
  (protocol, id) => {
    const { model = null, lenient = false } = registry.find({ protocol, id }) ?? {};
    return model === null && !lenient ? null : { model, lenient };
  };
