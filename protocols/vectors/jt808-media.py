#!/usr/bin/env python3
"""Writes src/jt808/vectors/media.json: photos, sounds and films, worked out from the tables of the standard.

    python3 protocols/vectors/jt808-media.py          writes the file
    python3 protocols/vectors/jt808-media.py --check  fails when the file is not what this script writes
"""

import struct

from jt808.wire import Group, frame, location

group = Group("media", {
    0x0800: "mediaEvent", 0x0801: "mediaData", 0x0802: "mediaFound", 0x0805: "shootAnswer", 0x8800: "mediaAnswer",
    0x8801: "shoot", 0x8802: "searchMedia", 0x8803: "uploadMedia", 0x8804: "recordAudio", 0x8805: "uploadOneMedium",
})
EDITIONS = ("2011", "2013", "2019")
JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000") + bytes(range(16)) + bytes.fromhex("7e7dffd9")


def how(edition):
    return {"edition": "2013", "of_2011": True} if edition == "2011" else {"edition": edition}


def add(name, msg_id, body, fields, clause, edition, reply="general", **more):
    group.add("%s, %s" % (name, edition), msg_id, body, fields, "JT/T 808-%s, %s" % (edition, clause),
              reply=None if msg_id & 0x8000 else reply, **how(edition), **more)


def fault(label, msg_id, body, clause, edition="2013", acked=True):
    wire = frame(msg_id, body, "013912345678", 1, edition)
    ack = frame(0x8001, struct.pack(">HHB", 1, msg_id, 2), "013912345678", 0, edition) if acked and not msg_id & 0x8000 else None
    group.fault("%s of %d bytes, %s" % (label, len(body), edition), wire, "badBody", len(wire), clause, ack)


def fixed(edition, **more):
    """Bytes and fields of a location without items."""
    body, fields, _ = location(edition=edition, **more)
    del fields["extras"]
    return body, fields


def head(media, kind, form, event, channel):
    return (struct.pack(">IBBBB", media, kind, form, event, channel),
            {"mediaId": media, "type": kind, "format": form, "event": event, "channel": channel})


# ---------------------------------------------------------------- event and data

EVENT = "multimedia event information upload"
DATA = "multimedia data upload"


def thanks(media, edition, serial=1):
    """The answer to a whole file: 0x8800, which in 2011 counts what is missing always."""
    body = struct.pack(">HIB", serial, media, 0) if edition == "2011" else struct.pack(">I", media)
    return frame(0x8800, body, "013912345678", 0, "2019" if edition == "2019" else "2013")


for edition in EDITIONS:
    for form, kind in ((0, 0), (1, 0), (2, 1), (3, 1), (4, 2)):
        body, fields = head(0x7E7D0100 + form, kind, form, form + 3, 100)
        add("media event, format %d" % form, 0x0800, body, fields, EVENT, edition)
    add("media event with bytes behind", 0x0800, body + b"\x01\x02", {**fields, "trailing": "0102"}, EVENT, edition)
for size in range(8):
    fault("a media event", 0x0800, body[:size], EVENT)
    fault("media data", 0x0801, body[:size], DATA)

