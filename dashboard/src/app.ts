import type { Alarm, BaseMap, Fence, Severity } from '@xunji/gateway/wire';
import { createContext, useContext } from 'react';
import { io } from 'socket.io-client';
import { type Announcement, createAnnouncer } from './alarms/announce.ts';
import { Api } from './api.ts';
import { AlarmBook } from './live/alarm-book.ts';
import { type Back, backAfter } from './live/back.ts';
import type { DeviceState } from './live/device-state.ts';
import { Fleet, keyOf } from './live/fleet.ts';
import type { PanelTab } from './live/panel.ts';
import { LiveClient, type LiveSocket } from './live/socket.ts';
import type { MapSources, MapView, MapViewport } from './map/map-view.ts';
import { createStanding, mayOpen, type Standing } from './session.ts';
import { ToneSchedule } from './sound/schedule.ts';
import { Tones } from './sound/tones.ts';
import { createState, type State } from './state.ts';
import { setTimeZone } from './text/text.ts';
import { createTopic, type Topic } from './topic.ts';

/** What the user has chosen to look at. */
export interface Look {
  /** Device key. */
  readonly selected: string | null;
  readonly follow: boolean;
  /** The tab of the right panel; null: whatever there is to see, see `tabShown`. */
  readonly panel: PanelTab | null;
  readonly panelOpen: boolean;
  /** The bottom sheet of narrow screens. */
  readonly sheet: 'list' | 'panel' | null;
  /** The alarm the keys act on. */
  readonly alarm: string | null;
  readonly search: string;
  readonly states: readonly DeviceState[];
  /** How the map lies; null before it has said so. */
  readonly view: MapViewport | null;
}

/** What the bar above the screen says of the connection and the gateway. */
export interface Health {
  /** After a break, until it has been read. */
  readonly back: Back | null;
  /** Codes of what is degraded, with their value. */
  readonly notices: readonly { readonly code: string; readonly value: number }[];
  /** Another version of the gateway answers. */
  readonly outdated: boolean;
}

/** What is loaded over REST and kept. */
export interface Shelf {
  /** Null until loaded. */
  readonly fences: readonly Fence[] | null;
  readonly baseMaps: readonly BaseMap[];
  readonly failed: boolean;
}

/** Everything the screens share, made once for the life of the page. */
export interface App {
  readonly api: Api;
  readonly standing: State<Standing>;
  readonly fleet: Fleet;
  readonly alarms: AlarmBook;
  readonly live: LiveClient;
  readonly look: State<Look>;
  readonly health: State<Health>;
  readonly shelf: State<Shelf>;
  readonly tones: Tones;
  readonly schedule: ToneSchedule;
  readonly announcement: State<Announcement>;
  /** Told once a second. */
  readonly second: Topic;
  readonly map: MapSources;
  /** The main map while one is on screen. */
  readonly view: { current: MapView | null };
  /** The server's clock, ms UTC. */
  readonly now: () => number;
  readonly loadFences: () => Promise<void>;
  /** Takes a session that has just begun or was found. */
  readonly enter: (session: NonNullable<Standing['session']>) => void;
  /** Acknowledges; resolves with null when done, else with the code of the refusal. */
  readonly acknowledge: (alarm: Alarm, note?: string) => Promise<Refused | null>;
}

/** Why an acknowledgement was not taken, and the alarm as it stands where the server said. */
export interface Refused {
  readonly code: string;
  readonly alarm: Alarm | null;
}

/** A fleet up to this size is followed whole; a larger one by what the map shows. */
export const FOLLOW_ALL = 3_000;

/** How long alarms gather for one tone, ms. */
const GATHER_MS = 100;

const Context = createContext<App | null>(null);
/** Hands the app to every component within. */
export const AppProvider = Context.Provider;
/** What the screens share. */
export const useApp = (): App => {
  const app = useContext(Context);
  if (app === null) throw new Error('no app around this component');
  return app;
};

