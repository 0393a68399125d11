import type { ProtocolName } from '@xunji/protocols';
import type { DeviceRef } from './record.ts';

/** A map by device. By family and id, because a joined key would be built anew for every message. */
export class DeviceMap<V> {
  readonly #families: Readonly<Record<ProtocolName, Map<string, V>>> = {
    jt808: new Map(),
    gt06: new Map(),
    mqtt: new Map(),
  };

  get size(): number {
    const { jt808, gt06, mqtt } = this.#families;
    return jt808.size + gt06.size + mqtt.size;
  }

  get({ protocol, id }: DeviceRef): V | undefined {
    return this.#families[protocol].get(id);
  }

  has({ protocol, id }: DeviceRef): boolean {
    return this.#families[protocol].has(id);
  }

  set({ protocol, id }: DeviceRef, value: V): void {
    this.#families[protocol].set(id, value);
  }

  delete({ protocol, id }: DeviceRef): boolean {
    return this.#families[protocol].delete(id);
  }

  clear(): void {
    for (const family of Object.values(this.#families)) family.clear();
  }

  /** Family by family, in each in the order they were set. */
  *values(): Generator<V> {
    for (const family of Object.values(this.#families)) yield* family.values();
  }
}
