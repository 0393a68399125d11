#!/usr/bin/env python3
"""Writes src/jt808/vectors.json: JT/T 808 frames and what they say, worked out from the tables of the standard.

Shares nothing with the codec: it packs bytes by hand and states the expected values beside them, so that a slip in
one is not repeated in the other. Standard library only. Run from anywhere:

    python3 protocols/vectors/jt808.py          writes the file
    python3 protocols/vectors/jt808.py --check  fails when the file is not what this script writes
"""

import json
import struct
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

OUT = Path(__file__).resolve().parent.parent / "src" / "jt808" / "vectors.json"
vectors = []

# ---------------------------------------------------------------- frame and header


def seal(content):
    """Check code, escapes, flags (JT/T 808, frame structure clause)."""
    code = 0
    for byte in content:
        code ^= byte
    out = bytearray()
    for byte in content + bytes([code]):
        if byte == 0x7E:
            out += b"\x7d\x02"
        elif byte == 0x7D:
            out += b"\x7d\x01"
        else:
            out.append(byte)
    return b"\x7e" + bytes(out) + b"\x7e"


def head(msg_id, body, phone, serial, edition, flag=None, version=1, encryption=0, package=None):
    long_form = edition == "2019"
    properties = len(body) | encryption << 10
    if package:
        properties |= 1 << 13
    if long_form if flag is None else flag:
        properties |= 1 << 14
    out = struct.pack(">HH", msg_id, properties)
    if long_form:
        out += bytes([version])
    out += bytes.fromhex(phone.rjust(20 if long_form else 12, "0"))
    out += struct.pack(">H", serial)
    if package:
        out += struct.pack(">HH", *package)
    return out


def frame(msg_id, body, phone="013912345678", serial=1, edition="2013", **more):
    return seal(head(msg_id, body, phone, serial, edition, **more) + body)


NAMES = {
    0x0001: "terminalAnswer",
    0x0002: "heartbeat",
    0x0003: "unregister",
    0x0100: "register",
    0x0102: "authenticate",
    0x0200: "locationReport",
    0x0704: "locationBatch",
    0x8001: "platformAnswer",
    0x8100: "registerAnswer",
}
AUTH_CODE = "K7QX2M9TB4WZ8R3N"


def add(name, msg_id, body, fields, clause, positions=None, phone="013912345678", serial=1,
        edition="2013", shown=None, one_way=None, received=None, reply="general", **more):
    """One vector. `shown` is the edition the message must be told to have, where the header is of another."""
    wire = frame(msg_id, body, phone, serial, edition, **more)
    shown = shown or edition
    vector = {
        "name": name,
        "hex": wire.hex(),
        "from": clause,
        "message": {
            "id": "0x%04X" % msg_id,
            "name": NAMES.get(msg_id, "unknown"),
            "device": phone.lstrip("0").lower() or "0",
            "edition": shown,
            "serial": serial,
            "fields": fields,
        },
        "positions": positions or [],
    }
    if reply == "general":
        answer = struct.pack(">HHB", serial, msg_id, 0 if msg_id in NAMES else 3)
        head_more = {k: more[k] for k in ("flag", "version") if k in more}
        vector["reply"] = frame(0x8001, answer, phone, 0, edition, **head_more).hex()
    elif reply == "registration":
        answer = struct.pack(">HB", serial, 0) + AUTH_CODE.encode()
        if shown == "2011":
            answer += b"\0"
        vector["reply"] = frame(0x8100, answer, phone, 0, edition).hex()
    else:
        vector["reply"] = None
    if one_way:
        vector["oneWay"] = one_way
    if received:
        vector["receivedTime"] = received
    vectors.append(vector)


def fault(name, wire, code, size, clause, reply=None):
    """A frame that must be refused with this code, this many bytes dropped with it."""
    vectors.append({"name": name, "hex": wire.hex(), "from": clause,
                    "fault": {"code": code, "offset": 0, "bytes": size}, "reply": reply and reply.hex()})


# ---------------------------------------------------------------- location

