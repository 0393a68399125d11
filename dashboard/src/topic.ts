import { useSyncExternalStore } from 'react';

/** Something that changes outside React: components follow its version, the map reads the data itself. */
export interface Topic {
  readonly subscribe: (listener: () => void) => () => void;
  readonly version: () => number;
  /** Says that the data behind the topic changed. */
  readonly emit: () => void;
}

/** A topic without listeners, at version 0. */
export const createTopic = (): Topic => {
  const listeners = new Set<() => void>();
  let version = 0;
  return {
    subscribe: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    version: () => version,
    emit: () => {
      version += 1;
      for (const listener of [...listeners]) listener();
    },
  };
};

/** Renders the component again whenever the topic changes; returns the topic's version. */
export const useTopic = (topic: Topic): number =>
  useSyncExternalStore(topic.subscribe, topic.version, topic.version);
