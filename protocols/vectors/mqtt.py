#!/usr/bin/env python3
"""Writes src/mqtt/vectors.json: published messages and what they say, worked out from the tables of the wire reference.

Payloads are texts, or hex in `payloadHex` where they are no text; times are ISO 8601 UTC. A vector has a `message`
with its `positions`, a `fault` code, or neither when it is silently nothing. Standard library only. Run from anywhere:

    python3 protocols/vectors/mqtt.py          writes the file
    python3 protocols/vectors/mqtt.py --check  fails when the file is not what this script writes
"""

import base64
import json
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

OUT = Path(__file__).resolve().parent.parent / "src" / "mqtt" / "vectors.json"
RECEIVED = datetime(2026, 11, 23, 8, 9, 20, tzinfo=timezone.utc)
FIX = RECEIVED - timedelta(seconds=4)
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
BADGE = "trk/v1/badge-7/"
PHONE = "owntracks/alice/phone"
vectors = []


def iso(t):
    return t.strftime("%Y-%m-%dT%H:%M:%S.") + f"{t.microsecond // 1000:03d}Z"


def ms(t):
    return round((t - EPOCH).total_seconds() * 1000)


def s(t):
    return ms(t) // 1000


def add(name, topic, payload, clause, message=None, positions=(), fault=None, retain=False, payload_hex=None,
        sightings=None, options=None):
    vector = {"name": name, "from": f"mqtt.md {clause}", "topic": topic, "retain": retain,
              "receivedTime": iso(RECEIVED)}
    if payload_hex is not None:
        vector["payloadHex"] = payload_hex
    else:
        vector["payload"] = payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)
    if message:
        vector["message"] = message
        vector["positions"] = list(positions)
        if sightings is not None:
            vector["sightings"] = sightings
    if options:
        vector["options"] = options
    if fault:
        vector["fault"] = fault
    vectors.append(vector)


def position(**given):
    base = {"fixTime": iso(FIX), "timeSource": "device", "valid": True, "latitude": None, "longitude": None,
            "altitudeM": None, "speedKmh": None, "courseDeg": None, "satellites": None, "hdop": None,
            "accuracyM": None, "mileageKm": None, "batteryPercent": None, "ignition": None, "source": "gnss",
            "buffered": False, "alarms": [], "flags": [], "extras": {}}
    assert set(given) <= set(base)
    return {**base, **given}


# --- Our own positions, section 2.1

def own(name, payload, *positions, fields=None, serial=0, **more):
    add(name, BADGE + "pos", payload, "section 2.1",
        {"id": "pos", "name": "pos", "intent": "report", "device": "badge-7", "serial": serial,
         "fields": fields or {"count": len(positions)}}, positions, **more)


def refused(name, payload, **more):
    add(name, BADGE + "pos", payload, "section 2.1", fault="badPayload", **more)


MINIMAL = {"v": 1, "ts": ms(FIX), "lat": 31.230416, "lon": 121.473701}
PLACE = {"latitude": 31.230416, "longitude": 121.473701}

own("position with every key", {
    "v": 1, "ts": ms(FIX), "lat": 31.230416, "lon": 121.473701, "fix": True, "acc": 8, "alt": 12, "spd": 4.3,
    "crs": 271, "sat": 9, "hdop": 1.1, "src": "gps", "bat": 83, "batV": 3.9, "chg": False, "mot": True, "seq": 1042,
    "buf": False, "evt": ["button"], "ext": {"temp": 21.5, "door": True, "note": "a"}},
    position(**PLACE, accuracyM=8, altitudeM=12, speedKmh=4.3, courseDeg=271, satellites=9, hdop=1.1,
             batteryPercent=83, extras={"x_temp": 21.5, "x_door": True, "x_note": "a", "batteryV": 3.9, "seq": 1042,
                                        "charging": False, "moving": True, "events": "button"}), serial=1042)
