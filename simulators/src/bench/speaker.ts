/** One fix of the load. Its maker changes it from call to call: who needs it later copies. */
export interface LoadFix {
  /** Ms UTC; JT/T 808 and GT06 send whole seconds. */
  time: number;
  latitudeE6: number;
  longitudeE6: number;
  /** States an SOS. */
  sos: boolean;
}

/** What comes out of what the far end said. */
export interface Heard {
  /** The greeting is over: reports may come. */
  greeted(): void;
  /** @param key of what is answered, as `Speaker.key` gave it when it was written */
  answered(key: number, accepted: boolean): void;
  /** The greeting goes on with these bytes. */
  say(bytes: Uint8Array): void;
}

/**
 * One terminal's side of a protocol, made for speed: frames are templates patched in place, answers are read no
 * further than who they answer. Shares nothing with the codecs on purpose, so that the two check each other.
 */
export interface Speaker {
  /** Bytes that could not be read as an answer, or answer nothing that was asked. */
  broken: number;
  /** The key of the answer to what was written last. */
  readonly key: number;
  /** Whether each report has an answer of its own, or one answer is for all before it. */
  readonly answers: 'each' | 'turn';
  /** The first words on a fresh connection, null when reports may come at once. */
  greet(): Uint8Array | null;
  /** Writes a report into `out` from `at`. @returns the end of it */
  report(out: Uint8Array, at: number, fix: LoadFix): number;
  /** Writes what has the far end answer the reports before it, where `answers` is 'turn'. @returns the end of it */
  endTurn(out: Uint8Array, at: number): number;
  /** Writes `count` buffered fixes as the protocol uploads them; `fixAt(i)` gives each. @returns the end of them */
  backlog(out: Uint8Array, at: number, count: number, fixAt: (i: number) => LoadFix): number;
  /** Keeps the connection alive. @returns the end of it */
  heartbeat(out: Uint8Array, at: number): number;
  /** Bytes as they came; valid during the call only. */
  read(chunk: Uint8Array, heard: Heard): void;
}
