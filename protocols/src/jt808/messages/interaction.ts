import { bitTable } from '../../bytes.ts';
import {
  type Fields,
  flags,
  hex,
  type Kind,
  type Layout,
  layout,
  mapped,
  noted,
  restBytes,
  Unreadable,
  u8,
  u16,
} from '../../layout.ts';
import { followed, list, listToEnd } from '../../layout-lists.ts';
import type { Dialect } from '../dialects.ts';
import { type Location, locationOf, toPosition } from '../location.ts';
import { type Bodies, type Row, row, spoken } from '../row.ts';
import { shortString, sizedString, wholeList } from '../string.ts';
import type { Edition } from '../versions.ts';

/*
 * Texts, events, questions, information, the phone book and vehicle control. The event, question and information
 * messages have no body text in 2019, only an id; there they are read and written as in 2013.
 */

const display = { 2: 'display', 3: 'tts', 4: 'advertisingScreen' };
const displayNote = (more: string) => `display, tts = read aloud, ${more}`;

const textFlags: Readonly<Record<Edition, Kind<readonly string[]>>> = {
  '2011': noted(
    flags(bitTable(8, { 0: 'urgent', ...display })),
    displayNote('advertisingScreen, urgent'),
  ),
  '2013': noted(
    flags(bitTable(8, { 0: 'urgent', ...display, 5: 'canFault' })),
    displayNote('advertisingScreen, urgent, canFault = a CAN fault text instead of navigation'),
  ),
  '2019': noted(
    flags(
      bitTable(8, { 2: 'display', 3: 'tts', 5: 'canFault' }, [
        { shift: 0, mask: 3, names: ['', 'service', 'urgent', 'notice'] },
      ]),
    ),
    displayNote(
      'one of service, urgent and notice, canFault = a CAN fault text instead of navigation',
    ),
  ),
};
const TEXT_BYTES = 1024;
const text = (edition: Edition) =>
  layout({
    flags: textFlags[edition],
    ...(edition === '2019' ? { textType: noted(u8, '1 notice, 2 service') } : {}),
    text: noted(shortString(edition, TEXT_BYTES), `at most ${TEXT_BYTES} bytes`),
  });

const zero: Kind<number> = mapped<number, number>(
  u8,
  (value) => (value === 0 ? value : new Unreadable('items behind the action')),
  (value) => {
    if (value !== 0) throw new RangeError('only 0, delete all, has no items');
    return value;
  },
);
const deleteAll = layout({ action: noted(zero, '0 delete all') });

/** A set of things by an action; deleting all ends there. In 2011 a set may be cut into packages of its own. */
function set<N extends string>(
  name: N,
  actions: string,
  item: (edition: Edition) => Layout<object>,
): Bodies {
  const action = noted(u8, `0 delete all, 1 replace, 2 append, ${actions}`);
  const items = (edition: Edition) => item(edition).kind;
  const whole = layout({ action, [name]: list(1, items('2013')) });
  return {
    '2011': [
      deleteAll,
      layout({ action, [name]: wholeList(1, 1, items('2011')) }),
      layout({
        action,
        total: noted(u8, 'of all packages; given only where this is one of several'),
        [name]: list(1, items('2011')),
      }),
    ],
    '2013': [deleteAll, whole],
  };
}

const eventSet = set('events', '3 change, 4 delete the given ones', (edition) =>
  layout({ id: u8, text: sizedString(edition, 1) }),
);
const menuSet = set('items', '3 change', (edition) =>
  layout({ infoType: u8, name: sizedString(edition, 2) }),
);
const phoneBook = set('contacts', '3 change by contact', (edition) =>
  layout({
    flag: noted(u8, '1 incoming, 2 outgoing, 3 both'),
    phone: sizedString(edition, 1),
    name: sizedString(edition, 1),
  }),
);

const question = (edition: Edition) =>
  layout({
    flags: noted(
      flags(bitTable(8, { 0: 'urgent', 3: 'tts', 4: 'advertisingScreen' })),
      displayNote('advertisingScreen, urgent'),
    ),
    question: sizedString(edition, 1),
    answers: listToEnd(layout({ id: u8, text: sizedString(edition, 2) }).kind),
  });

