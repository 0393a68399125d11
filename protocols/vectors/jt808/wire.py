"""JT/T 808 frames and locations packed by hand from the tables of the standard, for the scripts beside this folder.

Shares nothing with the codec: what bytes say is stated beside them, so that a slip in one is not repeated in the other.
Standard library only.
"""

import json
import struct
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

VECTORS = Path(__file__).resolve().parent.parent.parent / "src" / "jt808" / "vectors"
AUTH_CODE = "K7QX2M9TB4WZ8R3N"

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


def register_2011(phone):
    """A registration that only the text of 2011 explains."""
    body = struct.pack(">HH", 31, 115) + b"QHKJ1" + b"SW-200".ljust(8) + b"7654321" + b"\x02" + "沪A12345".encode("gbk") + b"\0"
    return frame(0x0100, body, phone, 0)


class Group:
    """The vectors of one group of messages: one file, `src/jt808/vectors/NAME.json`."""

    def __init__(self, name, names):
        """`names` by message id; ids without a name are unknown to the codec."""
        self.out = VECTORS / f"{name}.json"
        self.names = names
        self.vectors = []

    def add(self, name, msg_id, body, fields, clause, positions=None, phone="013912345678", serial=1,
            edition="2013", shown=None, one_way=None, received=None, reply="general", of_2011=False, model=None, **more):
        """One vector. `shown` is the edition the message must be told to have, where the header is of another.

        `reply`: "general", "registration", a frame, or None. `of_2011`: the terminal registered by the text of 2011 before, which headers cannot tell.
        `model`: the device model whose profile the connection is told.
        """
        wire = frame(msg_id, body, phone, serial, edition, **more)
        shown = "2011" if of_2011 else shown or edition
        vector = {
            "name": name,
            "hex": wire.hex(),
            "from": clause,
            "message": {
                "id": "0x%04X" % msg_id,
                "name": self.names.get(msg_id, "unknown"),
                "device": phone.lstrip("0").lower() or "0",
                "edition": shown,
                "serial": serial,
                "fields": fields,
            },
            "positions": positions or [],
        }
        if reply == "general":
            answer = struct.pack(">HHB", serial, msg_id, 0 if msg_id in self.names else 3)
            head_more = {k: more[k] for k in ("flag", "version") if k in more}
            vector["reply"] = frame(0x8001, answer, phone, 0, edition, **head_more).hex()
        elif reply == "registration":
            answer = struct.pack(">HB", serial, 0) + AUTH_CODE.encode()
            if shown == "2011":
                answer += b"\0"
            vector["reply"] = frame(0x8100, answer, phone, 0, edition).hex()
        else:
            vector["reply"] = reply and reply.hex()
        if of_2011:
            vector["prelude"] = register_2011(phone).hex()
        if model:
            vector["model"] = model
        if one_way:
            vector["oneWay"] = one_way
        if received:
            vector["receivedTime"] = received
        self.vectors.append(vector)

    def fault(self, name, wire, code, size, clause, reply=None):
        """A frame that must be refused with this code, this many bytes dropped with it."""
        self.vectors.append({"name": name, "hex": wire.hex(), "from": clause,
                        "fault": {"code": code, "offset": 0, "bytes": size}, "reply": reply and reply.hex()})

    def save(self):
        """Writes the file; with --check fails when the file is not what would be written."""
        text = "[\n" + ",\n".join(json.dumps(v, ensure_ascii=False) for v in self.vectors) + "\n]\n"
        if "--check" in sys.argv[1:]:
            if self.out.read_text(encoding="utf-8") != text:
                sys.exit(f"{self.out} is not what this script writes")
        else:
            self.out.write_text(text, encoding="utf-8")
        print(f"{self.out.stem}: {len(self.vectors)} vectors")


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
STATUS_2011 = {bit: name for bit, name in STATUS_2013.items() if bit <= 12}
STATUS = {"2011": STATUS_2011, "2013": STATUS_2013, "2019": STATUS_2019}
LOADS = {1: "halfLoaded", 2: "loadReserved", 3: "fullyLoaded"}


def alarm_names(word, edition, own):
    return [{**ALARMS[edition], **own}.get(bit, "bit%d" % bit) for bit in range(32) if word >> bit & 1]


def status_names(word, edition, own):
    if edition == "2011":
        return [{**STATUS_2011, **own}.get(b, "bit%d" % b) for b in range(32) if word >> b & 1]
    names = [LOADS[word >> 8 & 3]] if word >> 8 & 3 else []
    return names + [{**STATUS[edition], **own}.get(b, "bit%d" % b) for b in range(32) if b not in (8, 9) and word >> b & 1]


def utc(bcd, zone=8):
    """Milliseconds UTC of YYMMDDhhmmss in GMT+8 or another zone, None for a date that does not exist."""
    try:
        local = datetime.strptime("20" + bcd, "%Y%m%d%H%M%S").replace(tzinfo=timezone(timedelta(hours=zone)))
    except ValueError:
        return None
    return int(local.timestamp()) * 1000


def location(alarm=0, status=3, lat=31230416, lon=121473701, alt=7, speed=523, direction=126,
             time="261123145500", edition="2013", items=(), tail=b"", received=None, buffered=False,
             own_alarms={}, own_status={}, zone=8):
    """Bytes, fields and position of one location body. `items` are (bytes, field, effect) triples.

    `own_alarms`, `own_status` and `zone` are those of a device model, where they differ from the standard's.
    """
    body = struct.pack(">IIIIhHH", alarm, status, lat, lon, alt, speed, direction) + bytes.fromhex(time)
    body += b"".join(item[0] for item in items) + tail
    fields = {
        "alarms": alarm_names(alarm, edition, own_alarms), "status": status_names(status, edition, own_status),
        "latitude": lat, "longitude": lon, "altitude": alt, "speed": speed, "direction": direction,
        "time": time, "extras": [item[1] for item in items],
    }
    if tail:
        fields["trailing"] = tail.hex()
    when = utc(time, zone)
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
    mileage = satellites = battery = None
    alarms = [n for n in fields["alarms"] if not n.startswith("bit")]
    for _, _, effect in items:
        effect = dict(effect)
        mileage = effect.pop("mileageKm", mileage)
        satellites = effect.pop("satellites", satellites)
        battery = effect.pop("batteryPercent", battery)
        alarms += [n for n in effect.pop("alarms", []) if n not in alarms]
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
        "satellites": satellites, "hdop": None, "accuracyM": None, "mileageKm": mileage, "batteryPercent": battery,
        "ignition": bool(status & 1), "source": "gnss", "buffered": buffered,
        "alarms": alarms,
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