ALARMS_2011 = {
    0: "sos", 1: "overspeed", 2: "fatigue", 3: "danger", 4: "gnssFault", 5: "antennaCut", 6: "antennaShort",
    7: "undervoltage", 8: "powerCut", 9: "displayFault", 10: "ttsFault", 11: "cameraFault",
    18: "dayDrivingExceeded", 19: "parkedTooLong", 20: "areaInOut", 21: "routeInOut", 22: "segmentTime",
    23: "offRoute", 24: "vssFault", 25: "fuelAbnormal", 26: "stolen", 27: "illegalIgnition", 28: "illegalMove",
}
ALARMS_2013 = {**ALARMS_2011, 12: "icCardFault", 13: "overspeedWarning", 14: "fatigueWarning",
               29: "collision", 30: "rollover", 31: "illegalDoor"}
ALARMS_2019 = {**ALARMS_2013, 15: "illegalDriving", 16: "tyrePressure", 17: "blindZone"}
del ALARMS_2019[31]
ALARMS = {"2011": ALARMS_2011, "2013": ALARMS_2013, "2019": ALARMS_2019}

STATUS_2013 = {
    0: "acc", 1: "fixed", 2: "south", 3: "west", 4: "outOfService", 5: "encrypted", 10: "fuelCut", 11: "circuitCut",
    12: "doorsLocked", 13: "frontDoorOpen", 14: "middleDoorOpen", 15: "rearDoorOpen", 16: "driverDoorOpen",
    17: "customDoorOpen", 18: "gps", 19: "beidou", 20: "glonass", 21: "galileo",
}
STATUS_2019 = {**STATUS_2013, 6: "forwardCollisionWarning", 7: "laneDeparture", 22: "driving"}
STATUS = {"2013": STATUS_2013, "2019": STATUS_2019}
LOADS = {1: "halfLoaded", 2: "loadReserved", 3: "fullyLoaded"}


def alarm_names(word, edition):
    return [ALARMS[edition].get(bit, "bit%d" % bit) for bit in range(32) if word >> bit & 1]


def status_names(word, edition):
    names = [LOADS[word >> 8 & 3]] if word >> 8 & 3 else []
    return names + [STATUS[edition].get(b, "bit%d" % b) for b in range(32) if b not in (8, 9) and word >> b & 1]


def utc(bcd):
    """Milliseconds UTC of YYMMDDhhmmss in GMT+8, None for a date that does not exist."""
    try:
        local = datetime.strptime("20" + bcd, "%Y%m%d%H%M%S").replace(tzinfo=timezone(timedelta(hours=8)))
    except ValueError:
        return None
    return int(local.timestamp()) * 1000


def location(alarm=0, status=3, lat=31230416, lon=121473701, alt=7, speed=523, direction=126,
             time="261123145500", edition="2013", items=(), tail=b"", received=None, buffered=False):
    """Bytes, fields and position of one location body. `items` are (bytes, field, effect) triples."""
    body = struct.pack(">IIIIhHH", alarm, status, lat, lon, alt, speed, direction) + bytes.fromhex(time)
    body += b"".join(item[0] for item in items) + tail
    fields = {
        "alarms": alarm_names(alarm, edition), "status": status_names(status, edition),
        "latitude": lat, "longitude": lon, "altitude": alt, "speed": speed, "direction": direction,
        "time": time, "extras": [item[1] for item in items],
    }
    if tail:
        fields["trailing"] = tail.hex()
    when = utc(time)
    flags = []
    if when is None:
        flags.append("noDeviceTime")
    if received is not None and when is not None and not -600_000 <= received - when <= 30 * 86_400_000:
        flags.append("noDeviceTime")
        when = None
    place = []
    if not status >> 1 & 1:
        place.append("noFix")
    if lat > 90_000_000 or lon > 180_000_000:
        place.append("impossibleCoordinates")
    if lat == 0 and lon == 0:
        place.append("zeroIsland")
    if status >> 5 & 1:
        place.append("encryptedCoordinates")
    flags += place
    if speed > 3000:
        flags.append("impossibleSpeed")
    extras = {}
    mileage = satellites = None
    for _, _, effect in items:
        effect = dict(effect)
        mileage = effect.pop("mileageKm", mileage)
        satellites = effect.pop("satellites", satellites)
        extras.update(effect)
    plain = {"acc", "fixed", "south", "west", "encrypted"}
    states = [n for n in fields["status"] if n not in plain]
    if states:
        extras["status"] = ",".join(states)
    unnamed = [n for n in fields["alarms"] if n.startswith("bit")]
    if unnamed:
        extras["unnamedAlarms"] = ",".join(unnamed)
    position = {
        "fixTime": when if when is not None else received,
        "timeSource": "server" if when is None else "device",
        "valid": not place,
        "latitude": (-1 if status >> 2 & 1 else 1) * lat / 1e6 if lat else 0,
        "longitude": (-1 if status >> 3 & 1 else 1) * lon / 1e6 if lon else 0,
        "altitudeM": alt,
        "speedKmh": None if speed > 3000 else speed / 10,
        "courseDeg": None if direction > 360 else direction % 360,
        "satellites": satellites, "hdop": None, "accuracyM": None, "mileageKm": mileage, "batteryPercent": None,
        "ignition": bool(status & 1), "source": "gnss", "buffered": buffered,
        "alarms": [n for n in fields["alarms"] if not n.startswith("bit")],
        "flags": flags, "extras": extras,
    }
    return body, fields, position


