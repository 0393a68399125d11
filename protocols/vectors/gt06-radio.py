#!/usr/bin/env python3
"""Writes src/gt06/vectors/radio.json: cells and access points without a fix, gt06.md sections 4, 6.4, 9.1 and 9.4.

    python3 protocols/vectors/gt06-radio.py          writes the file
    python3 protocols/vectors/gt06-radio.py --check  fails when the file is not what this script writes
"""

import struct

from gt06.wire import FIX, Group, cell, digits, nowhere, radio, when

group = Group("radio")
TIME = {"time": digits(FIX)}
# Live times are believed once learned, and before the first fix nothing is.
UNKNOWN = None


def sighting(source="cell", extras=None, **lists):
    return [nowhere(UNKNOWN, source, extras={**(extras or {}), **radio(**lists)})]


def heard(mcc, mnc, cells):
    return [{"mcc": mcc, "mnc": mnc, "lac": lac, "cellId": cell_id, "signal": rssi}
            for lac, cell_id, rssi in cells if lac or cell_id not in (0, "0" * 16)]


def slots(cells, lac_bytes, cell_bytes, count=7):
    raw = b"".join(lac.to_bytes(lac_bytes, "big") + cell_id.to_bytes(cell_bytes, "big") + bytes([rssi])
                   for lac, cell_id, rssi in cells)
    return raw.ljust(count * (lac_bytes + cell_bytes + 1), b"\0")


def listed(cells):
    return [{"lac": lac, "cellId": cell_id, "rssi": rssi} for lac, cell_id, rssi in cells]


# --- 11: one cell

for title, tail, more in (("", b"\x00\x02", {"language": 2}), (" without a language", b"", {}),
                          (" with a byte too many", b"\x00\x02\x09", {"extra": "000209"})):
    raw, place = cell()
    extras = {**place, **({"extra": more["extra"]} if "extra" in more else {})}
    group.add("one cell" + title, "section 6.4", 0x11, "cellReport", when(FIX) + raw + tail,
              {**TIME, "cell": place, **more}, positions=sighting(extras=extras, cells=[{**place, "signal": None}]))
raw, place = cell(0, 0, 0, 0)
group.add("no cell", "section 6.4", 0x11, "cellReport", when(FIX) + raw, {**TIME, "cell": place}, positions=sighting())


# --- 24 and 28: seven cells

CELLS = [(10365, 8049, 62), (10365, 8050, 49), (10365, 7715, 45)]
GAP = [(10365, 8049, 62), (0, 0, 0), (10365, 7715, 45)]
FULL = [(0xFFFF, 0xFFFFFF - i, 0xFF - i) for i in range(7)]
ENDS = ((" whole", b"\xff\x00\x02", {"timingAdvance": 255, "language": 2}),
        (" without a language", b"\x05", {"timingAdvance": 5}),
        (" without an end", b"", {}),
        (" with bytes too many", b"\xff\x00\x02\x01", {"extra": "ff000201"}))


def multi(name, kind, row, cells, end=ENDS[0]):
    content = when(FIX) + struct.pack(">HB", 460, 1) + slots(cells, 2, 3) + end[1]
    extras = {"extra": end[2]["extra"]} if "extra" in end[2] else {}
    group.add(name, "section 9.1", kind, row, content, {**TIME, "mcc": 460, "mnc": 1, "cells": listed(cells), **end[2]},
              positions=sighting(extras=extras, cells=heard(460, 1, cells)))


for kind, row in ((0x24, "multiCellOld"), (0x28, "multiCell"), (0x18, "cellExtension")):
    multi("three cells %02x" % kind, kind, row, CELLS)
    multi("seven cells %02x" % kind, kind, row, FULL)
    multi("no cells %02x" % kind, kind, row, [])
    multi("an empty slot between cells %02x" % kind, kind, row, GAP)
for end in ENDS[1:]:
    multi("cells 28" + end[0], 0x28, "multiCell", CELLS, end)


# --- 18: two layouts of older papers, told apart by their size

content = when(FIX) + struct.pack(">HB", 460, 0) + slots(CELLS, 2, 2) + b"\xff\x00\x02"
assert len(content) == 47
group.add("cells with short ids", "section 9.1", 0x18, "cellExtension", content,
          {**TIME, "mcc": 460, "mnc": 0, "cells": listed(CELLS), "shortIds": True, "timingAdvance": 255, "language": 2},
          positions=sighting(cells=heard(460, 0, CELLS)))
