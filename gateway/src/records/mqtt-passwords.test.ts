import { describe, expect, it } from 'vitest';
import { openDatabase } from './database.ts';
import { MqttPasswords } from './mqtt-passwords.ts';

async function book() {
  const db = await openDatabase(':memory:');
  const clock = { at: 0 };
  const open = () =>
    MqttPasswords.open({ db, now: () => 1_795_404_000_000, monotonic: () => clock.at });
  return { db, clock, open, passwords: await open() };
}

describe('passwords of MQTT devices', () => {
  it('are kept as argon2id, and known again at the next start', async () => {
    const { db, open, passwords } = await book();
    await passwords.set('badge-7', 'short one');
    await passwords.set('badge-8', 'sixteen or more!');
    const rows = await db.selectFrom('mqtt_passwords').selectAll().orderBy('device').execute();
    expect(rows.map(({ hash }) => hash.slice(0, 25))).toEqual([
      expect.stringMatching(/^\$argon2id\$v=19\$m=19456/),
      expect.stringMatching(/^\$argon2id\$v=19\$m=4096/),
    ]);
    const again = await open();
    expect(await again.check('badge-7', 'short one')).toBe('right');
    expect(await again.check('badge-8', 'sixteen or more!')).toBe('right');
    expect(await again.check('badge-8', 'short one')).toBe('wrong');
    expect(await again.check('badge-9', 'x')).toBe('none');
    expect([again.isSet('badge-7'), again.isSet('badge-9')]).toEqual([true, false]);
    await db.destroy();
  });

  it('of a phone let its user in, and nobody whose name only begins like his', async () => {
    const { db, passwords } = await book();
    await passwords.set('ot-alice-phone', 'of the phone');
    expect(await passwords.check('alice', 'of the phone')).toBe('right');
    expect(await passwords.check('alice', 'x')).toBe('wrong');
    expect(await passwords.check('ali', 'of the phone')).toBe('none');
    await db.destroy();
  });

  it('are remembered for ten minutes, until one is changed', async () => {
    const { db, clock, passwords } = await book();
    await passwords.set('badge-7', 'the first password');
    expect(await passwords.check('badge-7', 'the first password')).toBe('right');
    await passwords.set('badge-7', 'the second password');
    expect(await passwords.check('badge-7', 'the first password')).toBe('wrong');
    expect(await passwords.check('badge-7', 'the second password')).toBe('right');
    clock.at = 600_001;
    expect(await passwords.check('badge-7', 'the second password')).toBe('right');
    await passwords.set('badge-7', null);
    expect(await passwords.check('badge-7', 'the second password')).toBe('none');
    await db.destroy();
  });
});
