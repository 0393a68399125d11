import { createHash } from 'node:crypto';
import type { CrossingFact, DeviceAlarmFact } from '../fences/facts.ts';
import { deviceKey, type JournalRecord } from '../journal/record.ts';
import type { Rule, Severity } from '../wire.ts';
import { deviceAlarmSeverity } from './device-alarms.ts';
import type { Raised } from './life.ts';

/** What a fact means to the alarms: one is raised, or those with a key are over. */
export type Consequence =
  | { readonly op: 'raise'; readonly raised: Omit<Raised, 'times'> }
  | { readonly op: 'over'; readonly key: string; readonly time: number };

/** The rules as of one place in the journal. Immutable: a failed batch starts again from the old one. */
export class Rulebook {
  readonly #rules: ReadonlyMap<string, Rule>;

  constructor(rules: Iterable<Rule> = []) {
    this.#rules = new Map([...rules].map((rule) => [rule.id, rule]));
  }

  rules(): Rule[] {
    return [...this.#rules.values()];
  }

  /** The rules after that record; itself when the record is none of a rule. */
  after(record: JournalRecord): Rulebook {
    if (record.kind !== 'config' || record.what !== 'rule') return this;
    const next = this.rules().filter((rule) => rule.id !== record.id);
    if (record.value !== null) next.push(record.value as Rule);
    return new Rulebook(next);
  }

  /** Coming back ends what leaving raised, and the reverse. */
  ofCrossing(fact: CrossingFact): Consequence[] {
    const found: Consequence[] = [];
    for (const rule of this.#rules.values()) {
      if (!rule.fences.includes(fact.fence.id)) continue;
      const key = `rule:${rule.id} ${deviceKey(fact.device)} ${fact.fence.id}`;
      if (rule.type !== fact.kind) {
        found.push({ op: 'over', key, time: fact.occurredTime });
      } else if (rule.enabled) {
        const { id, name } = fact.fence;
        const of = { type: fact.kind, ruleName: rule.name, severity: rule.severity };
        found.push({
          op: 'raise',
          raised: { ...raisedBy(fact, key), ...of, fenceId: id, fenceName: name },
        });
      }
    }
    return found;
  }
}

/** The bounds of the dedupe keys of one rule, the second excluded: '!' is what follows a space. */
export const keysOfRule = (id: string): [string, string] => [`rule:${id} `, `rule:${id}!`];

/** Alarms that a device states need no rule. */
export function ofDeviceAlarm(fact: DeviceAlarmFact): Consequence[] {
  const key = `device:${fact.alarm} ${deviceKey(fact.device)}`;
  if (fact.kind === 'alarmOff') return [{ op: 'over', key, time: fact.occurredTime }];
  const severity: Severity | null = deviceAlarmSeverity[fact.alarm];
  if (severity === null) return [];
  const of = { type: fact.alarm, ruleName: null, severity, fenceId: null, fenceName: null };
  return [{ op: 'raise', raised: { ...raisedBy(fact, key), ...of } }];
}

const raisedBy = (fact: CrossingFact | DeviceAlarmFact, key: string) => ({
  id: factId(key, fact.seq),
  dedupeKey: key,
  protocol: fact.device.protocol,
  device: fact.device.id,
  subject: fact.subject,
  latitude: fact.latitude,
  longitude: fact.longitude,
  occurredTime: fact.occurredTime,
  confirmedTime: fact.confirmedTime,
  raisedTime: fact.receivedTime,
  late: fact.late ? (1 as const) : (0 as const),
});

/** The same cause confirmed by the same journal record is the same thing, however often it is read. */
export const factId = (cause: string, seq: number): string =>
  createHash('sha256').update(`${cause} ${seq}`).digest('hex').slice(0, 24);