own("smallest position", MINIMAL, position(**PLACE))
own("time in seconds", {**MINIMAL, "ts": s(FIX)}, position(**PLACE))
own("time in seconds with a fraction", {**MINIMAL, "ts": s(FIX) + 0.5},
    position(**PLACE, fixTime=iso(FIX + timedelta(milliseconds=500))))
own("time as ISO 8601 with zone", {**MINIMAL, "ts": "2026-11-23T16:09:16+08:00"}, position(**PLACE))
own("time 31 days ago", {**MINIMAL, "ts": ms(FIX - timedelta(days=31))},
    position(**PLACE, fixTime=iso(RECEIVED), timeSource="server", flags=["noDeviceTime"]))
own("time six minutes ahead", {**MINIMAL, "ts": ms(FIX + timedelta(minutes=6))},
    position(**PLACE, fixTime=iso(RECEIVED), timeSource="server", flags=["noDeviceTime"]))
own("alive without a fix", {"v": 1, "ts": ms(FIX), "fix": False, "bat": 12},
    position(valid=False, batteryPercent=12, flags=["noFix"]))
own("zero island", {**MINIMAL, "lat": 0, "lon": 0}, position(latitude=0, longitude=0, valid=False,
                                                             flags=["zeroIsland"]))
own("coordinates as texts", {**MINIMAL, "lat": "31.230416", "lon": "-121.5"},
    position(latitude=31.230416, longitude=-121.5, extras={"coordinatesAsText": True}))
own("what is out of range is left out", {
    **MINIMAL, "acc": -1, "alt": 1e9, "spd": 501, "crs": 361, "sat": 65, "hdop": -1, "bat": 101, "batV": -3,
    "seq": 4294967296, "src": "magic", "chg": 1, "mot": "yes", "evt": "sos", "ext": [1]}, position(**PLACE))
own("numbers as texts are left out", {**MINIMAL, "spd": "4", "acc": "8", "bat": "83", "seq": "1"}, position(**PLACE))
own("course 360 is north", {**MINIMAL, "crs": 360}, position(**PLACE, courseDeg=0))
for name, source in (("gps", "gnss"), ("wifi", "wifi"), ("cell", "cell"), ("beacon", "beacon"),
                     ("manual", "manual"), ("fused", "fused")):
    own(f"source {name}", {**MINIMAL, "src": name}, position(**PLACE, source=source))
own("sent later than measured", {**MINIMAL, "buf": True, "ts": ms(FIX - timedelta(hours=3))},
    position(**PLACE, buffered=True, fixTime=iso(FIX - timedelta(hours=3))))
own("simulated by the phone", {**MINIMAL, "mock": True}, position(**PLACE, flags=["mocked"]))
own("alarms in the report", {**MINIMAL, "evt": ["sos", "tamper", "lowbat", "fall", "still", "sos", "charge_on", 7]},
    position(**PLACE, alarms=["sos", "tamper", "lowBattery", "fall", "still"], extras={"events": "charge_on"}))
own("another id than the topic's", {**MINIMAL, "id": "badge-8"}, position(**PLACE, extras={"idConflict": True}))
own("a kept message that is fresh", MINIMAL, position(**PLACE), retain=True)
own("a kept message that is old", {**MINIMAL, "ts": ms(FIX - timedelta(minutes=5))},
    position(**PLACE, fixTime=iso(FIX - timedelta(minutes=5)), buffered=True), retain=True)
own("a byte order mark before it", None, position(**PLACE),
    payload_hex="efbbbf" + json.dumps(MINIMAL).encode().hex())
own("the last of a key sent twice", '{"v":1,"ts":%d,"lat":1,"lat":31.230416,"lon":121.473701}' % ms(FIX),
    position(**PLACE))
own("names of a prototype as data", '{"v":1,"ts":%d,"lat":31.230416,"lon":121.473701,"__proto__":{"lat":99},'
    '"constructor":{"prototype":{"x":1}},"ext":{"__proto__":5,"toString":1}}' % ms(FIX),
    position(**PLACE, extras={"x_toString": 1, "x___proto__": 5}))
