import { useEffect } from 'react';
import { useLocation } from 'wouter';
import { acknowledgeCard, locate, noting } from '../alarms/alarm-card.tsx';
import { type Card, rail } from '../alarms/fold.ts';
import { moveToMap } from '../alarms/inset.tsx';
import { type App, alarmKey, useApp } from '../app.ts';
import { tabShown } from '../live/panel.ts';
import { mayHandle } from '../session.ts';
import { createState } from '../state.ts';
import type { Word } from '../text/words.ts';

/** How long G waits for its second letter, ms. */
const CHORD_MS = 1_500;

/** Whether the list of keys is on screen. */
export const keysShown = createState({ shown: false });

/** Every key as it is written and what it does, in the order of the list. */
export const keyList: readonly (readonly [keys: readonly string[], word: Word])[] = [
  [['/'], 'keys.search'],
  [['A'], 'keys.ack'],
  [['Shift', 'A'], 'keys.ackNote'],
  [['J'], 'keys.next'],
  [['K'], 'keys.previous'],
  [['L'], 'keys.locate'],
  [['F'], 'keys.focus'],
  [['H'], 'keys.home'],
  [['M'], 'keys.mute'],
  [['G', 'L'], 'keys.goLive'],
  [['G', 'F'], 'keys.goFences'],
  [['Esc'], 'keys.escape'],
  [['?'], 'keys.title'],
];

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** The card the keys act on: the chosen one, else the selected device's, else the first that waits. */
const currentCard = (app: App): Card | null => {
  const { waiting } = rail(app.alarms.all());
  const { alarm, selected } = app.look.get();
  const panel = tabShown(app.look.get(), app.alarms.all());
  return (
    waiting.find((c) => c.alarms.some((a) => a.id === alarm)) ??
    (panel === 'subject' && selected !== null
      ? waiting.find((c) => alarmKey(c.alarm) === selected)
      : undefined) ??
    waiting[0] ??
    null
  );
};

const step = (app: App, by: 1 | -1): boolean => {
  const { waiting, handled, closed } = rail(app.alarms.all());
  const cards = [...waiting, ...handled, ...closed];
  if (cards.length === 0) return false;
  const { alarm } = app.look.get();
  const at = cards.findIndex((c) => c.alarms.some((a) => a.id === alarm));
  const to = at < 0 ? 0 : Math.min(cards.length - 1, Math.max(0, at + by));
  app.look.set({ alarm: cards[to]?.alarm.id ?? null, panel: 'alarms', panelOpen: true });
  return true;
};

const acknowledge = (app: App, withNote: boolean): boolean => {
  const role = app.standing.get().session?.user.role;
  const card = currentCard(app);
  if (card === null || role === undefined || !mayHandle(role)) return false;
  if (app.live.state.kind !== 'up') return false;
  if (withNote) {
    app.look.set({ alarm: card.alarm.id, panel: 'alarms', panelOpen: true });
    noting.set({ id: card.alarm.id });
  } else void acknowledgeCard(app.acknowledge, card);
  return true;
};

const closeTopmost = (app: App): boolean => {
  const { sheet, selected } = app.look.get();
  if (sheet !== null) app.look.set({ sheet: null });
  else if (selected !== null) app.look.set({ selected: null, follow: false, panel: null });
  else return false;
  return true;
};

/** What a key does on the live map; false when it has nothing to do. */
const liveKey = (app: App, key: string, withShift: boolean): boolean => {
  switch (key) {
    case '/':
      document.getElementById('device-search')?.focus();
      return true;
    case 'a':
      return acknowledge(app, withShift);
    case 'j':
      return step(app, 1);
    case 'k':
      return step(app, -1);
    case 'l': {
      const { alarm } = app.look.get();
      const chosen = alarm === null ? undefined : app.alarms.get(alarm);
      const shown = chosen ?? currentCard(app)?.alarm;
      if (shown !== undefined) locate(app, shown);
      return shown !== undefined;
    }
    case 'f':
      return moveToMap(app);
    case 'h':
      app.view.current?.home();
      return true;
    case 'escape':
      return closeTopmost(app);
    default:
      return false;
  }
};

/** The keys of the page; letters rest while somebody types or a dialog is open. */
export const useKeys = (): void => {
  const app = useApp();
  const [path, go] = useLocation();
  useEffect(() => {
    let chordUntil = 0;
    const chord = (key: string): boolean => {
      if (key === 'f') go('/fences');
      else if (key === 'l' || key === 'a') {
        go('/live');
        if (key === 'a') app.look.set({ panel: 'alarms', panelOpen: true });
      } else return false;
      return true;
    };
    const act = (key: string, withShift: boolean): boolean => {
      if (performance.now() < chordUntil) {
        chordUntil = 0;
        return chord(key);
      }
      switch (key) {
        case 'g':
          chordUntil = performance.now() + CHORD_MS;
          return true;
        case 'm':
          app.schedule.mute(Date.now());
          app.second.emit();
          return true;
        case '?':
          keysShown.set({ shown: true });
          return true;
        default:
          return path.startsWith('/live') && liveKey(app, key, withShift);
      }
    };
    const onKey = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.isComposing || isTyping(event.target)) return;
      if (document.querySelector('[role="dialog"][aria-modal="true"]') !== null) return;
      if (act(event.key.toLowerCase(), event.shiftKey)) event.preventDefault();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [app, go, path]);
};
