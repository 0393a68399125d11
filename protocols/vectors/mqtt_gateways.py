#!/usr/bin/env python3
"""Writes src/mqtt/gateways/vectors.json: what BLE gateways publish and who is heard by it, from the wire reference.

The form is that of mqtt.py. Run from anywhere:

    python3 protocols/vectors/mqtt_gateways.py          writes the file
    python3 protocols/vectors/mqtt_gateways.py --check  fails when the file is not what this script writes
"""

import json
import struct
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

OUT = Path(__file__).resolve().parent.parent / "src" / "mqtt" / "gateways" / "vectors.json"
RECEIVED = datetime(2026, 11, 23, 8, 9, 20, tzinfo=timezone.utc)
FIX = RECEIVED - timedelta(seconds=4)
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
GATEWAY = "ac233fc001ea"
TAG = "ac233fa018e3"
UUID = "b9a5d27d56cc4e3aab511f2153bcb967"
vectors = []


def iso(t):
    return t.strftime("%Y-%m-%dT%H:%M:%S.") + f"{t.microsecond // 1000:03d}Z"


def ms(t):
    return round((t - EPOCH).total_seconds() * 1000)


def heard(rssi, beacon=TAG, time=RECEIVED, listener=GATEWAY, **more):
    return {"time": iso(time), "listener": listener, "beacon": beacon, "rssi": rssi, **more}


def add(title, payload, clause="section 6.1", topic=f"trk/v1/gw/{GATEWAY}/scan", options=None, fault=None, **message):
    vector = {"name": title, "from": f"mqtt.md {clause}", "topic": topic, "retain": False,
              "receivedTime": iso(RECEIVED)}
    if isinstance(payload, bytes):
        vector["payloadHex"] = payload.hex()
    else:
        vector["payload"] = payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)
    if options:
        vector["options"] = options
    if fault:
        vector["fault"] = fault
    else:
        sightings = message.pop("sightings", None)
        positions = message.pop("positions", [])
        vector["message"] = {"id": "scan", "name": "gatewayScan", "intent": "report", "device": f"gw-{GATEWAY}",
                             "serial": 0, **message}
        vector["positions"] = positions
        if sightings is not None:
            vector["sightings"] = sightings
    vectors.append(vector)


def scan(title, form, payload, *sightings, fields=None, **more):
    add(title, payload, fields={"format": form, **(fields or {}), "count": len(sightings), **more.pop("counts", {})},
        sightings=list(sightings), **more)


def vendor(filter_, adapter="auto", id_from="payload"):
    return {"gatewayTopics": [{"filter": filter_, "adapter": adapter, "gatewayIdFrom": id_from}]}


# --- The neutral form

NEUTRAL = {"ts": ms(FIX), "listener": GATEWAY, "beacon": TAG, "rssi": -54, "tx": -59, "uuid": UUID, "major": 1,
           "minor": 17710, "bat": 100, "btn": False}
ALL = heard(-54, time=FIX, txPower=-59, uuid=UUID, major=1, minor=17710, batteryPercent=100, pressed=False)
scan("neutral, alone", "neutral", NEUTRAL, ALL, clause="section 6")
scan("neutral, a list", "neutral", [NEUTRAL, 5, {**NEUTRAL, "rssi": 99}], ALL, counts={"rejected": 2},
     clause="section 6")
scan("neutral, in an object", "neutral", {"sightings": [NEUTRAL]}, ALL, clause="section 6")
scan("neutral, nothing heard", "neutral", [], clause="section 6")
many = [{"beacon": f"ac233fa0{i:04x}", "rssi": -50} for i in range(503)]
scan("neutral, 503 of them", "neutral", many, *[heard(-50, m["beacon"]) for m in many[:500]],
     counts={"rejected": 3}, clause="section 6.1")
scan("a gateway that is no MAC", "neutral", [{"beacon": TAG, "rssi": -50}], heard(-50, listener="hall.2"),
     topic="trk/v1/gw/hall.2/scan", device="gw-hall.2")
