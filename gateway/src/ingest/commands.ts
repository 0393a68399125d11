import {
  type CommandAnswer,
  type CommandRow,
  type Message,
  mqttCommands,
  type ProtocolName,
  protocols,
} from '@xunji/protocols';
import { type DeviceRef, deviceKey } from '../journal/record.ts';
import type {
  CommandDesk,
  CommandOutcome,
  CommandRefusal,
  CommandRequest,
  DeviceCommand,
} from '../records/device-command.ts';
import { type CommandRisk, isWhereNow, riskOf } from './command-risks.ts';
import { type AnswerUse, type CommandManner, DeviceQueue } from './device-queue.ts';
import type { Registry } from './gate.ts';
import type { Sessions } from './session.ts';

/** Keeps what was asked, by whom, and what became of it. */
export interface CommandRecords {
  /** The number of the next command. */
  next(): number;
  /** Resolves once it would survive a loss of power. */
  add(command: DeviceCommand): Promise<void>;
  /** To be written soon. */
  changed(command: DeviceCommand): void;
}

/** Where a device was last, as far as it is known. */
export interface KnownFix {
  /** Ms UTC. */
  readonly fixTime: number;
  readonly speedKmh: number | null;
}

export interface CommandsOptions {
  readonly sessions: Sessions;
  readonly registry: Registry;
  readonly records: CommandRecords;
  /** Null where no sound position is known. */
  readonly fixOf: (device: DeviceRef) => KnownFix | null;
  /** The edition a device that is away was heard in last. */
  readonly editionOf: (device: DeviceRef) => string | null;
  /** First wait of a JT/T 808 command for its answer. */
  readonly waitMs: number;
  /** How often such a command is sent again. */
  readonly repeats: number;
  /** Of one device, and of all. */
  readonly maxPerDevice: number;
  readonly maxCommands: number;
  readonly onAnswer: (use: AnswerUse, protocol: ProtocolName) => void;
  readonly onOver: (command: DeviceCommand) => void;
  readonly onChange?: (command: DeviceCommand) => void;
  /** Ms UTC. */
  readonly now: () => number;
  /** Ms, monotonic. */
  readonly monotonic: () => number;
}

/** GT06 handles one at a time. @see gt06.md section 10 */
const maxOpen: Readonly<Record<ProtocolName, number>> = { jt808: 8, gt06: 1, mqtt: 8 };
/** Behind others a command may have to wait, though its device is there. */
const QUEUE_MS = 300_000;
/** A vehicle whose fuel is cut stands, and that is known. @see gt06.md section 10 */
const CUT_FIX_MS = 60_000;
const CUT_SPEED_KMH = 20;
/** Devices of whom what is over is remembered for late answers. */
const MAX_QUEUES = 20_000;

const rows: Readonly<Record<ProtocolName, ReadonlyMap<string, CommandRow>>> = {
  jt808: byIdAndName('jt808'),
  gt06: byIdAndName('gt06'),
  mqtt: new Map(mqttCommands.map((row) => [row.id, row])),
};

function byIdAndName(protocol: ProtocolName): ReadonlyMap<string, CommandRow> {
  const found = protocols.find(({ name }) => name === protocol)?.commands ?? [];
  return new Map(found.flatMap((row) => [[row.id, row] as const, [row.name, row] as const]));
}

/** Commands that are never sent a second time by ourselves, beside cuts: they act each time. */
const once: readonly string[] = ['0x8105', '0x8500', '0x8900'];

/** What we ask of devices, their answers, waits and repeats: a queue for each device that was asked something. */
export class Commands implements CommandDesk {
  readonly #options: CommandsOptions;
  readonly #queues = new Map<string, DeviceQueue>();
  /** Taken and not over. */
  #length = 0;

  constructor(options: CommandsOptions) {
    this.#options = options;
  }

  /** Commands that are not over. */
  get length(): number {
    return this.#length;
  }
  /** Devices of whom something is remembered. */
  get devices(): number {
    return this.#queues.size;
  }

  isWhereNow({
    device,
    message,
    fields,
  }: Pick<CommandRequest, 'device' | 'message' | 'fields'>): boolean {
    const row = rows[device.protocol].get(message);
    return row !== undefined && isWhereNow(device.protocol, row.id, fields);
  }