for edition in ("2013", "2019"):
    place, where = fixed(edition, alarm=1 << 29, status=0x3)
    start, fields = head(12, 0, 0, 3, 1)
    add("a photo with its place", 0x0801, start + place + JPEG, {**fields, "location": where, "data": JPEG.hex()}, DATA, edition, reply=thanks(fields["mediaId"], edition))
    add("a photo without its place", 0x0801, start + JPEG, {**fields, "data": JPEG.hex()}, DATA, edition, reply=thanks(fields["mediaId"], edition))
    place, where = fixed(edition, time="000000000000", status=0)
    add("a photo whose time is not set", 0x0801, start + place + JPEG, {**fields, "location": where, "data": JPEG.hex()}, DATA, edition, reply=thanks(fields["mediaId"], edition))
    place, where = fixed(edition, alarm=1, status=2)
    start, fields = head(13, 1, 3, 0, 2)
    add("a sound in the state of an emergency", 0x0801, start + place + b"\x01\x02", {**fields, "location": where, "data": "0102"}, DATA, edition, reply=thanks(fields["mediaId"], edition))
    add("a place and no data", 0x0801, start + place, {**fields, "location": where, "data": ""}, DATA, edition, reply=thanks(fields["mediaId"], edition))
    add("raw samples without a place", 0x0801, start + bytes(40), {**fields, "data": "00" * 40}, DATA, edition, reply=thanks(fields["mediaId"], edition))
    add("a head alone", 0x0801, start, {**fields, "data": ""}, DATA, edition, reply=thanks(fields["mediaId"], edition))
    for magic in ("49492a00", "4d4d002a", "52494646", "3026b275", "494433", "fffb", "fff3", "fff2"):
        # Behind the signature the bytes could be a place with a time that exists.
        like = bytes.fromhex(magic) + place[len(magic) // 2:] + b"\x09"
        add("a file %s that begins at once" % magic, 0x0801, start + like, {**fields, "data": like.hex()}, DATA, edition, reply=thanks(fields["mediaId"], edition))
start, fields = head(14, 0, 0, 1, 3)
for total, index in ((1, 1), (3, 2), (65535, 65535)):
    more = {**fields, "total": total, "index": index, "data": JPEG.hex()}
    body = start + struct.pack(">II", total, index) + JPEG
    add("package %d of %d" % (index, total), 0x0801, body, more, DATA, "2011", reply=thanks(fields["mediaId"], "2011"))
    group.add("package %d of %d of a terminal that did not register" % (index, total), 0x0801, body, more, "JT/T 808-2011, " + DATA,
              reply=thanks(14, "2013"))
place, where = fixed("2011", alarm=2, status=1)
dated = place[8:]
add("package 1 of 2 that could be a place", 0x0801, start + struct.pack(">II", 2, 1) + dated, {**fields, "total": 2, "index": 1, "data": dated.hex()}, DATA, "2011", reply=thanks(fields["mediaId"], "2011"))
place, where = fixed("2011", alarm=0)
add("a photo with its place", 0x0801, start + place + JPEG, {**fields, "location": where, "data": JPEG.hex()}, DATA, "2011", reply=thanks(fields["mediaId"], "2011"))
add("a photo without its place", 0x0801, start + JPEG, {**fields, "data": JPEG.hex()}, DATA, "2011", reply=thanks(fields["mediaId"], "2011"))

ANSWER = "multimedia data upload answer"
for edition in EDITIONS:
    serial = struct.pack(">H", 0x7E01) if edition == "2011" else b""
    answered = {"answeredSerial": 0x7E01} if edition == "2011" else {}
    add("media complete", 0x8800, serial + struct.pack(">I", 12), {**answered, "mediaId": 12}, ANSWER, edition)
    for missing in ([], [2], [1, 7, 65535], list(range(1, 126))):
        body = serial + struct.pack(">IB%dH" % len(missing), 12, len(missing), *missing)
        add("%d parts missing" % len(missing), 0x8800, body, {**answered, "mediaId": 12, "missing": missing}, ANSWER, edition)
    add("a list that is cut", 0x8800, serial + struct.pack(">IBH", 12, 2, 1), {**answered, "mediaId": 12, "trailing": "020001"}, ANSWER, edition)
for size in range(4):
    fault("a media answer", 0x8800, bytes(size), ANSWER)

# ---------------------------------------------------------------- camera

SHOOT = "camera immediate shot command"
for edition in EDITIONS:
    for command, resolution in ((0, 1), (1, 8), (0xFFFF, 4), (9, 0), (9, 255)):
        body = struct.pack(">BHHBBBBBBB", 0x64, command, 30, 1, resolution, 10, 255, 127, 126, 125)
        shot = {"channel": 100, "command": command, "interval": 30, "keep": 1, "resolution": resolution, "quality": 10,
                "brightness": 255, "contrast": 127, "saturation": 126, "chroma": 125}
        add("shoot %d, resolution %d" % (command, resolution), 0x8801, body, shot, SHOOT, edition)
for size in range(12):
    fault("a shot", 0x8801, body[:size], SHOOT)
for edition in ("2013", "2019"):
    for ids in ([], [1], [1, 0xFFFFFFFF, 0x7E]):
        add("%d photos" % len(ids), 0x0805, struct.pack(">HBH%dI" % len(ids), 7, 0, len(ids), *ids),
            {"answeredSerial": 7, "result": 0, "mediaIds": ids}, SHOOT + " answer", edition, reply=None)
    for result in (1, 2):
        add("no photo, %d" % result, 0x0805, struct.pack(">HB", 7, result), {"answeredSerial": 7, "result": result},
            SHOOT + " answer", edition, reply=None)
        add("no photo, %d, and an empty list" % result, 0x0805, struct.pack(">HBH", 7, result, 0),
            {"answeredSerial": 7, "result": result, "mediaIds": []}, SHOOT + " answer", edition, reply=None)
    add("more photos than there are", 0x0805, struct.pack(">HBHI", 7, 0, 2, 1),
        {"answeredSerial": 7, "result": 0, "trailing": "000200000001"}, SHOOT + " answer", edition, reply=None)
for size in range(3):
    fault("a shot answer", 0x0805, bytes(size), SHOOT + " answer", acked=False)

# ---------------------------------------------------------------- stored files

SEARCH = "stored multimedia data search"
for edition in EDITIONS:
    for start, end in (("000000000000", "000000000000"), ("261123000000", "261123235959")):
        body = bytes([1, 0, 7]) + bytes.fromhex(start + end)
        wanted = {"type": 1, "channel": 0, "event": 7, "start": start, "end": end}
        add("search from %s" % start, 0x8802, body, wanted, SEARCH, edition)
        for flag in (0, 1):
            add("upload from %s, %d" % (start, flag), 0x8803, body + bytes([flag]), {**wanted, "deleteFlag": flag},
                "stored multimedia data upload command", edition)
    for command in (0, 1):
        for rate in range(4):
            add("record %d at %d" % (command, rate), 0x8804, struct.pack(">BHBB", command, 600, 1, rate),
                {"command": command, "duration": 600, "keep": 1, "rate": rate}, "audio recording start command", edition)
for edition in ("2013", "2019"):
    add("upload one", 0x8805, struct.pack(">IB", 0x7D7E, 1), {"mediaId": 0x7D7E, "deleteFlag": 1},
        "single stored multimedia data search and upload command", edition)
for size in range(15):
    fault("a search", 0x8802, body[:size], SEARCH)
for size in range(16):
    fault("an upload command", 0x8803, body[:size], "stored multimedia data upload command")
for size in range(5):
    fault("a recording command", 0x8804, bytes(size), "audio recording start command")
    fault("an upload command of one", 0x8805, bytes(size), "single stored multimedia data search and upload command")

for edition in ("2013", "2019"):
    place, where = fixed(edition)
    item = struct.pack(">IBBB", 9, 2, 1, 0) + place
    named = {"mediaId": 9, "type": 2, "channel": 1, "event": 0, "location": where}
    for count in (0, 1, 3):
        add("%d files found" % count, 0x0802, struct.pack(">HH", 5, count) + item * count,
            {"answeredSerial": 5, "count": count, "items": [named] * count}, SEARCH + " answer", edition, reply=None)
    add("fewer files than counted", 0x0802, struct.pack(">HH", 5, 9) + item, {"answeredSerial": 5, "count": 9, "items": [named]},
        SEARCH + " answer", edition, reply=None)
    add("a file that is cut", 0x0802, struct.pack(">HH", 5, 2) + item + item[:20],
        {"answeredSerial": 5, "count": 2, "items": [named], "trailing": item[:20].hex()}, SEARCH + " answer", edition, reply=None)
place, where = fixed("2011")
item = struct.pack(">BBB", 2, 1, 0) + place
named = {"type": 2, "channel": 1, "event": 0, "location": where}
add("2 of 7 files found", 0x0802, struct.pack(">HHH", 5, 7, 2) + item * 2,
    {"answeredSerial": 5, "total": 7, "count": 2, "items": [named] * 2}, SEARCH + " answer", "2011", reply=None)
add("none of 7 files found", 0x0802, struct.pack(">HHH", 5, 7, 0),
    {"answeredSerial": 5, "total": 7, "count": 0, "items": []}, SEARCH + " answer", "2011", reply=None)
group.add("2 of 7 files found by a terminal that did not register", 0x0802, struct.pack(">HHH", 5, 7, 2) + item * 2,
          {"answeredSerial": 5, "total": 7, "count": 2, "items": [named] * 2}, "JT/T 808-2011, " + SEARCH + " answer", reply=None)
for size in range(4):
    fault("a search answer", 0x0802, bytes(size), SEARCH + " answer", acked=False)

group.save()
