import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../bytes.ts';
import { gt06, keyOfPassphrase } from '../index.ts';
import type { Case, Find, Seeds, StreamSeed } from './case.ts';
import { check } from './check.ts';
import { run } from './run.ts';

/*
 * The fuzz target. `npm run fuzz` runs it alone, for SECONDS and from SEED when they are given. A find fails the run,
 * is printed as small as it gets and stands in `finds/` from then on, where every later run tries it first.
 */

const SECONDS = Number(process.env['SECONDS'] ?? '20');
const SEED = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
const FINDS = new URL('./finds/', import.meta.url);
const SOURCES = new URL('../', import.meta.url);
const GATHERED = new URL('../../../../shared/protocols/', import.meta.url);

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const failureOf = (input: Case): string | null => check(input, cpuMs);

interface OwnVector {
  readonly hex: string;
  readonly prelude?: string;
  readonly device?: string | null;
  readonly side?: 'platform' | 'terminal';
  readonly model?: string;
  readonly message?: {
    readonly id: string;
    readonly edition?: string;
    readonly device?: string;
    readonly serial: number;
    readonly fields: Readonly<Record<string, unknown>>;
  };
}
interface MqttVector {
  readonly topic: string;
  readonly retain: boolean;
  readonly payload?: string;
  readonly payloadHex?: string;
  readonly options?: { readonly owntracksPassphrase?: string };
}

const jsonOf = <T>(file: string, base: URL): T =>
  JSON.parse(readFileSync(new URL(file, base), 'utf8')) as T;
const filesIn = (folder: string): readonly string[] =>
  readdirSync(new URL(folder, SOURCES))
    .filter((file) => file.endsWith('.json'))
    .map((file) => `${folder}${file}`);

function streamsOf(protocol: 'jt808' | 'gt06'): readonly (OwnVector & { seed: StreamSeed })[] {
  return filesIn(`${protocol}/vectors/`).flatMap((file) =>
    jsonOf<readonly OwnVector[]>(file, SOURCES).map((vector) => {
      const { hex, prelude, device, model } = vector;
      const isDown =
        protocol === 'jt808' && vector.message !== undefined && Number(vector.message.id) >= 0x8000;
      const login =
        device == null
          ? []
          : [toHex(gt06.encode({ id: '0x01', device, edition: null, serial: 1, fields: {} }))];
      const seed: StreamSeed = {
        protocol,
        side: vector.side ?? (isDown ? 'terminal' : 'platform'),
        model: model ?? null,
        before: prelude === undefined ? login : [prelude],
        hex,
      };
      return { ...vector, seed };
    }),
  );
}

/** Frames of others, where they are at hand. */
function gatheredStreams(): readonly StreamSeed[] {
  return (['jt808', 'gt06'] as const).flatMap((protocol) => {
    const file = `${protocol}.vectors.json`;
    if (!existsSync(new URL(file, GATHERED))) return [];
    return jsonOf<readonly { readonly hex?: string }[]>(file, GATHERED).flatMap(({ hex }) =>
      hex === undefined || fromHex(hex) === null
        ? []
        : [{ protocol, side: 'platform' as const, model: null, before: [], hex }],
    );
  });
}

function seedsAtHand(): Seeds {
  const own = [...streamsOf('jt808'), ...streamsOf('gt06')];
  const writes = own.flatMap(({ message, device, seed }) =>
    message === undefined
      ? []
      : [
          {
            protocol: seed.protocol,
            id: message.id,
            edition: message.edition ?? null,
            direction: seed.side === 'terminal' ? ('down' as const) : ('up' as const),
            device: message.device ?? device ?? '861234567890123',
            serial: message.serial,
            fields: message.fields,
          },
        ],
  );
  const payloads = ['mqtt/vectors.json', 'mqtt/gateways/vectors.json']
    .flatMap((file) => jsonOf<readonly MqttVector[]>(file, SOURCES))
    .map(({ topic, retain, payload, payloadHex, options }) => ({
      topic,
      retain,
      payload: payloadHex ?? Buffer.from(payload ?? '').toString('hex'),
      key:
        options?.owntracksPassphrase === undefined
          ? null
          : toHex(keyOfPassphrase(options.owntracksPassphrase) ?? new Uint8Array(0)),
    }));
  return { streams: [...own.map(({ seed }) => seed), ...gatheredStreams()], payloads, writes };
}

const finds = readdirSync(FINDS).filter((file) => file.endsWith('.json'));

describe('finds of before', () => {
  it.each(finds)('are mended: %s', (file) => {
    expect(failureOf(jsonOf<Find>(file, FINDS).case)).toBeNull();
  });
});

describe('any input', () => {
  it(
    'keeps every promise',
    () => {
      const end = Date.now() + SECONDS * 1000;
      const { cases, find } = run(SEED, seedsAtHand(), failureOf, () => Date.now() >= end);
      const gathered = existsSync(GATHERED) ? '' : ', without the gathered vectors';
      process.stdout.write(`fuzz: ${cases} cases in ${SECONDS} s from SEED=${SEED}${gathered}\n`);
      expect(cases).toBeGreaterThan(0);
      if (find === null) return;
      const text = `${JSON.stringify({ seed: SEED, ...find }, null, 2)}\n`;
      const file = new URL(`find-${SEED}.json`, FINDS);
      writeFileSync(file, text);
      throw new Error(`SEED=${SEED} breaks a promise, kept as ${file.pathname}\n${text}`);
    },
    (SECONDS + 120) * 1000,
  );
});
