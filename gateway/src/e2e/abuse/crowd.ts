import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type Ports, root } from '../harness.ts';
import type { CrowdLedger, CrowdLook, CrowdOrder } from './crowd-process.ts';

export type { CrowdLedger, CrowdLook } from './crowd-process.ts';

/** A built program of this room as a child that answers one order after the other. */
export class Program {
  readonly #child: ChildProcess;
  readonly #ended: Promise<never>;

  /** @param program name of the file, without its ending */
  constructor(program: string) {
    this.#child = fork(join(root, `gateway/dist/e2e/abuse/${program}.js`), [], {
      execArgv: ['--enable-source-maps'],
      env: { PATH: process.env['PATH'] },
    });
    this.#ended = once(this.#child, 'exit').then(([code]): never => {
      throw new Error(`${program} ended with ${code}`);
    });
    this.#ended.catch(() => undefined);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Rejects with what the child says went wrong, or when it has ended. */
  async ask<Answer>(order: object): Promise<Answer> {
    const answered = once(this.#child, 'message') as Promise<
      [{ readonly answer?: Answer; readonly error?: string }]
    >;
    this.#child.send(order);
    const [{ answer, error }] = await Promise.race([answered, this.#ended]);
    if (error !== undefined) throw new Error(error);
    return answer as Answer;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }
}

/** Good devices beside an attack: each reports once a second and expects its acknowledgement. */
export class Crowd {
  readonly #program = new Program('crowd-process');

  /** Resolves once every device is connected and reports. */
  static async open(ports: Ports, indices: readonly number[]): Promise<Crowd> {
    const crowd = new Crowd();
    await crowd.#ask({ order: 'open', ports, indices });
    return crowd;
  }

  /** How it fared since the last look. */
  look(): Promise<CrowdLook> {
    return this.#ask({ order: 'look' });
  }
  /** No more reports; the lines stay. */
  rest(): Promise<void> {
    return this.#ask({ order: 'rest' });
  }
  ledger(): Promise<CrowdLedger[]> {
    return this.#ask({ order: 'ledger' });
  }
  leave(): Promise<void> {
    return this.#program.stop();
  }

  #ask<Answer>(order: CrowdOrder): Promise<Answer> {
    return this.#program.ask(order);
  }
}
