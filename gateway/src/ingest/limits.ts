import type { Config } from '../config.ts';
import type { AddressLimits } from './addresses.ts';
import type { BadFrameLimits } from './tcp-peer.ts';

/** All that bounds what devices may make us do; each is a setting, in ms and bytes here. */
export interface IntakeLimits extends AddressLimits, BadFrameLimits {
  readonly firstFrameMs: number;
  readonly frameMs: number;
  readonly idleMs: number;
  /** GT06 trackers that nobody entered and that are kept all the same. */
  readonly maxStrangers: number;
  /** What all connections of a port may keep of frames and sub-packages that are not complete. */
  readonly maxHeldBytes: number;
  /** What the incomplete messages of all devices may keep together. */
  readonly maxPartsBytes: number;
  /** Datagrams a second from one address, with ten seconds' worth at once. */
  readonly udpRate: number;
  readonly mqttPacketBytes: number;
  /** Packets a second from one client, with five seconds' worth at once. */
  readonly mqttRate: number;
  /** QoS 2 messages of one client whose handshake is not over. */
  readonly mqttInflight: number;
}

/** The settings as the ports want them. */
export function limitsOf(config: Config): IntakeLimits {
  const { maxConnections, maxConnectionsPerAddress, maxBadFrames, maxBadFramesPerMinute } = config;
  const { banAfter, maxStrangers, udpRate, mqttRate, mqttInflight } = config;
  return {
    ...{ maxConnections, maxConnectionsPerAddress, maxBadFrames, maxBadFramesPerMinute },
    ...{ banAfter, maxStrangers, udpRate, mqttRate, mqttInflight },
    banMs: config.banS * 1000,
    firstFrameMs: config.firstFrameS * 1000,
    frameMs: config.frameS * 1000,
    idleMs: config.idleS * 1000,
    maxHeldBytes: config.maxHeldMb * 2 ** 20,
    maxPartsBytes: config.maxPartsMb * 2 ** 20,
    mqttPacketBytes: config.mqttPacketKb << 10,
  };
}
