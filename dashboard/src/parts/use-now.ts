import { useApp } from '../app.ts';
import { useTopic } from '../topic.ts';

/** The server's clock; renders the component once a second, all from one timer. */
export const useNow = (): number => {
  const app = useApp();
  useTopic(app.second);
  return app.now();
};