scan("a gateway whose topic is in upper case", "neutral", [{"beacon": TAG, "rssi": -50}], heard(-50),
     topic=f"trk/v1/gw/{GATEWAY.upper()}/scan", device=f"gw-{GATEWAY.upper()}")
scan("another prefix", "neutral", [{"beacon": TAG, "rssi": -50}], heard(-50), topic=f"site/a/gw/{GATEWAY}/scan",
     options={"prefix": "site/a"})
add("state of a gateway", {"online": True, "fw": "2"}, "section 2", topic=f"trk/v1/gw/{GATEWAY}/state", id="state",
    name="state", intent="keepalive", fields={"online": True, "fw": "2"})
add("last will of a gateway", {"online": False}, "section 2", topic=f"trk/v1/gw/{GATEWAY}/state", id="state",
    name="state", intent="logout", fields={"online": False})
for topic in ("trk/v1/gw", "trk/v1/gw/", f"trk/v1/gw/{GATEWAY}", f"trk/v1/gw/{GATEWAY}/x", f"trk/v1/gw/{GATEWAY}/scan/x",
              "trk/v1/gw/a b/scan", "trk/v1/gw/" + "x" * 62 + "/scan", "trk/v1/gw//scan", f"site/b/gw/{GATEWAY}/scan"):
    add(f"topic {topic}", [NEUTRAL], "section 2", topic=topic, fault="badTopic")
for bad in ("", "5", '"x"', "null", "{}", "[5]", '[{"x":1}]', "no text", "$", "$GPRP", '{"msg_id":3070}', "{" * 9000):
    if bad:
        add(f"no gateway's payload: {bad[:20]}", bad, fault="badPayload")
add("no UTF-8", b"[\xff]", fault="badPayload")

# --- Minew

MINEW_TIME = "2026-11-23T08:09:16Z"
HEAD = {"timestamp": MINEW_TIME, "type": "Gateway", "mac": GATEWAY.upper(), "gatewayFree": 98, "gatewayLoad": 0.05}
LOAD = {"freePercent": 98, "load": 0.05}
IBEACON_AD = bytes.fromhex("0201061AFF4C000215" + UUID + "0001452ED6")
MINEW_AD = bytes.fromhex("020106" "0303E1FF" "0D16E1FFA10264000832A03F23AC")
BOTH = {"uuid": UUID, "major": 1, "minor": 17710, "txPower": -42}
scan("Minew, every type of the table", "minew", [
    HEAD,
    {"timestamp": MINEW_TIME, "type": "iBeacon", "mac": "AC233FA018E3", "bleName": "", "ibeaconUuid": UUID.upper(),
     "ibeaconMajor": 4, "ibeaconMinor": 1, "rssi": -50, "ibeaconTxPower": -70, "battery": 0},
    {"type": "S1", "mac": "AC233FA018E4", "rssi": -54, "battery": 100, "temperature": 26.69, "humidity": 65.14},
    {"type": "Unknown", "mac": "AC233FA018E5", "rssi": -79, "rawData": MINEW_AD.hex().upper()},
    {"type": "MSP01", "mac": "AC233FA018E6", "rssi": "-80", "state": 1},
    {"type": "S1", "mac": "AC233FA018E7"}, 5],
    heard(-50, time=FIX, txPower=-70, uuid=UUID, major=4, minor=1),
    heard(-54, "ac233fa018e4", batteryPercent=100, temperatureC=26.69, humidityPercent=65.14),
    heard(-79, "ac233fa018e5", batteryPercent=100),
    heard(-80, "ac233fa018e6"), fields=LOAD, counts={"rejected": 2, "unknown": 1})
scan("Minew, on a topic of its maker", "minew", [HEAD, {"type": "Unknown", "mac": TAG, "rssi": -60}], heard(-60),
     fields=LOAD, topic="/gw/ac233fc001ea/status", options=vendor("/gw/+/status"))
