/*
 * MQTT 3.1.1 packets written and read straight from the standard, sharing nothing with broker or client library.
 */

/** Type nibbles of the packets that tests send or wait for. @see MQTT 3.1.1, section 2.2.1 */
export const packetTypes = { connack: 2, publish: 3, puback: 4, pubrec: 5, suback: 9 } as const;

/** A packet with fixed header; the length is that of `body` unless another one is `announced`. */
export function packet(head: number, body: Uint8Array, announced = body.length): Buffer {
  const length: number[] = [];
  let rest = announced;
  do {
    length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>= 7;
  } while (rest > 0);
  return Buffer.concat([Uint8Array.of(head, ...length), body]);
}

const text = (value: string): Buffer => {
  const bytes = Buffer.from(value, 'utf8');
  return Buffer.concat([Uint8Array.of(bytes.length >> 8, bytes.length & 255), bytes]);
};
const number16 = (value: number) => Uint8Array.of((value >> 8) & 255, value & 255);

/** CONNECT with a clean session and a keep-alive of 60 s. @see MQTT 3.1.1, section 3.1 */
export function connectPacket(clientId: string, username?: string, password?: string): Buffer {
  const flags =
    2 | (username === undefined ? 0 : 0x80) | (username === undefined || !password ? 0 : 0x40);
  return packet(
    0x10,
    Buffer.concat([
      text('MQTT'),
      Uint8Array.of(4, flags, 0, 60),
      text(clientId),
      ...(username === undefined ? [] : [text(username)]),
      ...(username === undefined || !password ? [] : [text(password)]),
    ]),
  );
}

/** PUBLISH. @param id packet id, for QoS 1 and 2 @see MQTT 3.1.1, section 3.3 */
export function publishPacket(
  topic: string,
  payload: string | Uint8Array,
  { qos = 1, id = 1, retain = false }: { qos?: 0 | 1 | 2; id?: number; retain?: boolean } = {},
): Buffer {
  const body = Buffer.concat([
    text(topic),
    ...(qos === 0 ? [] : [number16(id)]),
    typeof payload === 'string' ? Buffer.from(payload) : payload,
  ]);
  return packet(0x30 | (qos << 1) | (retain ? 1 : 0), body);
}

/** SUBSCRIBE at QoS 0. @see MQTT 3.1.1, section 3.8 */
export function subscribePacket(id: number, filters: readonly string[]): Buffer {
  const wishes = filters.map((filter) => Buffer.concat([text(filter), Uint8Array.of(0)]));
  return packet(0x82, Buffer.concat([number16(id), ...wishes]));
}

/** One packet from the broker. */
export interface Packet {
  readonly type: number;
  readonly body: Buffer;
}

/** Cuts what a broker sends into packets. */
export class PacketReader {
  #pending: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): Packet[] {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const packets: Packet[] = [];
    for (;;) {
      let length = 0;
      let at = 1;
      for (let more = true; more; at++) {
        const byte = this.#pending[at];
        if (byte === undefined) return packets;
        length |= (byte & 0x7f) << (7 * (at - 1));
        more = byte > 0x7f;
      }
      if (this.#pending.length < at + length) return packets;
      const type = (this.#pending[0] ?? 0) >> 4;
      packets.push({ type, body: this.#pending.subarray(at, at + length) });
      this.#pending = this.#pending.subarray(at + length);
    }
  }
}
