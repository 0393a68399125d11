import { serveGroups } from './group-server.ts';

/*
 * What no server that keeps its promise can beat: says what it hears, one append and one `fdatasync` a group before
 * that. The yardstick is measured against it: `node echo.js FILE` prints {"ready":true,"jt808":PORT}.
 */
serveGroups(process.argv[2] ?? 'echo.journal', () => ({ hear: (chunk) => chunk }));
