#!/usr/bin/env python3
"""Writes src/jt808/vectors/areas.json: areas and routes, worked out from the tables of the standard.

    python3 protocols/vectors/jt808-areas.py          writes the file
    python3 protocols/vectors/jt808-areas.py --check  fails when the file is not what this script writes
"""

import struct

from jt808.wire import Group, frame

group = Group("areas", {
    0x8600: "setCircles", 0x8601: "deleteCircles", 0x8602: "setRectangles", 0x8603: "deleteRectangles", 0x8604: "setPolygon",
    0x8605: "deletePolygons", 0x8606: "setRoute", 0x8607: "deleteRoutes", 0x8608: "queryAreas", 0x0608: "areasAnswer",
})
EDITIONS = ("2011", "2013", "2019")

AREA_2011 = ["times", "speedLimit", "alarmDriverOnEntry", "alarmPlatformOnEntry", "alarmDriverOnLeaving", "alarmPlatformOnLeaving",
             "south", "west", "bit8", "bit9", "bit10", "bit11", "bit12", "bit13", "bit14", "bit15"]
AREA = {**dict(enumerate(AREA_2011)), 8: "doorsClosed", 14: "communicationOff", 15: "detailedGnss"}
ROUTE = {**{bit: "bit%d" % bit for bit in range(16)}, **dict(enumerate(AREA_2011[:6])), 1: "bit1"}
SEGMENT = {**{bit: "bit%d" % bit for bit in range(8)}, 0: "travelTime", 1: "speedLimit", 2: "south", 3: "west"}


def names(word, table):
    return [table[bit] for bit in range(16) if word >> bit & 1]


def area_names(word, edition):
    return names(word, dict(enumerate(AREA_2011)) if edition == "2011" else AREA)


def how(edition):
    return {"edition": "2013", "of_2011": True} if edition == "2011" else {"edition": edition}


def down(name, msg_id, body, fields, clause, edition):
    group.add("%s, %s" % (name, edition), msg_id, body, fields, clause % edition, reply=None, **how(edition))


def name_of_2019(edition, text):
    raw = text.encode("gbk")
    return (struct.pack(">H", len(raw)) + raw, {"name": text}) if edition == "2019" else (b"", {})


def times(word):
    return (bytes.fromhex("000000083000" "000000180000"), {"startTime": "000000083000", "endTime": "000000180000"}) if word & 1 else (b"", {})


def speed(word, edition, night=True):
    if not word & 2:
        return b"", {}
    if edition == "2019" and night:
        return struct.pack(">HBH", 60, 10, 45), {"maxSpeed": 60, "overspeedDuration": 10, "nightMaxSpeed": 45}
    return struct.pack(">HB", 60, 10), {"maxSpeed": 60, "overspeedDuration": 10}


def joined(*parts):
    fields = {}
    for _, more in parts:
        fields.update(more)
    return b"".join(part for part, _ in parts), fields


def area(edition, number, word, shape, label="作业区"):
    """A circle or a rectangle, by the bytes and fields of its shape."""
    head = struct.pack(">IH", number, word), {"id": number, "attributes": area_names(word, edition)}
    return joined(head, shape, times(word), speed(word, edition), name_of_2019(edition, label))


CIRCLE = struct.pack(">III", 31230416, 121473701, 250), {"latitude": 31230416, "longitude": 121473701, "radius": 250}
RECTANGLE = (struct.pack(">IIII", 31240000, 121460000, 31230000, 121480000),
             {"topLatitude": 31240000, "leftLongitude": 121460000, "bottomLatitude": 31230000, "rightLongitude": 121480000})


def vertices(edition, points, total=None):
    count = struct.pack(">H", len(points) if total is None else total) + (bytes([len(points)]) if edition == "2011" else b"")
    fields = {"vertices": [{"latitude": lat, "longitude": lon} for lat, lon in points]}
    if total is not None:
        fields = {"total": total, **fields}
    return count + b"".join(struct.pack(">II", *one) for one in points), fields


POINTS = [(31230416, 121473701), (31230416, 121483701), (31240416, 121483701)]


def polygon(edition, number, word, points=POINTS, total=None, label="公园"):
    head = struct.pack(">IH", number, word), {"id": number, "attributes": area_names(word, edition)}
    night = (struct.pack(">H", 35), {"nightMaxSpeed": 35}) if edition == "2019" and word & 2 else (b"", {})
    return joined(head, times(word), speed(word, edition, night=False), vertices(edition, points, total), night,
                  name_of_2019(edition, label))


