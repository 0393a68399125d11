import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { jt808Frame, locationBody } from '../e2e/frames.ts';
import { startGateway, tempDataDir } from '../e2e/harness.ts';
import { BatchEncoder } from './encode.ts';
import { sampleEntry } from './entries.test-support.ts';
import { diskFiles } from './files.ts';
import { SegmentWriter } from './writer.ts';

const MB = Number(process.env['MB'] ?? 1024);
const SECONDS = Number(process.env['SECONDS'] ?? 10);
const DEVICES = 500;
const GROUP = 2000;
const FIRST_PHONE = 13_800_000_000;

/** A journal that nobody has read yet, of positions of an hour ago. @returns how many records it holds */
function fill(directory: string, dataDirId: Uint8Array): number {
  const files = { ...diskFiles(directory), sync: () => undefined };
  const writer = new SegmentWriter(files, { dataDirId, segmentBytes: 64 << 20 });
  writer.recover();
  const start = Date.now() - 3_600_000;
  let bytes = 0;
  while (bytes < MB << 20) {
    const encoder = new BatchEncoder();
    for (let i = 1; i <= GROUP; i++) {
      const seq = writer.lastSeq + i;
      const sample = sampleEntry(seq);
      const fixTime = start + Math.floor(seq / DEVICES) * 100;
      encoder.add(
        {
          ...sample,
          ...{ receivedTime: fixTime, raw: new Uint8Array(50) },
          device: { protocol: 'jt808', id: String(FIRST_PHONE + (seq % DEVICES)) },
          position: { ...sample.position, fixTime, latitude: 31 + (seq % 10_000) * 1e-5 },
        },
        seq,
      );
    }
    const group = encoder.take();
    writer.append(group);
    bytes += group.length;
  }
  writer.close();
  return writer.lastSeq;
}

/** CPU time of a process so far, ms; Linux counts it in ticks of 10 ms. */
async function cpuMs(pid: number | undefined): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

it(`starts with ${MB} MB of journal, all of it unread, and acknowledges at once`, async () => {
  const dir = await tempDataDir();
  const first = await startGateway(dir.path);
  await first.stop();
  const id = Buffer.from((await readFile(join(dir.path, 'id'), 'utf8')).trim(), 'hex');
  const directory = join(dir.path, 'journal');
  await mkdir(directory, { recursive: true });
  const records = fill(directory, id);

  const spawned = performance.now();
  const gateway = await startGateway(dir.path);
  const readyMs = performance.now() - spawned;
  const socket = connect({ host: '127.0.0.1', port: gateway.ports.jt808 });
  await once(socket, 'connect');
  const delays: number[] = [];
  let firstAckMs = 0;
  let firstAckCpuMs = 0;
  for (let n = 0; performance.now() - spawned < SECONDS * 1000 || n === 0; n++) {
    const sent = performance.now();
    const fix = { latitude: 31, longitude: 121, speedKmh: 1, courseDeg: 0 };
    const body = locationBody({ ...fix, time: new Date(Date.now() + n * 1000) });
    socket.write(Buffer.from(jt808Frame(0x0200, '13912345678', n, body), 'hex'));
    await once(socket, 'data');
    delays.push(performance.now() - sent);
    if (n === 0) {
      firstAckMs = performance.now() - spawned;
      firstAckCpuMs = await cpuMs(gateway.process.pid);
    }
    await wait(20);
  }
  delays.sort((a, b) => a - b);
  const at = (q: number) => (delays[Math.floor(delays.length * q)] ?? 0).toFixed(1);
  const behind = await gateway.metric('xunji_consumer_lag_records', 'store');
  console.log(
    `start with ${MB} MB, ${records} unread records: first acknowledgement ${Math.round(firstAckMs)} ms after spawn, ${firstAckCpuMs} ms of` +
      ` CPU (ready and logged in by HTTP after ${Math.round(readyMs)} ms); while consumers catch up ${delays.length} acknowledgements` +
      ` with p50 ${at(0.5)} ms, p99 ${at(0.99)} ms; the store is still ${behind} records behind`,
  );
  expect(delays.length).toBeGreaterThan(0);
  socket.destroy();
  await gateway.kill();
  await dir.remove();
});