def known(item_id, fmt, values, name, value, effect):
    data = struct.pack(">" + fmt, *values)
    return bytes([item_id, len(data)]) + data, {"id": "0x%02X" % item_id, "name": name, "value": value}, effect


def raw(item_id, data):
    return (bytes([item_id, len(data)]) + data, {"id": "0x%02X" % item_id, "hex": data.hex()},
            {"item%02X" % item_id: data.hex()})


MILEAGE = known(0x01, "I", [12345], "mileage", 12345, {"mileageKm": 1234.5})
FUEL = known(0x02, "H", [553], "fuel", 553, {"fuelL": 55.3})
RECORDER = known(0x03, "H", [519], "recorderSpeed", 519, {"recorderSpeedKmh": 51.9})
SIGNALS = known(0x25, "I", [1 << 3 | 1 << 4 | 1 << 14 | 1 << 20], "vehicleSignals",
                ["leftTurn", "brake", "clutch", "bit20"], {"vehicleSignals": "leftTurn,brake,clutch,bit20"})
INPUTS = known(0x2A, "H", [3], "inputs", ["deepSleep", "sleep"], {"inputs": "deepSleep,sleep"})
ANALOG = known(0x2B, "HH", [513, 1024], "analog", {"ad1": 513, "ad0": 1024}, {"ad0": 1024, "ad1": 513})
SIGNAL = known(0x30, "B", [28], "radioSignal", 28, {"radioSignal": 28})
SATELLITES = known(0x31, "B", [14], "satellites", 14, {"satellites": 14})


def report(name, clause, **given):
    edition = given.pop("edition", "2013")
    how = {k: given.pop(k) for k in ("phone", "serial", "flag", "version", "one_way") if k in given}
    body, fields, position = location(edition=edition, **given)
    if "flag" in how:
        fields["versionFlagMismatch"] = True
    if "version" in how:
        fields["protocolVersion"] = how["version"]
    add(name, 0x0200, body, fields, clause, [position], edition=edition, received=given.get("received"), **how)


BASIC = "JT/T 808, location report, basic information table"
EXTRA = "JT/T 808, location report, additional information table"

report("plain report", BASIC, items=[MILEAGE, SATELLITES], phone="013912345678", serial=0x1234)
report("plain report of 2019", BASIC, items=[MILEAGE, SATELLITES], edition="2019", phone="13912345678")
report("south and west", BASIC, status=0b1111, lat=33868820, lon=70648270)
report("south and west of 2019", BASIC, status=0b1111, lat=33868820, lon=70648270, edition="2019")
report("below sea level, engine off", BASIC, status=2, alt=-12)
report("ends of the scale", BASIC, lat=90_000_000, lon=180_000_000, alt=32767, speed=3000, direction=359)
report("course 360 is north", BASIC, direction=360)
report("course above 360 is none", BASIC, direction=361)
report("speed above 300 km/h is none", BASIC, speed=3001)
report("latitude above 90", BASIC, lat=90_000_001)
report("longitude above 180", BASIC, lon=180_000_001)
report("largest coordinates", BASIC, lat=0xFFFFFFFF, lon=0xFFFFFFFF)
report("zero island", BASIC, lat=0, lon=0)
report("zero latitude only", BASIC, lat=0)
report("south of nothing is zero", BASIC, status=0b1111, lat=0, lon=0)
report("no fix repeats the last place", BASIC, status=1)
report("coordinates encrypted by a plug-in", BASIC, status=0b100011)
NOW = utc("261123150000")
for label, time in [("zero", "000000000000"), ("month 13", "261323145500"), ("31 April", "260431145500"),
                    ("hour 24", "261123240000"), ("digits above nine", "26112314550f"), ("29 February 2025", "250229000000")]:
    report("impossible date: " + label, BASIC, time=time, received=NOW)
