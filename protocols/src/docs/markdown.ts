/** One row of cells; bars and line ends inside are made harmless. */
const line = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replace(/\n/g, ' ').replace(/\|/g, '\\|')).join(' | ')} |`;

/** A table, or nothing when it would have no rows. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  if (rows.length === 0) return '';
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''].join('\n');
}

/** Code in running text. */
export const code = (text: string): string => `\`${text}\``;

/** What holds as a mark, what does not as nothing. */
export const mark = (holds: boolean): string => (holds ? '✓' : '');
