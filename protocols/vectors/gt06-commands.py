#!/usr/bin/env python3
"""Writes src/gt06/vectors/commands.json: commands, replies and addresses, gt06.md sections 4, 9.2, 9.3 and 10.

    python3 protocols/vectors/gt06-commands.py          writes the file
    python3 protocols/vectors/gt06-commands.py --check  fails when the file is not what this script writes
"""

import struct

from gt06.wire import FIX, Gps, Group, cell, nowhere, radio

group = Group("commands")


def flagged(flag, text, language=None, padding=0, stated=None, extra=b""):
    own = text.encode("latin-1")
    length = 4 + len(own) + padding if stated is None else stated
    content = bytes([length]) + struct.pack(">I", flag) + own + bytes(padding)
    content += b"" if language is None else struct.pack(">H", language)
    fields = {"serverFlag": flag, "text": text}
    if padding:
        fields["padding"] = padding
    if language is not None:
        fields["language"] = language
    if stated is not None:
        fields["statedLength"] = stated
    if extra:
        fields["extra"] = extra.hex()
    return content + extra, fields


COMMANDS = [("DYD,000000#", 0x0001A958, None), ("HFYD,000000#", 0x0001A963, None), ("WHERE#", 42, 2),
            ("STATUS#", 0, 1), ("RELAY,1#", 7, 2), ("TIMER,10,60#", 0xFFFFFFFF, 2), ("", 1, None),
            ("X" * 240, 5, 2)]
for kind, row in ((0x80, "command"), (0x81, "queryCommand")):
    for text, flag, language in COMMANDS:
        name = "%s %s%s" % (row, text[:20] or "without text", "" if language is None else ", language %d" % language)
        group.down(name, "section 10", kind, row, *flagged(flag, text, language))
group.down("a command whose length lies", "section 10", 0x80, "command", *flagged(9, "RESET#", stated=200))
group.down("the command of the reference", "section 10", 0x80, "command", bytes.fromhex("0a000000005748455245 23"),
           {"serverFlag": 0, "text": "WHERE#"}, serial=1)


def reply15(name, *args, **more):
    group.add(name, "section 10", 0x15, "commandReply", *flagged(*args, **more), intent="answer")


reply15("reply", 0x0001A958, "DYD=Success!", 2)
reply15("reply without a language", 0x0001A958, "HFYD=Fail!")
reply15("reply without text", 0, "", 2)
reply15("reply filled with zeros", 0, "SOS1:13421632699", 1, padding=3)
reply15("reply of characters beyond ASCII", 0, "Temp=21\u00b0C", 2)
reply15("reply with three bytes behind it", 5, "OK", extra=b"\x00\x02\x01")
reply15("reply whose length is too long", 5, "OK!!", stated=99)
reply15("reply whose length does not hold the flag", 5, "OK!!", stated=3)
reply15("longest reply", 5, "R" * 243, 2)


def reply21(name, flag, encoding, text, raw, **fields):
    inner = fields.get("innerLength")
    content = struct.pack(">IB", flag, encoding) + raw
    group.add(name, "section 10", 0x21, "generalReply", (b"" if inner is None else bytes([inner])) + content,
              {"serverFlag": flag, "encoding": encoding, "text": text, **fields}, intent="answer", long=True)


text = "Battery:4.16V,NORMAL; GPRS:Link Up; ACC:OFF"
reply21("general reply", 0, 1, text, text.encode())
reply21("general reply in UTF-16", 42, 2, "已断油电", "已断油电".encode("utf-16-be"))
reply21("general reply in UTF-16 with half a character", 42, 2, "断", "断".encode("utf-16-be") + b"\x6c", extra="6c")
reply21("general reply without text", 0xFFFFFFFF, 1, "", b"")
reply21("general reply filled with zeros", 7, 1, "OK", b"OK\0\0", padding=2)
reply21("general reply of an unknown encoding", 7, 9, "\xe9", b"\xe9")
reply21("general reply with a length inside", 7, 1, "RELAY:Success", b"RELAY:Success", innerLength=18)
reply21("general reply of 300 characters", 7, 1, "y" * 300, b"y" * 300)
group.add("general reply in the short form", "section 1", 0x21, "generalReply", struct.pack(">IB", 7, 1) + b"OK",
          {"serverFlag": 7, "encoding": 1, "text": "OK"}, intent="answer", one_way="written in the long form")


# --- Address queries, section 9.2

def phone(text, rest=b""):
    raw = text.encode() + rest
    raw = raw.ljust(21, b"\0")
    assert len(raw) == 21
    return raw, {"phone": text, **({"phoneRest": raw[len(text):].hex()} if rest.strip(b"\0") else {})}


for kind, row in ((0x1A, "addressQuery"), (0x2A, "englishAddressQuery")):
    for title, number in (("", phone("13800138000")), (" with rubbish behind the phone", phone("66366", b"\0\x03\0\x04")),
                          (" of a phone that fills its field", phone("1" * 21)),
                          (" without a phone", phone(""))):
        gps = Gps()
        group.add("address query %02x%s" % (kind, title), "section 9.2", kind, row,
                  gps.bytes + number[0] + b"\x00\x02", {**gps.fields, **number[1], "language": 2}, intent="query",
                  positions=[gps.position])
gps = Gps()
group.add("address query with a byte too many", "section 9.2", 0x1A, "addressQuery",
          gps.bytes + phone("1")[0] + b"\x00\x01\x09", {**gps.fields, "phone": "1", "language": 1, "extra": "09"},
          intent="query", positions=[{**gps.position, "extras": {"extra": "09"}}])
raw, place = cell()
group.add("address query by cell", "section 4", 0x17, "cellAddressQuery", raw + phone("13800138000")[0],
          {"cell": place, "phone": "13800138000"}, intent="query",
          positions=[nowhere(None, "cell", extras={**place, **radio(cells=[{**place, "signal": None}])})])


# --- Addresses, section 9.3

def address(name, kind, row, tag, text, phone_raw, fields, flag=1):
    command = struct.pack(">I", flag) + tag.encode() + b"&&" + text.encode("utf-16-be") + b"&&" + phone_raw + b"##"
    content = struct.pack(">H" if kind == 0x97 else ">B", len(command)) + command
    group.down(name, "section 9.3", kind, row, content, {"serverFlag": flag, "tag": tag, "address": text, **fields},
               long=kind == 0x97)


for kind, row in ((0x17, "chineseAddress"), (0x97, "englishAddress")):
    raw, fields = phone("13800138000")
    address("address %02x" % kind, kind, row, "ADDRESS", "广东省惠州市", raw, fields)
    address("address of an alarm %02x" % kind, kind, row, "ALARMSMS", "SOS: N22.5,E113.9", bytes(21), {"phone": ""})
    address("address without a phone %02x" % kind, kind, row, "ADDRESS", "x", b"0" * 21,
            {"phone": "", "phoneRest": (b"0" * 21).hex()})
    # U+2626 U+0026: && at an odd place of the text is none.
    address("address with && at an odd place %02x" % kind, kind, row, "ADDRESS", "\u0126\u2601", raw, fields)

group.close()
