#!/usr/bin/env python3
"""Writes src/gt06/vectors/modules.json: the modules of type 70, gt06.md section 12.

    python3 protocols/vectors/gt06-modules.py          writes the file
    python3 protocols/vectors/gt06-modules.py --check  fails when the file is not what this script writes
"""

import struct
from datetime import timedelta

from gt06.wire import FIX, Gps, Group, answer, iso, nowhere, radio

group = Group("modules")
SECONDS = int(FIX.timestamp())


def module(number, name, raw, value=None):
    """Without a value its bytes are what it says."""
    shown = {"id": "0x%04X" % number}
    if name:
        shown["name"] = name
    if value is None:
        shown["content"] = raw.hex()
    else:
        shown["value"] = value
    return struct.pack(">HH", number, len(raw)) + raw, shown


def add(name, modules, positions=(), tail=b"", wanted=False):
    group.add(name, "section 12", 0x70, "modular", b"".join(raw for raw, _ in modules) + tail,
              {"modules": [shown for _, shown in modules], **({"extra": tail.hex()} if tail else {})},
              positions=positions, long=True, reply=answer(0x70, 3, long=True) if wanted else None)


TRANSFER = module(0x0000, "transferType", b"\x02", 2)
LIVE = module(0x0035, "buffered", b"\x00", 0)
STORED = module(0x0035, "buffered", b"\x01", 1)
WANTED = module(0x1000, "replyWanted", b"\x01", 1)


def fix(seconds=SECONDS, altitude=61, gps=None):
    gps = gps or Gps()
    raw = struct.pack(">IBh", seconds, 9, altitude) + gps.bytes[7:]
    f = gps.fields
    return module(0x0033, "fix", raw, {
        "time": seconds, "satellites": 9, "altitude": altitude, "latitude": f["latitude"], "longitude": f["longitude"],
        "speed": f["speed"], "courseStatus": f["courseStatus"]})


def place(gps=None, **over):
    return [{**(gps or Gps()).position, "altitudeM": 61, **over}]


CELL = module(0x0011, "cell", struct.pack(">HHH", 460, 0, 10342) + b"\x00\x0e\xed\x0f",
              {"mcc": 460, "mnc": 0, "lac": 10342, "cellId": 3821, "rssi": 15})
HEARD = {"mcc": 460, "mnc": 0, "lac": 10342, "cellId": 3821, "signal": 15}
add("fix, live", [TRANSFER, LIVE, fix()], place())
add("fix with everything beside it", [
    TRANSFER, STORED, fix(), CELL,
    module(0x0001, "imei", bytes.fromhex("0861234567890123"), "861234567890123"),
    module(0x0002, "imsi", bytes.fromhex("0460012345678901"), "460012345678901"),
    module(0x0003, "iccid", bytes.fromhex("89860012345678901234"), "89860012345678901234"),
    module(0x0009, "satellitesUsed", b"\x05", 5),
    module(0x000A, "satellitesVisible", b"\x0d", 13),
    module(0x000B, "satelliteSnr", b"\x1e\x1f", [30, 31]),
    module(0x0016, "csq", b"\x1c", 28),
    module(0x0018, "batteryVoltage", b"\x01\x7c", 3.8),
    module(0x0028, "hdop", b"\x12", 1.8),
    module(0x0029, "sequence", b"\x00\x00\x00\x07", 7),
    module(0x002A, "tamper", b"\x01", 1),
    module(0x002B, "bootReason", b"\x84", 0x84),
    module(0x002C, "unixTime", struct.pack(">I", SECONDS), SECONDS),
    module(0x002E, "mileage", b"\x00\x01\xe2\x40", 123456),
    module(0x0030, "reportingMode", bytes(range(10)), bytes(range(10)).hex()),
    module(0x0031, "fenceTrigger", b"\x01\x02", "0102"),
    module(0x0034, "statusReport", bytes(6), "00" * 6),
    WANTED,
], place(buffered=True, hdop=1.8, mileageKm=123.456,
         extras={"batteryVoltageV": 3.8, "csq": 28, "tamperState": 1, "satellitesVisible": 13, **radio(cells=[HEARD])}),
    wanted=True)
