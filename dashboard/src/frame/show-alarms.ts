import { useLocation } from 'wouter';
import { useApp } from '../app.ts';

/** Shows the list of alarms, from whichever screen. */
export const useShowAlarms = (): (() => void) => {
  const app = useApp();
  const [path, go] = useLocation();
  return () => {
    app.look.set({ panel: 'alarms', panelOpen: true, sheet: 'panel' });
    if (!path.startsWith('/live')) go('/live');
  };
};
