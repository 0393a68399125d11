import { describe, expect, it } from 'vitest';
import { Sessions } from './session.ts';

const truck = { protocol: 'jt808', id: '13912345678' } as const;
const namesake = { protocol: 'mqtt', id: '13912345678' } as const;

function open(sessions: Sessions) {
  const closed: string[] = [];
  const session = sessions.open({
    ...{ transport: 'tcp', remote: '127.0.0.1' },
    close: (reason) => closed.push(reason),
  });
  return { session, closed };
}

describe('sessions', () => {
  it('count connections upwards from the number of this life', () => {
    const sessions = new Sessions(1000);
    expect(open(sessions).session.epoch).toBe(1000);
    expect(open(sessions).session.epoch).toBe(1001);
    expect(sessions.size).toBe(2);
  });

  it('let the newest connection of a device win, and its loser mark nothing offline', () => {
    const sessions = new Sessions(1);
    const old = open(sessions);
    const young = open(sessions);
    expect(sessions.bind(old.session, truck)).toEqual({ online: true, left: null });
    expect(sessions.bind(young.session, truck)).toEqual({ online: false, left: null });
    expect(old.closed).toEqual(['superseded']);
    expect(young.closed).toEqual([]);
    expect(sessions.close(old.session)).toBe(false);
    expect(sessions.close(young.session)).toBe(true);
    expect(sessions.size).toBe(0);
  });

  it('bind the same device again without saying anything', () => {
    const sessions = new Sessions(1);
    const { session } = open(sessions);
    sessions.bind(session, truck);
    expect(sessions.bind(session, truck)).toEqual({ online: false, left: null });
  });

  it('never take the same id in another family for the same device', () => {
    const sessions = new Sessions(1);
    const vehicle = open(sessions);
    sessions.bind(vehicle.session, truck);
    expect(sessions.bind(open(sessions).session, namesake)).toEqual({ online: true, left: null });
    expect(vehicle.closed).toEqual([]);
  });

  it('tell which device a connection left for another', () => {
    const sessions = new Sessions(1);
    const { session } = open(sessions);
    sessions.bind(session, truck);
    const other = { protocol: 'jt808', id: '13900000001' } as const;
    expect(sessions.bind(session, other)).toEqual({ online: true, left: truck });
    expect(sessions.bind(open(sessions).session, truck).online).toBe(true);
  });

  it('close a connection that never said who it is', () => {
    const sessions = new Sessions(1);
    expect(sessions.close(open(sessions).session)).toBe(false);
  });

  it('close every connection with the reason', () => {
    const sessions = new Sessions(1);
    const all = [open(sessions), open(sessions)];
    sessions.closeAll('stopping');
    expect(all.map(({ closed }) => closed)).toEqual([['stopping'], ['stopping']]);
  });
});
