/*
 * Names of attachment files come from outside and become names of files here.
 * @see T/JSATL 12-2017, naming of files
 */

/** Longer names are cut. */
const MAX_CHARACTERS = 120;
const UNNAMED = 'unnamed';

/** What a name says by the text; all of it in the digits of the name. */
export interface AttachmentNameParts {
  /** 00 picture, 01 audio, 02 video, 03 text, 04 other. */
  readonly type: string;
  /** 0-37 a channel, 64 ADAS, 65 DSM; 0 none. */
  readonly channel: string;
  /** Device (`64` ADAS, `65` DSM, `66` TPMS, `67` BSD) and type of the alarm, hexadecimal: `6401`. */
  readonly alarm: string;
  /** Of the file among those of the same type and alarm. */
  readonly index: number;
  /** By which the platform knows the alarm. */
  readonly alarmNumber: string;
  readonly extension: string;
}

/**
 * A name that is safe as one of a file: letters, digits, `_`, `-` and dots that do not lead; never empty, never a path.
 * Different names may come out the same.
 */
export function safeAttachmentName(name: string): string {
  const kept = name.replace(/[^A-Za-z0-9_.-]/g, '').replace(/^[.-]+/, '');
  return kept === '' ? UNNAMED : kept.slice(0, MAX_CHARACTERS);
}

const FORM =
  /^(\d{2})_(\d{1,2})_([0-9A-Fa-f]{1,4})_(\d{1,5})_([A-Za-z0-9-]{1,64})\.([A-Za-z0-9]{1,8})$/;

/** The parts of `<type>_<channel>_<alarm>_<index>_<alarm number>.<extension>`; null for any other name. */
export function attachmentNameParts(name: string): AttachmentNameParts | null {
  const [, type, channel, alarm, index, alarmNumber, extension] = FORM.exec(name) ?? [];
  if (type === undefined || channel === undefined || alarm === undefined) return null;
  if (alarmNumber === undefined || extension === undefined) return null;
  return { type, channel, alarm, index: Number(index), alarmNumber, extension };
}