own("at most 32 extensions", {**MINIMAL, "ext": {f"k{i}": i for i in range(40)}},
    position(**PLACE, extras={f"x_k{i}": i for i in range(32)}))
own("nested extensions are left out", {**MINIMAL, "ext": {"a": {"b": 1}, "c": [1], "d": None, "e": 1}},
    position(**PLACE, extras={"x_e": 1}))
own("batch", {"v": 1, "batch": [{**MINIMAL, "seq": 7}, {"ts": s(FIX), "lat": 1, "lon": 2}]},
    position(**PLACE, extras={"seq": 7}), position(latitude=1, longitude=2), serial=7)
own("batch as a bare array", [MINIMAL, MINIMAL], position(**PLACE), position(**PLACE))
own("batch with one bad position", {"v": 1, "batch": [MINIMAL, {**MINIMAL, "lat": 91}, 5]}, position(**PLACE),
    fields={"count": 1, "rejected": 2})

refused("no JSON", "lat=31")
refused("half of it", json.dumps(MINIMAL)[:-4])
refused("no UTF-8", None, payload_hex="7b2276223aff7d")
for scalar in ("1", '"x"', "null", "true"):
    refused(f"the scalar {scalar}", scalar)
refused("array of scalars", "[1,2]")
refused("empty array", "[]")
refused("empty batch", {"v": 1, "batch": []})
refused("batch that is none", {"v": 1, "batch": {"0": MINIMAL}})
refused("batch of 201", [MINIMAL] * 201)
refused("version 2", {**MINIMAL, "v": 2})
refused("no version", {k: MINIMAL[k] for k in ("ts", "lat", "lon")})
for key in ("ts", "lat", "lon"):
    refused(f"no {key}", {k: v for k, v in MINIMAL.items() if k != key})
for key, value in (("lat", 91), ("lat", -90.0001), ("lon", 180.5), ("lon", "abc"), ("lat", "31"), ("lat", None),
                   ("lat", True), ("lon", [121]), ("ts", -1), ("ts", "yesterday"), ("ts", "2026-11-23T08:09:16"),
                   ("ts", "2026-13-40T00:00:00Z"), ("ts", "1795421356"), ("ts", {}), ("cs", "mars"), ("cs", 1)):
    refused(f"{key} = {json.dumps(value)}", {**MINIMAL, key: value})
for key in ("ts", "lat", "spd", "whatever"):
    refused(f"{key} = 1e999", json.dumps(MINIMAL)[:-1] + f',"{key}":1e999}}')
refused("infinity among the extensions", json.dumps(MINIMAL)[:-1] + ',"ext":{"a":-1e999}}')
refused("NaN", json.dumps(MINIMAL)[:-1] + ',"spd":NaN}')
refused("too long by one byte", json.dumps(MINIMAL) + " " * (16385 - len(json.dumps(MINIMAL))))
own("as long as may be", json.dumps(MINIMAL) + " " * (16384 - len(json.dumps(MINIMAL))), position(**PLACE))
refused("nested without end", "[" * 16384)
refused("nested 8000 deep", "[" * 8000 + "]" * 8000)

# --- Events, states, beacons, answers: sections 2.2 and 2.3


def event(name, payload, fields, *positions):
    add(name, BADGE + "event", payload, "section 2.3",
        {"id": "event", "name": "event", "intent": "report", "device": "badge-7", "serial": 0, "fields": fields},
        positions)


event("SOS with a place", {**MINIMAL, "type": "sos", "on": True}, {"event": "sos", "on": True},
      position(**PLACE, alarms=["sos"]))
event("SOS without a place", {"v": 1, "ts": ms(FIX), "type": "sos"}, {"event": "sos", "on": True},
      position(valid=False, flags=["noFix"], alarms=["sos"]))