scan("Minew, who is a gateway by the topic", "minew", [{"type": "Unknown", "mac": TAG, "rssi": -60}], heard(-60),
     topic="minew/AC:23:3F:C0:01:EA/x", options=vendor("minew/+/#", id_from="topic"))
scan("Minew, of another gateway than the topic's", "minew",
     [HEAD, {"type": "Unknown", "mac": TAG, "rssi": -60}], heard(-60, listener="hall"), fields=LOAD,
     counts={"idConflict": True}, topic="trk/v1/gw/hall/scan", device="gw-hall")
add("Minew, no gateway named", [{"type": "Unknown", "mac": TAG, "rssi": -60}], topic="m/x", options=vendor("m/+"),
    fault="badPayload")
add("a topic of no filter", [HEAD], topic="n/x", options=vendor("m/+"), fault="badTopic")
add("another maker than the filter's", [HEAD], topic="m/x", options=vendor("m/+", "kkm"), fault="badPayload")

# --- Ingics

G = GATEWAY.upper()
T = TAG.upper()
raw = IBEACON_AD.hex().upper()
seconds = ms(FIX) // 1000
lines = "".join(f"${k},{T},{G},-{50 + i},{raw},{seconds}\r\n" for i, k in
                enumerate(("GPRP", "RSPR", "LRAD", "LRSR", "1MAD", "1MSR")))
scan("Ingics, every report", "ingics", lines, *[heard(-50 - i, time=FIX, **BOTH) for i in range(6)])
scan("Ingics without a time, with other lines", "ingics",
     f"$GPRP,{T},{G},-61,0201060303E1FF\r\n$HBRP,{G},{G},-127,00000000\r\n$ABCD,{T},{G},-1,00\r\n"
     f"$GPRP,{T},{G},x,00\r\n$GPRP,{T},AC233FC001EB,-61,00\r\n$GPRP\r\nrubbish\r\n\r\n$GPRP,xyz,{G},-61,zz,1246",
     heard(-61), counts={"rejected": 5, "unknown": 1})
scan("Ingics with a time that cannot be", "ingics", f"$GPRP,{T},{G},-61,{raw},1246000000", heard(-61, **BOTH))
add("Ingics, a heartbeat", f"$HBRP,{G},{G},-127,00000000\r\n", name="gatewayStatus", intent="keepalive",
    fields={"format": "ingics"})
PLACE = {"fixTime": iso(FIX), "timeSource": "device", "valid": True, "latitude": 31.230416, "longitude": 121.473701,
         "altitudeM": None, "speedKmh": None, "courseDeg": None, "satellites": None, "hdop": 1.2, "accuracyM": None,
         "mileageKm": None, "batteryPercent": None, "ignition": None, "source": "gnss", "buffered": False,
         "alarms": [], "flags": [], "extras": {}}
add("Ingics, where the gateway is", f"$GPSR,{G},{G},-127,261123,080916.00,31.230416,121.473701,0.0,1.2\r\n",
    name="gatewayStatus", intent="keepalive", fields={"format": "ingics"}, positions=[PLACE])
add("Ingics, a place without a time", f"$GPSR,{G},{G},-127,,,31.230416,121.473701,0.0,1.2\r\n",
    name="gatewayStatus", intent="keepalive", fields={"format": "ingics"},
    positions=[{**PLACE, "fixTime": iso(RECEIVED), "timeSource": "server", "flags": ["noDeviceTime"]}])
scan("Ingics, a place in another notation", "ingics", f"$GPSR,{G},{G},-127,261123,080916.00,3113.82,12128.42,0,1\r\n",
     counts={"rejected": 1})

# --- KKM

