import { layout, noted, u8, u16 } from '../../layout.ts';
import { listToEnd } from '../../layout-lists.ts';
import { counted } from '../counted.ts';
import { idKind, parameterItems } from '../parameter-items.ts';
import { type Row, row, same } from '../row.ts';
import type { Edition } from '../versions.ts';

const count = { count: noted(u8, 'as sent; not trusted') };
/** The text of 2011 counts twice. */
const counts2011 = {
  total: noted(u8, 'parameters in all; as sent, not trusted'),
  packageCount: noted(u8, 'parameters in this package; as sent, not trusted'),
};
const head = { answeredSerial: u16 };

const setting = (edition: Edition) =>
  counted({}, count, 'parameters', parameterItems(edition, true));
const setting2011 = (edition: Edition, needed: readonly string[] = []) =>
  counted({}, counts2011, 'parameters', parameterItems(edition, true), needed);
const answer = (edition: Edition, needed: readonly string[] = []) =>
  counted(head, count, 'parameters', parameterItems(edition, false), needed);
const answer2011 = (edition: Edition, needed: readonly string[] = []) =>
  counted(head, counts2011, 'parameters', parameterItems(edition, false), needed);

/**
 * Headers do not tell 2011 from 2013: a body that one of them does not explain to its last byte is read as the other,
 * and one that neither explains as what the terminal is taken for.
 */
const settings = (edition: '2013' | '2019') => [
  setting(edition),
  setting2011(edition, ['total']),
  setting(edition),
];
const answers = (edition: '2013' | '2019') => [
  answer(edition),
  answer2011(edition, ['total']),
  answer(edition),
];

/** Parameters. @see the wire reference, sections 5.5 and 9 */
export const parameterMessages: readonly Row[] = [
  row(0x0104, 'parametersAnswer', 'query terminal parameters answer', {
    intent: 'answer',
    bodies: {
      '2011': [answer2011('2011'), answer('2011', ['count']), answer2011('2011')],
      '2013': answers('2013'),
      '2019': answers('2019'),
    },
    answer: 'none',
  }),
  row(0x8103, 'setParameters', 'set terminal parameters', {
    intent: 'query',
    bodies: {
      '2011': [setting2011('2011')],
      '2013': settings('2013'),
      '2019': settings('2019'),
    },
    answer: 'general',
  }),
  row(0x8104, 'queryParameters', 'query terminal parameters', {
    intent: 'query',
    bodies: same(layout({})),
    answer: 'none',
  }),
  row(0x8106, 'queryGivenParameters', 'query given terminal parameters', {
    intent: 'query',
    bodies: same(counted({}, count, 'ids', listToEnd(idKind)), '2013', '2019'),
    answer: 'none',
  }),
];
