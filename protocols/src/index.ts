import { DetectingConnection } from './detect.ts';
import { jt808 } from './jt808/index.ts';
import type { Connection, ConnectionOptions, Protocol } from './protocol.ts';

export * from './position.ts';
export * from './protocol.ts';
export { jt808 };

/** Every device protocol over a byte stream; ports, simulators and the conformance test walk it. */
export const protocols: readonly Protocol[] = [jt808];

/** One device connection on a port that takes every protocol. */
export const openConnection = (options: ConnectionOptions): Connection =>
  new DetectingConnection(protocols, options);
