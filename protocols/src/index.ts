import { DetectingConnection } from './detect.ts';
import { gt06 } from './gt06/index.ts';
import { jt808 } from './jt808/index.ts';
import type { Connection, ConnectionOptions, Protocol } from './protocol.ts';

export { digitsOfTime } from './bytes.ts';
export {
  type AttachmentNameParts,
  attachmentNameParts,
  safeAttachmentName,
} from './jt808/attachment-name.ts';
export {
  type AttachmentData,
  type AttachmentItem,
  AttachmentStream,
  encodeAttachmentData,
} from './jt808/attachment-stream.ts';
export { type Media, mediaOf, mediaSignature } from './jt808/media.ts';
export { Subpackages } from './jt808/subpackages.ts';
export {
  decodeVehicleRecord,
  encodeVehicleRecord,
  type VehicleRecord,
  type VehicleState,
} from './jt808/vehicle-record.ts';
export {
  encodeVideoPacket,
  type ReadVideoPacket,
  readVideoPacket,
  type VideoPacket,
} from './jt808/video-stream.ts';
export { boundedMemory } from './memory.ts';
export * from './mqtt/index.ts';
export * from './position.ts';
export * from './protocol.ts';
export * from './radio.ts';
export { gt06, jt808 };

/** Every device protocol over a byte stream; ports, simulators and the conformance test walk it. */
export const protocols: readonly Protocol[] = [jt808, gt06];

/**
 * One device connection on a port that takes every protocol: the first sound frame decides, until then what no
 * protocol can use is a fault of `options.prefer`. Never throws.
 */
export const openConnection = (options: ConnectionOptions): Connection =>
  new DetectingConnection(protocols, options);
