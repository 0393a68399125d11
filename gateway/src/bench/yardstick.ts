import { closeSync, fdatasync, openSync, write } from 'node:fs';
import { createServer, type Socket } from 'node:net';

/*
 * The bare yardstick: frames JT/T 808, verifies the checksum, appends the frames of a group to a file, one
 * fdatasync, and answers 0x8001. No decoding, no identity, no store. What the gateway is measured against in
 * the same run: `node yardstick.js FILE` prints {"ready":true,"jt808":PORT}.
 */
const file = openSync(process.argv[2] ?? 'yardstick.journal', 'w');

interface Waiting {
  readonly socket: Socket;
  readonly answers: Buffer;
}
let group: Buffer[] = [];
let waiting: Waiting[] = [];
let syncing = false;
let offset = 0;

function flush(): void {
  if (syncing || group.length === 0) return;
  const bytes = Buffer.concat(group);
  const answered = waiting;
  group = [];
  waiting = [];
  syncing = true;
  write(file, bytes, 0, bytes.length, offset, (writeError) => {
    if (writeError) throw writeError;
    offset += bytes.length;
    fdatasync(file, (syncError) => {
      if (syncError) throw syncError;
      syncing = false;
      for (const { socket, answers } of answered) if (!socket.destroyed) socket.write(answers);
      flush();
    });
  });
}

/** Unescapes and answers every sound frame of a chunk; a partial frame waits in `state`. */
function take(
  state: { frame: Buffer; length: number; escaped: boolean; serial: number },
  chunk: Buffer,
): Buffer[] {
  const answers: Buffer[] = [];
  for (const byte of chunk) {
    if (byte === 0x7e) {
      if (state.length >= 13) {
        let xor = 0;
        for (let i = 0; i < state.length; i++) xor ^= state.frame[i] as number;
        if (xor === 0) answers.push(answer(state.frame, state.serial++ & 0xffff));
      }
      state.length = 0;
      state.escaped = false;
    } else if (byte === 0x7d) state.escaped = true;
    else if (state.length < state.frame.length) {
      state.frame[state.length++] = state.escaped ? 0x7c + byte : byte;
      state.escaped = false;
    }
  }
  return answers;
}

function answer(frame: Buffer, serial: number): Buffer {
  const content = Buffer.alloc(18);
  content.writeUInt16BE(0x8001, 0);
  content.writeUInt16BE(5, 2);
  frame.copy(content, 4, 4, 10);
  content.writeUInt16BE(serial, 10);
  frame.copy(content, 12, 10, 12);
  frame.copy(content, 14, 0, 2);
  let xor = 0;
  for (let i = 0; i < 17; i++) xor ^= content[i] as number;
  content[17] = xor;
  const out = Buffer.alloc(38);
  let at = 0;
  out[at++] = 0x7e;
  for (const byte of content) {
    if (byte === 0x7e || byte === 0x7d) {
      out[at++] = 0x7d;
      out[at++] = byte === 0x7e ? 2 : 1;
    } else out[at++] = byte;
  }
  out[at++] = 0x7e;
  return out.subarray(0, at);
}

const server = createServer({ noDelay: true }, (socket) => {
  const state = { frame: Buffer.alloc(1100), length: 0, escaped: false, serial: 0 };
  socket.on('data', (chunk) => {
    const answers = take(state, chunk);
    if (answers.length === 0) return;
    group.push(chunk);
    waiting.push({ socket, answers: Buffer.concat(answers) });
    if (!syncing) setImmediate(flush);
  });
  socket.on('error', () => socket.destroy());
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  process.stdout.write(`${JSON.stringify({ ready: true, jt808: port })}\n`);
});
process.on('SIGTERM', () => {
  closeSync(file);
  process.exit(0);
});
