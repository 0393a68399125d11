import type { Fact } from '../fences/facts.ts';
import type { JournalRecord } from '../journal/record.ts';
import type { Rule } from '../wire.ts';
import { type Consequence, ofDeviceAlarm, type Rulebook } from './rulebook.ts';

/** What happened, in journal order: a fact with what it means to the alarms, a rule as it stands now, or the clock. */
export type DeskStep =
  | {
      readonly seq: number;
      readonly fact: Fact;
      readonly consequences: readonly Consequence[];
    }
  | RuleStep
  | { readonly seq: number; readonly tickTime: number };

/** A rule was made, edited or, with null, deleted. */
export interface RuleStep {
  readonly seq: number;
  readonly ruleId: string;
  readonly rule: Rule | null;
  /** Ms UTC. */
  readonly time: number;
}

/** Steps of one transaction, for others wait as long as it lasts: about 20 ms. */
const PART_STEPS = 64;

/** The steps cut into transactions; those of one journal record stay together. */
export function partsOf(steps: readonly DeskStep[]): DeskStep[][] {
  const parts: DeskStep[][] = [];
  let part: DeskStep[] = [];
  for (const step of steps) {
    if (part.length >= PART_STEPS && part.at(-1)?.seq !== step.seq) part = [];
    if (part.length === 0) parts.push(part);
    part.push(step);
  }
  return parts;
}

/** The steps after `journalSeq`, by the rules as they were at each, and the rules after all of them. */
export function stepsOf(
  facts: readonly Fact[],
  records: readonly JournalRecord[],
  journalSeq: number,
  before: Rulebook,
): { steps: DeskStep[]; rules: Rulebook } {
  const steps: DeskStep[] = [];
  let rules = before;
  let next = 0;
  const settleTo = (seq: number) => {
    for (let fact = facts[next]; fact !== undefined && fact.seq <= seq; fact = facts[++next]) {
      const { seq: factSeq } = fact;
      if (factSeq <= journalSeq) continue;
      steps.push({ seq: factSeq, fact, consequences: consequencesOf(fact, rules) });
    }
  };
  for (const record of records) {
    // Facts of a record come after the record itself.
    settleTo(record.seq - 1);
    rules = rules.after(record);
    const { seq, receivedTime: time } = record;
    if (seq <= journalSeq) continue;
    if (record.kind === 'tick') steps.push({ seq, tickTime: time });
    else if (record.kind === 'config' && record.what === 'rule') {
      steps.push({ seq, ruleId: record.id, rule: record.value as Rule | null, time });
    }
  }
  settleTo(Number.POSITIVE_INFINITY);
  return { steps, rules };
}

const consequencesOf = (fact: Fact, rules: Rulebook): readonly Consequence[] => {
  if (fact.kind === 'fenceChanged') return [];
  return 'fence' in fact ? rules.ofCrossing(fact) : ofDeviceAlarm(fact);
};
