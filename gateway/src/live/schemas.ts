import { z } from 'zod';
import type { ClientToServer } from '../wire.ts';

/** What a client sends with each call; anything else is refused with `badInput`. */
type Payload<E extends keyof ClientToServer> = Parameters<ClientToServer[E]>[0];

const subscriptionId = z.string().min(1).max(32);
const longitude = z.number().min(-180).max(180);
const latitude = z.number().min(-90).max(90);
const rev = z.number().int().min(0);

/** Above it no alarms are caught up at once. */
export const MAX_ALARMS = 500;

/** One schema a call. */
export const calls = {
  hello: z.object({
    v: z.number(),
    boot: z.string().max(64).exactOptional(),
    alarmSeq: z.number().int().min(0).exactOptional(),
    locale: z.string().max(32),
  }) satisfies z.ZodType<Payload<'hello'>>,
  sub: z.object({
    id: subscriptionId,
    scope: z.union([
      z.strictObject({ all: z.literal(true) }),
      z.strictObject({ groups: z.array(z.string().max(64)).max(500) }),
      z.strictObject({
        bbox: z.tuple([longitude, latitude, longitude, latitude]),
        zoom: z.number().min(0).max(30),
      }),
      z.strictObject({ devices: z.array(z.string().max(160)).max(500) }),
    ]),
    want: z.literal('points'),
  }) satisfies z.ZodType<Payload<'sub'>>,
  unsub: z.object({ id: subscriptionId }) satisfies z.ZodType<Payload<'unsub'>>,
  'alarms.since': z.object({
    seq: z.number().int().min(0),
    limit: z.number().int().min(1).max(MAX_ALARMS),
  }) satisfies z.ZodType<Payload<'alarms.since'>>,
  'alarm.ack': z.object({
    id: z
      .string()
      .min(1)
      .max(256)
      .regex(/^[^\p{Cc}\p{Cs}]*$/u),
    rev,
    note: z
      .string()
      .max(500)
      .regex(/^(?:[^\p{Cc}\p{Cs}]|[\n\t])*$/u)
      .exactOptional(),
  }) satisfies z.ZodType<Payload<'alarm.ack'>>,
  time: z.object({ t: z.number() }) satisfies z.ZodType<Payload<'time'>>,
} as const;
export type Call = keyof typeof calls;
/** The payload of a call after validation. */
export type CallPayload<C extends Call> = z.output<(typeof calls)[C]>;
