#!/usr/bin/env python3
"""Writes src/gt06/vectors.json: GT06 frames and what they say, worked out from the tables of the wire reference.

Shares nothing with the codec: bytes are laid out by hand and the expected values are computed from the same inputs.
Times in the file are ISO 8601 UTC. `device` logs in before the frame; without it the frame comes before any log-in.
Standard library only. Run from anywhere:

    python3 protocols/vectors/gt06.py          writes the file
    python3 protocols/vectors/gt06.py --check  fails when the file is not what this script writes
"""

import json
import struct
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

OUT = Path(__file__).resolve().parent.parent / "src" / "gt06" / "vectors.json"
RECEIVED = datetime(2026, 11, 23, 8, 9, 20, tzinfo=timezone.utc)
FIX = datetime(2026, 11, 23, 8, 9, 16, tzinfo=timezone.utc)
PERCENT = {0: 0, 1: 5, 2: 15, 3: 35, 4: 60, 5: 80, 6: 100}


def iso(t):
    return t.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def crc(data):
    c = 0xFFFF
    for byte in data:
        c ^= byte
        for _ in range(8):
            c = (c >> 1) ^ 0x8408 if c & 1 else c >> 1
    return c ^ 0xFFFF


def frame(kind, content, serial, long=False):
    n = len(content) + 5
    head = struct.pack(">H", n) if long else struct.pack("B", n)
    body = head + bytes([kind]) + content + struct.pack(">H", serial)
    return (b"\x79\x79" if long else b"\x78\x78") + body + struct.pack(">H", crc(body)) + b"\r\n"


def answer(kind, serial):
    return frame(kind, b"", serial).hex()


def when(t):
    return bytes([t.year - 2000, t.month, t.day, t.hour, t.minute, t.second])


def digits(t):
    return t.strftime("%y%m%d%H%M%S")


class Gps:
    """The 18 bytes of section 6.1 with what they mean."""

    def __init__(self, lat=31.230416, lon=121.473701, speed=52, course=126, sats=9, nibble=12, fixed=True,
                 differential=False, bit14=False, bit15=False, time=None, time_digits=None, fix_time=FIX,
                 flags=(), bcd=False):
        raw_time = when(FIX) if time is None else time
        self.lat_raw, self.lon_raw = round(abs(lat) * 1_800_000), round(abs(lon) * 1_800_000)
        names = []
        word = course
        for bit, name, is_set in ((10, "north", lat >= 0), (11, "west", lon < 0), (12, "positioned", fixed),
                                  (13, "differential", differential), (14, "bit14", bit14), (15, "bit15", bit15)):
            if is_set:
                word |= 1 << bit
                names.append(name)
        self.bytes = (raw_time + bytes([nibble << 4 | sats]) + struct.pack(">II", self.lat_raw, self.lon_raw)
                      + bytes([speed]) + struct.pack(">H", word))
        assert len(self.bytes) == 18
        self.fields = {
            "time": time_digits or digits(FIX),
            "gpsInfo": {"length": nibble, "satellites": sats},
            "latitude": self.lat_raw,
            "longitude": self.lon_raw,
            "speed": speed,
            "courseStatus": {"course": course, "flags": names},
        }
        signed_lat = round(self.lat_raw / 1_800_000, 6) * (1 if lat >= 0 else -1)
        signed_lon = round(self.lon_raw / 1_800_000, 6) * (-1 if lon < 0 else 1)
        impossible = abs(signed_lat) > 90 or abs(signed_lon) > 180
        zero = self.lat_raw == 0 and self.lon_raw == 0
        all_flags = ([] if fixed else ["noFix"]) + (["impossibleCoordinates"] if impossible else [])
        all_flags += (["zeroIsland"] if zero else []) + list(flags)
        self.position = {
            "fixTime": iso(fix_time),
            "timeSource": "server" if "noDeviceTime" in flags else "device",
            "valid": fixed and not impossible and not zero,
            "latitude": signed_lat,
            "longitude": signed_lon,
            "altitudeM": None,
            "speedKmh": speed,
            "courseDeg": None if course > 360 else course % 360,
            "satellites": sats,
            "hdop": None,
            "accuracyM": None,
            "mileageKm": None,
            "batteryPercent": None,
            "ignition": bit15 if bit14 or bit15 else None,
            "source": "gnss",
            "buffered": False,
            "alarms": [],
            "flags": all_flags,
            "extras": {},
        }
        if bcd:
            self.position["extras"]["dateFormat"] = "bcd"
        if differential:
            self.position["extras"]["differential"] = True