event("end of an SOS", {"v": 1, "ts": ms(FIX), "type": "sos", "on": False}, {"event": "sos", "on": False},
      position(valid=False, flags=["noFix"], extras={"ended": "sos"}))
event("end of a low battery with a place", {**MINIMAL, "type": "lowbat", "on": False},
      {"event": "lowbat", "on": False}, position(**PLACE, extras={"ended": "lowBattery"}))
for type_, alarm in (("fall", "fall"), ("tamper", "tamper"), ("lowbat", "lowBattery"), ("still", "still")):
    event(f"event {type_}", {**MINIMAL, "type": type_}, {"event": type_, "on": True}, position(**PLACE, alarms=[alarm]))
for type_ in ("charge_on", "charge_off", "moving", "shutdown", "power_on"):
    event(f"notice {type_}", {**MINIMAL, "type": type_}, {"event": type_, "on": True},
          position(**PLACE, extras={"events": type_}))
event("button", {"v": 1, "ts": ms(FIX), "type": "button"}, {"event": "button", "on": True})
add("event of no kind we know", BADGE + "event", {"v": 1, "ts": ms(FIX), "type": "dance"}, "section 2.3",
    fault="badPayload")
add("event of a prototype's name", BADGE + "event", {"v": 1, "ts": ms(FIX), "type": "constructor"}, "section 2.3",
    fault="badPayload")


def other(name, topic, payload, clause, id_, row, intent, device, fields, **more):
    add(name, topic, payload, clause, {"id": id_, "name": row, "intent": intent, "device": device, "serial": 0,
                                       "fields": fields}, **more)


other("online", BADGE + "state", {"online": True, "ts": ms(FIX), "fw": "1.4.2"}, "section 2.2", "state", "state",
      "keepalive", "badge-7", {"online": True, "ts": ms(FIX), "fw": "1.4.2"})
other("last will", BADGE + "state", {"online": False, "reason": "lwt"}, "section 2.2", "state", "state", "logout",
      "badge-7", {"online": False, "reason": "lwt"}, retain=True)
for bad in ({}, {"online": 1}, {"online": "true"}, []):
    add(f"state {json.dumps(bad)}", BADGE + "state", bad, "section 2.2", fault="badPayload")


def heard(rssi, time=RECEIVED, listener=None, beacon=None, **more):
    return {"time": iso(time), "listener": listener, "beacon": beacon, "rssi": rssi, **more}


def hears(name, payload, fields, *sightings):
    other(name, BADGE + "beacon", payload, "section 6", "beacon", "beacon", "report", "badge-7", fields,
          sightings=list(sightings))


UUID = "b9a5d27d-56cc-4e3a-ab51-1f2153bcb967"
HEX_UUID = UUID.replace("-", "")
hears("what a badge hears", [{"beacon": "ac233fa018e3", "rssi": -54}], {"count": 1}, heard(-54, beacon="ac233fa018e3"))
hears("one sighting alone with every key", {
    "ts": ms(FIX), "listener": "badge-7", "beacon": "AC:23:3F:A0:18:E3", "rssi": "-54", "tx": -59,
    "uuid": UUID.upper(), "major": 1, "minor": 17710, "bat": 100, "btn": False}, {"count": 1},
    heard(-54, FIX, beacon="ac233fa018e3", txPower=-59, uuid=HEX_UUID, major=1, minor=17710, batteryPercent=100,
          pressed=False))
hears("sightings in an object", {"sightings": [{"uuid": HEX_UUID, "major": 0, "minor": "65535", "rssi": -70.5}]},
      {"count": 1}, heard(-70.5, uuid=HEX_UUID, major=0, minor=65535))
