import { hexId } from '../bytes.ts';
import type { Fields } from '../layout.ts';
import type { Intent, MessageRow } from '../protocol.ts';
import { type Body, emptyBody } from './body.ts';

/**
 * What the device waits for. @see gt06.md section 3.1
 * - `bare`: its own type and serial, nothing else
 * - `bareIfLong`: the same in the long form, to what came in the long form
 * - `login`: `bare`, or the date and time for the models that want it
 * - `time`: the date and time
 * - `card`: whether the card could be read
 * - `module`: `bare` in the long form, where module 1000 asks for it
 * - `file`: that the part arrived, for the models that want it
 * - `position`: `bare`, for the models that repeat their positions otherwise
 */
export type Answer =
  | 'none'
  | 'bare'
  | 'bareIfLong'
  | 'login'
  | 'time'
  | 'card'
  | 'module'
  | 'file'
  | 'position';

/** What makes positions of the fields: a GPS block, what was heard without one, modules, or a state that changed. */
export type Place = 'gps' | 'radio' | 'modules' | 'state';

/** One row = one message, read for both directions. */
export interface Row extends MessageRow {
  readonly type: number;
  readonly intent: Intent;
  readonly body: Body;
  readonly place: Place | null;
  readonly answer: Answer;
  /** Nearly all traffic: its position is read without its fields. @see report.ts */
  readonly isShort: boolean;
  /** The header it is written with even where the short one would do; the other is read all the same. */
  readonly isLong: boolean;
  /** A type whose content is another in the long form: this row is for that form alone. @see gt06.md section 6.5 */
  readonly onlyLong: boolean;
  /** Names of fields nobody may keep; undefined where there are never any. */
  readonly sensitive: ((fields: Fields) => readonly string[]) | undefined;
}

/** What most rows need not say. */
export interface Traits {
  readonly intent?: Intent;
  readonly place?: Place;
  readonly answer?: Answer;
  readonly isShort?: boolean;
  readonly isLong?: boolean;
  readonly onlyLong?: boolean;
  readonly sensitive?: Row['sensitive'];
}

function row(
  direction: Row['direction'],
  type: number,
  name: string,
  clause: string,
  body: Body,
  traits: Traits,
): Row {
  return {
    ...{ type, id: hexId(type, 2), name, direction, clause: `GT06 ${clause}`, body },
    ...{
      intent: 'report',
      place: null,
      answer: 'none',
      isShort: false,
      isLong: false,
      onlyLong: false,
    },
    sensitive: undefined,
    ...traits,
  };
}

/** From the device; a report unless it says otherwise. */
export const up = (
  type: number,
  name: string,
  clause: string,
  body: Body,
  traits: Traits = {},
): Row => row('up', type, name, clause, body, traits);

/** To the device. */
export const down = (
  type: number,
  name: string,
  clause: string,
  body: Body,
  traits: Traits = {},
): Row => row('down', type, name, clause, body, traits);

/** The answer to a row, which shares its type. */
export const answerTo = (asked: Row, body: Body = emptyBody, traits: Traits = {}): Row =>
  down(asked.type, `${asked.name}Answer`, 'section 3.1', body, { intent: 'answer', ...traits });