def cell(mcc=460, mnc=0, lac=0x287D, cell_id=0x001FB8):
    raw = struct.pack(">HBH", mcc, mnc, lac) + cell_id.to_bytes(3, "big")
    return raw, {"mcc": mcc, "mnc": mnc, "lac": lac, "cellId": cell_id}


vectors = []


def add(name, clause, data, message, positions=(), reply=None, device=None, side="platform", one_way=None):
    vector = {"name": name, "from": f"gt06.md {clause}", "hex": data.hex(), "side": side,
              "receivedTime": iso(RECEIVED), "device": device, "message": message, "positions": list(positions),
              "reply": reply}
    if one_way:
        vector["oneWay"] = one_way
    vectors.append(vector)


IMEI = "861234567890123"


# --- Log-in, section 5

def login(name, terminal, device, serial, extra=b"", fields=None, one_way=None):
    add(name, "section 5", frame(0x01, bytes.fromhex(terminal) + extra, serial),
        {"id": "0x01", "name": "login", "intent": "authenticate", "device": device, "serial": serial,
         "fields": {"terminalId": terminal, **(fields or {})}},
        reply=answer(0x01, serial), one_way=one_way)


def zone(hours, minutes, west, language):
    word = (hours * 100 + minutes) << 4 | (8 if west else 0) | language
    return struct.pack(">H", word), {"hours": hours, "minutes": minutes, "west": west, "spare": False,
                                     "language": language}


login("log-in", "0861234567890123", IMEI, 1)
for title, hours, minutes, west in (("+8:00", 8, 0, False), ("+5:30", 5, 30, False), ("-12:45", 12, 45, True)):
    raw, fields = zone(hours, minutes, west, 1)
    login(f"log-in with zone {title}", "0861234567890123", IMEI, 7, b"\x70\x03" + raw,
          {"typeCode": 0x7003, "zone": fields})
raw, fields = zone(8, 0, False, 2)
login("log-in with unknown bytes behind the zone", "0861234567890123", IMEI, 8, b"\x22\x03" + raw + b"\x01\x02",
      {"typeCode": 0x2203, "zone": fields, "extra": "0102"})
login("log-in with a sixteen-digit id", "1861234567890123", "1861234567890123", 65535)
login("log-in with an id that is no number", "0a3f45b7c9012345", "0a3f45b7c9012345", 2, fields={"idFormat": "hex"})
login("log-in of a device whose IMEI starts with zero", "0012345678901234", "012345678901234", 3)


# --- Positions 12 and 22, section 6

TAILS = {
    "": (b"", {}),
    " with ACC": (b"\x01", {"acc": 1}),
    " with ACC and mode": (b"\x00\x0e", {"acc": 0, "uploadMode": 14}),
    " with ACC, mode and live": (b"\x01\x03\x00", {"acc": 1, "uploadMode": 3, "reupload": 0}),
    " with mileage only": (struct.pack(">I", 100000), {"mileage": 100000}),
    " with ACC, mode, stored and mileage": (b"\x01\x05\x01" + struct.pack(">I", 4887700),
                                           {"acc": 1, "uploadMode": 5, "reupload": 1, "mileage": 4887700}),
    " with five bytes no table knows": (b"\xde\xad\xbe\xef\x01", {"extra": "deadbeef01"}),
}


