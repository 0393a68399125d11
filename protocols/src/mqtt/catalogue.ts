/** One kind of message under one topic. */
export interface MqttRow {
  /** With the default prefix; levels in braces vary. */
  readonly topic: string;
  /** As `Message.name` has it, for what we receive. */
  readonly name: string;
  readonly direction: 'up' | 'down';
  readonly payload: string;
  readonly clause: string;
  /** Keys of the payload, with unit and meaning. */
  readonly keys: Readonly<Record<string, string>>;
}

const place = {
  lat: 'degrees north, by `cs`',
  lon: 'degrees east, by `cs`',
};
const time = 'ms or seconds since 1970 UTC, or ISO 8601 with a zone';
const sighting = {
  ts: time,
  listener: 'who heard it: MAC or id; absent: the sender',
  beacon: 'MAC of what was heard',
  rssi: 'dBm, -127 to 20',
  tx: 'strength at 1 m, dBm',
  'uuid, major, minor': 'iBeacon',
  bat: '%',
  btn: 'button pressed',
};

/** What is read from MQTT and what is published. @see mqtt.md sections 2, 3 and 6 */
export const mqttRows: readonly MqttRow[] = [
  {
    topic: 'trk/v1/{id}/pos',
    name: 'pos',
    direction: 'up',
    payload: 'one position, an array, or `{"v":1,"batch":[…]}` of up to 200',
    clause: 'mqtt.md section 2.1',
    keys: {
      v: '1; anything else is refused',
      ts: `required; ${time}`,
      ...place,
      fix: 'default true; false: alive without a position',
      acc: 'm',
      alt: 'm',
      spd: 'km/h, 0 to 500',
      crs: 'degrees, 0 to 360',
      sat: 'satellites, 0 to 64',
      hdop: '',
      src: 'gps, wifi, cell, beacon, manual, fused; default gps',
      bat: '%, 0 to 100',
      batV: 'V',
      chg: 'charging',
      mot: 'moving',
      seq: 'number of the report; id, ts and seq tell a repeated one',
      buf: 'sent later than measured: history only',
      cs: 'wgs84, gcj02 or bd09; default wgs84; stored as WGS-84',
      mock: 'the place is simulated',
      evt: 'names of events, as below',
      ext: 'further numbers, texts and truth values, at most 32; kept as `x_…`',
    },
  },
  {
    topic: 'trk/v1/{id}/event',
    name: 'event',
    direction: 'up',
    payload: 'JSON',
    clause: 'mqtt.md section 2.3',
    keys: {
      v: '1',
      ts: time,
      type: 'alarms: sos, fall, tamper, lowbat, still; notices: button, charge_on, charge_off, moving, shutdown, power_on',
      on: 'default true; false ends the state',
      ...place,
    },
  },
  {
    topic: 'trk/v1/{id}/state',
    name: 'state',
    direction: 'up',
    payload: 'JSON, retained; also the last will',
    clause: 'mqtt.md section 2.2',
    keys: { online: 'required', ts: time, reason: 'of going offline', 'fw, iccid': 'as they are' },
  },
  {
    topic: 'trk/v1/{id}/beacon',
    name: 'beacon',
    direction: 'up',
    payload: 'sightings: what a badge hears',
    clause: 'mqtt.md section 6',
    keys: sighting,
  },
  {
    topic: 'trk/v1/{id}/cmd/ack',
    name: 'commandAck',
    direction: 'up',
    payload: 'JSON',
    clause: 'mqtt.md section 2.3',
    keys: { id: 'of the command', ok: 'done', msg: 'text', ts: time },
  },
  {
    topic: 'trk/v1/{id}/cmd',
    name: 'command',
    direction: 'down',
    payload: 'JSON, QoS 1, never retained',
    clause: 'mqtt.md section 2.3',
    keys: {
      id: 'unique for the device',
      cmd: 'locate, interval, buzz, reboot or raw',
      args: 'of the command',
      exp: 'seconds since 1970 UTC after which it is ignored',
    },
  },
  {
    topic: 'trk/v1/gw/{gateway}/scan',
    name: 'gatewayScan',
    direction: 'up',
    payload:
      'sightings in the neutral form or a maker’s, at most 500; also on topics of a site’s own',
    clause: 'mqtt.md section 6.1',
    keys: sighting,
  },
  {
    topic: 'trk/v1/gw/{gateway}/scan',
    name: 'gatewayStatus',
    direction: 'up',
    payload: 'news of a maker’s gateway itself',
    clause: 'mqtt.md section 6.1',
    keys: {},
  },
  {
    topic: 'trk/v1/gw/{gateway}/state',
    name: 'state',
    direction: 'up',
    payload: 'as the state of a device',
    clause: 'mqtt.md section 2.2',
    keys: {},
  },
  {
    topic: 'owntracks/{user}/{device}',
    name: 'location',
    direction: 'up',
    payload: 'JSON with `_type` location; the device is `ot-{user}-{device}`',
    clause: 'mqtt.md section 3.1',
    keys: {
      'lat, lon': 'degrees, required',
      tst: 'seconds since 1970 UTC of the fix, required',
      'acc, alt, vac': 'm',
      vel: 'km/h',
      cog: 'degrees',
      batt: '%',
      bs: '0 unknown, 1 unplugged, 2 charging, 3 full',
      conn: 'w Wi-Fi, m mobile, o offline',
      t: 'trigger: p ping, c C region, b beacon, r answer, u by hand, t timer, v frequent',
      m: '1 significant, 2 move',
      p: 'kPa',
      created_at: 'when the message was built; more than 120 s after tst: history only',
      'inregions, inrids': 'names and ids of regions the phone is in',
      'SSID, BSSID, poi, tag, tid, imagename, motionactivities, rad': 'kept as they are',
      image: 'a picture: that it came is kept, the picture only in the message as it came',
      'imei, rit':
        'one of them: the message comes over a bridge, and `t` is read by its other table',
      'ign, odometer, ubatt, uext, din1…, motion, tow, mcc, mnc, lac, cid':
        'of a bridge: ignition, km, V, V, inputs, moving, towed, cell',
    },
  },
  ...(
    [
      ['owntracks/{user}/{device}', 'lwt', 'last will: the phone is gone'],
      ['owntracks/{user}/{device}/event', 'transition', 'a region entered or left'],
      ['owntracks/{user}/{device}/waypoint', 'waypoint', 'a region defined on the phone'],
      ['owntracks/{user}/{device}/waypoints', 'waypoints', 'all of them'],
      ['owntracks/{user}/{device}/status', 'status', 'of the app'],
      ['owntracks/{user}/{device}', 'configuration', 'of the app'],
      ['owntracks/{user}/{device}/beacon', 'beacon', 'one beacon in range'],
      [
        'owntracks/{user}/{device}',
        'encrypted',
        'any of these in a secretbox, when the key is set',
      ],
    ] as const
  ).map(
    ([topic, name, payload]): MqttRow => ({
      topic,
      name,
      direction: 'up',
      payload,
      clause: 'mqtt.md section 3.2',
      keys: {},
    }),
  ),
  {
    topic: 'owntracks/{user}/{device}/cmd',
    name: 'cmd',
    direction: 'down',
    payload: '`{"_type":"cmd","action":"reportLocation"}` for the command locate',
    clause: 'mqtt.md section 3.2',
    keys: {},
  },
];
