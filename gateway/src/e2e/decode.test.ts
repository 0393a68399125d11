import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { gt06, jt808 } from '@xunji/protocols';
import { describe, expect, it } from 'vitest';
import { jt808Ack, jt808Frame } from './frames.ts';
import { root } from './harness.ts';

async function decode(args: readonly string[], input: string) {
  const child = spawn(process.execPath, ['gateway/dist/decode.js', ...args], { cwd: root });
  child.stdin.end(input);
  const [out, err, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number]>,
  ]);
  return { lines: out.split('\n').filter((line) => line !== ''), err, code };
}

describe('the decode command', () => {
  const beat = jt808Frame(0x0002, '13900000001', 9, Buffer.alloc(0));

  it('prints one JSON line for each line of input', async () => {
    const { lines, code } = await decode(['--protocol', 'jt808'], `${beat}\nno hex\n\n${beat}`);
    expect(code).toBe(0);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { messages: [{ name: 'heartbeat', reply: jt808Ack('13900000001', 0, 9, 2, 0) }], faults: [] },
      { messages: [], faults: [{ code: 'badPayload' }] },
      { messages: [], faults: [] },
      { messages: [{ name: 'heartbeat', reply: jt808Ack('13900000001', 1, 9, 2, 0) }], faults: [] },
    ]);
  });

  it.each([[[]], [['--protocol', 'xyz']], [['--protocol', 'gt06', '--loud']]])(
    'shows its usage for %j',
    async (args) => {
      const { lines, err, code } = await decode(args, beat);
      expect([lines, code]).toEqual([[], 2]);
      expect(err).toContain('--protocol jt808|gt06');
    },
  );

  it.each([jt808, gt06])(
    'refuses a model of $name without a profile and says which there are',
    async (protocol) => {
      const args = ['--protocol', protocol.name, '--model', 'nonsense'];
      const { lines, err, code } = await decode(args, beat);
      expect([lines, code]).toEqual([[], 2]);
      expect(err).toContain('nonsense');
      for (const { name } of protocol.models) expect(err).toContain(name);
    },
  );

  it('takes the faults of frames only when told to', async () => {
    const bad = Buffer.from(beat, 'hex');
    bad[bad.length - 2] = (bad[bad.length - 2] ?? 0) ^ 1;
    const input = bad.toString('hex');
    const strict = await decode(['--protocol', 'jt808'], input);
    expect(strict.lines.map((line) => JSON.parse(line))).toMatchObject([
      { messages: [], faults: [{ code: 'badChecksum' }] },
    ]);
    const lenient = await decode(['--protocol', 'jt808', '--lenient'], input);
    expect(lenient.lines.map((line) => JSON.parse(line))).toMatchObject([
      { messages: [{ name: 'heartbeat', fields: { wrongChecksum: true } }], faults: [] },
    ]);
  });
});