hears("sightings of which some are bad", [
    5, None, {}, {"beacon": "ac233fa018e3"}, {"rssi": -50}, {"beacon": "ac233fa018e", "rssi": -50},
    {"beacon": "ac233fa018e3", "rssi": -128}, {"beacon": "ac233fa018e3", "rssi": 21},
    {"beacon": "ac233fa018e3", "rssi": "-5e1"}, {"uuid": UUID, "major": 1, "rssi": -50},
    {"uuid": UUID, "major": 1, "minor": 65536, "rssi": -50}, {"beacon": "AC-23-3F-A0-18-E3", "rssi": 20},
    {"beacon": "ac23.3fa0.18e3", "rssi": -127, "ts": 1246, "bat": 101, "btn": 1, "tx": -200}],
    {"count": 2, "rejected": 11}, heard(20, beacon="ac233fa018e3"), heard(-127, beacon="ac233fa018e3"))
hears("nothing heard", [], {"count": 0})
hears("as many sightings as fit", [{"beacon": f"ac233fa0{i:04x}", "rssi": -50} for i in range(501)][:380],
      {"count": 380}, *[heard(-50, beacon=f"ac233fa0{i:04x}") for i in range(380)])
for bad in ("5", '"x"', "null", "[1]", '[{"beacon":"ac233fa018e3"}]', '{"sightings":{}}'):
    add(f"sightings {bad}", BADGE + "beacon", bad, "section 6", fault="badPayload")
other("answer to a command", BADGE + "cmd/ack", {"id": "c-81", "ok": True, "ts": ms(FIX)}, "section 2.3", "cmd/ack",
      "commandAck", "answer", "badge-7", {"id": "c-81", "ok": True, "ts": ms(FIX)})
add("our own command", BADGE + "cmd", {"id": "c-81", "cmd": "locate"}, "section 2.3")
add("empty payload", BADGE + "pos", "", "section 2.1", retain=True)
# --- Topics

for topic in ("", "pos", "trk/v1", "trk/v1//pos", "trk/v2/badge-7/pos", "trk/v1/badge-7", "trk/v1/badge-7/",
              "trk/v1/badge-7/pos/x", "trk/v1/out/badge-7/pos", "trk/v1/out/pos", "trk/v1/b 7/pos",
              "trk/v1/" + "x" * 65 + "/pos", "trk/v1/牌/pos", "owntracks", "owntracks/alice", "owntracks//phone",
              "owntracks/alice/", "owntracks/al ice/phone", "spBv1.0/g/NDATA/e", "$SYS/x", "/trk/v1/badge-7/pos"):
    add(f"topic {topic or '(empty)'}", topic, MINIMAL, "section 2", fault="badTopic")

# --- OwnTracks, section 3


def phone(name, payload, expected, **more):
    add(name, PHONE, payload, "section 3.1",
        {"id": "location", "name": "location", "intent": "report", "device": "ot-alice-phone", "serial": 0,
         "fields": {}}, [expected], **more)


LOCATION = {"_type": "location", "lat": 31.21, "lon": 121.45, "tst": s(FIX)}
HERE = {"latitude": 31.21, "longitude": 121.45}
phone("smallest location", LOCATION, position(**HERE))
phone("location of a phone", {**LOCATION, "acc": 9, "alt": 12, "vac": 3, "vel": 4, "cog": 270, "batt": 77, "bs": 2,
                              "conn": "m", "t": "u", "m": 1, "tid": "ph", "p": 101.3, "SSID": "home",
                              "inregions": ["yard", "", 7, "gate"], "inrids": ["a1"], "BSSID": "ac:23:3f:a0:18:e3",
                              "poi": "bin 7", "tag": "round", "image": "AAAA", "imagename": "bin.jpg", "rad": 50,
                              "motionactivities": ["walking"], "created_at": s(FIX) + 1},
      position(**HERE, accuracyM=9, altitudeM=12, speedKmh=4, courseDeg=270, batteryPercent=77,
               extras={"trigger": "u", "events": "button", "charging": True, "network": "mobile",
                       "verticalAccuracyM": 3, "pressureKPa": 101.3, "monitoring": 1, "regions": "yard,gate",
                       "regionIds": "a1", "motion": "walking", "trackerId": "ph", "ssid": "home",
                       "bssid": "ac:23:3f:a0:18:e3", "pointOfInterest": "bin 7", "tag": "round",
                       "imageName": "bin.jpg", "regionRadiusM": 50, "hasImage": True}))
