import { readFileSync } from 'node:fs';
import { keyOfPassphrase } from '@xunji/protocols';
import type { Config } from './config.ts';
import { Doors } from './ingest/doors.ts';
import { limitsOf } from './ingest/limits.ts';
import type { Parts } from './ingest/parts.ts';
import type { Journal } from './journal/journal.ts';
import { IDENTITY_FLAPPING } from './journal/record.ts';
import type { LatestPositions } from './live/latest.ts';
import { type Logger, rateLimited } from './logger.ts';
import type { Photos } from './media/photos.ts';
import type { Metrics } from './metrics.ts';
import type { openRecords } from './open-rooms.ts';
import type { MqttPasswords } from './records/mqtt-passwords.ts';
import type { CommandChange } from './wire.ts';

const FAULT_LINES_PER_MINUTE = 6;

const now = () => Date.now();
const monotonic = () => performance.now();

/** What the doors lead to. */
export interface BehindDoors {
  readonly config: Config;
  readonly journal: Journal;
  readonly records: Awaited<ReturnType<typeof openRecords>>;
  readonly latest: LatestPositions;
  readonly parts: Parts;
  readonly photos: Photos;
  readonly onCommand: (change: CommandChange) => void;
  /** Of the data directory. */
  readonly id: Uint8Array;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** The ways in for devices; not yet listening. */
export function openDoors(behind: BehindDoors): Doors {
  const { config, journal, records, latest, parts, photos, onCommand, logger, metrics } = behind;
  const { devices: registry, beacons, mqttPasswords, commandLog } = records;
  const lines = rateLimited(FAULT_LINES_PER_MINUTE, now);
  return new Doors({
    ...{ journal, registry, metrics, admission: config.admission, limits: limitsOf(config) },
    ...{ subpackages: parts.subpackages, photos },
    ...{ liveMaxAgeMs: config.liveMaxAgeS * 1000, now, monotonic, places: beacons },
    commands: {
      ...{
        records: commandLog,
        waitMs: config.commandWaitS * 1000,
        repeats: config.commandRepeats,
      },
      ...{ maxPerDevice: config.maxCommandsPerDevice, maxCommands: config.maxCommands },
      editionOf: (device) => registry.find(device)?.edition ?? null,
      fixOf: (device) => latest.get(device)?.fix?.position ?? null,
      onChange: ({ number, device: { id, protocol }, name, state, result }) =>
        onCommand({ id: String(number), device: id, protocol, name, state, result }),
    },
    mqtt: mqttOf(config, mqttPasswords, behind.id),
    onBroker: ({ connection, isUp, detail }) => {
      const { log, held } = lines(`broker ${isUp}`);
      if (log)
        logger[isUp ? 'info' : 'warn'](
          { connection, detail, held },
          isUp ? 'brokerUp' : 'brokerAway',
        );
    },
    onFault: ({ protocol, code, bytes, detail }, { link }) => {
      const { log, held } = lines(`${protocol} ${code}`);
      if (!log) return;
      logger.warn({ transport: link.transport, protocol, code, bytes, detail, held }, 'fault');
    },
    onBan: ({ strikes }) => {
      const { log, held } = lines('ban');
      if (log) logger.warn({ strikes, forS: config.banS, held }, 'addressTurnedAway');
    },
    onFlapping: (device, takeOvers) => {
      logger.warn({ protocol: device.protocol, takeOvers }, 'identityFlapping');
      const noted = { edition: null, epoch: 0, name: IDENTITY_FLAPPING, raw: new Uint8Array(0) };
      journal
        .append([{ kind: 'message', receivedTime: now(), device, ...noted, fields: { takeOvers } }])
        .catch((error: unknown) => logger.error({ err: error }, 'intakeFailed'));
    },
    onUnexpected: (error) => logger.error({ err: error }, 'intakeFailed'),
  });
}

function mqttOf(config: Config, passwords: MqttPasswords, id: Uint8Array) {
  const { mqttPrefix, mqttGateways, mqttUrl, mqttConnections, owntracksKey } = config;
  const { tlsCert, tlsKey } = config;
  return {
    passwords,
    topics: { prefix: mqttPrefix, gatewayTopics: mqttGateways },
    owntracksKey: owntracksKey === undefined ? null : keyOfPassphrase(owntracksKey),
    ...(tlsCert === undefined || tlsKey === undefined
      ? {}
      : { tls: () => ({ cert: readFileSync(tlsCert), key: readFileSync(tlsKey) }) }),
    ...(mqttUrl === undefined
      ? {}
      : {
          external: {
            url: mqttUrl,
            connections: mqttConnections,
            // Its sessions wait at the broker for this data directory and for no other.
            clientId: `xunji-${Buffer.from(id).toString('hex').slice(0, 16)}`,
            random: Math.random,
          },
        }),
  };
}