near = [(8050, 49), (0, 0), (7715, 45)]
for title, end, more in ((" of 32 bytes", b"", {}), (" of 35 bytes", b"\x01\x00\x01", {"timingAdvance": 1, "language": 1})):
    content = (when(FIX) + struct.pack(">HBHHB", 460, 0, 10365, 8049, 62)
               + b"".join(struct.pack(">HB", *one) for one in near).ljust(18, b"\0") + end)
    group.add("serving cell and neighbours" + title, "section 9.1", 0x18, "cellExtension", content,
              {**TIME, "mcc": 460, "mnc": 0, "lac": 10365, "cellId": 8049, "rssi": 62,
               "neighbours": [{"cellId": one, "rssi": rssi} for one, rssi in near], **more},
              positions=sighting(cells=heard(460, 0, [(10365, 8049, 62), (10365, 8050, 49), (10365, 7715, 45)])))


# --- A1 and A2: 4G

CELLS4G = [(10365, 568177, 62), (0xFFFFFFFF, 2 ** 53 - 1, 49), (1, 2 ** 64 - 1, 0)]
SHOWN4G = [(lac, cell_id if cell_id < 2 ** 53 else "%016x" % cell_id, rssi) for lac, cell_id, rssi in CELLS4G]


def network4g(wide):
    if wide:
        return struct.pack(">HH", 310 | 0x8000, 410), {"mcc": 310, "mnc": 410, "mncBytes": 2}
    return struct.pack(">HB", 460, 0), {"mcc": 460, "mnc": 0}


for wide in (False, True):
    raw, net = network4g(wide)
    title = " and a network code of two bytes" if wide else ""
    content = when(FIX) + raw + slots(CELLS4G, 4, 8) + b"\xff\x00\x02"
    assert len(content) + 5 == (0x6D if wide else 0x6C)
    group.add("4G cells" + title, "section 9.1", 0xA1, "multiCell4g", content,
              {**TIME, **net, "cells": listed(SHOWN4G), "timingAdvance": 255, "language": 2},
              positions=sighting(cells=heard(net["mcc"], net["mnc"], SHOWN4G)))


# --- 2C and A2: access points

POINTS = [("8089174498b4", 92), ("cc7b353661a6", 91), ("001122334455", 0), ("aabbccddeeff", 0xA4)]
DBM = {92: -92, 91: -91, 0: 0, 0xA4: -92}


def wifi(name, kind, points, ssids=None, cells=CELLS, wide=False, tail=b""):
    raw, net = network4g(wide) if kind == 0xA2 else (struct.pack(">HB", 460, 0), {"mcc": 460, "mnc": 0})
    shown = SHOWN4G if kind == 0xA2 and cells else cells
    own = slots(CELLS4G if kind == 0xA2 and cells else cells, *((4, 8) if kind == 0xA2 else (2, 3)))
    content = when(FIX) + raw + own + bytes([0xFF, len(points)])
    entries, neutral = [], []
    for i, (mac, strength) in enumerate(points):
        entry = {"mac": mac, "strength": strength}
        one = {"mac": mac, "rssiDbm": DBM[strength]}
        content += bytes.fromhex(mac) + bytes([strength])
        if ssids is not None:
            ssid = ssids[i]
            content += bytes([len(ssid)]) + ssid
            try:
                entry["ssid"] = ssid.decode("utf-8")
                if ssid:
                    one["ssid"] = entry["ssid"]
            except UnicodeDecodeError:
                entry["ssidHex"] = ssid.hex()
        entries.append(entry)
        neutral.append(one)
    more = {"extra": tail.hex()} if tail else {}
    group.add(name, "section 9.4", kind, "wifi4g" if kind == 0xA2 else "wifi", content + tail,
              {**TIME, **net, "cells": listed(shown), "timeLead": 255, "wifi": entries, **more},
              positions=sighting("wifi" if points else "cell", extras=more, cells=heard(net["mcc"], net["mnc"], shown),
                                 wifi=neutral))


for kind in (0x2C, 0xA2):
    wifi("access points %02x" % kind, kind, POINTS)
    wifi("access points with names %02x" % kind, kind, POINTS[:3], ["mynet".encode(), "厂区二楼".encode("utf-8"), b""])
    wifi("no access points %02x" % kind, kind, [])
wifi("access points and a network code of two bytes", 0xA2, POINTS[:1], wide=True)
wifi("access points without cells", 0x2C, POINTS[:2], cells=[])
wifi("access point whose name is no text", 0x2C, POINTS[:1], [b"\xff\xfe"])
wifi("access points and bytes that are no names", 0x2C, POINTS[:2], tail=b"\xff\x01")


# --- 14: satellites

for name, snr in (("strengths of satellites", [30, 0, 255]), ("no satellites", [])):
    group.add(name, "section 4", 0x14, "satelliteSignal", bytes([len(snr), *snr]), {"snr": snr})
group.add("strengths of satellites and a byte more", "section 4", 0x14, "satelliteSignal", b"\x01\x20\x07",
          {"snr": [32], "extra": "07"})

group.close()