report("29 February 2028 exists", BASIC, time="280229000000")
report("a report 30 days old", BASIC, time="261024150000", received=NOW)
report("a report older than 30 days", BASIC, time="261024145959", received=NOW)
report("a clock ten minutes ahead", BASIC, time="261123151000", received=NOW)
report("a clock further ahead", BASIC, time="261123151001", received=NOW)
report("new year in GMT+8 is last year in UTC", BASIC, time="260101000000")

for edition in ("2013", "2019"):
    for bit in range(32):
        report("alarm bit %d of %s" % (bit, edition), "JT/T 808-%s, alarm flag table" % edition, alarm=1 << bit, edition=edition)
    for bit in range(32):
        if bit not in (8, 9):
            report("status bit %d of %s" % (bit, edition), "JT/T 808-%s, status table" % edition, status=1 << bit, edition=edition)
    for load in (1, 2, 3):
        report("load %d of %s" % (load, edition), "JT/T 808-%s, status table" % edition, status=3 | load << 8, edition=edition)
report("all alarms at once", "JT/T 808, alarm flag table", alarm=0xFFFFFFFF, status=0xFFFFFFFF)

for item in (MILEAGE, FUEL, RECORDER, SIGNALS, INPUTS, ANALOG, SIGNAL, SATELLITES):
    report("item " + item[1]["id"], EXTRA, items=[item])
report("largest mileage", EXTRA, items=[known(1, "I", [0xFFFFFFFF], "mileage", 0xFFFFFFFF, {"mileageKm": 429496729.5})])
report("every item in one report", EXTRA, items=[MILEAGE, FUEL, RECORDER, SIGNALS, INPUTS, ANALOG, SIGNAL, SATELLITES], edition="2019")
report("a repeated item counts last", EXTRA,
       items=[MILEAGE, known(1, "I", [12350], "mileage", 12350, {"mileageKm": 1235.0})])
report("unknown items stay bytes", EXTRA, items=[raw(0xE4, bytes.fromhex("0164")), MILEAGE, raw(0x57, bytes(8)), raw(0xFF, b"")])
report("a known id of unusual length stays bytes", EXTRA, items=[raw(0x01, b"\0\0\x01"), raw(0x30, b""), SATELLITES])
report("an item longer than the body ends the items", EXTRA, items=[MILEAGE], tail=bytes.fromhex("310501"))
report("an item without its length", EXTRA, items=[MILEAGE], tail=b"\x31")
report("items to the longest body", EXTRA, items=[raw(0xE1, bytes([0x7E]) * 255), raw(0xE2, bytes([0x7D]) * 255),
                                                 raw(0xE3, bytes(255)), raw(0xE5, bytes(222))])

report("2019 flag on the short header", "JT/T 808, header; the length decides", flag=True)
report("long header without the flag", "JT/T 808-2019, header; the length decides", flag=False, edition="2019")
report("protocol version 2", "JT/T 808-2019, header, protocol version", version=2, edition="2019")
report("hex digits in the phone", "JT/T 808, header, phone number", phone="4EF480128919")
report("phone of zeros", "JT/T 808, header, phone number", phone="000000000000", serial=65535)
report("20 digits of phone", "JT/T 808-2019, header, phone number", phone="12345678901234567890", edition="2019")
report("escapes in header and body", "JT/T 808, escaping", phone="07D7E07E7D7D", serial=0x7E7D, lat=0x017E7D7E % 90_000_000)
for wanted in (0x7E, 0x7D):
    # A serial that makes the check code itself need an escape.
    body = location()[0]
    for serial in range(256):
        code = 0
        for byte in head(0x0200, body, "013912345678", serial, "2013") + body:
            code ^= byte
        if code == wanted:
            report("check code %02X" % wanted, "JT/T 808, check code and escaping", serial=serial)

# ---------------------------------------------------------------- batch

BATCH = "JT/T 808-2013, batch upload of location data"


def batch(name, reports, kind=0, count=None, tail=b"", edition="2013"):
    built = [location(edition=edition, buffered=kind == 1, **r) for r in reports]
    body = struct.pack(">HB", len(built) if count is None else count, kind)
    for one, _, _ in built:
        body += struct.pack(">H", len(one)) + one
    fields = {"count": len(built) if count is None else count, "kind": kind, "items": [b[1] for b in built]}
    if tail:
        fields["trailing"] = tail.hex()
    add(name, 0x0704, body + tail, fields, BATCH, [b[2] for b in built], edition=edition)