def corner(edition, word, number=1, segment=2):
    head = struct.pack(">I", segment), {"segmentId": segment}
    if edition != "2011":
        head = struct.pack(">I", number) + head[0], {"cornerId": number, **head[1]}
    place = (struct.pack(">IIBB", 31230416, 121473701, 12, word),
             {"latitude": 31230416, "longitude": 121473701, "width": 12, "attributes": names(word, SEGMENT)})
    travel = b"", {}
    if word & 1:
        travel = struct.pack(">H", 600), {"travelTime": 600}
        if edition != "2011":
            travel = struct.pack(">HH", 600, 120), {"maxTravelTime": 600, "minTravelTime": 120}
    return joined(head, place, travel, speed(word, edition))


def route(edition, number, word, corners, total=None, label="一号线"):
    head = struct.pack(">IH", number, word), {"id": number, "attributes": names(word, ROUTE)}
    count = struct.pack(">H", len(corners) if total is None else total) + (bytes([len(corners)]) if edition == "2011" else b"")
    listed = count + b"".join(one for one, _ in corners), {"corners": [fields for _, fields in corners]}
    if total is not None:
        listed[1]["total"] = total
    return joined(head, times(word), listed, name_of_2019(edition, label))


def faults(label, msg_id, body, clause, lies=()):
    """Cut at every byte, and with counts that lie."""
    for size in range(len(body)):
        wire = frame(msg_id, body[:size])
        group.fault("%s cut after %d bytes" % (label, size), wire, "badBody", len(wire), clause % "2013")
    for what, lie in lies:
        wire = frame(msg_id, lie)
        group.fault("%s: %s" % (label, what), wire, "badBody", len(wire), clause % "2013")


# ---------------------------------------------------------------- circles and rectangles

for msg_id, label, shape, clause in ((0x8600, "circles", CIRCLE, "JT/T 808-%s, circular area setting"),
                                     (0x8602, "rectangles", RECTANGLE, "JT/T 808-%s, rectangular area setting")):
    for edition in EDITIONS:
        def packed(action, some, total=None):
            count = bytes([len(some)])
            if edition == "2011":
                count = bytes([len(some) if total is None else total]) + count
            fields = {"action": action, "areas": [fields for _, fields in some]}
            if total is not None:
                fields["total"] = total
            return bytes([action]) + count + b"".join(raw for raw, _ in some), fields

        for bit in range(16):
            down("%s, attribute bit %d" % (label, bit), msg_id, *packed(1, [area(edition, 1, 1 << bit, shape)]), clause, edition)
        down("%s with every part beside one without" % label, msg_id,
             *packed(0, [area(edition, 0xFFFFFFFF, 3, shape), area(edition, 7, 0, shape, ""), area(edition, 8, 0b11111111, shape)]),
             clause, edition)
        down("%s: none" % label, msg_id, *packed(2, []), clause, edition)
        if edition == "2011":
            down("%s: one of several packages" % label, msg_id, *packed(1, [area(edition, 9, 0, shape)], total=3), clause, edition)
    one, fields = area("2013", 1, 3, shape)
    faults(label, msg_id, bytes([1, 1]) + one, clause, [("two announced", bytes([1, 2]) + one), ("255 announced", bytes([1, 255]) + one)])
    down("%s: a count too low leaves a tail" % label, msg_id, bytes([1, 1]) + one + b"\1\2",
         {"action": 1, "areas": [fields], "trailing": "0102"}, clause, "2013")
    bad = bytearray(one)
    bad[6 + len(shape[0]):][:1] = b"\xfa"
    bad[6 + len(shape[0])] = 0xFA
    down("%s: digits above nine stay as they are" % label, msg_id, bytes([1, 1]) + bytes(bad),
         {"action": 1, "areas": [{**fields, "startTime": "fa" + fields["startTime"][2:]}]}, clause, "2013")

# ---------------------------------------------------------------- polygons

POLYGON = "JT/T 808-%s, polygonal area setting"
for edition in EDITIONS:
    for word in (0, 1, 2, 3, 0b11111100, 0xFFFF):
        down("polygon with the attributes %d" % word, 0x8604, *polygon(edition, 5, word), POLYGON, edition)
    down("polygon without vertices", 0x8604, *polygon(edition, 5, 2, []), POLYGON, edition)
down("polygon: one of several packages", 0x8604, *polygon("2011", 5, 3, POINTS[:2], total=300), POLYGON, "2011")
one, _ = polygon("2013", 5, 3)
faults("polygon", 0x8604, one, POLYGON, [("65535 vertices announced", one[:21] + b"\xff\xff" + one[23:])])
long_name = polygon("2019", 5, 2)[0][:-6] + b"\xff\xff\xb9\xab\xd4\xb0"
wire = frame(0x8604, long_name, "13912345678", 1, "2019")
group.fault("polygon with a name longer than its body", wire, "badBody", len(wire), POLYGON % "2019")

# ---------------------------------------------------------------- routes