phone("a picture beside the place", {**LOCATION, "image": "A" * 40000}, position(**HERE, extras={"hasImage": True}))
for t in "pcCbrutv":
    phone(f"trigger {t}", {**LOCATION, "t": t},
          position(**HERE, extras={"trigger": t, **({"events": "button"} if t == "u" else {})}))
for bs, charging in ((0, None), (1, False), (2, True), (3, True), (4, None)):
    phone(f"battery state {bs}", {**LOCATION, "bs": bs},
          position(**HERE, extras={} if charging is None else {"charging": charging}))
for conn, network in (("w", "wifi"), ("m", "mobile"), ("o", "offline")):
    phone(f"connection {conn}", {**LOCATION, "conn": conn}, position(**HERE, extras={"network": network}))
phone("a ping with an old fix", {**LOCATION, "tst": s(FIX) - 600, "t": "p"},
      position(**HERE, fixTime=iso(FIX - timedelta(minutes=10)), buffered=True, extras={"trigger": "p"}))
phone("what is out of range of a phone", {**LOCATION, "acc": -1, "vel": 501, "cog": -1, "batt": 101, "alt": "12",
                                          "conn": "constructor", "t": "ping", "m": 3, "inregions": "yard"},
      position(**HERE))
phone("kept by the phone for a while", {**LOCATION, "tst": s(FIX) - 600, "created_at": s(FIX)},
      position(**HERE, fixTime=iso(FIX - timedelta(minutes=10)), buffered=True))
phone("retained and fresh", LOCATION, position(**HERE), retain=True)
phone("retained and old", {**LOCATION, "tst": s(FIX) - 600},
      position(**HERE, fixTime=iso(FIX - timedelta(minutes=10)), buffered=True), retain=True)
phone("clock a year behind", {**LOCATION, "tst": s(FIX) - 31536000},
      position(**HERE, fixTime=iso(RECEIVED), timeSource="server", flags=["noDeviceTime"]))
phone("zero island of a phone", {**LOCATION, "lat": 0, "lon": 0},
      position(latitude=0, longitude=0, valid=False, flags=["zeroIsland"]))
phone("behind the bridge of another maker", {**LOCATION, "imei": "861234567890123", "ign": True, "odometer": 1234.5,
                                             "ubatt": 4.1, "uext": 12.6, "t": "e", "tow": 1, "mcc": 460, "mnc": 0,
                                             "lac": 10365, "cid": 8120},
      position(**HERE, ignition=True, mileageKm=1234.5, alarms=["powerCut", "tow"],
               extras={"trigger": "e", "batteryV": 4.1, "externalV": 12.6, "mcc": 460, "mnc": 0, "lac": 10365,
                       "cellId": 8120}))
for letter, more in (("i", {"ignition": True}), ("I", {"ignition": False}), ("e", {"alarms": ["powerCut"]}), ("E", {}),
                     ("s", {"alarms": ["overspeed"]}), ("h", {"alarms": ["other"]}), ("9", {"alarms": ["lowBattery"]}),
                     ("M", {}), ("o", {}), ("a", {})):
    phone(f"bridge, trigger {letter}", {**LOCATION, "rit": "GTFRI", "t": letter, "din1": 1, "din2": False,
                                        "motion": True},
          position(**HERE, extras={"trigger": letter, "moving": True, "reportId": "GTFRI", "din1": True,
                                   "din2": False}, **more))
for key, value in (("lat", 91), ("lon", "121.45"), ("tst", "1795421356"), ("tst", -1), ("tst", 1e12), ("lat", None)):
    add(f"location with {key} = {json.dumps(value)}", PHONE, {**LOCATION, key: value}, "section 3.1",
        fault="badPayload")
