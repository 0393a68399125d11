#!/usr/bin/env python3
"""Writes src/jt808/vectors/passthrough.json: pass-through, compressed bodies and keys, worked out from the tables of the standards.

    python3 protocols/vectors/jt808-passthrough.py          writes the file
    python3 protocols/vectors/jt808-passthrough.py --check  fails when the file is not what this script writes
"""

import struct
import zlib

from jt808.wire import Group, frame

NAMES = {0x0900: "passthroughUp", 0x0901: "compressed", 0x0A00: "terminalKey", 0x8900: "passthroughDown", 0x8A00: "platformKey"}
group = Group("passthrough", NAMES)
EDITIONS = ("2011", "2013", "2019")
SAFETY = "T/JSATL 12-2017, pass-through of 0x%02X"


def how(edition):
    return {"edition": "2013", "of_2011": True} if edition == "2011" else {"edition": edition}


def add(name, msg_id, body, fields, edition, clause=None, **more):
    group.add("%s, %s" % (name, edition), msg_id, body, fields, clause or "JT/T 808-%s, table of 0x%04X" % (edition, msg_id),
              reply=None if msg_id & 0x8000 else "general", **how(edition), **more)


def short(msg_id, body):
    for size in range(len(body)):
        wire = frame(msg_id, body[:size], "013912345678", 1)
        ack = None if msg_id & 0x8000 else frame(0x8001, struct.pack(">HHB", 1, msg_id, 2), "013912345678", 0)
        group.fault("%s of %d bytes" % (NAMES[msg_id], size), wire, "badBody", len(wire), "JT/T 808, table of 0x%04X" % msg_id, ack)


def text(value):
    raw = value.encode("gbk")
    return bytes([len(raw)]) + raw


# ---------------------------------------------------------------- pass-through

for msg_id, name in ((0x0900, "up"), (0x8900, "down")):
    for edition in ("2013", "2019"):
        for kind in (0x00, 0x0B, 0x41, 0x42, 0xF0, 0xFF):
            for content in (b"", b"\x7e\x7d", b"$GPRMC,1*00\r\n"):
                add("%s 0x%02X, %d bytes" % (name, kind, len(content)), msg_id, bytes([kind]) + content,
                    {"type": kind, "content": content.hex()}, edition)
        # A length inside the content, as devices on serial ports have it, makes it no package of 2011.
        for start in ("aa550001", "00000001", "01000001"):
            content = bytes.fromhex(start) + struct.pack(">H", 5) + b"abcde"
            add("%s, content %s with a length of its own" % (name, start), msg_id, b"\x41" + content, {"type": 0x41, "content": content.hex()}, edition)
    for total, content in ((3, b"abc"), (1 << 24, b"abc"), (0, b"")):
        body = struct.pack(">BIH", 0x41, total, len(content)) + content
        shown = {"type": 0x41, "totalLength": total, "content": content.hex()}
        add("%s, package of %d" % (name, total), msg_id, body, shown, "2011")
        group.add("%s, package of %d of a terminal that did not register" % (name, total), msg_id, body, shown,
                  "JT/T 808-2011, table of 0x%04X" % msg_id, reply=None if msg_id & 0x8000 else "general")
    add("%s, no package" % name, msg_id, b"\x41abcdef", {"type": 0x41, "content": b"abcdef".hex()}, "2011")

