import { deviceKey } from '../journal/record.ts';
import type { Alarm, Severity } from '../wire.ts';
import type { AlarmDesk } from './desk.ts';

/** Row level of each severity; 0 is none. */
const levels: Record<Severity, number> = { low: 1, medium: 2, high: 3, critical: 4 };
const PAGE = 500;

/** Still in need of somebody or something: its condition holds, or nobody has acknowledged it. */
export const isOpen = (alarm: Alarm): boolean =>
  alarm.handling !== 'closed' && (alarm.condition === 'active' || alarm.handling === 'new');

/** The worst open alarm of each device, followed from the desk. */
export class AlarmLevels {
  readonly #open = new Map<string, { key: string; level: number }>();
  readonly #byDevice = new Map<string, number>();
  readonly #onChange: (key: string) => void;

  /** @param onChange called with the device key when its level may have changed */
  constructor(onChange: (key: string) => void) {
    this.#onChange = onChange;
  }

  /** Reads what is open now. Subscribe `note` before, so that nothing falls between. */
  async load(desk: AlarmDesk): Promise<void> {
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<AlarmDesk['list']>> = await desk.list({
        state: 'open',
        limit: PAGE,
        ...(cursor === null ? {} : { cursor }),
      });
      for (const alarm of page.items) this.note(alarm);
      cursor = page.next;
    } while (cursor !== null);
  }

  note(alarm: Alarm): void {
    const key = deviceKey({ protocol: alarm.protocol, id: alarm.device });
    if (isOpen(alarm)) this.#open.set(alarm.id, { key, level: levels[alarm.severity] });
    else this.#open.delete(alarm.id);
    let worst = 0;
    for (const open of this.#open.values()) {
      if (open.key === key && open.level > worst) worst = open.level;
    }
    if (worst === 0) this.#byDevice.delete(key);
    else this.#byDevice.set(key, worst);
    this.#onChange(key);
  }

  /** 0 none, 1 low … 4 critical. */
  of(key: string): number {
    return this.#byDevice.get(key) ?? 0;
  }
}
