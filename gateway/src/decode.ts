import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { protocols } from '@xunji/protocols';
import { DECODE_AUTH_CODE, LineDecoder, modelNamed } from './decode-lines.ts';

const USAGE = `usage: npm run -s decode -- --protocol ${protocols.map((p) => p.name).join('|')} [--lenient] [--model NAME]

Reads one hex string a line from standard input as the successive chunks of one connection and prints one JSON line
for each: {"messages":[…],"faults":[…]}. Our serials start at 0, a register gets the auth code ${DECODE_AUTH_CODE}.
--lenient takes the faults of frames that devices are known for: wrong checksums and lengths.
--model reads by the profile of a device model, vendor items and bits included:
${protocols.map((p) => `  ${p.name}: ${p.models.map((m) => m.name).join(', ')}`).join('\n')}
`;

function options() {
  try {
    const { values } = parseArgs({
      options: {
        protocol: { type: 'string' },
        lenient: { type: 'boolean', default: false },
        model: { type: 'string' },
      },
    });
    const protocol = protocols.find((one) => one.name === values.protocol);
    return protocol === undefined ? null : { ...values, protocol };
  } catch {
    // An unknown option is answered like a missing one: with the usage.
    return null;
  }
}

const given = options();
if (given === null) {
  process.stderr.write(USAGE);
  process.exit(2);
}
const { model: asked } = given;
const model = asked === undefined ? null : modelNamed(given.protocol, asked);
if (model === undefined) {
  const known = given.protocol.models.map(({ name, note }) => `  ${name}: ${note}\n`).join('');
  process.stderr.write(`${given.protocol.name} has no model ${asked}; known are\n${known}`);
  process.exit(2);
}
// A reader that has seen enough ends us, as it should.
process.stdout.on('error', () => process.exit(0));
const decoder = new LineDecoder(given.protocol, { lenient: given.lenient, model });
for await (const line of createInterface({
  input: process.stdin,
  crlfDelay: Number.POSITIVE_INFINITY,
})) {
  const shown = JSON.stringify(decoder.decode(line, Date.now()));
  if (!process.stdout.write(`${shown}\n`)) await once(process.stdout, 'drain');
}
