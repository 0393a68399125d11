/*
 * What one fuzz run tries, as plain data: it is printed, made smaller, written to a file and tried again.
 */

/** Pieces of a byte stream, each a frame or what a mutation left of one. */
export interface StreamCase {
  readonly kind: 'stream';
  /** `any`: a port that recognises the protocol. */
  readonly protocol: 'jt808' | 'gt06' | 'any';
  readonly side: 'platform' | 'terminal';
  readonly lenient: boolean;
  readonly model: string | null;
  /** Parts are handed out and joined when they are handed back. JT/T 808 only. */
  readonly gated: boolean;
  /** Hex, one piece each. */
  readonly pieces: readonly string[];
  /** Where the stream is cut into chunks, modulo its length. */
  readonly cuts: readonly number[];
}

/** A published message. */
export interface MqttCase {
  readonly kind: 'mqtt';
  readonly topic: string;
  /** Hex. */
  readonly payload: string;
  readonly retain: boolean;
  /** 64 hex digits, null for none. */
  readonly key: string | null;
}

/** Fields that somebody wants to be written, as a frame and as a command. */
export interface WriteCase {
  readonly kind: 'write';
  readonly protocol: 'jt808' | 'gt06';
  readonly id: string;
  readonly edition: string | null;
  readonly direction: 'up' | 'down';
  readonly device: string;
  readonly serial: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

export type Case = StreamCase | MqttCase | WriteCase;

/** A case that breaks a promise. */
export interface Find {
  /** Which promise, in front of a colon, and how. */
  readonly failure: string;
  readonly case: Case;
}

/** What mutations start from. */
export interface Seeds {
  readonly streams: readonly StreamSeed[];
  readonly payloads: readonly Omit<MqttCase, 'kind'>[];
  readonly writes: readonly Omit<WriteCase, 'kind'>[];
}

/** A sound frame, and those that must come before it. */
export interface StreamSeed {
  readonly protocol: 'jt808' | 'gt06';
  readonly side: 'platform' | 'terminal';
  readonly model: string | null;
  readonly before: readonly string[];
  readonly hex: string;
}
