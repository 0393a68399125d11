/*
 * Frames written straight from the tables of the standards, sharing nothing with the codec under test.
 */

/** A JT/T 808-2013 frame around `body`. @see JT/T 808, frame and header clauses */
export const jt808Frame = (id: number, phone: string, serial: number, body: Uint8Array): string =>
  sealed(jt808Head(id, phone, serial, body.length), body);

/** Part `index` of `total` of a message, whose piece of the body is `body`. @see JT/T 808, package item */
export function jt808Part(
  id: number,
  phone: string,
  serial: number,
  [index, total]: readonly [index: number, total: number],
  body: Uint8Array,
): string {
  const item = Buffer.from([total >> 8, total & 255, index >> 8, index & 255]);
  const head = jt808Head(id, phone, serial, body.length | 0x2000);
  return sealed(Buffer.concat([head, item]), body);
}

function jt808Head(id: number, phone: string, serial: number, properties: number): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(id, 0);
  head.writeUInt16BE(properties, 2);
  head.write(phone.padStart(12, '0'), 4, 'hex');
  head.writeUInt16BE(serial, 10);
  return head;
}

function sealed(head: Uint8Array, body: Uint8Array): string {
  const content = [...head, ...body];
  content.push(content.reduce((x, b) => x ^ b, 0));
  const escaped = content.flatMap((b) => (b === 0x7e ? [0x7d, 2] : b === 0x7d ? [0x7d, 1] : [b]));
  return Buffer.from([0x7e, ...escaped, 0x7e]).toString('hex');
}

/** The platform's general answer 0x8001 as it must come, with our serial. */
export const jt808Ack = (phone: string, ours: number, serial: number, id: number, result: number) =>
  jt808Frame(
    0x8001,
    phone,
    ours,
    Buffer.from([serial >> 8, serial & 255, id >> 8, id & 255, result]),
  );

export interface Fix {
  readonly time: Date;
  readonly latitude: number;
  readonly longitude: number;
  readonly speedKmh: number;
  readonly courseDeg: number;
  readonly alarmBits?: number;
}

const bcd = (n: number) => ((n / 10) << 4) | (n % 10);

/** The body of a location report (0x0200) with mileage 1234.5 km and 14 satellites. Times are GMT+8 on the wire. */
export function locationBody(fix: Fix): Buffer {
  const body = Buffer.alloc(28);
  body.writeUInt32BE(fix.alarmBits ?? 0, 0);
  body.writeUInt32BE(0b11, 4);
  body.writeUInt32BE(Math.round(fix.latitude * 1e6), 8);
  body.writeUInt32BE(Math.round(fix.longitude * 1e6), 12);
  body.writeUInt16BE(7, 16);
  body.writeUInt16BE(Math.round(fix.speedKmh * 10), 18);
  body.writeUInt16BE(fix.courseDeg, 20);
  const local = new Date(fix.time.getTime() + 8 * 3_600_000);
  body.set(
    [
      bcd(local.getUTCFullYear() % 100),
      bcd(local.getUTCMonth() + 1),
      bcd(local.getUTCDate()),
      bcd(local.getUTCHours()),
      bcd(local.getUTCMinutes()),
      bcd(local.getUTCSeconds()),
    ],
    22,
  );
  return Buffer.concat([body, Buffer.from('01040000303931010e', 'hex')]);
}

/** A short GT06 frame. @see GT06 protocol, CRC-ITU over length to serial */
export const gt06Frame = (type: number, content: Uint8Array, serial: number): string =>
  gt06Sealed('7878', [content.length + 5], type, content, serial);

/** The same with a length of two bytes. */
export const gt06LongFrame = (type: number, content: Uint8Array, serial: number): string =>
  gt06Sealed(
    '7979',
    [(content.length + 5) >> 8, (content.length + 5) & 255],
    type,
    content,
    serial,
  );

function gt06Sealed(
  start: string,
  length: readonly number[],
  type: number,
  content: Uint8Array,
  serial: number,
): string {
  const payload = Buffer.from([...length, type, ...content, serial >> 8, serial & 255]);
  let crc = 0xffff;
  for (const byte of payload) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >> 1) ^ 0x8408 : crc >> 1;
  }
  crc ^= 0xffff;
  return `${start}${payload.toString('hex')}${crc.toString(16).padStart(4, '0')}0d0a`;
}

/** Type 0x22 content: GPS block (9 satellites, fixed, UTC), one cell, ACC on, live. */
export function gt06Position(fix: Fix): Buffer {
  const block = Buffer.alloc(18);
  const t = fix.time;
  block.set(
    [
      t.getUTCFullYear() - 2000,
      t.getUTCMonth() + 1,
      t.getUTCDate(),
      t.getUTCHours(),
      t.getUTCMinutes(),
      t.getUTCSeconds(),
      0xc9,
    ],
    0,
  );
  block.writeUInt32BE(Math.round(fix.latitude * 1_800_000), 7);
  block.writeUInt32BE(Math.round(fix.longitude * 1_800_000), 11);
  block[15] = fix.speedKmh;
  block.writeUInt16BE(0x1400 | fix.courseDeg, 16);
  return Buffer.concat([block, Buffer.from('01cc00287d001fb8010000', 'hex')]);
}
