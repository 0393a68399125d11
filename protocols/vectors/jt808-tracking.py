#!/usr/bin/env python3
"""Writes src/jt808/vectors/tracking.json: position queries, tracking and confirmed alarms, worked out from the tables.

    python3 protocols/vectors/jt808-tracking.py          writes the file
    python3 protocols/vectors/jt808-tracking.py --check  fails when the file is not what this script writes
"""

import struct

from jt808.wire import MILEAGE, SATELLITES, Group, frame, location, raw

group = Group("tracking", {0x0201: "locationAnswer", 0x8201: "queryLocation", 0x8202: "trackLocation", 0x8203: "confirmAlarms"})
ANSWER = "JT/T 808, location information query answer"


def answer(label, serial, edition="2013", of_2011=False, **given):
    body, fields, position = location(edition="2011" if of_2011 else edition, **given)
    if serial is not None:
        body = struct.pack(">H", serial) + body
        fields = {"answeredSerial": serial, **fields}
    group.add(label, 0x0201, body, fields, ANSWER, [position], edition=edition, reply=None, of_2011=of_2011,
              received=given.get("received"))


for edition in ("2013", "2019"):
    answer("location answer of " + edition, 4660, edition)
    answer("location answer of %s, every item kept" % edition, 65535, edition, items=[MILEAGE, raw(0xE4, b"\1\2"), SATELLITES])
    answer("location answer without serial under the header of " + edition, None, edition)
    answer("location answer without serial, with items, under the header of " + edition, None, edition, items=[SATELLITES])
answer("location answer of 2011", None, of_2011=True)
answer("location answer of 2011 with items", None, of_2011=True, items=[MILEAGE])
answer("location answer with serial of a terminal of 2011", 9, of_2011=True, items=[MILEAGE])
NOW = 1795416900000
answer("location answer without a time", 7, time="000000000000", received=NOW)
answer("location answer without a time or serial", None, time="000000000000", received=NOW)
answer("location answer without a time, serial unknown, of 2011", None, time="000000000000", received=NOW, items=[MILEAGE], of_2011=True)
# Day 10, 01:02:03 and an item 01 of 4 bytes read as a date of their own: the items tell.
answer("location answer whose items look like a time", None, time="261110010203", items=[MILEAGE])
answer("location answer with serial whose course looks like a time", 5, time="261110010203", direction=0x0706, items=[MILEAGE])
answer("location answer with more behind the items", 6, items=[MILEAGE], tail=b"\x31\x05\x01")
for size in (0, 1, 2, 27):
    wire = frame(0x0201, location()[0][:size])
    group.fault("a location answer of %d bytes" % size, wire, "badBody", len(wire), ANSWER)

for edition in ("2013", "2019"):
    group.add("query location, " + edition, 0x8201, b"", {}, "JT/T 808, location information query", edition=edition, reply=None)
    clause = "JT/T 808, temporary location tracking control"
    group.add("track every 5 s for 10 min, " + edition, 0x8202, struct.pack(">HI", 5, 600), {"interval": 5, "duration": 600},
              clause, edition=edition, reply=None)
    group.add("track for as long as can be, " + edition, 0x8202, struct.pack(">HI", 65535, 0xFFFFFFFF),
              {"interval": 65535, "duration": 0xFFFFFFFF}, clause, edition=edition, reply=None)
    group.add("stop tracking, " + edition, 0x8202, b"\0\0", {"interval": 0}, clause, edition=edition, reply=None)
    group.add("stop tracking with a duration, " + edition, 0x8202, struct.pack(">HI", 0, 600), {"interval": 0, "trailing": "00000258"},
              clause, edition=edition, reply=None)
    for body in (b"", b"\0", b"\0\5", b"\0\5\0\0\2"):
        wire = frame(0x8202, body, edition=edition)
        group.fault("tracking of %d bytes, %s" % (len(body), edition), wire, "badBody", len(wire), clause)
    clause = "JT/T 808, manual confirmation of alarms"
    names = {0: "sos", 3: "danger", 20: "areaInOut", 21: "routeInOut", 22: "segmentTime", 27: "illegalIgnition", 28: "illegalMove"}
    for word in (1, 1 << 3 | 1 << 28, 0xFFFFFFFF, 0):
        fields = {"alarmSerial": 123, "alarms": [names.get(b, "bit%d" % b) for b in range(32) if word >> b & 1]}
        group.add("confirm alarms %08x, %s" % (word, edition), 0x8203, struct.pack(">HI", 123, word), fields, clause,
                  edition=edition, reply=None)
    for size in (0, 1, 2, 5):
        wire = frame(0x8203, bytes(size), edition=edition)
        group.fault("a confirmation of %d bytes, %s" % (size, edition), wire, "badBody", len(wire), clause)

group.save()
