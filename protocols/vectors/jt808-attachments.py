#!/usr/bin/env python3
"""Writes src/jt808/vectors/attachments.json: files of alarms by T/JSATL 12-2017, worked out from its tables.

    python3 protocols/vectors/jt808-attachments.py          writes the file
    python3 protocols/vectors/jt808-attachments.py --check  fails when the file is not what this script writes
"""

import struct

from jt808.wire import Group, frame

NAMES = {0x9208: "requestAttachments", 0x1210: "attachments", 0x1211: "attachmentBegins", 0x1212: "attachmentEnds",
         0x9212: "attachmentAnswer"}
group = Group("attachments", NAMES)
EDITIONS = ("2011", "2013", "2019")
CLAUSE = "T/JSATL 12-2017, table of 0x%04X"
LONGER = "T/GDRTA 002-2020, table of 0x%04X"


def how(edition):
    return {"edition": "2013", "of_2011": True} if edition == "2011" else {"edition": edition}


def add(name, msg_id, body, fields, edition, clause=CLAUSE, **more):
    group.add("%s, %s" % (name, edition), msg_id, body, fields, clause % msg_id,
              reply=None if msg_id & 0x8000 else "general", **how(edition), **more)


def short(msg_id, body, sizes=None):
    """Bodies that are cut, or whose lengths lie, are refused."""
    for size in range(len(body)) if sizes is None else sizes:
        wire = frame(msg_id, body[:size], "013912345678", 1)
        ack = None if msg_id & 0x8000 else frame(0x8001, struct.pack(">HHB", 1, msg_id, 2), "013912345678", 0)
        group.fault("%s of %d bytes" % (NAMES[msg_id], size), wire, "badBody", len(wire), CLAUSE % msg_id, ack)


def text(value):
    raw = value.encode("gbk")
    return bytes([len(raw)]) + raw


def identification(width, terminal, time="261123145500", sequence=1, attachments=3):
    spare = bytes(1) if width == 7 else b"\x01\x02"
    body = terminal.encode().ljust(width, b"\0") + bytes.fromhex(time) + bytes([sequence, attachments]) + spare
    return body, {"terminalId": terminal, "time": time, "sequence": sequence, "attachments": attachments, "reserved": spare.hex()}


NUMBER = "ad72131579e54be0b0f737cfc72c5db8"
FILES = [("00_64_6401_0_%s.jpg" % NUMBER, 65536), ("02_65_6502_1_%s.mp4" % NUMBER, 0xFFFFFFFF), ("照片.jpg", 0)]
for edition in EDITIONS:
    for width, terminal in ((7, "1234567"), (7, ""), (30, "09876543210987654321"), (30, "1234567")):
        clause = CLAUSE if width == 7 else LONGER
        who, known = identification(width, terminal)
        for address in ("47.104.97.169", "attachments.example", ""):
            request = text(address) + struct.pack(">HH", 8202, 0) + who + NUMBER.encode() + bytes(range(16))
            add("request to '%s' with an id of %d bytes '%s'" % (address, width, terminal), 0x9208, request,
                {"address": address, "tcpPort": 8202, "udpPort": 0, "identification": known, "alarmNumber": NUMBER,
                 "reserved": bytes(range(16)).hex()}, edition, clause)
        for count in (0, 1, 3):
            for kind in (0, 1):
                listed = terminal.encode().ljust(width, b"\0") + who + b"alarm-1".ljust(32, b"\0") + bytes([kind, count])
                listed += b"".join(text(n) + struct.pack(">I", s) for n, s in FILES[:count])
                add("%d files, %d, of an id of %d bytes '%s'" % (count, kind, width, terminal), 0x1210, listed,
                    {"terminalId": terminal, "identification": known, "alarmNumber": "alarm-1", "informationType": kind,
                     "files": [{"name": n, "size": s} for n, s in FILES[:count]]}, edition, clause)
    for mixed, (own, other) in (("short id and long identification", (7, 30)), ("long id and short identification", (30, 7))):
        who, known = identification(other, "1234567")
        add(mixed, 0x1210, b"1234567".ljust(own, b"\0") + who + b"alarm-1".ljust(32, b"\0") + b"\0\0",
            {"terminalId": "1234567", "identification": known, "alarmNumber": "alarm-1", "informationType": 0, "files": []},
            edition, one_way="written with the widths of one text")
    who, known = identification(7, "1234567")
    add("request with bytes behind", 0x9208, text("a") + struct.pack(">HH", 1, 2) + who + bytes(48) + b"\x09",
        {"address": "a", "tcpPort": 1, "udpPort": 2, "identification": known, "alarmNumber": "", "reserved": "00" * 16, "trailing": "09"}, edition)
    add("files with bytes behind", 0x1210, b"1234567" + who + bytes(32) + b"\0\0\x09",
        {"terminalId": "1234567", "identification": known, "alarmNumber": "", "informationType": 0, "files": [], "trailing": "09"}, edition)
    for kind in range(5):
        for name, size in (FILES[0], FILES[2], ("../../etc/passwd", 0x7E7D7E7D), ("", 1)):
            body = text(name) + struct.pack(">BI", kind, size)
            file = {"name": name, "fileType": kind, "size": size}
            add("begin of '%s' %d" % (name, kind), 0x1211, body, file, edition)
            add("end of '%s' %d" % (name, kind), 0x1212, body, file, edition)
    for result, ranges in ((0, []), (1, [(0, 1)]), (1, [(65536, 0xFFFFFFFF), (0x7E7D, 2)]), (1, [(n, 1) for n in range(100)])):
        again = text(FILES[0][0]) + bytes([2, result, len(ranges)]) + b"".join(struct.pack(">II", *r) for r in ranges)
        add("answer %d with %d ranges" % (result, len(ranges)), 0x9212, again,
            {"name": FILES[0][0], "fileType": 2, "result": result, "ranges": [{"offset": o, "length": n} for o, n in ranges]}, edition)

short(0x9208, text("a") + struct.pack(">HH", 1, 2) + who + bytes(48))
short(0x1210, b"1234567" + who + bytes(32) + b"\0\2" + text("a") + bytes(4) + text("bc") + bytes(4))
short(0x1211, text("abc") + bytes(5))
short(0x1212, text("abc") + bytes(5))
short(0x9212, text("abc") + b"\0\1\2" + bytes(16))
# Lengths of names that run over the body.
short(0x1210, b"1234567" + who + bytes(32) + b"\0\xff" + b"\xff" + bytes(60), [118])
short(0x1211, b"\xff" + bytes(20), [21])

group.save()