STATES = [(0x64, 1, 0), (0x65, 0x10, 0xFFFFFFFF), (0x66, 4, 1)]
TEXTS = ("公司", "ADAS-1", "H1.0", "S2.0", "1234567", "")
INFORMATION = dict(zip(("company", "model", "hardware", "software", "deviceId", "customer"), TEXTS))
block = b"".join(text(t) for t in TEXTS)
for edition in EDITIONS:
    for count in (0, 1, 3):
        ids = [0x64, 0x65, 0x67][:count]
        for kind in (0xF7, 0xF8):
            add("%d devices asked for 0x%02X" % (count, kind), 0x8900, bytes([kind, count, *ids]), {"type": kind, "devices": ids}, edition, SAFETY % kind)
        states = b"".join(struct.pack(">BBBI", d, 5, s, a) for d, s, a in STATES[:count])
        shown = {"type": 0xF7, "devices": [{"device": d, "status": {"state": s, "alarms": a}} for d, s, a in STATES[:count]]}
        add("%d states" % count, 0x0900, bytes([0xF7, count]) + states, shown, edition, SAFETY % 0xF7)
        informations = b"".join(bytes([d, len(block)]) + block for d in ids)
        told = {"type": 0xF8, "devices": [{"device": d, "information": INFORMATION} for d in ids]}
        add("%d informations" % count, 0x0900, bytes([0xF8, count]) + informations, told, edition, SAFETY % 0xF8)
        add("%d states without a count" % count, 0x0900, b"\xf7" + states, shown, edition, SAFETY % 0xF7, one_way="written with a count")
        add("%d informations without a count" % count, 0x0900, b"\xf8" + informations, told, edition, SAFETY % 0xF8, one_way="written with a count")
    for label, wrong in (("a block of four bytes", b"\x01\x64\x04" + bytes(4)), ("a block of six bytes", b"\x01\x64\x06" + bytes(6)),
                         ("a block that is cut", b"\x01\x64\x05" + bytes(4)), ("more devices than told", b"\x05\x64\x05" + bytes(5) + b"\x65")):
        add("states with " + label, 0x0900, b"\xf7" + wrong, {"type": 0xF7, "content": wrong.hex()}, edition, SAFETY % 0xF7)
    wrong = bytes([1, 0x64, len(block)]) + b"\xff" + block[1:]
    add("information with a text that runs over", 0x0900, b"\xf8" + wrong, {"type": 0xF8, "content": wrong.hex()}, edition, SAFETY % 0xF8)
short(0x0900, b"\x41")
short(0x8900, b"\x41")

# ---------------------------------------------------------------- compressed


def stored(content):
    """Not compressed, only wrapped: bytes anybody can check by eye."""
    return (bytes.fromhex("1f8b08000000000000ff01") + struct.pack("<HH", len(content), 0xFFFF ^ len(content)) + content
            + struct.pack("<II", zlib.crc32(content), len(content)))


for edition in EDITIONS:
    for label, content in (("nothing", b""), ("text", b"sweeper " * 20), ("bytes", bytes(range(256)))):
        data = stored(content)
        add("stored %s" % label, 0x0901, struct.pack(">I", len(data)) + data, {"length": len(data), "data": data.hex(), "content": content.hex()}, edition)
    good = stored(b"sweeper")
    for label, data in (("no GZIP", bytes(range(9))), ("nothing at all", b""), ("a wrong check code", good[:-5] + bytes([good[-5] ^ 1]) + good[-4:]),
                        ("a cut end", good[:-1]), ("a head alone", good[:10])):
        add("compressed with " + label, 0x0901, struct.pack(">I", len(data)) + data, {"length": len(data), "data": data.hex()}, edition)
    add("a length that lies", 0x0901, struct.pack(">I", 0xFFFFFFFF) + good, {"length": 0xFFFFFFFF, "data": good.hex(), "content": b"sweeper".hex()}, edition)
fixed = bytes.fromhex("1f8b08000000000000ff") + bytes.fromhex("4b4c4a0600") + struct.pack("<II", zlib.crc32(b"abc"), 3)
assert zlib.decompress(fixed, 31) == b"abc"
group.add("compressed with fixed codes", 0x0901, struct.pack(">I", len(fixed)) + fixed,
          {"length": len(fixed), "data": fixed.hex(), "content": b"abc".hex()}, "RFC 1951, fixed codes")
short(0x0901, bytes(4))

# ---------------------------------------------------------------- keys

for edition in EDITIONS:
    for msg_id in (0x0A00, 0x8A00):
        add("key", msg_id, struct.pack(">I", 65537) + bytes(range(128)), {"exponent": 65537, "modulus": bytes(range(128)).hex()}, edition)
for msg_id in (0x0A00, 0x8A00):
    short(msg_id, bytes(132))

group.save()
