import type { Alarm } from '@xunji/gateway/wire';

/** The tabs of the right panel. */
export type PanelTab = 'subject' | 'alarms';

/**
 * The tab on screen: the chosen one; without a choice the selected subject, else the alarms if there are any.
 * @param alarms every alarm the page knows
 */
export const tabShown = (
  look: { readonly panel: PanelTab | null; readonly selected: string | null },
  alarms: readonly Alarm[],
): PanelTab => look.panel ?? (look.selected === null && alarms.length > 0 ? 'alarms' : 'subject');

/** The loudest alarm that nobody has acknowledged, from alarms in the order of the rail. */
export const loudestWaiting = (alarms: readonly Alarm[]): Alarm | null => {
  const [first] = alarms;
  return first?.handling === 'new' ? first : null;
};