TWO = [dict(items=[MILEAGE]), dict(time="261123145510", lat=31230500, items=[SATELLITES])]
batch("fresh batch", TWO)
batch("late data from a blind area", TWO, kind=1)
batch("batch of 2019", TWO, edition="2019")
batch("a count that is too high", TWO, count=9)
batch("a count that is too low", TWO, count=1)
batch("an item with unreadable items", [dict(tail=b"\x31\x09")])
batch("a last report cut short keeps the others", TWO, count=3, tail=struct.pack(">H", 28) + bytes(20))
batch("a report shorter than 28 bytes ends the batch", TWO, count=3, tail=struct.pack(">H", 27) + bytes(27))
batch("batch of nothing", [])

# ---------------------------------------------------------------- answers, heartbeat, leaving

for edition in ("2013", "2019"):
    for result in range(5):
        add("terminal answer, result %d, %s" % (result, edition), 0x0001, struct.pack(">HHB", 123, 0x8103, result),
            {"answeredSerial": 123, "answeredId": "0x8103", "result": result}, "JT/T 808, terminal general answer",
            edition=edition, reply=None)
    add("platform answer, " + edition, 0x8001, struct.pack(">HHB", 65535, 0x0200, 4),
        {"answeredSerial": 65535, "answeredId": "0x0200", "result": 4}, "JT/T 808, platform general answer",
        edition=edition, reply=None)
    add("heartbeat, " + edition, 0x0002, b"", {}, "JT/T 808, terminal heartbeat", edition=edition)
    add("unregister, " + edition, 0x0003, b"", {}, "JT/T 808, terminal unregistration", edition=edition)
    add("register answer, " + edition, 0x8100, struct.pack(">HB", 7, 0) + "鉴权码 123".encode("gbk"),
        {"answeredSerial": 7, "result": 0, "authCode": "鉴权码 123"}, "JT/T 808, registration answer",
        edition=edition, reply=None)
    for result in (1, 2, 3, 4):
        add("register refused with %d, %s" % (result, edition), 0x8100, struct.pack(">HB", 7, result),
            {"answeredSerial": 7, "result": result}, "JT/T 808, registration answer", edition=edition, reply=None)
add("heartbeat with a body", 0x0002, bytes([87, 22, 1]), {"trailing": "571601"}, "JT/T 808, terminal heartbeat; asset trackers")
add("unknown message", 0x0F42, bytes([1, 2]), {"body": "0102"}, "JT/T 808, ids reserved for vendors", one_way="no row")
add("unknown downlink message", 0x8F42, b"", {"body": ""}, "JT/T 808, ids reserved for vendors", one_way="no row", reply=None)

# ---------------------------------------------------------------- registration and authentication

REGISTER = "JT/T 808-%s, terminal registration"


def register(edition, maker, model, terminal, color, plate):
    widths = {"2011": (5, 8, 7), "2013": (5, 20, 7), "2019": (11, 30, 30)}[edition]
    body = struct.pack(">HH", 31, 115) + maker.encode().ljust(widths[0], b"\0")
    name = model.encode("gbk")
    body += {"2011": name.ljust(8), "2013": name.ljust(20, b"\0"), "2019": name.rjust(30, b"\0")}[edition]
    body += terminal.encode().ljust(widths[2], b"\0") + bytes([color]) + plate.encode("gbk")
    if edition == "2011":
        body += b"\0"
    fields = {"provinceId": 31, "cityId": 115, "manufacturerId": maker, "terminalModel": model,
              "terminalId": terminal, "plateColor": color, "plate": plate}
    return body, fields


body, fields = register("2011", "QHKJ1", "SW-200", "7654321", 2, "沪A12345")
add("register of 2011", 0x0100, body, fields, REGISTER % 2011, shown="2011", reply="registration")
# 42 bytes are long enough for 2013, whose model would then hold the colour: a control byte gives it away.
body, fields = register("2011", "QHKJ1", "SW-200", "7654321", 0, "LSVAU2180N2123456")
assert len(body) == 43
add("register of 2011 with a VIN, as long as one of 2013", 0x0100, body, fields, REGISTER % 2011, shown="2011",
    reply="registration")