add("location with an infinite number", PHONE, json.dumps(LOCATION)[:-1] + ',"vel":1e999}', "section 3.1",
    fault="badPayload")
add("no type", PHONE, {"lat": 1}, "section 3", fault="badPayload")
add("an array", PHONE, [LOCATION], "section 3", fault="badPayload")
add("type that is no text", PHONE, {"_type": 5}, "section 3", fault="badPayload")
other("last will of a phone", PHONE, {"_type": "lwt", "tst": s(FIX)}, "section 3.2", "lwt", "lwt", "logout",
      "ot-alice-phone", {})
add("command to a phone", PHONE + "/cmd", {"_type": "cmd", "action": "reportLocation"}, "section 3.2")
add("card of a person", PHONE + "/info", {"_type": "card", "name": "Alice"}, "section 3")
add("retained location that is cleared", PHONE, "", "section 3", retain=True)
TRANSITION = {"_type": "transition", "event": "enter", "tst": s(FIX), "wtst": s(FIX) - 900, "acc": 12, "lat": 31.21,
              "lon": 121.45, "desc": "yard", "rid": "a1", "tid": "ph", "t": "c"}
for event_ in ("enter", "leave"):
    other(f"transition, {event_}", PHONE + "/event", {**TRANSITION, "event": event_}, "section 3.2", "transition",
          "transition", "report", "ot-alice-phone", {**TRANSITION, "event": event_})
for key, value in (("event", "dwell"), ("event", None), ("tst", "x"), ("tst", None)):
    add(f"transition with {key} = {json.dumps(value)}", PHONE + "/event", {**TRANSITION, key: value}, "section 3.2",
        fault="badPayload")
WAYPOINT = {"_type": "waypoint", "desc": "yard", "tst": s(FIX), "lat": 31.21, "lon": 121.45, "rad": 50, "rid": "a1"}
other("waypoint", PHONE + "/waypoint", WAYPOINT, "section 3.2", "waypoint", "waypoint", "report", "ot-alice-phone",
      WAYPOINT)
other("waypoints", PHONE + "/waypoints", {"_type": "waypoints", "waypoints": [{"desc": "yard"}], "_creator": "x"},
      "section 3.2", "waypoints", "waypoints", "report", "ot-alice-phone",
      {"_type": "waypoints", "_creator": "x", "count": 1})
BEACON = {"_type": "beacon", "desc": "gate", "uuid": UUID, "major": 1, "minor": 2, "tst": s(FIX), "acc": 2,
          "rssi": -61, "prox": 2}
other("beacon that a phone hears", PHONE + "/beacon", BEACON, "section 3.2", "beacon", "beacon", "report",
      "ot-alice-phone", BEACON, sightings=[heard(-61, FIX, uuid=HEX_UUID, major=1, minor=2)])
add("beacon without an id", PHONE + "/beacon", {**BEACON, "uuid": "x"}, "section 3.2", fault="badPayload")
other("status of a phone", PHONE + "/status", {"_type": "status", "android": {"wifi": 1}}, "section 3", "status",
      "status", "keepalive", "ot-alice-phone", {"_type": "status"})
for suffix in ("step", "dump", "info", "cmd", "x", "event/x"):
    add(f"phone's topic {suffix}", f"{PHONE}/{suffix}", LOCATION, "section 3")

# --- Encrypted, section 3.2: XSalsa20 and Poly1305 by their specifications

M32 = 0xFFFFFFFF


def words(b):
    return [int.from_bytes(b[i:i + 4], "little") for i in range(0, len(b), 4)]


def core(state):
    x = list(state)

    def quarter(a, b, c, d):
        for into, one, two, by in ((b, a, d, 7), (c, b, a, 9), (d, c, b, 13), (a, d, c, 18)):
            total = (x[one] + x[two]) & M32
            x[into] ^= ((total << by) | (total >> (32 - by))) & M32
    for _ in range(10):
        for i in range(4):
            quarter(*[(5 * i + 4 * j) % 16 for j in range(4)])
        for i in range(4):
            quarter(*[4 * i + (i + j) % 4 for j in range(4)])
    return x


