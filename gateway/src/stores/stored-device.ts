import { type DeviceRef, deviceKey } from '../journal/record.ts';

// Control characters (a newline ends a line of the line protocol), backslash and quotes (they escape what follows),
// the escape itself, and halves of surrogate pairs (UTF-8 has none: two such ids would become one).
const unsafe = /[\p{Cc}\u2028\u2029\\"'%]|\p{Cs}/gu;

/**
 * The device key as the engines keep it: `jt808:13912345678` stays as it is, characters an engine could stumble over
 * become `%0A` or `%uD83D`. Different devices never share one.
 */
export function storedDevice(device: DeviceRef): string {
  return deviceKey(device).replace(unsafe, (char) => {
    const code = char.charCodeAt(0);
    return code < 0x100
      ? `%${code.toString(16).toUpperCase().padStart(2, '0')}`
      : `%u${code.toString(16).toUpperCase()}`;
  });
}
