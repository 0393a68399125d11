import type { Fact } from '../fences/facts.ts';
import type { JournalRecord } from '../journal/record.ts';
import { type Consequence, ofDeviceAlarm, type Rulebook } from './rulebook.ts';

/** What happened, in journal order: a fact with what it means to the alarms, or the clock. */
export type DeskStep =
  | { readonly fact: Fact; readonly consequences: readonly Consequence[] }
  | { readonly tickTime: number };

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
      if (fact.seq > journalSeq) steps.push({ fact, consequences: consequencesOf(fact, rules) });
    }
  };
  for (const record of records) {
    // Facts of a record come after the record itself.
    settleTo(record.seq - 1);
    rules = rules.after(record);
    if (record.kind === 'tick' && record.seq > journalSeq) {
      steps.push({ tickTime: record.receivedTime });
    }
  }
  settleTo(Number.POSITIVE_INFINITY);
  return { steps, rules };
}

const consequencesOf = (fact: Fact, rules: Rulebook): readonly Consequence[] => {
  if (fact.kind === 'fenceChanged') return [];
  return 'fence' in fact ? rules.ofCrossing(fact) : ofDeviceAlarm(fact);
};
