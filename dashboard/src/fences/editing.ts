import type { Fence, Rule } from '@xunji/gateway/wire';
import { type Api, ApiFailure, codeOf } from '../api.ts';
import type { FenceShapeKind } from '../map/map-view.ts';
import { createState } from '../state.ts';
import { failureWord, fieldWord } from '../text/naming.ts';
import { t } from '../text/text.ts';
import { bodyOf, type Draft, ruleEdits } from './draft.ts';

/** Somebody else was faster. */
export interface Conflict {
  /** The fence as it stands; null when it is gone. */
  readonly theirs: Fence | null;
}

/** The form's content; kept while the user looks at another screen. */
export interface Editing {
  readonly draft: Draft | null;
  /** What the draft was when it was read or drawn. */
  readonly before: Draft | null;
  readonly vertex: number | null;
  readonly drawing: FenceShapeKind | null;
  readonly conflict: Conflict | null;
  /** What the gateway found wrong, by field path. */
  readonly faults: Readonly<Record<string, string>>;
  /** What went wrong besides the fields. */
  readonly failure: string | null;
}

/** An empty form. */
export const nothing: Editing = {
  draft: null,
  before: null,
  vertex: null,
  drawing: null,
  conflict: null,
  faults: {},
  failure: null,
};

/** One form for the page. */
export const editing = createState<Editing>(nothing);

/** What came of saving. */
export type Saved =
  | { readonly kind: 'saved'; readonly fence: Fence; readonly rulesFailure: string | null }
  | { readonly kind: 'conflict'; readonly conflict: Conflict }
  | {
      readonly kind: 'failed';
      readonly failure: string;
      readonly faults: Readonly<Record<string, string>>;
    };

const currentOf = (failure: ApiFailure): Fence | null => {
  const problem: unknown = failure.problem;
  return typeof problem === 'object' && problem !== null && 'current' in problem
    ? (problem.current as Fence)
    : null;
};

const saveRules = async (
  api: Api,
  fence: Fence,
  draft: Draft,
  rules: readonly Rule[],
): Promise<void> => {
  const { name } = fence.properties;
  const nameOf = (type: Rule['type']): string =>
    t(`fence.ruleName.${type}`, { fence: name }).slice(0, 64);
  for (const edit of ruleEdits(fence.id, draft.alarms, rules, nameOf)) {
    if (edit.kind === 'create') await api.createRule(edit.rule);
    else if (edit.kind === 'replace') await api.replaceRule(edit.rule);
    else await api.deleteRule(edit.rule);
  }
};

/** Saves the fence, then its rules. The rules are read anew, so that none is made twice. */
export const save = async (api: Api, draft: Draft): Promise<Saved> => {
  let fence: Fence;
  try {
    fence =
      draft.id === null
        ? await api.createFence(bodyOf(draft))
        : await api.replaceFence(draft.id, draft.rev, bodyOf(draft));
  } catch (error) {
    if (error instanceof ApiFailure && draft.id !== null) {
      if (error.code === 'conflict') {
        return { kind: 'conflict', conflict: { theirs: currentOf(error) } };
      }
      if (error.status === 404) return { kind: 'conflict', conflict: { theirs: null } };
    }
    const faults: Record<string, string> = {};
    if (error instanceof ApiFailure) {
      for (const { path, code } of error.problem?.errors ?? []) faults[path] = fieldWord(code);
    }
    return { kind: 'failed', failure: failureWord(codeOf(error)), faults };
  }
  try {
    await saveRules(api, fence, draft, await api.rules());
    return { kind: 'saved', fence, rulesFailure: null };
  } catch (error) {
    return { kind: 'saved', fence, rulesFailure: failureWord(codeOf(error)) };
  }
};