KKM = {"msg": "advData", "gmac": G, "seq": 181}
scan("KKM, the parsed form", "kkm", {**KKM, "obj": [
    {"type": 2, "dmac": T, "refPwr": -14, "nid": "6B6B6D0000000000" + "0001", "sid": "000000000001", "rssi": -60,
     "time": "2021-05-20 18:12:48"},
    {"type": 1, "dmac": T, "refPwr": -59, "uuid": UUID, "majorID": 1, "minorID": 2, "rssi": -61},
    {"type": 1, "dmac": T, "uuid": UUID, "major": "3", "minor": "4", "rssi": "-62"},
    {"type": 16, "dmac": T, "rssi": -63}, {"dmac": T, "rssi": None}, []]},
    heard(-60, eddystone="6b6b6d00000000000001000000000001", txPower=-55),
    heard(-61, uuid=UUID, major=1, minor=2, txPower=-59), heard(-62, uuid=UUID, major=3, minor=4), heard(-63),
    fields={"seq": 181}, counts={"rejected": 2, "unknown": 2},
    topic=f"kbeacon/publish/{G}", options=vendor("kbeacon/publish/+", "kkm"))
scan("KKM, the older form", "kkm", {**KKM, "obj": [{"dmac": T, "rssi": "-50", "data1": raw}]}, heard(-50, **BOTH),
     fields={"seq": 181})
add("KKM, another message", {"msg": "alive", "gmac": G}, name="unknown", intent="unknown", fields={"format": "kkm"})

# --- Moko


def moko(message_id, data):
    return {"msg_id": message_id, "device_info": {"mac": GATEWAY}, "data": data}


scan("Moko, every type of the table", "moko", moko(3070, [
    {"timestamp": ms(FIX), "timezone": 0, "type_code": 0, "type": "ibeacon", "rssi": -61, "connectable": 0, "mac": TAG,
     "uuid": UUID, "major": 0, "minor": 0, "rssi_1m": 0},
    {"timestamp": 1246, "type": "eddystone-uid", "rssi": -62, "mac": TAG, "namespace": UUID[:20],
     "instance": UUID[20:], "rssi_1m": -41},
    {"timestamp": 0, "type": "other", "rssi": -63, "mac": TAG, "adv_data": raw, "rsp_data": ""},
    {"type": "bxp-acc", "rssi": -64, "mac": TAG}, {"type": "pir", "rssi": -65, "mac": TAG},
    {"type": "tof", "rssi": -66, "mac": TAG, "rsp_data": "xyz"}, {"type": "nanobeacon", "rssi": -67, "mac": TAG},
    {"type": "other", "rssi": -67}]),
    heard(-61, time=FIX, uuid=UUID, major=0, minor=0), heard(-62, eddystone=UUID, txPower=-41), heard(-63, **BOTH),
    heard(-64), heard(-65), heard(-66), heard(-67), fields={"messageId": 3070},
    counts={"rejected": 1, "unknown": 1}, topic=f"/x/{GATEWAY}/send", options=vendor("/x/+/send", "moko"))
add("Moko, alive", moko(3004, {"net": 1}), name="gatewayStatus", intent="keepalive",
    fields={"format": "moko", "messageId": 3004})
add("Moko, another message", moko(2002, {}), name="unknown", intent="unknown",
    fields={"format": "moko", "messageId": 2002})

# --- Cassia

add("Cassia, status", {"action": "gateway_status", "gateway": "AC:23:3F:C0:01:EA", "timestamp": ms(FIX),
                       "data": {"uptime": 5, "nested": {}}}, topic="up/AC:23:3F:C0:01:EA/gateway_status",
    options=vendor("up/+/gateway_status"), name="gatewayStatus", intent="keepalive",
    fields={"format": "cassia", "x_uptime": 5})
add("Cassia, another action", {"action": "scan", "gateway": GATEWAY}, name="unknown", intent="unknown",
    fields={"format": "cassia"})

# --- AprBrother: MessagePack by its specification