body, fields = register("2013", "QHKJ1", "SW-200扫地车", "7654321", 1, "沪A·12345")
add("register of 2013", 0x0100, body, fields, REGISTER % 2013, reply="registration")
body, fields = register("2019", "QHKJ1234567", "SW-200", "7654321ABC", 5, "沪AD12345")
add("register of 2019", 0x0100, body, fields, REGISTER % 2019, edition="2019", reply="registration")

AUTH = "JT/T 808-%s, terminal authentication"
add("authentication of 2013", 0x0102, AUTH_CODE.encode(), {"authCode": AUTH_CODE}, AUTH % 2013)
add("empty authentication", 0x0102, b"", {"authCode": ""}, AUTH % 2013)
add("authentication in GBK", 0x0102, "鉴权1".encode("gbk"), {"authCode": "鉴权1"}, AUTH % 2013)
add("authentication of 2011 under the common header", 0x0102, b"12345\0", {"authCode": "12345"}, AUTH % 2011,
    one_way="the end mark of 2011 is read from any edition and written for 2011 only")
add("authentication of 2019", 0x0102,
    bytes([16]) + AUTH_CODE.encode() + b"123456789012345" + b"V1.2.3".ljust(20, b"\0"),
    {"authCode": AUTH_CODE, "imei": "123456789012345", "softwareVersion": "V1.2.3"}, AUTH % 2019, edition="2019")
add("bare code under the header of 2019", 0x0102, b"J100300681", {"authCode": "J100300681"}, AUTH % 2019, edition="2019")

# ---------------------------------------------------------------- what is refused

good = frame(0x0002, b"")


def answer(msg_id, result, edition="2013"):
    return frame(0x8001, struct.pack(">HHB", 1, msg_id, result), serial=0, edition=edition)


fault("wrong check code", good[:-2] + bytes([good[-2] ^ 1]) + b"\x7e", "badChecksum", 15, "JT/T 808, check code")
fault("stray escape", b"\x7e\x7d\x03" + good[1:], "badEscape", 17, "JT/T 808, escaping")
fault("escape before the flag", good[:-1] + b"\x7d\x7e", "badEscape", 16, "JT/T 808, escaping")
fault("shorter than a header", seal(b"\x00\x02\x00"), "badLength", 6, "JT/T 808, header")
long = bytearray(head(0x0200, location()[0], "013912345678", 1, "2013") + location()[0])
long[3] += 1
fault("announced length too long", seal(bytes(long)), "badLength", len(seal(bytes(long))), "JT/T 808, body properties")
long[3] -= 2
fault("announced length too short", seal(bytes(long)), "badLength", len(seal(bytes(long))), "JT/T 808, body properties")
for edition in ("2013", "2019"):
    wire = frame(0x0200, location()[0][:27], edition=edition)
    fault("a report of 27 bytes, " + edition, wire, "badBody", len(wire), BASIC, answer(0x0200, 2, edition))
    wire = frame(0x0200, location()[0], edition=edition, encryption=1)
    fault("an encrypted body, " + edition, wire, "encrypted", len(wire), "JT/T 808, body properties, bits 10-12",
          answer(0x0200, 3, edition))
wire = frame(0x0100, bytes(24))
fault("a register of 24 bytes", wire, "badBody", len(wire), REGISTER % 2011, answer(0x0100, 2))
wire = frame(0x0704, bytes([0, 1, 0, 0, 28]) + bytes(20))
fault("a batch of nothing that can be read", wire, "badBody", len(wire), BATCH, answer(0x0704, 2))
wire = frame(0x0001, bytes(4))
fault("an answer of 4 bytes", wire, "badBody", len(wire), "JT/T 808, terminal general answer")
wire = frame(0x0704, bytes(4), package=(3, 9))
fault("part 9 of 3", wire, "subpackageDropped", len(wire), "JT/T 808, package item", answer(0x0704, 2))
wire = frame(0x0704, bytes(4), package=(0, 0))
fault("part 0 of 0", wire, "subpackageDropped", len(wire), "JT/T 808, package item", answer(0x0704, 2))

text = "[\n" + ",\n".join(json.dumps(v, ensure_ascii=False) for v in vectors) + "\n]\n"
if "--check" in sys.argv[1:]:
    if OUT.read_text(encoding="utf-8") != text:
        sys.exit(f"{OUT} is not what this script writes")
else:
    OUT.write_text(text, encoding="utf-8")
print(f"{len(vectors)} vectors")
