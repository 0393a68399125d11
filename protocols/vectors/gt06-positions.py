#!/usr/bin/env python3
"""Writes src/gt06/vectors/positions.json: the types with a GPS block but alarms, gt06.md sections 6.1-6.5.

    python3 protocols/vectors/gt06-positions.py          writes the file
    python3 protocols/vectors/gt06-positions.py --check  fails when the file is not what this script writes
"""

import struct
from datetime import timedelta

from gt06.wire import FIX, IMEI, RECEIVED, Gps, Group, answer, cell, digits, when

group = Group("positions")
ROWS = {0x12: "position", 0x22: "statusPosition", 0xA0: "position4g"}

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


def position(name, clause, kind, gps, tail=(b"", {}), serial=3, cell_=None, device=IMEI, long=False, model=None):
    cell_raw, cell_fields = cell_ or cell()
    tail_raw, tail_fields = tail
    expected = {**gps.position, "extras": dict(gps.position["extras"])}
    if cell_fields["lac"] or cell_fields["cellId"]:
        expected["extras"].update({key: cell_fields[key] for key in ("mcc", "mnc", "lac", "cellId")})
    if "acc" in tail_fields:
        expected["ignition"] = tail_fields["acc"] == 1
    if "mileage" in tail_fields:
        expected["mileageKm"] = tail_fields["mileage"] / 1000
    if "reupload" in tail_fields:
        expected["buffered"] = tail_fields["reupload"] == 1
    for key in ("uploadMode", "extra"):
        if key in tail_fields:
            expected["extras"][key] = tail_fields[key]
    group.add(name, clause, kind, ROWS[kind], gps.bytes + cell_raw + tail_raw,
              {**gps.fields, "cell": cell_fields, **tail_fields}, positions=[expected], device=device, long=long,
              serial=serial, one_way="what fits the short form is written in it" if long else None,
              model=model, reply=answer(kind, serial) if model else None)


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

position("position of a model that wants answers", "section 3.1", 0x12, Gps(), model="AM01")


# --- 10, section 6.4

def gps_only(name, tail, fields):
    gps = Gps()
    extra = {"extra": fields["extra"]} if "extra" in fields else {}
    group.add(name, "section 6.4", 0x10, "gpsPosition", gps.bytes + tail, {**gps.fields, **fields},
              positions=[{**gps.position, "extras": extra}])


gps_only("GPS without a cell", b"\x00\x02", {"language": 2})
gps_only("GPS without a cell or a language", b"", {})
gps_only("GPS with a byte too many", b"\x00\x02\x07", {"extra": "000207"})


# --- A0, section 6.3

def cell4g(mcc, mnc, lac, cell_id, wide=False):
    raw = struct.pack(">HHIQ" if wide else ">HBIQ", mcc | (0x8000 if wide else 0), mnc, lac, cell_id)
    shown = "%016x" % cell_id if cell_id >= 2 ** 53 else cell_id
    return raw, {"mcc": mcc, "mnc": mnc, **({"mncBytes": 2} if wide else {}), "lac": lac, "cellId": shown}


REPORTING = " with ACC, mode, stored and mileage"
position("4G position", "section 6.3", 0xA0, Gps(), TAILS[" with ACC, mode and live"],
         cell_=cell4g(460, 0, 13484, 145456898))
position("4G position with a network code of two bytes", "section 6.3", 0xA0, Gps(lat=-16.447575, lon=-71.499594),
         TAILS[REPORTING], cell_=cell4g(310, 410, 0xFFFFFFFE, 2 ** 53 - 1, wide=True))
position("4G position with a cell id beyond our numbers", "section 6.3", 0xA0, Gps(),
         cell_=cell4g(460, 1, 1, 2 ** 64 - 1))
position("4G position without a cell", "section 6.3", 0xA0, Gps(), TAILS[" with ACC"], cell_=cell4g(0, 0, 0, 0))


# --- 32, section 6.5

def supply(name, tail, fields, extras, **over):
    gps = Gps(bit15=True)
    raw = struct.pack(">HBHI", 724, 6, 50351, 179271681)
    place = {"mcc": 724, "mnc": 6, "lac": 50351, "cellId": 179271681}
    group.add(name, "section 6.5", 0x32, "supplyPosition", gps.bytes + raw + tail,
              {**gps.fields, "cell": place, **fields},
              positions=[{**gps.position, "extras": {**place, **extras}, **over}])


reporting = {"acc": 1, "uploadMode": 0, "reupload": 0}
supply("position with supply voltage", struct.pack(">BBBIHI", 1, 0, 0, 4887700, 1390, 482701) + b"\x42\x2d",
       {**reporting, "mileage": 4887700, "externalVoltage": 13.9, "accOnTime": 482701, "radioWord": "422d"},
       {"uploadMode": 0, "externalVoltageV": 13.9, "accOnS": 482701, "radioWord": "422d"},
       ignition=True, mileageKm=4887.7)
supply("position with supply voltage, cut behind the mileage", struct.pack(">BBBI", 0, 1, 1, 1000),
       {"acc": 0, "uploadMode": 1, "reupload": 1, "mileage": 1000}, {"uploadMode": 1}, ignition=False, mileageKm=1,
       buffered=True)
supply("position with supply voltage, cut behind the re-upload", b"\x01\x00\x00", reporting, {"uploadMode": 0},
       ignition=True)
supply("position with supply voltage, bare", b"", {}, {}, ignition=True)

for kind, row in ((0x32, "lockPosition"), (0x33, "secondLockPosition")):
    group.add("position of a lock %02x" % kind, "section 6.5", kind, row, b"\x1a\x0b\x17\x08\x09\x10\x0c\xc9",
              {"content": "1a0b170809100cc9"}, long=True, reply=answer(kind, 3, long=True))
    group.down("answer to the position of a lock %02x" % kind, "section 3.1", kind, row + "Answer", b"",
               {"longForm": True} if kind == 0x32 else {}, intent="answer", long=True)
group.add("position of a lock in the short form", "section 6.5", 0x33, "secondLockPosition", b"\x1a", {"content": "1a"},
          one_way="written in the long form")

for kind, row in ((0x10, "gpsPosition"), (0x12, "position"), (0x22, "statusPosition"), (0x32, "supplyPosition"),
                  (0xA0, "position4g")):
    group.down("answer to %02x" % kind, "section 3.1", kind, row + "Answer", b"", {}, intent="answer")

group.close()
