import type { DeviceEntry } from '../records/devices.ts';
import type { Device } from '../wire.ts';

/** A device as REST lists it and live messages rename it. */
export function deviceToWire(
  entry: DeviceEntry,
  presence: { readonly online: boolean; readonly lastSeen: string | null },
): Device {
  const { id, protocol, kind, name, group, subject, admission, edition, slot, rev } = entry;
  const { model, lenient } = entry;
  const seen = entry.lastSeenTime === null ? null : new Date(entry.lastSeenTime).toISOString();
  return {
    ...{ id, protocol, kind, name, group, subject, admission, edition, slot, rev },
    ...{ model, lenient },
    online: presence.online,
    lastSeen: presence.lastSeen ?? seen,
  };
}