def position(name, clause, kind, gps, tail=(b"", {}), serial=3, cell_=None, device=IMEI, long=False):
    cell_raw, cell_fields = cell_ or cell()
    tail_raw, tail_fields = tail
    expected = {**gps.position, "extras": dict(gps.position["extras"])}
    if cell_fields["lac"] or cell_fields["cellId"]:
        expected["extras"].update(cell_fields)
    if "acc" in tail_fields:
        expected["ignition"] = tail_fields["acc"] == 1
    if "mileage" in tail_fields:
        expected["mileageKm"] = tail_fields["mileage"] / 1000
    if "reupload" in tail_fields:
        expected["buffered"] = tail_fields["reupload"] == 1
    for key in ("uploadMode", "extra"):
        if key in tail_fields:
            expected["extras"][key] = tail_fields[key]
    row = {0x12: ("0x12", "position"), 0x22: ("0x22", "statusPosition")}[kind]
    add(name, clause, frame(kind, gps.bytes + cell_raw + tail_raw, serial, long),
        {"id": row[0], "name": row[1], "intent": "report", "device": device, "serial": serial,
         "fields": {**gps.fields, "cell": cell_fields, **tail_fields}}, [expected], device=device,
        one_way="what fits the short form is written in it" if long else None)


for kind in (0x12, 0x22):
    for title, tail in TAILS.items():
        position(f"position {kind:02x}{title}", "section 6.3", kind, Gps(), tail)

position("position in the south-west", "section 6.1", 0x12, Gps(lat=-9.786288, lon=-47.543883, course=300))
position("position before any log-in", "section 3", 0x12, Gps(), device=None)
position("position in the long form", "section 1", 0x12, Gps(), long=True)
position("position with a length nibble of 8", "section 6.1", 0x22, Gps(nibble=8, sats=15))
position("position by differential GPS", "section 6.1", 0x12, Gps(differential=True))
position("position without a fix", "section 6.1", 0x22, Gps(fixed=False, sats=0, flags=["noDeviceTime"],
                                                           fix_time=RECEIVED))
position("position at zero island", "section 6.1", 0x22, Gps(lat=0, lon=0, sats=0))
position("position north of the pole", "section 6.1", 0x12, Gps(lat=98.5))
position("position beyond the date line", "section 6.1", 0x12, Gps(lon=-180.5))
position("course 360 is north", "section 6.1", 0x12, Gps(course=360))
position("course above 360 is unknown", "section 6.1", 0x12, Gps(course=1023))
position("speed at its limit", "section 6.1", 0x12, Gps(speed=255))
position("ACC in bit 15 of a clone", "section 6.1", 0x12, Gps(bit15=True))
position("bit 14 alone means ACC off", "section 6.1", 0x12, Gps(bit14=True))
position("no cell", "section 6.3", 0x22, Gps(), TAILS[" with ACC, mode and live"], cell_=cell(0, 0, 0, 0))
position("cell at its limits", "section 6.3", 0x22, Gps(), cell_=cell(0xFFFF, 0xFF, 0xFFFF, 0xFFFFFF))

lost = {"flags": ["noDeviceTime"], "fix_time": RECEIVED}
position("date all zero after power-up", "section 6.2", 0x12, Gps(time=bytes(6), time_digits="000000000000", **lost))
position("month 13", "section 6.2", 0x12, Gps(time=bytes([26, 13, 23, 8, 9, 16]), time_digits="261323080916", **lost))
position("29 February of no leap year", "section 6.2", 0x12,
         Gps(time=bytes([27, 2, 29, 8, 9, 16]), time_digits="270229080916", **lost))
position("date bytes above 99", "section 6.2", 0x12, Gps(time=b"\xff" * 6, time_digits="x" + "ff" * 6, **lost))
position("BCD date of a look-alike", "section 6.2", 0x12,
         Gps(time=bytes.fromhex("261123080916"), time_digits="381735080922", bcd=True))
