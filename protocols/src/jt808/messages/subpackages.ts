import { layout, noted, u16 } from '../../layout.ts';
import { list } from '../../layout-lists.ts';
import { type Row, row } from '../row.ts';

const again = (count: 1 | 2) =>
  layout({
    originalSerial: noted(u16, 'serial of the first part of the original message'),
    ids: noted(list(count, u16), 'parts to be sent again, from 1'),
  });
// Libraries disagree on the width of the count, so whatever consumes the body exactly is read. With bytes behind it
// the width is that of the edition, which is also the one that is written.
const byteCount = again(1);
const wordCount = again(2);

/** Asking for parts again. @see the wire reference, section 2.7 */
export const subpackageMessages: readonly Row[] = [
  row(0x0005, 'terminalRetransmit', 'terminal sub-package retransmission request', {
    intent: 'query',
    bodies: { '2019': [wordCount, byteCount, again(2)] },
    answer: 'general',
  }),
  row(0x8003, 'platformRetransmit', 'server sub-package retransmission request', {
    intent: 'query',
    bodies: { '2013': [byteCount, wordCount, again(1)], '2019': [wordCount, byteCount, again(2)] },
    answer: 'general',
  }),
];