def state(key, nonce):
    k, n, c = words(key), words(nonce), words(b"expand 32-byte k")
    return [c[0], *k[:4], c[1], *n, c[2], *k[4:], c[3]]


def seal(plain, key, nonce):
    x = core(state(key, nonce[:16]))
    subkey = b"".join(x[i].to_bytes(4, "little") for i in (0, 5, 10, 15, 6, 7, 8, 9))
    stream = b""
    for block in range((len(plain) + 32) // 64 + 1):
        first = state(subkey, nonce[16:] + block.to_bytes(8, "little"))
        stream += b"".join(((a + b) & M32).to_bytes(4, "little") for a, b in zip(first, core(first)))
    box = bytes(a ^ b for a, b in zip(plain, stream[32:]))
    r = int.from_bytes(stream[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    total = 0
    for i in range(0, len(box), 16):
        total = (total + int.from_bytes(box[i:i + 16] + b"\1", "little")) * r % ((1 << 130) - 5)
    tag = (total + int.from_bytes(stream[16:32], "little")) % (1 << 128)
    return nonce + tag.to_bytes(16, "little") + box


# The published example of the cipher's authors.
assert seal(bytes.fromhex(
    "be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f4"
    "1db66cce314adb310e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52"
    "f0a089bc76897040e082f937763848645e0705"),
    bytes.fromhex("1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389"),
    bytes.fromhex("69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37"))[24:40].hex() == "f3ffc7703f9400e52a7dfb4b3d3305d9"

SECRET = "secret words"
KEY = SECRET.encode().ljust(32, b"\0")
KEYED = {"owntracksPassphrase": SECRET}


def sealed(plain, key=KEY):
    body = plain if isinstance(plain, bytes) else json.dumps(plain).encode()
    return {"_type": "encrypted", "data": base64.b64encode(seal(body, key, bytes(range(24)))).decode()}


phone("encrypted with our key", sealed(LOCATION), position(**HERE), options=KEYED)
phone("encrypted, of several blocks", sealed({**LOCATION, "desc": "x" * 200}), position(**HERE), options=KEYED)
for name, payload, code in (
        ("encrypted without a key of ours", sealed(LOCATION), "encrypted"),
        ("encrypted with another key", sealed(LOCATION, b"x" * 32), "encrypted"),
        ("encrypted twice", sealed(sealed(LOCATION)), "encrypted"),
        ("encrypted and too short", {"_type": "encrypted", "data": "AAAA"}, "encrypted"),
        ("encrypted and no Base64", {"_type": "encrypted", "data": "A$=="}, "badPayload"),
        ("encrypted and no text", {"_type": "encrypted", "data": 5}, "badPayload"),
        ("encrypted and no JSON within", sealed(b"lat=31"), "badPayload"),
        ("encrypted and a list within", sealed([LOCATION]), "badPayload")):
    add(name, PHONE, payload, "section 3.2", fault=code, options=None if name.endswith("of ours") else KEYED)
other("settings with a password", PHONE, {"_type": "configuration", "password": "secret"}, "section 3", "configuration",
      "configuration", "keepalive", "ot-alice-phone", {})
vectors[-1]["keepsRaw"] = False
other("type nobody knows", PHONE, {"_type": "constructor"}, "section 3", "constructor", "unknown", "unknown",
      "ot-alice-phone", {})

text = "[\n" + ",\n".join(json.dumps(v, ensure_ascii=False) for v in vectors) + "\n]\n"
if "--check" in sys.argv[1:]:
    if OUT.read_text(encoding="utf-8") != text:
        sys.exit(f"{OUT} is not what this script writes")
else:
    OUT.write_text(text, encoding="utf-8")
print(f"{len(vectors)} vectors")
