import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type GatewayProcess, startGateway } from '../operator/gateway-process.ts';
import { Rest } from '../operator/rest.ts';
import { type Usage, usageOf } from './child.ts';

const password = 'bench-bench-0';
/** Circles of this size over the ground that the load drives through. */
const FENCE_RADIUS_M = 120;
const FENCES_A_ROW = 20;
/** Every so many of the fences raise an alarm when they are left. */
const RULED = 5;

/** A gateway as users run it, on a data directory of its own. */
export interface BenchGateway {
  readonly base: string;
  readonly ports: GatewayProcess['ports'];
  readonly pid: number;
  readonly rest: Rest;
  usage(): Usage | null;
  stop(): Promise<void>;
}

export async function openBenchGateway(
  dir: string,
  settings: Record<string, string> = {},
): Promise<BenchGateway> {
  const data = await mkdtemp(join(dir, 'data-'));
  const gateway = await startGateway({
    XUNJI_DATA_DIR: data,
    XUNJI_HOST: '127.0.0.1',
    ...{ XUNJI_HTTP_PORT: '0', XUNJI_JT808_PORT: '0', XUNJI_GT06_PORT: '0', XUNJI_MQTT_PORT: '0' },
    XUNJI_ADMISSION: 'open',
    XUNJI_ADMIN_PASSWORD: password,
    XUNJI_LOG_LEVEL: 'error',
    ...settings,
  });
  const base = `http://127.0.0.1:${gateway.ports.http}`;
  const rest = await Rest.login(base, 'admin', password);
  return {
    ...{ base, ports: gateway.ports, pid: gateway.pid, rest },
    usage: () => usageOf(gateway.pid),
    stop: async () => {
      await gateway.stop();
      await rm(data, { recursive: true, force: true });
    },
  };
}

/** Draws `count` circles and a rule over every fifth of them. */
export async function drawFences(rest: Rest, count: number): Promise<void> {
  const ids: unknown[] = [];
  const rows = Math.ceil(count / FENCES_A_ROW);
  for (let i = 0; i < count; i++) {
    const east = (i % FENCES_A_ROW) / FENCES_A_ROW;
    const north = Math.floor(i / FENCES_A_ROW) / rows;
    const fence = await rest.post('fences', {
      type: 'Feature',
      geometry: { type: 'Point', coordinates: [121.4 + east * 0.09, 31.2 + north * 0.09] },
      properties: { name: `site ${i}`, kind: 'site', radiusM: FENCE_RADIUS_M },
    });
    if (i % RULED === 0) ids.push(fence['id']);
  }
  await rest.post('rules', {
    ...{ name: 'leaving a site', type: 'exit', fences: ids, severity: 'low', params: {} },
  });
}
