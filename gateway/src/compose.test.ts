import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { settings } from './config.ts';

/*
 * docker-compose.yml against the part of the Compose Specification it uses; a key outside of it fails. Where the
 * docker client is at hand its own validation runs too.
 */
const root = fileURLToPath(new URL('../../', import.meta.url));
const duration = z.string().regex(/^\d+(ms|s|m)$/);
const service = z.strictObject({
  image: z.string().optional(),
  build: z.string().optional(),
  restart: z.enum(['no', 'always', 'on-failure', 'unless-stopped']).optional(),
  depends_on: z
    .record(
      z.string(),
      z.strictObject({ condition: z.enum(['service_started', 'service_healthy']) }),
    )
    .optional(),
  environment: z.record(z.string(), z.string()).optional(),
  ports: z.array(z.string().regex(/^(\d+\.\d+\.\d+\.\d+:)?\d+:\d+(\/udp)?$/)).optional(),
  volumes: z.array(z.string().regex(/^[a-z]+:\/[a-z/]+$/)).optional(),
  command: z.array(z.string()).optional(),
  stop_grace_period: duration.optional(),
  healthcheck: z
    .strictObject({
      test: z.tuple([z.literal('CMD')], z.string()),
      interval: duration,
      timeout: duration,
      retries: z.int().positive(),
    })
    .optional(),
});
const compose = z.strictObject({
  services: z.record(z.string(), service),
  volumes: z.record(z.string(), z.null()),
});

const file = compose.parse(parse(readFileSync(`${root}docker-compose.yml`, 'utf8')));
const dockerfile = readFileSync(`${root}Dockerfile`, 'utf8');
const environment = file.services['gateway']?.environment ?? {};
const fallbackOf = (name: string): unknown => {
  const setting = Object.values(settings).find(({ env }) => env === name);
  return setting !== undefined && 'fallback' in setting ? setting.fallback : undefined;
};

describe('docker-compose.yml', () => {
  it('names only services, volumes and settings that exist', () => {
    for (const [name, { depends_on, volumes }] of Object.entries(file.services)) {
      for (const needed of Object.keys(depends_on ?? {})) {
        expect(Object.keys(file.services), name).toContain(needed);
      }
      for (const mount of volumes ?? []) {
        expect(Object.keys(file.volumes), name).toContain(mount.split(':')[0]);
      }
    }
    const known: string[] = Object.values(settings).map(({ env }) => env);
    expect(known).toEqual(expect.arrayContaining(Object.keys(environment)));
    const inDockerfile = [...dockerfile.matchAll(/\bXUNJI_[A-Z0-9_]+/g)].map(([name]) => name);
    expect(known).toEqual(expect.arrayContaining(inDockerfile));
  });

  it('keeps tracks in the InfluxDB it starts', () => {
    expect(environment).toMatchObject({
      XUNJI_STORE: 'influx',
      XUNJI_INFLUX_URL: 'http://influxdb:8086',
      XUNJI_INFLUX_DATABASE: file.services['influxdb']?.environment?.['INFLUXDB_DB'],
    });
  });

  it('publishes the ports the gateway listens on', () => {
    const tcp = ['HTTP', 'JT808', 'GT06', 'MQTT'].map((name) =>
      String(fallbackOf(`XUNJI_${name}_PORT`)),
    );
    const ports = [...tcp, `${fallbackOf('XUNJI_JT808_PORT')}/udp`];
    const published = (file.services['gateway']?.ports ?? []).map((p) => p.split(':').at(-1));
    expect(published.sort()).toEqual([...ports].sort());
    const exposed = /^EXPOSE (.*)$/m.exec(dockerfile)?.[1]?.split(' ');
    expect(exposed?.sort()).toEqual([...ports].sort());
  });

  it('passes the docker client’s own validation where there is one', () => {
    const run = (...args: string[]) =>
      spawnSync('docker', ['compose', ...args], {
        cwd: root,
        env: { ...process.env, XUNJI_ADMIN_PASSWORD: 'only-to-validate' },
        encoding: 'utf8',
      });
    if (run('version').status !== 0) {
      console.log('no docker client with compose here: the file is checked by its schema only');
      return;
    }
    const config = run('config', '--quiet');
    expect(config.status, config.stderr).toBe(0);
  });
});
