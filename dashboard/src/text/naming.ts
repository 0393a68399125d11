import type { Alarm, Device, FenceEvent, FenceKind, Role, Severity } from '@xunji/gateway/wire';
import type { DeviceState } from '../live/device-state.ts';
import { t } from './text.ts';
import { type Word, zh } from './words.ts';

const has = (key: string): key is Word => Object.hasOwn(zh, key);

/** The word of a severity. */
export const severityWord = (s: Severity): string => t(`severity.${s}`);

/** The word of a role. */
export const roleWord = (r: Role): string => t(`role.${r}`);

/** The word of a fence kind. */
export const fenceKindWord = (k: FenceKind): string => t(`fence.kind.${k}`);

/** What a device may raise by itself; a code this page does not know reads as `deviceAlarm.other`. */
export const deviceAlarmWord = (code: string): string => {
  const key = `deviceAlarm.${code}`;
  return t(has(key) ? key : 'deviceAlarm.other');
};

/** What an alarm says: the rule's type, or the device's own alarm. */
export const alarmWord = (a: Pick<Alarm, 'type'>): string =>
  a.type === 'enter' || a.type === 'exit' ? t(`alarm.${a.type}`) : deviceAlarmWord(a.type);

/** Who an alarm is about; the device id while nothing else is known. */
export const alarmSubject = (a: Pick<Alarm, 'subject' | 'device'>, device?: Device): string =>
  a.subject !== '' && a.subject !== a.device ? a.subject : (device?.name ?? a.device);

/** The word of a state: badges walk and stand, vehicles drive and park. */
export const stateWord = (state: DeviceState, kind: Device['kind'], long = false): string => {
  if (kind === 'badge' && state === 'moving') return t('state.badgeMoving');
  if (kind === 'badge' && state === 'parked') return t('state.badgeParked');
  if (long && state === 'stale') return t('state.staleLong');
  if (long && state === 'suspect') return t('state.suspectLong');
  return t(`state.${state}`);
};

/** What an event says. */
export const eventWord = (e: FenceEvent): string =>
  e.type === 'deviceAlarm'
    ? deviceAlarmWord(e.alarm ?? 'other')
    : t(`event.${e.type}`, { fence: e.fence?.name ?? '' });

/** The name of a protocol as the trade writes it; proper names need no dictionary. */
export const protocolName = (p: Device['protocol'], edition: string | null): string => {
  const name = { jt808: 'JT/T 808', gt06: 'GT06', mqtt: 'MQTT' }[p];
  return edition === null || edition === '' ? name : `${name}-${edition}`;
};

/** A failure in the user's language, from its code. */
export const failureWord = (code: string): string => {
  switch (code) {
    case 'network':
    case 'offline':
    case 'timeout':
      return t('error.network');
    case 'forbidden':
      return t('error.forbidden');
    case 'notFound':
      return t('error.notFound');
    case 'conflict':
      return t('error.conflict');
    case 'tooManyRequests':
    case 'tooManyTries':
      return t('error.tooMany');
    case 'invalid':
    case 'badRequest':
      return t('error.invalid');
    default:
      return t('error.server', { code });
  }
};

const fieldWords: Record<string, Word> = {
  required: 'field.required',
  tooLong: 'field.tooLong',
  tooBig: 'field.range',
  tooSmall: 'field.range',
  range: 'field.range',
  shape: 'field.shape',
  selfIntersection: 'field.shape',
};

/** What is wrong with one field, from the problem document's code. */
export const fieldWord = (code: string): string => {
  const key = fieldWords[code];
  return key === undefined ? t('field.bad', { code }) : t(key);
};
