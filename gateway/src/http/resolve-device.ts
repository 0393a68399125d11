import type { DeviceRef } from '../journal/record.ts';
import type { DeviceRegistry } from '../records/devices.ts';
import { Refusal } from './problem.ts';

/** Which device an id means. @returns a refusal when the id is in no family, or in several and none is named */
export function resolveDevice(
  devices: DeviceRegistry,
  id: string,
  protocol: DeviceRef['protocol'] | undefined,
): DeviceRef | Refusal {
  if (protocol !== undefined) return { protocol, id };
  const [first, ...others] = devices.families(id);
  if (first === undefined) return new Refusal('notFound');
  if (others.length === 0) return { protocol: first, id };
  const message = `${id} is in ${[first, ...others].join(', ')}`;
  return new Refusal('ambiguousDevice', {
    errors: [{ path: 'protocol', code: 'ambiguousDevice', message }],
  });
}
