"""What the scripts of GT06 vectors share: frames, the blocks of their contents and what those say, worked out from the
tables of the wire reference. Shares nothing with the codec. Times in the files are ISO 8601 UTC.
Standard library only.
"""

import json
import struct
import sys
from datetime import datetime, timezone
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent.parent / "src" / "gt06" / "vectors"
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


def answer(kind, serial, content=b"", long=False):
    return frame(kind, content, serial, long).hex()


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


IMEI = "861234567890123"
INFO_BITS = {0: "armed", 1: "acc", 2: "charging", 6: "gpsOn", 7: "oilCut"}
INFO_ALARMS = {0: None, 1: "vibration", 2: "powerCut", 3: "lowBattery", 4: "sos"}


def info_names(info):
    """Names of the bits of the terminal information, section 7."""
    named = INFO_ALARMS[info >> 3 & 7]
    return ([named] if named else []) + [INFO_BITS[bit] for bit in sorted(INFO_BITS) if info >> bit & 1]


def state_extras(info, level=None, signal=None):
    """What a position keeps of the terminal information."""
    names = info_names(info)
    extras = {} if signal is None else {"gsmSignal": signal}
    if level is not None:
        extras.update({"voltageLevel": level, "batteryEstimated": True})
    extras.update({"oilCut": "oilCut" in names, "charging": "charging" in names, "armed": "armed" in names})
    return extras


def nowhere(time=None, source="cell", **over):
    """A position without coordinates: time None is the receive time."""
    return {
        "fixTime": iso(time or RECEIVED),
        "timeSource": "server" if time is None else "device",
        "valid": False, "latitude": None, "longitude": None, "altitudeM": None, "speedKmh": None, "courseDeg": None,
        "satellites": None, "hdop": None, "accuracyM": None, "mileageKm": None, "batteryPercent": None,
        "ignition": None, "source": source, "buffered": False, "alarms": [],
        "flags": ["noFix"] + (["noDeviceTime"] if time is None else []), "extras": {}, **over,
    }


def radio(**lists):
    """Extras are flat: each list is its JSON text, written without blanks."""
    return {name: json.dumps(items, separators=(",", ":"), ensure_ascii=False) for name, items in lists.items() if items}


class Group:
    """One file of vectors."""

    def __init__(self, name):
        self.path = FOLDER / (name + ".json")
        self.vectors = []

    def add(self, name, clause, kind, row, content, fields, intent="report", positions=(), reply=None, device=IMEI,
            side="platform", long=False, serial=3, one_way=None, model=None, bound=None):
        """`device` logs in before the frame; None: the frame comes before any log-in. `bound` logs in with it."""
        data = frame(kind, content, serial, long)
        vector = {
            "name": name, "from": "gt06.md " + clause, "hex": data.hex(), "side": side, "receivedTime": iso(RECEIVED),
            "device": None if side == "terminal" else device,
            "message": {"id": "0x%02X" % kind, "name": row, "intent": intent, "serial": serial, "fields": fields},
            "positions": list(positions), "reply": reply,
        }
        if bound:
            vector["message"]["device"] = bound
            vector["device"] = None
        if one_way:
            vector["oneWay"] = one_way
        if model:
            vector["model"] = model
        self.vectors.append(vector)

    def answered(self, name, clause, kind, row, content, fields, **more):
        """With the bare answer of its type."""
        self.add(name, clause, kind, row, content, fields, reply=answer(kind, more.get("serial", 3)), **more)

    def down(self, name, clause, kind, row, content, fields, intent="report", **more):
        """What a platform sends."""
        self.add(name, clause, kind, row, content, fields, intent=intent, side="terminal", **more)

    def close(self):
        text = "[\n" + ",\n".join(json.dumps(v, ensure_ascii=False) for v in self.vectors) + "\n]\n"
        if "--check" in sys.argv[1:]:
            if self.path.read_text(encoding="utf-8") != text:
                sys.exit("%s is not what this script writes" % self.path)
        else:
            self.path.parent.mkdir(exist_ok=True)
            self.path.write_text(text, encoding="utf-8")
        print("%s: %d vectors" % (self.path.name, len(self.vectors)))