south = Gps(lat=-16.447575, lon=-71.499594, fixed=False)
add("no fix in the south-west, below the sea", [fix(altitude=-400, gps=south)],
    [{**south.position, "altitudeM": -400}])
old = FIX - timedelta(days=400)
add("fix of long ago", [fix(int(old.timestamp()))],
    place(timeSource="server", fixTime="2026-11-23T08:09:20.000Z", flags=["noDeviceTime"]))

NEAR = module(0x0012, "neighbours", struct.pack(">H", 10342) + b"\x00\x0e\xee\x10" + bytes(6),
              [{"lac": 10342, "cellId": 3822, "rssi": 16}, {"lac": 0, "cellId": 0, "rssi": 0}])
LTE = module(0x0043, "lteCell", struct.pack(">HHHIB", 460, 11, 7, 0xFFFFFFFF, 200),
             {"mcc": 460, "mnc": 11, "lac": 7, "cellId": 0xFFFFFFFF, "rssi": 200})
LTE_NEAR = module(0x0044, "lteNeighbours", struct.pack(">HIB", 7, 99, 5), [{"lac": 7, "cellId": 99, "rssi": 5}])
add("cells without a fix", [CELL, NEAR, LTE, LTE_NEAR], [nowhere(None, "cell", extras=radio(cells=[
    HEARD, {**HEARD, "cellId": 3822, "signal": 16},
    {"mcc": 460, "mnc": 11, "lac": 7, "cellId": 0xFFFFFFFF, "signal": 200},
    {"mcc": 460, "mnc": 11, "lac": 7, "cellId": 99, "signal": 5}]))])
add("neighbours of nobody", [NEAR], [])
POINTS = module(0x0036, "wifi", b"\x02" + bytes.fromhex("8089174498b45c" "cc7b353661a6a5"),
                [{"mac": "8089174498b4", "strength": 0x5C}, {"mac": "cc7b353661a6", "strength": 0xA5}])
TIME = module(0x002C, "unixTime", struct.pack(">I", SECONDS), SECONDS)
add("access points without a fix", [TIME, POINTS, STORED], [nowhere(FIX, "wifi", buffered=True, extras=radio(wifi=[
    {"mac": "8089174498b4", "rssiDbm": -92}, {"mac": "cc7b353661a6", "rssiDbm": -91}]))])
BEACONS = module(0x0045, "beacons", b"\x02" + bytes.fromhex("ac233fa018e3" "ca" "0001" "452e" "ac233fa018e4" "36" "ffff" "0000"),
                 [{"mac": "ac233fa018e3", "rssi": 0xCA, "major": 1, "minor": 17710},
                  {"mac": "ac233fa018e4", "rssi": 54, "major": 65535, "minor": 0}])
NEUTRAL = [{"mac": "ac233fa018e3", "rssiDbm": -54, "major": 1, "minor": 17710},
           {"mac": "ac233fa018e4", "rssiDbm": -54, "major": 65535, "minor": 0}]
add("beacons of a badge", [TIME, BEACONS, POINTS, WANTED], [nowhere(FIX, "beacon", extras=radio(
    wifi=[{"mac": "8089174498b4", "rssiDbm": -92}, {"mac": "cc7b353661a6", "rssiDbm": -91}], beacons=NEUTRAL))],
    wanted=True)
add("nobody heard", [TIME, module(0x0036, "wifi", b"\x00", []), module(0x0045, "beacons", b"\x00", [])])
add("modules no table has", [module(0x00FF, None, b"\x01\x02"), module(0xFFFF, None, b""), LIVE])
add("modules of another size than their table", [
    module(0x0018, "batteryVoltage", b"\x7c"), module(0x0033, "fix", bytes(17)), module(0x0045, "beacons", b"\x02\x01"),
    module(0x0012, "neighbours", bytes(7)), module(0x1000, "replyWanted", b"\x01\x01")])
add("a module that runs over the end", [LIVE], tail=b"\x00\x33\x00\x12\x01")
add("no modules", [])
add("no answer wanted", [module(0x1000, "replyWanted", b"\x00", 0)])
group.down("answer to modules", "section 3.1", 0x70, "modularAnswer", b"", {}, intent="answer", long=True)

group.close()
