import type { ConnectionOptions } from '@xunji/protocols';
import type { Registry } from './gate.ts';

/** What connections ask of a device's record: its model, whether faults of its frames are taken, and its edition. */
export const profilesOf =
  (registry: Pick<Registry, 'find'>): NonNullable<ConnectionOptions['profileOf']> =>
  (protocol, id) => {
    const { model = null, lenient = false, edition = null } = registry.find({ protocol, id }) ?? {};
    // Of the others their headers tell.
    const isPlain = model === null && !lenient && edition !== '2011';
    return isPlain ? null : { model, lenient, edition };
  };
