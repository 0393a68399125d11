import { areaMessages } from './messages/areas.ts';
import { attachmentMessages } from './messages/attachments.ts';
import { interactionMessages } from './messages/interaction.ts';
import { locationMessages } from './messages/location.ts';
import { mediaMessages } from './messages/media.ts';
import { parameterMessages } from './messages/parameters.ts';
import { passthroughMessages } from './messages/passthrough.ts';
import { recorderMessages } from './messages/recorder.ts';
import { sessionMessages } from './messages/session.ts';
import { subpackageMessages } from './messages/subpackages.ts';
import { terminalMessages } from './messages/terminal.ts';
import { trackingMessages } from './messages/tracking.ts';
import { videoMessages } from './messages/video.ts';
import type { Row } from './row.ts';

/** Every message that is understood; the tables stand in `messages/`, a file a group of clauses. */
export const messages: readonly Row[] = [
  ...sessionMessages,
  ...subpackageMessages,
  ...locationMessages,
  ...terminalMessages,
  ...parameterMessages,
  ...trackingMessages,
  ...interactionMessages,
  ...areaMessages,
  ...recorderMessages,
  ...mediaMessages,
  ...passthroughMessages,
  ...attachmentMessages,
  ...videoMessages,
].sort((a, b) => a.number - b.number);

const byNumber = new Map(messages.map((one) => [one.number, one]));
const byId = new Map(messages.map((one) => [one.id, one]));

/** By the number on the wire; undefined when there is no row. */
export const rowOf = (number: number): Row | undefined => byNumber.get(number);
/** By the id as the standard prints it. */
export const rowOfId = (id: string): Row | undefined => byId.get(id);
