import { gt06, jt808 } from '@xunji/protocols';
import type { Ledger } from './ledger.ts';
import { seeded } from './random.ts';
import type { SimulatedDevice } from './scenarios/scenario.ts';
import type { Connected } from './simulation.ts';
import { BadgeTerminal } from './terminals/badge.ts';
import { Gt06Terminal } from './terminals/gt06.ts';
import { Jt808Terminal } from './terminals/jt808.ts';
import type { StreamTerminal } from './terminals/terminal.ts';
import { linkMqtt, linkTcp } from './transport.ts';

/** Where a gateway listens for devices. */
export interface Address {
  readonly host: string;
  readonly jt808: number;
  readonly gt06: number;
  readonly mqtt: number;
}

/** Short, because an answered heartbeat is what confirms the positions of a GT06 tracker. */
const heartbeatMs = 30_000;

/** The terminal of a device, not connected yet; MQTT badges are made with their client. */
export function streamTerminal(
  device: SimulatedDevice & { readonly protocol: 'jt808' | 'gt06' },
  ledger: Ledger,
): StreamTerminal {
  const { id, edition, name } = device;
  if (device.protocol === 'gt06') return new Gt06Terminal(gt06, { imei: id, heartbeatMs }, ledger);
  const vehicle = {
    plate: name.replace('·', ''),
    plateColor: 2,
    imei: `86${id.padStart(13, '0')}`,
    terminalId: id.slice(-7),
    softwareVersion: '1.0.0',
  };
  const settings = { phone: id, edition: edition ?? '2013', vehicle, heartbeatMs } as const;
  return new Jt808Terminal(jt808, settings, ledger);
}

/** Connects devices over real sockets. @param seed decides how long whom waits before it dials again */
export const connector =
  ({ host, ...ports }: Address, seed: string, now: () => number) =>
  (device: SimulatedDevice, ledger: Ledger): Connected => {
    const { id, protocol } = device;
    const port = ports[protocol];
    if (protocol === 'mqtt') {
      const link = linkMqtt({ host, port, deviceId: id, password: '', ledger });
      return { terminal: new BadgeTerminal(id, link, ledger, now), link };
    }
    const terminal = streamTerminal({ ...device, protocol }, ledger);
    const random = seeded(seed).fork(`line/${id}`);
    return { terminal, link: linkTcp({ host, port, terminal, random, now }) };
  };
