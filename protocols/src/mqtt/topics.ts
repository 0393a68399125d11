/** The root of our own tree unless a site sets another. */
export const DEFAULT_PREFIX = 'trk/v1';
/** As the device table knows them. @see mqtt.md section 2 */
const DEVICE_ID = /^[A-Za-z0-9._-]{1,64}$/;
/** Names that stand where a device id would and are none. */
const RESERVED = new Set(['gw', 'out']);
/** A gateway is a device of its own, and logs in by this name. @see mqtt.md section 7 */
export const GATEWAY_PREFIX = 'gw-';
const MAX_TOPIC_BYTES = 256;

export const isDeviceId = (id: string): boolean => DEVICE_ID.test(id) && !RESERVED.has(id);

/** @returns null for a name that would be no device id */
export function gatewayDevice(gateway: string): string | null {
  const id = GATEWAY_PREFIX + gateway;
  return gateway !== '' && DEVICE_ID.test(id) ? id : null;
}

const utf8 = new TextEncoder();

/** Something a client may publish to at all: no wildcards, no empty levels, no NUL, at most 256 bytes of UTF-8. */
export function isPlainTopic(topic: string): boolean {
  if (topic === '' || topic.length > MAX_TOPIC_BYTES) return false;
  if (/[+#\0]/.test(topic) || topic.split('/').includes('')) return false;
  return utf8.encode(topic).length <= MAX_TOPIC_BYTES;
}

/** Whole levels are compared: `+` is one of them, `#` at the end all that follow. @see MQTT 3.1.1, section 4.7 */
export function matchesFilter(filter: string, topic: string): boolean {
  const wanted = filter.split('/');
  const levels = topic.split('/');
  for (const [i, want] of wanted.entries()) {
    if (want === '#') return true;
    if (i >= levels.length || (want !== '+' && want !== levels[i])) return false;
  }
  return wanted.length === levels.length;
}

/** The level of `topic` where `filter` has its first `+`. */
export function levelAtPlus(filter: string, topic: string): string | null {
  const at = filter.split('/').indexOf('+');
  return at < 0 ? null : (topic.split('/')[at] ?? null);
}