const infoType = u8;
const service = layout({ infoType, text: sizedString('2013', 2) });
const service2011 = layout({
  infoType,
  totalLength: noted(u16, 'bytes of the text in all packages'),
  text: sizedString('2011', 2),
});

const callback = (edition: Edition) =>
  layout({
    flag: noted(u8, '0 call, 1 listen in'),
    phone: noted(shortString(edition, 20), 'at most 20 bytes'),
  });

/** The doors' sense was turned round in 2019: there they have a control of their own. */
const control2013 = layout({
  flags: noted(flags(bitTable(8, { 0: 'lockDoors' })), 'lockDoors: locks them, else unlocks them'),
});
const DOORS = 0x0001;
const doors = layout({ value: noted(u8, 'doors: 0 lock, 1 open') });
const vendorControl = layout({ data: noted(hex(restBytes), 'to the end: its width is not known') });
const control = followed<{ readonly type: number }, object>(
  layout({ type: noted(u16, '1 doors, 0xF001-0xFFFF vendor') }),
  ({ type }): Layout<object> => (type === DOORS ? doors : vendorControl),
  { ...doors.fields, ...vendorControl.fields },
);
const controls = layout({ controls: list(2, control.kind) });
/** A control whose width is not known hides those behind it. */
const unknownControls = layout({ count: u16, data: hex(restBytes) });

const controlAnswer = (dialect: Dialect) =>
  layout({ answeredSerial: u16, ...locationOf(dialect).fields });

const demand = layout({ infoType, action: noted(u8, '0 cancel, 1 demand') });
const eventReport = layout({ eventId: u8 });
const questionAnswer = layout({ answeredSerial: u16, answerId: u8 });

const each = (table: (edition: Edition) => Layout<Fields>): Bodies => ({
  '2011': [table('2011')],
  '2013': [table('2013')],
  '2019': [table('2019')],
});
/** The texts of 2011 and 2013 only. */
const until2019 = ({ '2011': first, '2013': second }: Bodies): Bodies => ({
  ...(first === undefined ? {} : { '2011': first }),
  ...(second === undefined ? {} : { '2013': second }),
});
const both = (table: Layout<Fields>): Bodies => ({ '2011': [table], '2013': [table] });

const command = (bodies: Bodies): Pick<Row, 'intent' | 'bodies' | 'answer'> => ({
  intent: 'query',
  bodies,
  answer: 'general',
});

/** Messages to and from the driver, and vehicle control. @see the wire reference, sections 7.1 and 7.2 */
export const interactionMessages: readonly Row[] = [
  row(0x8300, 'text', 'text information delivery', command(each(text))),
  row(0x8301, 'setEvents', 'event setting', command(eventSet)),
  row(0x0301, 'eventReport', 'event report', {
    intent: 'report',
    bodies: both(eventReport),
    answer: 'general',
  }),
  row(0x8302, 'question', 'question delivery', command(until2019(each(question)))),
  row(0x0302, 'questionAnswer', 'question answer', {
    intent: 'answer',
    bodies: both(questionAnswer),
    answer: 'general',
  }),
  row(0x8303, 'setInfoMenu', 'information demand menu setting', command(menuSet)),
  row(0x0303, 'infoDemand', 'information demand or cancellation', {
    intent: 'report',
    bodies: both(demand),
    answer: 'general',
  }),
  row(
    0x8304,
    'infoService',
    'information service',
    command({ '2011': [service2011], '2013': [service] }),
  ),
  row(0x8400, 'phoneCallback', 'phone call-back', command(each(callback))),
  row(
    0x8401,
    'setPhoneBook',
    'phone book setting',
    command({ ...phoneBook, '2019': phoneBook['2013'] ?? [] }),
  ),
  row(
    0x8500,
    'vehicleControl',
    'vehicle control',
    command({ ...both(control2013), '2019': [controls, unknownControls] }),
  ),
  row(0x0500, 'vehicleControlAnswer', 'vehicle control answer', {
    intent: 'answer',
    ...spoken((dialect) => [controlAnswer(dialect)]),
    positions: (fields, receipt) => [toPosition(fields as unknown as Location, receipt, false)],
    answer: 'none',
  }),
];