ahead = FIX + timedelta(hours=8)
position("eight hours ahead, not learned yet", "section 6.2", 0x12,
         Gps(time=when(ahead), time_digits=digits(ahead), **lost))
stored = FIX - timedelta(days=3, hours=1)
position("stored three days ago", "section 6.2", 0x22,
         Gps(time=when(stored), time_digits=digits(stored), fix_time=stored), (b"\x01\x00\x01",
         {"acc": 1, "uploadMode": 0, "reupload": 1}))
old = FIX - timedelta(days=400)
position("stored more than 30 days ago", "section 6.2", 0x22,
         Gps(time=when(old), time_digits=digits(old), **lost), (b"\x00\x00\x01",
         {"acc": 0, "uploadMode": 0, "reupload": 1}))


# --- Heartbeats, section 7

def heartbeat(name, content, fields, serial=5):
    add(name, "section 7", frame(0x13, content, serial),
        {"id": "0x13", "name": "heartbeat", "intent": "keepalive", "device": IMEI, "serial": serial,
         "fields": fields}, reply=answer(0x13, serial), device=IMEI)


heartbeat("heartbeat", b"\x46\x06\x04\x00\x01",
          {"terminalInfo": ["acc", "charging", "gpsOn"], "voltageLevel": 6, "signal": 4, "alarmCode": 0,
           "language": 1})
heartbeat("heartbeat with oil cut and armed", b"\xc7\x04\x03\x00\x00",
          {"terminalInfo": ["armed", "acc", "charging", "gpsOn", "oilCut"], "voltageLevel": 4, "signal": 3,
           "alarmCode": 0, "language": 0})
heartbeat("heartbeat with low battery in its bits", b"\x58\x02\x03\x00\x02",
          {"terminalInfo": ["lowBattery", "gpsOn"], "voltageLevel": 2, "signal": 3, "alarmCode": 0, "language": 2})
heartbeat("heartbeat of three bytes", b"\x00\xff\xff", {"terminalInfo": [], "voltageLevel": 255, "signal": 255})
heartbeat("heartbeat with a byte more", b"\x78\x00\x00\x09",
          {"terminalInfo": ["alarm7", "gpsOn"], "voltageLevel": 0, "signal": 0, "extra": "09"})
heartbeat("heartbeat with temperature", b"\x44\x05\x02\x01\x01\x0d",
          {"terminalInfo": ["charging", "gpsOn"], "voltageLevel": 5, "signal": 2, "temperatureType": 1,
           "temperature": 269})


# --- Alarms 16 and 26, section 8

INFO_BITS = {0: "armed", 1: "acc", 2: "charging", 6: "gpsOn", 7: "oilCut"}
INFO_ALARMS = {0: None, 1: "vibration", 2: "powerCut", 3: "lowBattery", 4: "sos"}