ROUTES = "JT/T 808-%s, route setting"
for edition in EDITIONS:
    for word in (0, 1, 0b111101, 0xFFFF):
        down("route with the attributes %d" % word, 0x8606, *route(edition, 6, word, [corner(edition, 0)]), ROUTES, edition)
    for word in (0, 1, 2, 3, 4, 8, 0xFF):
        down("route with a corner of the attributes %d" % word, 0x8606, *route(edition, 6, 0, [corner(edition, word)]), ROUTES, edition)
    down("route of corners of every size", 0x8606,
         *route(edition, 6, 1, [corner(edition, word, word + 1, word + 7) for word in (3, 0, 2, 1)]), ROUTES, edition)
    down("route without corners", 0x8606, *route(edition, 6, 0, [], label=""), ROUTES, edition)
down("route: one of several packages", 0x8606, *route("2011", 6, 1, [corner("2011", 3)], total=256), ROUTES, "2011")
one, _ = route("2013", 6, 1, [corner("2013", 3), corner("2013", 0)])
faults("route", 0x8606, one, ROUTES, [("65535 corners announced", one[:18] + b"\xff\xff" + one[20:]),
                                       ("a corner with a part it has not", route("2013", 6, 1, [corner("2013", 0)])[0][:-1] + b"\x03")])

# ---------------------------------------------------------------- deletions and the query

for msg_id, label in ((0x8601, "circles"), (0x8603, "rectangles"), (0x8605, "polygons"), (0x8607, "routes")):
    clause = "JT/T 808-%s, deletion of " + label
    for edition in EDITIONS:
        down("delete all %s" % label, msg_id, b"\0", {"ids": []}, clause, edition)
        down("delete %s" % label, msg_id, struct.pack(">BII", 2, 1, 0xFFFFFFFF), {"ids": [1, 0xFFFFFFFF]}, clause, edition)
    down("delete 125 %s" % label, msg_id, struct.pack(">B125I", 125, *range(125)), {"ids": list(range(125))}, clause, "2013")
    faults("deletion of " + label, msg_id, struct.pack(">BI", 1, 9), clause, [("two announced", struct.pack(">BI", 2, 9))])

QUERY = "JT/T 808-%s, area or route data query"
for kind in (1, 2, 3, 4):
    down("query of kind %d" % kind, 0x8608, struct.pack(">BIII", kind, 2, 1, 2), {"kind": kind, "ids": [1, 2]}, QUERY, "2019")
    down("query of all of kind %d" % kind, 0x8608, struct.pack(">BI", kind, 0), {"kind": kind, "ids": []}, QUERY, "2019")
for size in range(9):
    wire = frame(0x8608, struct.pack(">BII", 1, 1, 1)[:size], "13912345678", 1, "2019")
    group.fault("query cut after %d bytes" % size, wire, "badBody", len(wire), QUERY % "2019")
wire = frame(0x8608, struct.pack(">BII", 1, 0xFFFFFFFF, 1), "13912345678", 1, "2019")
group.fault("query of more ids than there are", wire, "badBody", len(wire), QUERY % "2019")


def answer(label, body, fields):
    group.add(label, 0x0608, body, fields, "JT/T 808-2019, area or route data query answer", edition="2019", reply=None)


for kind, objects in ((1, [area("2019", 1, 3, CIRCLE), area("2019", 2, 0, CIRCLE)]), (2, [area("2019", 1, 2, RECTANGLE)]),
                      (3, [polygon("2019", 1, 3), polygon("2019", 2, 0)]),
                      (4, [route("2019", 1, 1, [corner("2019", 3), corner("2019", 0)]), route("2019", 2, 0, [])])):
    raw = b"".join(one for one, _ in objects)
    answer("stored objects of kind %d" % kind, struct.pack(">BI", kind, len(objects)) + raw,
           {"kind": kind, "items": [fields for _, fields in objects]})
    answer("no stored objects of kind %d" % kind, struct.pack(">BI", kind, 0), {"kind": kind, "items": []})
    answer("stored objects of kind %d that do not add up" % kind, struct.pack(">BI", kind, 9) + raw,
           {"kind": kind, "count": 9, "data": raw.hex()})
    answer("stored objects of kind %d cut short" % kind, struct.pack(">BI", kind, len(objects)) + raw[:-1],
           {"kind": kind, "count": len(objects), "data": raw[:-1].hex()})
answer("stored objects of an unknown kind", struct.pack(">BI", 9, 1) + b"\1\2", {"kind": 9, "count": 1, "data": "0102"})
for size in range(5):
    wire = frame(0x0608, struct.pack(">BI", 1, 1)[:size], "13912345678", 1, "2019")
    group.fault("stored objects cut after %d bytes" % size, wire, "badBody", len(wire), "JT/T 808-2019, area or route data query answer")

group.save()
