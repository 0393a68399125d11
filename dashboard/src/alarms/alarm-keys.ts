import { useEffect } from 'react';
import { useLocation } from 'wouter';
import { type App, alarmKey, useApp } from '../app.ts';
import { mayHandle } from '../session.ts';
import { acknowledgeCard, locate, noting } from './alarm-card.tsx';
import { type Card, rail } from './fold.ts';
import { moveToMap } from './inset.tsx';

/** How long G waits for its second letter, ms. */
const CHORD_MS = 1_500;

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** The card the keys act on: the chosen one, else the selected device's, else the first that waits. */
export const currentCard = (app: App): Card | null => {
  const { waiting } = rail(app.alarms.all());
  const { alarm, selected, panel } = app.look.get();
  return (
    waiting.find((c) => c.alarms.some((a) => a.id === alarm)) ??
    (panel === 'subject' && selected !== null
      ? waiting.find((c) => alarmKey(c.alarm) === selected)
      : undefined) ??
    waiting[0] ??
    null
  );
};

const step = (app: App, by: 1 | -1): void => {
  const { waiting, handled } = rail(app.alarms.all());
  const cards = [...waiting, ...handled];
  if (cards.length === 0) return;
  const { alarm } = app.look.get();
  const at = cards.findIndex((c) => c.alarms.some((a) => a.id === alarm));
  const to = at < 0 ? 0 : Math.min(cards.length - 1, Math.max(0, at + by));
  app.look.set({ alarm: cards[to]?.alarm.id ?? null, panel: 'alarms', panelOpen: true });
};

/** The keys of the live screen; letters rest while somebody types or a dialog is open. */
export const useAlarmKeys = (): void => {
  const app = useApp();
  const [, go] = useLocation();
  useEffect(() => {
    let chordUntil = 0;
    const act = (event: KeyboardEvent): boolean => {
      const role = app.standing.get().session?.user.role;
      const canHandle = role !== undefined && mayHandle(role) && app.live.state.kind === 'up';
      const key = event.key.toLowerCase();
      if (performance.now() < chordUntil) {
        chordUntil = 0;
        if (key === 'l') go('/live');
        else if (key === 'f') go('/fences');
        else if (key === 'a') app.look.set({ panel: 'alarms', panelOpen: true });
        else return false;
        return true;
      }
      switch (key) {
        case '/':
          document.getElementById('device-search')?.focus();
          return true;
        case 'a': {
          const card = currentCard(app);
          if (card === null || !canHandle) return false;
          if (event.shiftKey) {
            app.look.set({ alarm: card.alarm.id, panel: 'alarms', panelOpen: true });
            noting.set({ id: card.alarm.id });
          } else void acknowledgeCard(app.acknowledge, card);
          return true;
        }
        case 'j':
          step(app, 1);
          return true;
        case 'k':
          step(app, -1);
          return true;
        case 'l': {
          const card = currentCard(app);
          if (card === null) return false;
          locate(app, card.alarm);
          return true;
        }
        case 'f':
          return moveToMap(app);
        case 'h':
          app.view.current?.home();
          return true;
        case 'm':
          app.schedule.mute(Date.now());
          app.second.emit();
          return true;
        case 'g':
          chordUntil = performance.now() + CHORD_MS;
          return true;
        case 'escape': {
          const { sheet, selected } = app.look.get();
          if (sheet !== null) app.look.set({ sheet: null });
          else if (selected !== null) app.look.set({ selected: null, follow: false });
          else return false;
          return true;
        }
        default:
          return false;
      }
    };
    const onKey = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.isComposing || isTyping(event.target)) return;
      if (document.querySelector('[role="dialog"][aria-modal="true"]') !== null) return;
      if (act(event)) event.preventDefault();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [app, go]);
};
