import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { docsPage, type OwnVector } from './page.ts';

/*
 * Writes docs/protocols.md. Run from the built tree, whose vectors stand in the sources.
 */

const ROOT = new URL('../../../', import.meta.url);

function vectorsOf(protocol: 'jt808' | 'gt06' | 'mqtt'): readonly OwnVector[] {
  const folder = new URL(`protocols/src/${protocol}/`, ROOT);
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /(^|[/\\])vectors([/\\].*)?\.json$/.test(file))
    .sort()
    .flatMap((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as OwnVector[]);
}

/** The page as the tables and vectors of this tree give it. */
export const freshPage = (): string =>
  docsPage({ jt808: vectorsOf('jt808'), gt06: vectorsOf('gt06'), mqtt: vectorsOf('mqtt') });

/** Where the page is kept. */
export const PAGE = new URL('docs/protocols.md', ROOT);

if (import.meta.url === new URL(`file://${process.argv[1]}`).href) {
  writeFileSync(PAGE, freshPage());
  process.stdout.write('docs/protocols.md written\n');
}
