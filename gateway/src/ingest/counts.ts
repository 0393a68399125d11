import type { ProtocolName } from '@xunji/protocols';
import type { Cell, Metrics } from '../metrics.ts';
import type { Decision } from './gate.ts';

/** The counters of what happens with every message, found by what is at hand. */
export class Counts {
  readonly #metrics: Metrics;
  readonly #messages = new Map<Decision['reason'], Record<ProtocolName, Map<string, Cell>>>();
  readonly #positions: Record<ProtocolName, Map<string, Cell>> = byFamily();

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  message(protocol: ProtocolName, name: string, result: Decision['reason']): Cell {
    let byName = this.#messages.get(result);
    if (byName === undefined) {
      byName = byFamily();
      this.#messages.set(result, byName);
    }
    let cell = byName[protocol].get(name);
    if (cell === undefined) {
      cell = this.#metrics.messages.cell({ protocol, name, result });
      byName[protocol].set(name, cell);
    }
    return cell;
  }

  position(protocol: ProtocolName, kind: 'live' | 'late' | 'invalid'): Cell {
    let cell = this.#positions[protocol].get(kind);
    if (cell === undefined) {
      cell = this.#metrics.positions.cell({ protocol, kind });
      this.#positions[protocol].set(kind, cell);
    }
    return cell;
  }
}

const byFamily = (): Record<ProtocolName, Map<string, Cell>> => ({
  jt808: new Map(),
  gt06: new Map(),
  mqtt: new Map(),
});
