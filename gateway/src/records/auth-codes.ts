import { createHmac, timingSafeEqual } from 'node:crypto';
import { type DeviceRef, deviceKey } from '../journal/record.ts';

const CODE_LENGTH = 16;

/**
 * The code a terminal proves itself with: 16 letters and digits, derived from the data directory's secret and the
 * identity, so that every register of one terminal is answered alike and nothing has to be stored.
 * @see JT/T 808, terminal registration reply and terminal authentication
 */
export function authCode(secret: Uint8Array, device: DeviceRef): string {
  const digest = createHmac('sha256', secret).update(deviceKey(device)).digest('hex');
  return BigInt(`0x${digest}`).toString(36).padStart(CODE_LENGTH, '0').slice(-CODE_LENGTH);
}

/** Compares in constant time; a code of any other length is wrong. */
export function isAuthCode(secret: Uint8Array, device: DeviceRef, code: string): boolean {
  const given = Buffer.from(code);
  const right = Buffer.from(authCode(secret, device));
  return given.length === right.length && timingSafeEqual(given, right);
}
