#!/usr/bin/env python3
"""Writes src/jt808/vectors/location.json: location reports and batches, worked out from the tables of the standard.

    python3 protocols/vectors/jt808-location.py          writes the file
    python3 protocols/vectors/jt808-location.py --check  fails when the file is not what this script writes
"""

import struct

from jt808.wire import (ANALOG, FUEL, INPUTS, MILEAGE, RECORDER, SATELLITES, SIGNAL, SIGNALS, Group, frame, head, known, location,
                        raw, utc)

group = Group("location", {0x0200: "locationReport", 0x0704: "locationBatch"})


def report(name, clause, **given):
    edition = given.pop("edition", "2013")
    how = {k: given.pop(k) for k in ("phone", "serial", "flag", "version", "one_way", "of_2011") if k in given}
    body, fields, position = location(edition="2011" if "of_2011" in how else edition, **given)
    if "flag" in how:
        fields["versionFlagMismatch"] = True
    if "version" in how:
        fields["protocolVersion"] = how["version"]
    group.add(name, 0x0200, body, fields, clause, [position], edition=edition, received=given.get("received"), **how)


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
for bit in range(32):
    report("alarm bit %d of 2011" % bit, "JT/T 808-2011, alarm flag table", alarm=1 << bit, of_2011=True)
    report("status bit %d of 2011" % bit, "JT/T 808-2011, status table", status=1 << bit, of_2011=True)
report("all alarms and states at once in 2011", "JT/T 808-2011, alarm flag and status tables", alarm=0xFFFFFFFF,
       status=0xFFFFFFFF, of_2011=True)
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


def batch(name, reports, kind=0, count=None, tail=b"", edition="2013", of_2011=False):
    built = [location(edition="2011" if of_2011 else edition, buffered=kind == 1, **r) for r in reports]
    body = struct.pack(">HB", len(built) if count is None else count, kind)
    for one, _, _ in built:
        body += struct.pack(">H", len(one)) + one
    fields = {"count": len(built) if count is None else count, "kind": kind, "items": [b[1] for b in built]}
    if tail:
        fields["trailing"] = tail.hex()
    group.add(name, 0x0704, body + tail, fields, BATCH, [b[2] for b in built], edition=edition, of_2011=of_2011)


TWO = [dict(items=[MILEAGE]), dict(time="261123145510", lat=31230500, items=[SATELLITES])]
batch("fresh batch", TWO)
batch("late data from a blind area", TWO, kind=1)
batch("batch of 2019", TWO, edition="2019")
batch("a count that is too high", TWO, count=9)
batch("a count that is too low", TWO, count=1)
batch("an item with unreadable items", [dict(tail=b"\x31\x09")])
batch("a last report cut short keeps the others", TWO, count=3, tail=struct.pack(">H", 28) + bytes(20))
batch("a report shorter than 28 bytes ends the batch", TWO, count=3, tail=struct.pack(">H", 27) + bytes(27))
batch("batch of a terminal of 2011", [dict(alarm=1 << 13, status=3 | 1 << 8)], of_2011=True)
batch("batch of nothing", [])

group.save()
