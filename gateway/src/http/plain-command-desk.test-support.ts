import type { CommandLog } from '../records/commands.ts';
import type {
  CommandDesk,
  CommandOutcome,
  CommandRefusal,
  CommandRequest,
  DeviceCommand,
} from '../records/device-command.ts';

/** Takes what it is told to take, and sends nothing. */
export class PlainCommandDesk implements CommandDesk {
  readonly asked: CommandRequest[] = [];
  readonly #log: CommandLog;
  readonly #now: number;
  /** What it says instead of taking anything. */
  refusal: { readonly code: CommandRefusal; readonly detail: string } | null = null;

  constructor(log: CommandLog, now: number) {
    this.#log = log;
    this.#now = now;
  }

  async request(request: CommandRequest): Promise<CommandOutcome> {
    this.asked.push(request);
    if (this.refusal !== null) return { ok: false, ...this.refusal };
    const { device, message, fields, by, reason } = request;
    const command: DeviceCommand = {
      ...{ number: this.#log.next(), device, message, name: message, fields, by, reason },
      ...{ requestedTime: this.#now, expiresTime: this.#now + 1000, state: 'queued' },
      ...{ result: null, detail: null, sends: 0, sentTime: null, takenTime: null },
      ...{ endedTime: null, reply: null, isLate: false },
    };
    await this.#log.add(command);
    return { ok: true, command };
  }

  isWhereNow({ message }: Pick<CommandRequest, 'message'>): boolean {
    return message === '0x8201';
  }
}
