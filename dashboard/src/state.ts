import { createTopic, type Topic, useTopic } from './topic.ts';

/** A record of choices outside React, replaced in parts. */
export interface State<T extends object> {
  readonly topic: Topic;
  readonly get: () => Readonly<T>;
  /** Tells the topic only when something differs. */
  readonly set: (change: Partial<T>) => void;
}

/** A state that starts with these values. */
export const createState = <T extends object>(start: T): State<T> => {
  const topic = createTopic();
  let current: T = start;
  return {
    topic,
    get: () => current,
    set: (change) => {
      const keys = Object.keys(change) as (keyof T)[];
      if (keys.every((key) => Object.is(current[key], change[key]))) return;
      current = { ...current, ...change };
      topic.emit();
    },
  };
};

/** The record, followed by the component. */
export const useRecord = <T extends object>(state: State<T>): Readonly<T> => {
  useTopic(state.topic);
  return state.get();
};
