import { io, type Socket } from 'socket.io-client';

/** Of the live protocol spoken here. */
const LIVE_VERSION = 1;

/** An alarm as far as a bench looks at it. */
export interface SeenAlarm {
  readonly op: string;
  readonly pushedTime: number;
  readonly alarm: {
    readonly device: string;
    readonly type: string;
    readonly times: {
      readonly receivedTime: string;
      readonly durableTime: string | null;
      readonly evaluatedTime: string | null;
      readonly openedTime: string;
    } | null;
  };
}

/** One page that shows everything and reads what it is sent. */
export class Dashboard {
  /** Rows of positions so far. */
  rows = 0;
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** @throws Error when the gateway does not take it */
  static async open(
    base: string,
    cookie: string,
    onAlarm: (alarm: SeenAlarm) => void = () => undefined,
  ): Promise<Dashboard> {
    const socket = io(base, {
      ...{ path: '/live', transports: ['websocket'], reconnection: false },
      extraHeaders: { cookie },
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', reject);
    });
    const dashboard = new Dashboard(socket);
    const count = ({ rows }: { rows: unknown[] }) => {
      dashboard.rows += rows.length;
    };
    socket.on('snap', count);
    socket.on('delta', count);
    socket.on('alarm', onAlarm);
    const subscription = { id: 'all', scope: { all: true }, want: 'points' };
    for (const [call, payload] of [
      ['hello', { v: LIVE_VERSION, locale: 'en' }],
      ['sub', subscription],
    ] as const) {
      const answer = (await socket.emitWithAck(call, payload)) as { ok: boolean };
      if (!answer.ok) throw new Error(`${call} was answered ${JSON.stringify(answer)}`);
    }
    return dashboard;
  }

  close(): void {
    this.#socket.disconnect();
  }
}
