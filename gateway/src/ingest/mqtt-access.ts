import {
  DEFAULT_PREFIX,
  GATEWAY_PREFIX,
  type GatewayTopic,
  isPlainTopic,
  matchesFilter,
} from '@xunji/protocols';

/** How a site has laid out its topics. @see mqtt.md sections 2 and 6.1 */
export interface MqttTopics {
  /** Root of our own topics. */
  readonly prefix: string;
  /** Where gateways of other makers publish. */
  readonly gatewayTopics: readonly GatewayTopic[];
}
export const defaultTopics: MqttTopics = { prefix: DEFAULT_PREFIX, gatewayTopics: [] };

const MAX_TOPIC_BYTES = 256;

/**
 * Whole levels are compared; a name is never part of a pattern.
 * @param username null: anonymous, whose devices the registry decides about
 */
export function mayPublish(
  username: string | null,
  topic: string,
  { prefix, gatewayTopics }: MqttTopics,
): boolean {
  if (topic.startsWith(`${prefix}/`)) {
    return (
      isPlainTopic(topic) && mayPublishOwn(username, topic.slice(prefix.length + 1).split('/'))
    );
  }
  const [root, user, phone, ...rest] = topic.split('/');
  if (root === 'owntracks') {
    if (!isPlainTopic(topic) || phone === undefined || rest.length > 1) return false;
    return rest[0] !== 'cmd' && (username === null || user === username);
  }
  // The maker chose the topic, whatever it looks like.
  if (username !== null && !username.startsWith(GATEWAY_PREFIX)) return false;
  if (Buffer.byteLength(topic) > MAX_TOPIC_BYTES) return false;
  return gatewayTopics.some(({ filter }) => matchesFilter(filter, topic));
}

function mayPublishOwn(username: string | null, levels: readonly string[]): boolean {
  const [id = '', ...rest] = levels;
  // Commands are the server's to give.
  if (id === 'out' || rest.at(-1) === 'cmd') return false;
  // What it says on a topic that nobody reads is counted and gone: to be cut off for it would be for ever.
  if (id !== 'gw') return (username === null || id === username) && rest.length > 0;
  const [gateway = '', ...kind] = rest;
  return kind.length > 0 && (username === null || username === GATEWAY_PREFIX + gateway);
}

/** Its own commands, and no filter that could match anybody else's. */
export function maySubscribe(
  username: string | null,
  filter: string,
  { prefix }: MqttTopics,
): boolean {
  if (username === null) return false;
  const gateway = username.startsWith(GATEWAY_PREFIX) && username.slice(GATEWAY_PREFIX.length);
  return (
    filter === `${prefix}/${username}/cmd` ||
    filter === `owntracks/${username}/+/cmd` ||
    (gateway !== false && filter === `${prefix}/gw/${gateway}/cmd`)
  );
}
