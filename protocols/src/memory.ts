import type { DeviceMemory } from './protocol.ts';

/** A memory of the `max` devices asked for last. */
export function boundedMemory(max: number): DeviceMemory {
  const kept = new Map<string, object>();
  const touch = (device: string, learned: object): void => {
    kept.delete(device);
    kept.set(device, learned);
  };
  return {
    get(device) {
      const learned = kept.get(device);
      if (learned !== undefined) touch(device, learned);
      return learned;
    },
    set(device, learned) {
      touch(device, learned);
      if (kept.size <= max) return;
      // The first is the one asked for longest ago.
      for (const oldest of kept.keys()) {
        kept.delete(oldest);
        return;
      }
    },
  };
}