def pack(value, raw_text=False):
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        if 0 <= value < 128:
            return bytes([value])
        return b"\xce" + struct.pack(">I", value) if value >= 0 else b"\xd1" + struct.pack(">h", value)
    if isinstance(value, float):
        return b"\xcb" + struct.pack(">d", value)
    if isinstance(value, str):
        b = value.encode()
        return bytes([0xa0 | len(b)]) + b if len(b) < 32 else b"\xd9" + bytes([len(b)]) + b
    if isinstance(value, bytes):
        return (b"\xd9" if raw_text else b"\xc4") + bytes([len(value)]) + value
    if isinstance(value, list):
        head = bytes([0x90 | len(value)]) if len(value) < 16 else b"\xdc" + struct.pack(">H", len(value))
        return head + b"".join(pack(v, raw_text) for v in value)
    head = bytes([0x80 | len(value)]) if len(value) < 16 else b"\xde" + struct.pack(">H", len(value))
    return head + b"".join(pack(k) + pack(v, raw_text) for k, v in value.items())


def device(rssi, data=b"", mac=TAG):
    return bytes([0]) + bytes.fromhex(mac) + bytes([rssi + 256]) + data


APR = {"v": "1.4", "mid": 7, "time": 1246, "ip": "192.0.2.7", "mac": G, "rssi": -40,
       "devices": [device(-55, IBEACON_AD), device(-56), b"short", 5]}
EDDYSTONE = [(b"\x00\xee" + bytes.fromhex(UUID) + b"\0\0", {"eddystone": UUID, "txPower": -59}),
             (b"\x00\xee" + bytes.fromhex(UUID), {"eddystone": UUID, "txPower": -59}),
             (b"\x10\xee\x03xunji\x07/a\x00", {"txPower": -59, "url": "https://xunji.com/a.com/"}),
             (b"\x10\xee\x09x", {"txPower": -59}),
             (b"\x20\x00" + struct.pack(">HhII", 3000, -640, 5, 6), {"batteryMv": 3000, "temperatureC": -2.5}),
             (b"\x20\x00" + struct.pack(">HHII", 0, 0x8000, 5, 6), {}),
             (b"\x20\x01" + bytes(12), {}), (b"\x00\xee", {}), (b"", {})]
scan("AprBrother", "aprbrother", pack(APR), heard(-55, **BOTH), heard(-56), fields={"v": "1.4", "mid": 7},
     counts={"rejected": 2})
scan("AprBrother, bytes in texts and a binary MAC", "aprbrother",
     pack({**APR, "v": 1, "mac": bytes.fromhex(GATEWAY), "devices": [device(-56)]}, raw_text=True), heard(-56),
     fields={"v": 1, "mid": 7})
scan("AprBrother, what Eddystone says", "aprbrother", pack({"mac": G, "devices": [
    device(-60, bytes([4 + len(f) - 1, 0x16, 0xaa, 0xfe]) + f) for f, _ in EDDYSTONE]}),
    *[heard(-60, **told) for _, told in EDDYSTONE], clause="section 6.2")
scan("AprBrother, advertisements cut short", "aprbrother", pack({"mac": G, "devices": [
    device(-60, IBEACON_AD[:i]) for i in (0, 1, 2, 3, 4, 5, 29)] + [device(-60, b"\0" + IBEACON_AD[3:])]}),
    *[heard(-60)] * 8, clause="section 6.2")
add("AprBrother, no devices", pack({"mac": G, "v": 2.5, "x": None, "y": [True, -7, 1.5]}), name="gatewayStatus",
    intent="keepalive", fields={"format": "aprbrother", "v": 2.5})
packed = pack(APR)
add("AprBrother, more behind it", packed + b"\0", fault="badPayload")
for hex_ in ("81", "81a1", "81a161c1", "dfffffffff", "deffff", "81a161c6ffffffff00", "81a161ddffffffff", "80c0",
             "81a161d501ff", "81" * 40):
    add(f"no MessagePack: {hex_[:12]}", bytes.fromhex(hex_), fault="badPayload")

text = "[\n" + ",\n".join(json.dumps(v, ensure_ascii=False) for v in vectors) + "\n]\n"
if "--check" in sys.argv[1:]:
    if OUT.read_text(encoding="utf-8") != text:
        sys.exit(f"{OUT} is not what this script writes")
else:
    OUT.write_text(text, encoding="utf-8")
print(f"{len(vectors)} vectors")
