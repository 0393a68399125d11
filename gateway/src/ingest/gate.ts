import type { Message, Position, Verdict } from '@xunji/protocols';
import type { DeviceRef } from '../journal/record.ts';
import type { Session } from './session.ts';

/** What the gate needs to know of devices: answered from memory, persisted behind. */
export interface Registry {
  find(device: DeviceRef):
    | {
        readonly admission: 'known' | 'pending' | 'knocking';
        /** Null before its first frame. */
        readonly lastSeenTime?: number | null;
        /** Whose dialect it speaks; null or absent: none but the standard's. */
        readonly model?: string | null;
        /** Wrong checksums and lengths are taken. Default false. */
        readonly lenient?: boolean;
        /** The last that was told of it; `touch` keeps it. */
        readonly edition?: string | null;
      }
    | undefined;
  /** Does nothing once it holds as many strangers as it may. */
  createPending(device: DeviceRef, edition: string | null): void;
  noteKnocking(device: DeviceRef, edition: string | null): void;
  /** The code a register is answered with; the same for every register of one device. */
  setAuthCode(device: DeviceRef): string;
  verifyAuth(device: DeviceRef, code: string): boolean;
  touch(device: DeviceRef, receivedTime: number, edition: string | null): void;
  /** Whether an operator entered an MQTT device whose id begins so, up to a hyphen (an OwnTracks user's phones). */
  hasKnown(protocol: DeviceRef['protocol'], idPrefix: string): boolean;
}

export type AdmissionMode = 'strict' | 'known' | 'open';

/** What becomes of one message before the journal. */
export interface Decision {
  /** Null = no answer at all. */
  readonly verdict: Verdict | null;
  /** Its positions or the message itself go into the journal. */
  readonly keep: boolean;
  /** Stable reason for the counters. */
  readonly reason:
    | 'accepted'
    | 'unsupported'
    | 'notAdmitted'
    | 'notAuthenticated'
    | 'wrongAuthCode'
    | 'tooManyPending'
    | 'beforeLogin';
}

/** A fix this far ahead of us cannot be: the device's clock is wrong. @see product.md section 0 */
const FUTURE_MAX_MS = 300_000;

const accepted: Decision = { verdict: { result: 'accepted' }, keep: true, reason: 'accepted' };

/**
 * All that may stop a message before the journal and cannot wait until after it.
 * Checks on order, jumps and spoofing come after the journal, so their thresholds can change without losing data.
 */
export class Gate {
  readonly #registry: Registry;
  readonly #mode: AdmissionMode;

  constructor(registry: Registry, mode: AdmissionMode) {
    this.#registry = registry;
    this.#mode = mode;
  }

  /** Decides, and records who asked. `session.device` may still be another: every JT/T 808 frame names its own. */
  decide(message: Message, session: Session, receivedTime: number): Decision {
    if (message.device === null) {
      // A tracker may ask for the time before it says who it is. @see gt06.md section 3
      const verdict: Verdict | null = isAsking(message) ? { result: 'accepted' } : null;
      return { verdict, keep: false, reason: 'beforeLogin' };
    }
    const { device: bearer } = session;
    const device: DeviceRef =
      bearer !== null && bearer.id === message.device && bearer.protocol === message.protocol
        ? bearer
        : { protocol: message.protocol, id: message.device };
    const refusal = this.#refusal(device, message.edition);
    if (refusal !== null) return this.#refuseStranger(message, refusal);
    this.#registry.touch(device, receivedTime, message.edition);

    // Of a log-in in several frames the whole decides; until then it proves nothing and leaves no trace.
    const isLogin = message.intent === 'register' || message.intent === 'authenticate';
    if (message.part !== undefined && isLogin) return { ...accepted, keep: false };
    if (message.intent === 'register') {
      const authCode = this.#registry.setAuthCode(device);
      // Kept, it would bind the connection: in mode strict only a proof may push out the device's own one.
      const keep = this.#mode !== 'strict';
      return { verdict: { result: 'accepted', authCode }, keep, reason: 'accepted' };
    }
    if (this.#mode === 'strict' && message.protocol === 'jt808') {
      if (message.intent === 'authenticate') {
        const code = message.fields['authCode'];
        const isRight = typeof code === 'string' && this.#registry.verifyAuth(device, code);
        session.provenId = isRight ? device.id : null;
        session.wrongAuthCodes = isRight ? 0 : session.wrongAuthCodes + 1;
        if (!isRight) return refuse('wrongAuthCode');
      } else if (session.provenId !== device.id) {
        return refuse('notAuthenticated');
      }
    }
    session.admitted = true;
    return message.intent === 'unknown'
      ? { verdict: { result: 'unsupported' }, keep: true, reason: 'unsupported' }
      : accepted;
  }

  /** Why the device is a stranger here, null when it is not. */
  #refusal(device: DeviceRef, edition: string | null): 'notAdmitted' | 'tooManyPending' | null {
    const found = this.#registry.find(device);
    if (found?.admission === 'known') return null;
    if (this.#mode !== 'open') {
      this.#registry.noteKnocking(device, edition);
      return 'notAdmitted';
    }
    if (found?.admission === 'pending') return null;
    this.#registry.createPending(device, edition);
    // Above its bound the registry takes no more: what nobody lists must not fill tables behind the journal either.
    return this.#registry.find(device)?.admission === 'pending' ? null : 'tooManyPending';
  }

  #refuseStranger(message: Message, reason: 'notAdmitted' | 'tooManyPending'): Decision {
    // An unanswered GT06 tracker reconnects for ever: its log-in and heartbeat are answered, nothing is kept.
    if (message.protocol === 'gt06') {
      const { intent } = message;
      const answer = intent === 'authenticate' || intent === 'keepalive' || isAsking(message);
      return { verdict: answer ? { result: 'accepted' } : null, keep: false, reason };
    }
    return message.intent === 'register' && message.part === undefined
      ? { verdict: { result: 'unknownDevice' }, keep: false, reason }
      : refuse(reason);
  }
}

const isAsking = ({ protocol, intent }: Message): boolean =>
  protocol === 'gt06' && intent === 'query';

const refuse = (reason: Decision['reason']): Decision => ({
  verdict: { result: 'refused' },
  keep: false,
  reason,
});

/** A fix from the future happens now: the receive time stands in and says so. */
export function plausible(position: Position, receivedTime: number): Position {
  if (position.fixTime - receivedTime <= FUTURE_MAX_MS) return position;
  return {
    ...position,
    fixTime: receivedTime,
    timeSource: 'server',
    flags: [...position.flags, 'noDeviceTime'],
  };
}