  async request(request: CommandRequest): Promise<CommandOutcome> {
    const { device, isConfirmed, waitS } = request;
    const { registry, sessions, records, maxPerDevice, maxCommands, monotonic } = this.#options;
    const admission = registry.find(device)?.admission;
    if (admission === undefined || admission === 'knocking') return refused('notFound', device.id);
    const row = rows[device.protocol].get(request.message);
    if (row === undefined) return refused('noSuchCommand', request.message);
    const risk = riskOf(device.protocol, row.id, request.fields);
    const unfit = this.#unfit(row, request);
    if (unfit !== null) return refused('badValue', unfit);
    if (risk !== 'plain' && !isConfirmed) return refused('confirmNeeded', riskNotes[risk]);
    if (risk === 'cut') {
      const danger = this.#danger(device);
      if (danger !== null) return refused('notSafeNow', danger);
    }
    const queued = this.#queues.get(deviceKey(device))?.length ?? 0;
    if (queued >= maxPerDevice) return refused('queueFull', `${queued} wait for this device`);
    if (this.#length >= maxCommands) return refused('queueFull', `${this.#length} in all`);
    const mayWait = waitS > 0 && risk !== 'cut';
    const command = this.#command(request, row, mayWait ? waitS * 1000 : QUEUE_MS);
    if (sessions.of(device) === undefined && !mayWait) {
      await records.add(end(command, 'offline', this.#options.now()));
      this.#options.onOver(command);
      return refused('deviceOffline', device.id);
    }
    const queue = this.#queueOf(device);
    this.#length++;
    queue.announce();
    try {
      await records.add(command);
    } catch (error) {
      this.#length--;
      queue.renounce();
      throw error;
    }
    const manner: CommandManner = {
      ...{ row, mayWait, isCut: risk === 'cut' },
      repeats: device.protocol === 'jt808' && isRepeatable(row, risk) ? this.#options.repeats : 0,
    };
    const at = monotonic();
    queue.add(command, manner, at + (command.expiresTime - command.requestedTime));
    queue.tick(at, sessions.of(device));
    return { ok: true, command };
  }

  /** A message of an admitted device says something of a command. */
  answered(device: DeviceRef, answer: CommandAnswer, message: Message): void {
    const { sessions, monotonic, onAnswer } = this.#options;
    const queue = this.#queues.get(deviceKey(device));
    const at = monotonic();
    const use = queue?.answered(answer, message, at, sessions.of(device)) ?? 'unmatched';
    onAnswer(use, device.protocol);
  }

  /** To be called a few times a second. */
  tick(): void {
    const { sessions, monotonic } = this.#options;
    const at = monotonic();
    for (const [key, queue] of this.#queues) {
      queue.tick(at, sessions.of(queue.device));
      if (queue.isIdle) this.#queues.delete(key);
    }
  }

  #queueOf(device: DeviceRef): DeviceQueue {
    const { sessions, waitMs, now, records, onChange, onOver } = this.#options;
    const key = deviceKey(device);
    const found = this.#queues.get(key);
    if (found !== undefined) return found;
    if (this.#queues.size >= MAX_QUEUES) this.#forgetOne();
    const queue = new DeviceQueue(
      {
        ...{ device, waitMs, now, maxOpen: maxOpen[device.protocol] },
        onChange: (command) => {
          records.changed(command);
          onChange?.(command);
        },
        onOver: (command) => {
          this.#length--;
          onOver(command);
        },
        isSafe: () => this.#danger(device) === null,
      },
      sessions.of(device),
    );
    this.#queues.set(key, queue);
    return queue;
  }

  /** The oldest of whom nothing is awaited. */
  #forgetOne(): void {
    for (const [key, queue] of this.#queues) {
      if (queue.length > 0) continue;
      this.#queues.delete(key);
      return;
    }
  }

  #command(request: CommandRequest, row: CommandRow, lifeMs: number): DeviceCommand {
    const { device, fields, by, reason } = request;
    const { records, now } = this.#options;
    const requestedTime = now();
    return {
      ...{ number: records.next(), device, message: row.id, name: row.name, fields, by, reason },
      ...{ requestedTime, expiresTime: requestedTime + lifeMs, state: 'queued', result: null },
      ...{ detail: null, sends: 0, sentTime: null, takenTime: null, endedTime: null },
      ...{ reply: null, isLate: false },
    };
  }

  /** The field that does not fit and why, null when all do. */
  #unfit(row: CommandRow, { device, fields }: CommandRequest): string | null {
    const protocol = protocols.find(({ name }) => name === device.protocol);
    try {
      protocol?.fits({ device: device.id, id: row.id, fields }, this.#options.editionOf(device));
      return null;
    } catch (error) {
      if (error instanceof RangeError) return error.message;
      throw error;
    }
  }

  /** Why fuel or power may not be cut now; null when it may. */
  #danger(device: DeviceRef): string | null {
    const fix = this.#options.fixOf(device);
    if (fix === null) return 'no position is known';
    const ageMs = Math.abs(this.#options.now() - fix.fixTime);
    if (ageMs > CUT_FIX_MS) return `the position is older than ${CUT_FIX_MS / 1000} s`;
    if (fix.speedKmh === null) return 'the speed is not known';
    return fix.speedKmh > CUT_SPEED_KMH ? `faster than ${CUT_SPEED_KMH} km/h` : null;
  }
}

const riskNotes: Readonly<Record<CommandRisk, string>> = {
  plain: '',
  confirm: 'may lose the device or its settings; send it again with confirm: true',
  cut: 'cuts or restores fuel or power; send it again with confirm: true',
};

const refused = (code: CommandRefusal, detail: string): CommandOutcome => ({
  ...{ ok: false, code, detail },
});

const isRepeatable = (row: CommandRow, risk: CommandRisk): boolean =>
  risk !== 'cut' && !once.includes(row.id);

function end(command: DeviceCommand, state: 'offline', time: number): DeviceCommand {
  command.state = state;
  command.endedTime = time;
  return command;
}