/** Builds the stores and the live connection and joins them; nothing is asked of the server yet. */
export const createApp = (): App => {
  const fleet = new Fleet();
  const alarms = new AlarmBook();
  const tones = new Tones();
  const schedule = new ToneSchedule();
  const standing = createStanding();
  const look = createState<Look>({
    selected: null,
    follow: false,
    panel: null,
    panelOpen: true,
    sheet: null,
    alarm: null,
    search: '',
    states: [],
    view: null,
  });
  const health = createState<Health>({ back: null, notices: [], outdated: false });
  const shelf = createState<Shelf>({ fences: null, baseMaps: [], failed: false });
  const second = createTopic();
  const expire = (): void => {
    if (standing.get().kind === 'in') standing.set({ expired: true });
  };
  const api = new Api({ fetch: window.fetch.bind(window), onExpired: expire });
  const announcer = createAnnouncer({ schedule, fleet, now: () => live.now() });

  let build: string | null = null;
  let missed = 0;
  /** Changes that came while the list of open alarms was under way: the list may be older than they are. */
  let meanwhile: Parameters<AlarmBook['apply']>[] | null = null;

  const loadDevices = async (boot: string): Promise<void> => {
    fleet.awaitDevices();
    const list = await api.devices();
    // The gateway restarted meanwhile: the next hello asks again.
    if (list.boot !== boot) return;
    fleet.setDevices(list.devices);
    followDevices();
  };
  const loadAlarms = async (): Promise<void> => {
    meanwhile = [];
    try {
      const [open, recent] = await Promise.all([api.openAlarms(), api.recentAlarms()]);
      const listed = new Map([...recent, ...open].map((a) => [a.id, a]));
      alarms.setOpen([...listed.values()]);
      for (const change of meanwhile) alarms.apply(...change);
    } finally {
      meanwhile = null;
    }
  };
  const loadFences = async (): Promise<void> => {
    try {
      const [fences, baseMaps] = await Promise.all([api.fences(), api.baseMaps()]);
      shelf.set({ fences, baseMaps, failed: false });
    } catch {
      // Shown by whoever needs the fences, with a button to ask again.
      shelf.set({ failed: true });
    }
  };
  const retrying = (load: () => Promise<void>): void => {
    const life = live.state;
    load().catch(() => {
      // While the connection lasts the same question is asked again; after a break the next hello asks it.
      setTimeout(() => {
        if (live.state === life || live.state.kind === 'up') retrying(load);
      }, 3_000);
    });
  };

  let whole = false;
  const followDevices = (): void => {
    const { view, selected } = look.get();
    const all = fleet.size <= FOLLOW_ALL;
    if (all) {
      if (!whole) live.subscribe('map', { all: true });
      whole = true;
      return;
    }
    whole = false;
    if (view !== null) {
      const [west, south, east, north] = view.wideBox;
      live.subscribe('map', { bbox: [west, south, east, north], zoom: Math.round(view.zoom) });
    }
    const watched = new Set(alarms.byDevice().keys());
    if (selected !== null) watched.add(selected);
    const devices = [...watched].slice(0, 200);
    if (devices.length > 0) live.subscribe('watched', { devices });
  };
  let followed = '';
  look.topic.subscribe(() => {
    if (whole) return;
    const { view, selected } = look.get();
    const wanted = `${view?.wideBox.join() ?? ''}|${selected ?? ''}`;
    if (wanted === followed) return;
    followed = wanted;
    followDevices();
  });

  const live: LiveClient = new LiveClient(
    io({
      path: '/live',
      autoConnect: false,
      reconnection: false,
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
    }) as unknown as LiveSocket,
    {
      now: () => Date.now(),
      later: (ms, run) => {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
      random: Math.random,
    },
    {
      hello: (h, bootChanged, first) => {
        fleet.limits = h.thresholds;
        if (build !== null && build !== h.build) health.set({ outdated: true });
        build ??= h.build;
        if (bootChanged) {
          fleet.reset();
          whole = false;
        }
        health.set({ notices: [] });
        if (!fleet.loaded) retrying(() => loadDevices(h.boot));
        if (first) retrying(loadAlarms);
      },
      snap: (p) => fleet.snapshot(p.id, p.t0, p.rows, p.part, p.parts),
      delta: (p) => fleet.delta(p.id, p.t0, p.rows, p.gone),
      alarm: ({ op, alarm }, caughtUp) => {
        meanwhile?.push([op, alarm]);
        const { isNew } = alarms.apply(op, alarm);
        if (!isNew) return;
        if (caughtUp) missed += 1;
        if (!alarm.late) announcer.add(alarm, caughtUp);
      },
      caughtUp: (awayMs) => {
        if (awayMs > 0) health.set({ back: backAfter(health.get().back, awayMs, missed) });
        missed = 0;
      },
      meta: (p) => {
        fleet.addDevices(p.devices, p.removed);
        followDevices();
      },
      notice: ({ code, value = 1 }) => {
        if (code === 'fences') void loadFences();
        else {
          const others = health.get().notices.filter((n) => n.code !== code);
          health.set({ notices: value > 0 ? [...others, { code, value }] : others });
        }
      },
      refused: (code) => {
        if (/unauthor/i.test(code)) expire();
        else if (code === 'version') health.set({ outdated: true });
      },
    },
  );

  const enter: App['enter'] = (session) => {
    const before = standing.get();
    // Another person at the same screen must not inherit what the first one loaded.
    if (before.session !== null && before.session.user.id !== session.user.id) {
      window.location.assign('/');
      return;
    }
    setTimeZone(session.timeZone);
    standing.set({ kind: 'in', session, expired: false });
    live.stop();
    // Roles without a live screen are refused by every one of these.
    if (!mayOpen(session.user.role, '/live')) return;
    live.start();
    void loadFences();
  };

  const acknowledge: App['acknowledge'] = async (alarm, note) => {
    const answer = await live.acknowledge(alarm, note);
    if (answer.ok) {
      alarms.apply('ack', answer.alarm);
      return null;
    }
    if (answer.alarm !== undefined) alarms.apply('ack', answer.alarm);
    return { code: answer.code, alarm: answer.alarm ?? null };
  };

  const waiting = (): ReadonlySet<Severity> =>
    new Set(alarms.all().flatMap((a) => (a.handling === 'new' && !a.late ? [a.severity] : [])));
  const sound = (): void => {
    if (standing.get().kind !== 'in') return;
    const due = schedule.due(Date.now(), waiting());
    if (due !== null) tones.play(due);
  };
  // Alarms that are caught up on come one by one: they are one tone of the loudest among them.
  let isGathering = false;
  alarms.changed.subscribe(() => {
    if (isGathering) return;
    isGathering = true;
    setTimeout(() => {
      isGathering = false;
      sound();
    }, GATHER_MS);
  });
  setInterval(() => {
    second.emit();
    fleet.rows.emit();
    sound();
  }, 1_000);
  for (const gesture of ['pointerdown', 'keydown'] as const) {
    document.addEventListener(gesture, () => {
      if (!tones.running) void tones.enable();
    });
  }
  window.addEventListener('online', () => live.retry());
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') live.retry();
  });

  return {
    api,
    standing,
    fleet,
    alarms,
    live,
    look,
    health,
    shelf,
    tones,
    schedule,
    announcement: announcer.state,
    second,
    map: {
      fleet,
      alarms,
      now: () => live.now(),
      loadTrack: (key, from, to, signal) => api.track(key, from, to, signal),
    },
    view: { current: null },
    now: () => live.now(),
    loadFences,
    enter,
    acknowledge,
  };
};

/** The key of the device an alarm is about. */
export const alarmKey = (a: Pick<Alarm, 'protocol' | 'device'>): string =>
  keyOf({ protocol: a.protocol, id: a.device });