def alarm(name, kind, code, key, alarms, info=0x46, level=6, language=1, lbs=9, with_cell=True, tail=(b"", {}),
          gps=None, serial=54):
    gps = gps or Gps()
    cell_raw, cell_fields = cell()
    named = INFO_ALARMS[info >> 3 & 7]
    names = ([named] if named else []) + [INFO_BITS[bit] for bit in sorted(INFO_BITS) if info >> bit & 1]
    fields = {**gps.fields, "lbsLength": lbs, "terminalInfo": names, "voltageLevel": level, "signal": 4,
              "alarmCode": code, "language": language, **tail[1]}
    extras = {"gsmSignal": 4, "voltageLevel": level, "batteryEstimated": True, "oilCut": "oilCut" in names,
              "charging": "charging" in names, "armed": "armed" in names}
    if with_cell:
        fields["cell"] = cell_fields
        extras.update(cell_fields)
    if code:
        extras.update({"alarmCode": code, "alarmKey": key})
    if language >> 4:
        extras["alarmWord"] = code << 8 | language
    if "extra" in tail[1]:
        extras["extra"] = tail[1]["extra"]
    expected = {**gps.position, "ignition": "acc" in names, "batteryPercent": PERCENT.get(level),
                "alarms": alarms, "extras": extras,
                "mileageKm": tail[1]["mileage"] / 1000 if "mileage" in tail[1] else None}
    content = (gps.bytes + bytes([lbs]) + (cell_raw if with_cell else b"") + bytes([info, level, 4, code, language])
               + tail[0])
    row = {0x16: ("0x16", "alarm"), 0x26: ("0x26", "fenceAlarm")}[kind]
    add(name, "section 8", frame(kind, content, serial),
        {"id": row[0], "name": row[1], "intent": "report", "device": IMEI, "serial": serial, "fields": fields},
        [expected], reply=answer(kind, serial), device=IMEI)


for kind in (0x16, 0x26):
    alarm(f"alarm {kind:02x} SOS", kind, 0x01, "sos", ["sos"], info=0x65)
    alarm(f"alarm {kind:02x} power cut", kind, 0x02, "powerCut", ["powerCut"], info=0x42, level=4)
    alarm(f"alarm {kind:02x} with an LBS length of 8 and mileage", kind, 0x03, "vibration", ["vibration"], lbs=8,
          tail=(struct.pack(">I", 4898100), {"mileage": 4898100}))

alarm("alarm in its bits only", 0x26, 0x00, None, ["lowBattery"], info=0x58, level=2)
alarm("alarm in code and bits", 0x16, 0x06, "overspeed", ["overspeed", "lowBattery"], info=0x5A)
alarm("alarm packet without an alarm", 0x16, 0x00, None, [])
alarm("alarm without a cell", 0x26, 0x13, "tamper", ["tamper"], lbs=0, with_cell=False)
alarm("alarm that wants no answer", 0x26, 0x04, "fenceEnter", ["fenceEnter"], language=0)
alarm("alarm leaving a device fence", 0x26, 0x05, "fenceExit", ["fenceExit"], language=2)
alarm("alarm of a code outside the tables", 0x26, 0x1A, "unknown1a", ["other"], language=2)
alarm("alarm widened to twelve bits", 0x26, 0x07, "unknown07", ["other"], language=0x12)
alarm("notice that ACC went on", 0x16, 0xFE, "accOn", [], info=0x47)
alarm("notice of the first fix", 0x26, 0x0D, "firstFix", [])
alarm("alarm with a level above the table", 0x16, 0x19, "batteryLow", ["lowBattery"], level=9)
alarm("alarm with two bytes no table knows", 0x16, 0x2D, "rollover", ["rollover"], tail=(b"\x0a\x0b",
      {"extra": "0a0b"}))
alarm("alarm without a fix", 0x16, 0x01, "sos", ["sos"], gps=Gps(fixed=False, sats=0, flags=["noDeviceTime"],
                                                                fix_time=RECEIVED))


# --- What the platform answers, section 3.1

for kind, name in ((0x01, "login"), (0x13, "heartbeat"), (0x16, "alarm"), (0x26, "fenceAlarm")):
    add(f"answer to {kind:02x}", "section 3.1", frame(kind, b"", 0x0102),
        {"id": f"0x{kind:02x}", "name": f"{name}Answer", "intent": "answer", "device": None, "serial": 0x0102,
         "fields": {}}, side="terminal")

text = "[\n" + ",\n".join(json.dumps(v, ensure_ascii=False) for v in vectors) + "\n]\n"
if "--check" in sys.argv[1:]:
    if OUT.read_text(encoding="utf-8") != text:
        sys.exit(f"{OUT} is not what this script writes")
else:
    OUT.write_text(text, encoding="utf-8")
print(f"{len(vectors)} vectors")
