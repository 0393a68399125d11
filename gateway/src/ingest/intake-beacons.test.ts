import type { Message } from '@xunji/protocols';
import { decodeMqtt } from '@xunji/protocols';
import { describe, expect, it } from 'vitest';
import { NearestBeacons } from '../beacons/nearest.ts';
import { createMetrics } from '../metrics.ts';
import { Gate } from './gate.ts';
import { Intake } from './intake.ts';
import { PlainRegistry, SlowJournal } from './messages.test-support.ts';
import { type Session, Sessions } from './session.ts';

const T = 1_795_404_000_000;
const BADGE = 'ac233fa018e3';
const hall = { id: '1', name: 'hall', latitude: 31.2, longitude: 121.5, radiusM: 12 };

/** An intake that knows one gateway in a hall and one badge. */
function house() {
  const journal = new SlowJournal();
  const registry = new PlainRegistry();
  for (const id of ['gw-hall', 'gw-yard', BADGE, 'badge-7']) registry.admissions.set(id, 'known');
  const sessions = new Sessions(1);
  const metrics = createMetrics();
  const nearest = new NearestBeacons({
    places: {
      placeOf: (name) => {
        if (name === 'yard') return { ...hall, id: '2', name, latitude: 31.204 };
        return name === 'hall' || name === 'b0b0b0b0b0b0' ? hall : undefined;
      },
    },
    isDevice: ({ id }) => registry.find({ id })?.admission === 'known',
    onSighting: () => undefined,
  });
  const intake = new Intake({
    ...{ journal, sessions, metrics, nearest, gate: new Gate(registry, 'known') },
    ...{ liveMaxAgeMs: 300_000, onFault: () => undefined },
  });
  const open = () => sessions.open({ transport: 'mqtt', remote: '', close: () => undefined });
  const take = async (session: Session, topic: string, payload: unknown, at: number) => {
    const bytes = Buffer.from(JSON.stringify(payload));
    const message = decodeMqtt(topic, bytes, at, { retain: false }) as Message;
    const done = intake.receive(session, [message], at, null);
    while (journal.pending > 0) journal.sync();
    await done;
  };
  const sweep = async (at: number) => {
    let isDone = false;
    const done = intake.sweepBeacons(at).then(() => {
      isDone = true;
    });
    while (!isDone) {
      while (journal.pending > 0) journal.sync();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await done;
  };
  const told = () =>
    journal.entries.map((e) =>
      e.kind === 'message'
        ? `${e.name} ${e.device.id}`
        : e.kind === 'position'
          ? `at ${e.position.extras['zone']} ${e.device.id}`
          : e.kind,
    );
  return { intake, sessions, open, take, sweep, told, journal };
}
const scan = [{ beacon: BADGE, rssi: -60 }];

describe('a badge that gateways hear', () => {
  it('is there with its first place, durable with the scan that told it, and gone a minute after the last', async () => {
    const { open, take, sweep, told, journal } = house();
    const gateway = open();
    for (const at of [T, T + 3000, T + 10_000])
      await take(gateway, 'trk/v1/gw/hall/scan', scan, at);
    expect(told()).toEqual([
      ...['connected gw-hall', 'gatewayScan gw-hall', 'gatewayScan gw-hall', 'gatewayScan gw-hall'],
      ...[`connected ${BADGE}`, `at hall ${BADGE}`],
    ]);
    expect(journal.entries.at(-1)).toMatchObject({ late: false, receivedTime: T + 10_000 });
    await sweep(T + 70_000);
    await sweep(T + 70_001);
    // One sighting is enough for where it already was.
    expect(told().slice(6)).toEqual([
      ...[`at hall ${BADGE}`, `beaconLost ${BADGE}`, `disconnected ${BADGE}`],
    ]);
    await sweep(T + 200_000);
    expect(told()).toHaveLength(9);
  });

  it('keeps its own connection, which it may have at the same time', async () => {
    const { open, take, sweep, told, sessions } = house();
    const [gateway, badge] = [open(), open()];
    await take(badge, `trk/v1/${BADGE}/state`, { online: true }, T);
    for (const at of [T, T + 3000]) await take(gateway, 'trk/v1/gw/hall/scan', scan, at);
    await sweep(T + 11_000);
    expect(sessions.of({ protocol: 'mqtt', id: BADGE })).toBe(badge);
    expect(told().filter((one) => one.includes('connected'))).toEqual([
      ...[`connected ${BADGE}`, 'connected gw-hall'],
    ]);
    await sweep(T + 100_000);
    expect(told().at(-1)).toBe(`beaconLost ${BADGE}`);
    expect(sessions.of({ protocol: 'mqtt', id: BADGE })).toBe(badge);
  });

  it('that is strong at two places far apart is two badges, and somebody is told', async () => {
    const { open, take, told, journal } = house();
    const gateways = [open(), open()] as const;
    for (const at of [T, T + 3000, T + 10_000]) {
      await take(gateways[0], 'trk/v1/gw/hall/scan', [{ beacon: BADGE, rssi: -50 }], at);
      await take(gateways[1], 'trk/v1/gw/yard/scan', [{ beacon: BADGE, rssi: -51 }], at);
    }
    expect(told().filter((one) => one.includes('Flapping'))).toEqual([`identityFlapping ${BADGE}`]);
    const noted = journal.entries.find((e) => e.kind === 'message' && /Flapping/.test(e.name));
    expect(noted).toMatchObject({ fields: { zones: ['hall', 'yard'], distanceM: 445 } });
  });

  it('is gone when nobody listens any more', async () => {
    const { intake, open, take, told, journal } = house();
    const gateway = open();
    for (const at of [T, T + 3000, T + 10_000])
      await take(gateway, 'trk/v1/gw/hall/scan', scan, at);
    const left = intake.leaveHeard(T + 11_000);
    while (journal.pending > 0) journal.sync();
    await left;
    expect(told().at(-1)).toBe(`disconnected ${BADGE}`);
  });

  it('takes over when it connects by itself', async () => {
    const { open, take, sweep, told, sessions } = house();
    const gateway = open();
    for (const at of [T, T + 3000, T + 10_000])
      await take(gateway, 'trk/v1/gw/hall/scan', scan, at);
    const badge = open();
    await take(badge, `trk/v1/${BADGE}/state`, { online: true }, T + 11_000);
    expect(sessions.of({ protocol: 'mqtt', id: BADGE })).toBe(badge);
    await sweep(T + 100_000);
    expect(told().filter((one) => one.startsWith('disconnected'))).toEqual([]);
  });
});

describe('a badge that hears beacons', () => {
  it('is said where it was, and not to be there, after it has left', async () => {
    const { intake, open, take, sweep, told, journal } = house();
    const badge = open();
    const heard = [{ beacon: 'b0b0b0b0b0b0', rssi: -60 }];
    for (const at of [T, T + 3000]) await take(badge, 'trk/v1/badge-7/beacon', heard, at);
    const gone = intake.closed(badge, T + 4000);
    while (journal.pending > 0) journal.sync();
    await gone;
    await sweep(T + 40_000);
    await sweep(T + 90_000);
    expect(told()).toEqual([
      ...['connected badge-7', 'beacon badge-7', 'beacon badge-7', 'disconnected badge-7'],
      ...['at hall badge-7', 'beaconLost badge-7'],
    ]);
  });
});
