import { bytes, flags, hex, layout, noted, u8, u16 } from '../../layout.ts';
import { emptyBody, rawBody, withTails } from '../body.ts';
import { binaryTime, centivolts, terminalInfoBits, zone } from '../fields.ts';
import { answerTo, type Row, up } from '../row.ts';

/** What heartbeats and alarms say of the device. @see gt06.md section 7 */
export const terminalState = {
  terminalInfo: flags(terminalInfoBits),
  voltageLevel: noted(u8, '0 none to 6 full'),
  signal: noted(u8, '0 none to 4 strong'),
};

const time = { time: binaryTime };

/** @see gt06.md section 5 */
export const login = up(
  0x01,
  'login',
  'section 5',
  // The id as its sixteen nibbles: BCD with a leading zero where it is an IMEI.
  withTails(
    layout({ terminalId: hex(bytes(8)) }),
    [layout({ typeCode: u16, zone })],
    'longestTail',
  ),
  { intent: 'authenticate', answer: 'login' },
);
/** Without content, or the date and time and a zero for BL10 locks. @see gt06.md section 3.1 */
export const loginAnswer = answerTo(
  login,
  withTails(layout({}), [layout({ ...time, reserved: u8 })]),
);

/** @see gt06.md section 7 */
export const heartbeat = up(
  0x13,
  'heartbeat',
  'section 7',
  withTails(layout(terminalState), [
    layout({ alarmCode: u8, language: u8 }),
    layout({ temperatureType: u8, temperature: noted(u16, '0.1 °C') }),
  ]),
  { intent: 'keepalive', answer: 'bare', place: 'state' },
);

/** Whose voltage it is depends on the model. @see gt06.md section 7 */
export const voltageHeartbeat = up(
  0x23,
  'voltageHeartbeat',
  'section 7',
  withTails(
    layout({ terminalInfo: terminalState.terminalInfo, voltage: centivolts }),
    [layout({ signal: u8 }), layout({ signal: u8, alarmCode: u8, language: u8 })],
    'longestTail',
  ),
  { intent: 'keepalive', answer: 'bare', place: 'state' },
);

/** The heartbeat of the LL301, whose content nobody has described. @see gt06.md section 4 */
export const lockHeartbeat = up(0x36, 'moduleHeartbeat', 'section 3.1', rawBody, {
  intent: 'keepalive',
  answer: 'bare',
});

/** @see gt06.md section 11 */
export const timeRequest = up(0x8a, 'timeRequest', 'section 11', withTails(layout({})), {
  intent: 'query',
  answer: 'time',
});
/** UTC. @see gt06.md section 11 */
export const timeAnswer = answerTo(timeRequest, withTails(layout(time)));

/** @see gt06.md sections 5, 7 and 11 */
export const sessionRows: readonly Row[] = [
  login,
  loginAnswer,
  heartbeat,
  answerTo(heartbeat, emptyBody),
  voltageHeartbeat,
  answerTo(voltageHeartbeat, emptyBody),
  lockHeartbeat,
  answerTo(lockHeartbeat, emptyBody),
  timeRequest,
  timeAnswer,
];
