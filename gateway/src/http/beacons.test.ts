import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beaconIdentity } from '../records/beacons.ts';
import { startWeb, type Web } from './web.test-support.ts';

let web: Web;
beforeAll(async () => {
  web = await startWeb();
});
afterAll(() => web.close());
const admin = (method: string, path: string, body?: unknown, rev?: number) =>
  web.ask('admin', method, path, body, rev === undefined ? {} : { 'if-match': String(rev) });

describe('listeners and fixed beacons', () => {
  const draft = { identity: 'AC:23:3F:C0:01:EA', name: '一车间', latitude: 31.2, longitude: 121.5 };

  it('are entered in any spelling, replaced whole, listed and forgotten', async () => {
    const made = await admin('POST', 'beacons', draft);
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      ...{ ...draft, identity: 'ac233fc001ea', radiusM: 15, floor: null, rev: 1 },
    });
    expect((await admin('POST', 'beacons', draft)).body).toMatchObject({ code: 'exists' });
    const path = `beacons/${made.body.id}`;
    const moved = { ...draft, name: '二车间', floor: '2', radiusM: 8 };
    expect((await admin('PUT', path, moved, 7)).status).toBe(409);
    const replaced = await admin('PUT', path, moved, 1);
    expect(replaced.body).toMatchObject({ name: '二车间', floor: '2', radiusM: 8, rev: 2 });
    expect((await web.ask('dispatcher', 'GET', 'beacons')).body.items).toEqual([replaced.body]);
    expect((await web.ask('dispatcher', 'POST', 'beacons', draft)).status).toBe(403);
    expect((await admin('DELETE', path, undefined, 2)).status).toBe(204);
    expect((await admin('GET', path)).status).toBe(404);
    // Its identity is free again.
    expect((await admin('POST', 'beacons', draft)).status).toBe(201);
  });

  it.each([
    ['latitude', { latitude: 91 }],
    ['radiusM', { radiusM: 0 }],
    ['identity', { identity: 'a b' }],
    ['identity', { identity: '' }],
  ])('with a bad %s are refused', async (path, over) => {
    const answer = await admin('POST', 'beacons', { ...draft, ...over });
    expect(answer.body.errors.map((e: { path: string }) => e.path)).toContain(path);
  });

  it.each([
    ['AC-23-3F-C0-01-EA', 'ac233fc001ea'],
    ['B9A5D27D-56CC-4E3A-AB51-1F2153BCB967-01-17710', 'b9a5d27d56cc4e3aab511f2153bcb967-1-17710'],
    ['b9a5d27d56cc4e3aab511f2153bcb967:1:2', 'b9a5d27d56cc4e3aab511f2153bcb967-1-2'],
    ['B9A5D27D56CC4E3AAB511F2153BCB967', 'b9a5d27d56cc4e3aab511f2153bcb967'],
    ['hall.2', 'hall.2'],
    ['b9a5d27d56cc4e3aab511f2153bcb967-1-65536', 'b9a5d27d56cc4e3aab511f2153bcb967-1-65536'],
    ['hall/2', null],
  ])('%s is known as %s', (text, identity) => {
    expect(beaconIdentity(text)).toBe(identity);
  });
});

describe('the password of an MQTT device', () => {
  it('is set and taken away by admins, of devices that are known, and shown to nobody', async () => {
    const path = 'devices/badge-7/mqtt-password';
    const body = { password: 'correct horse battery' };
    expect((await admin('PUT', path, body)).status).toBe(404);
    await admin('POST', 'devices', { id: 'badge-7', protocol: 'mqtt' });
    expect((await web.ask('dispatcher', 'PUT', path, body)).status).toBe(403);
    expect((await admin('PUT', path, { password: 'short' })).status).toBe(400);
    const set = await admin('PUT', path, body);
    expect([set.status, set.text]).toEqual([204, '']);
    expect(await web.mqttPasswords.check('badge-7', body.password)).toBe('right');
    expect((await admin('GET', path)).body).toEqual({ isSet: true });
    expect((await admin('GET', 'devices/badge-7')).text).not.toMatch(/password|argon2/);
    expect((await admin('DELETE', path)).status).toBe(204);
    expect((await admin('GET', path)).body).toEqual({ isSet: false });
    expect(await web.mqttPasswords.check('badge-7', body.password)).toBe('none');
  });
});
