import { serveGroups } from './group-server.ts';
import { YardstickHearer } from './yardstick-hearer.ts';

/*
 * The bare yardstick: frames JT/T 808, verifies the checksum, appends the frames of a group to a file, one
 * `fdatasync`, and answers 0x8001. No decoding, no identity, no store. What the gateway is measured against in
 * the same run: `node yardstick.js FILE` prints {"ready":true,"jt808":PORT}.
 */
serveGroups(process.argv[2] ?? 'yardstick.journal', () => new YardstickHearer());
