import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What has been added to one series since it was last looked at. */
export interface Cell {
  n: number;
}

/**
 * A counter for what happens with every frame: the caller keeps the cell of a series and adds to it, because finding
 * a series by its labels costs more than reading the frame.
 */
export class Tally<Label extends string> extends Counter<Label> {
  readonly #cells: { readonly labels: Readonly<Record<Label, string>>; readonly cell: Cell }[] = [];

  /** A cell of the series with these labels; ask once and keep it. */
  cell(labels: Readonly<Record<Label, string>>): Cell {
    const cell = { n: 0 };
    this.#cells.push({ labels, cell });
    return cell;
  }

  /** Counts by the value of the tally's only label. */
  counting(label: Label): (value: string) => void {
    const cells = new Map<string, Cell>();
    return (value) => {
      let cell = cells.get(value);
      if (cell === undefined) {
        cell = this.cell({ [label]: value } as Record<Label, string>);
        cells.set(value, cell);
      }
      cell.n++;
    };
  }

  override async get(): ReturnType<Counter<Label>['get']> {
    for (const { labels, cell } of this.#cells) {
      if (cell.n > 0) this.inc(labels, cell.n);
      cell.n = 0;
    }
    return await super.get();
  }
}

/** Every counter and gauge of the gateway, by name and unit, on one registry. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  return {
    registry,
    brokerLines: new Gauge({
      name: 'xunji_mqtt_broker_connections',
      help: 'Connections to the external MQTT broker that are up',
      registers,
    }),
    commandAnswers: new Counter({
      name: 'xunji_command_answers_total',
      help: 'Answers of devices to commands: matched, repeated, late or to nothing that was asked',
      labelNames: ['protocol', 'use'],
      registers,
    }),
    commands: new Counter({
      name: 'xunji_commands_total',
      help: 'Commands to devices that are over, by how they ended',
      labelNames: ['protocol', 'state'],
      registers,
    }),
    commandsOpen: new Gauge({
      name: 'xunji_commands_open',
      help: 'Commands to devices that are not over',
      registers,
    }),
    sightings: new Tally({
      name: 'xunji_beacon_sightings_total',
      help: 'Radio sightings, by whether they tell of a place',
      labelNames: ['result'],
      registers,
    }),
    faults: new Counter({
      name: 'xunji_faults_total',
      help: 'Input that could not be used, by reason',
      labelNames: ['protocol', 'code'],
      registers,
    }),
    faultBytes: new Counter({
      name: 'xunji_fault_bytes_total',
      help: 'Bytes dropped with faults',
      labelNames: ['protocol'],
      registers,
    }),
    messages: new Tally({
      name: 'xunji_messages_total',
      help: 'Sound messages by name and what was decided about them',
      labelNames: ['protocol', 'name', 'result'] as const,
      registers,
    }),
    positions: new Tally({
      name: 'xunji_positions_total',
      help: 'Positions taken into the journal: live, late or invalid',
      labelNames: ['protocol', 'kind'] as const,
      registers,
    }),
    flaggedPositions: new Counter({
      name: 'xunji_flagged_positions_total',
      help: 'Positions not taken at face value, by reason',
      labelNames: ['flag'],
      registers,
    }),
    connections: new Gauge({
      name: 'xunji_connections',
      help: 'Open device connections',
      labelNames: ['transport'],
      registers,
    }),
    closed: new Counter({
      name: 'xunji_connections_closed_total',
      help: 'Device connections closed, by reason',
      labelNames: ['transport', 'reason'],
      registers,
    }),
    paced: new Counter({
      name: 'xunji_paced_total',
      help: 'Times that a client sent faster than its rate and had to wait',
      labelNames: ['transport'],
      registers,
    }),
    bans: new Counter({
      name: 'xunji_bans_total',
      help: 'Addresses turned away for a while because of what they sent',
      registers,
    }),
    banned: new Gauge({
      name: 'xunji_addresses_banned',
      help: 'Addresses turned away at present',
      registers,
    }),
    datagrams: new Counter({
      name: 'xunji_datagrams_total',
      help: 'Datagrams by what became of them',
      labelNames: ['result'],
      registers,
    }),
    flapping: new Counter({
      name: 'xunji_flapping_total',
      help: 'Identities that two connections kept taking from each other',
      labelNames: ['protocol'],
      registers,
    }),
    syncSeconds: new Histogram({
      name: 'xunji_journal_sync_seconds',
      help: 'Write and fdatasync of one group',
      buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2],
      registers,
    }),
    journalRecords: new Counter({
      name: 'xunji_journal_records_total',
      help: 'Records made durable',
      registers,
    }),
    journalDamaged: new Counter({
      name: 'xunji_journal_damaged_records_total',
      help: 'Records of the journal that can no longer be read',
      registers,
    }),
    journalPendingBytes: new Gauge({
      name: 'xunji_journal_pending_bytes',
      help: 'Encoded bytes that wait for the disk',
      registers,
    }),
    journalStalled: new Gauge({
      name: 'xunji_journal_stalled',
      help: '1 while the disk refuses and nothing is acknowledged',
      registers,
    }),
    eventLoopP99: new Gauge({
      name: 'xunji_event_loop_p99_seconds',
      help: 'What 99 of 100 turns of the main thread were at most late by, in the last ten seconds',
      registers,
    }),
    consumerLag: new Gauge({
      name: 'xunji_consumer_lag_records',
      help: 'Durable records a consumer has not applied yet',
      labelNames: ['consumer'],
      registers,
    }),
    storeBehind: new Gauge({
      name: 'xunji_store_behind_seconds',
      help: 'How long the oldest record a store has not applied has been durable',
      labelNames: ['store'],
      registers,
    }),
    storeParked: new Gauge({
      name: 'xunji_store_parked_records',
      help: 'Records a store refused for good',
      labelNames: ['store'],
      registers,
    }),
    consumerErrors: new Counter({
      name: 'xunji_consumer_errors_total',
      help: 'Failed tries of a consumer',
      labelNames: ['consumer'],
      registers,
    }),
    engine: new Tally({
      name: 'xunji_engine_total',
      help: 'Fence engine: events, alarms, positions left aside, by kind',
      labelNames: ['kind'] as const,
      registers,
    }),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
