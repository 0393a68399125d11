#!/usr/bin/env python3
"""Writes src/jt808/vectors/recorder.json: driving recorder, waybill, driver and CAN data, worked out from the tables of the standard.

    python3 protocols/vectors/jt808-recorder.py          writes the file
    python3 protocols/vectors/jt808-recorder.py --check  fails when the file is not what this script writes
"""

import struct

from jt808.wire import Group, frame

group = Group("recorder", {
    0x8700: "queryRecorder", 0x0700: "recorderData", 0x8701: "setRecorderParameter", 0x0701: "waybill",
    0x0702: "driver", 0x0705: "canData",
})
EDITIONS = ("2011", "2013", "2019")


def how(edition):
    return {"edition": "2013", "of_2011": True} if edition == "2011" else {"edition": edition}


def add(name, msg_id, body, fields, clause, edition, reply="general", **more):
    group.add("%s, %s" % (name, edition), msg_id, body, fields, "JT/T 808-%s, %s" % (edition, clause),
              reply=None if msg_id & 0x8000 else reply, **how(edition), **more)


def faults(label, msg_id, whole, clause, sizes, edition="2013", acked=True):
    for size in sizes:
        phone = "13912345678" if edition == "2019" else "013912345678"
        wire = frame(msg_id, whole[:size], phone, 1, edition)
        ack = frame(0x8001, struct.pack(">HHB", 1, msg_id, 2), phone, 0, edition) if acked and not msg_id & 0x8000 else None
        group.fault("%s cut after %d bytes, %s" % (label, size, edition), wire, "badBody", len(wire), clause, ack)


# ---------------------------------------------------------------- recorder

BLOCK = bytes.fromhex("557a08000600" "261123145500" "5a")  # a reply of GB/T 19056 begins 55 7A
for edition in EDITIONS:
    add("recorder command", 0x8700, b"\x08", {"command": 8}, "driving record data collection", edition)
    add("recorder parameter", 0x8701, b"\xc2" + BLOCK, {"command": 0xC2, "block": BLOCK.hex()}, "driving record parameter", edition)
    add("recorder parameter without a block", 0x8701, b"\xc2", {"command": 0xC2, "block": ""}, "driving record parameter", edition)
for edition in ("2013", "2019"):
    add("recorder command with a block", 0x8700, b"\x08\xaa\x75\x08", {"command": 8, "block": "aa7508"},
        "driving record data collection", edition)
    add("recorder data", 0x0700, struct.pack(">HB", 4660, 8) + BLOCK, {"answeredSerial": 4660, "command": 8, "block": BLOCK.hex()},
        "driving record data upload", edition, reply=None)
    add("recorder data, none", 0x0700, struct.pack(">HB", 4660, 8), {"answeredSerial": 4660, "command": 8, "block": ""},
        "driving record data upload", edition, reply=None)
add("recorder command with bytes behind", 0x8700, b"\x08\xaa", {"command": 8, "trailing": "aa"}, "driving record data collection", "2011")
old = struct.pack(">BHH", 8, len(BLOCK), len(BLOCK)) + BLOCK
add("recorder data", 0x0700, old, {"command": 8, "totalLength": len(BLOCK), "block": BLOCK.hex()}, "driving record data upload", "2011", reply=None)
add("recorder data, one of several packages", 0x0700, struct.pack(">BHH", 8, 65535, len(BLOCK)) + BLOCK,
    {"command": 8, "totalLength": 65535, "block": BLOCK.hex()}, "driving record data upload", "2011", reply=None)
group.add("recorder data of 2011 from a terminal that did not register", 0x0700, old,
          {"command": 8, "totalLength": len(BLOCK), "block": BLOCK.hex()}, "JT/T 808-2011, driving record data upload", reply=None)
faults("recorder command", 0x8700, b"", "JT/T 808, driving record data collection", [0])
faults("recorder parameter", 0x8701, b"", "JT/T 808, driving record parameter", [0])
faults("recorder data", 0x0700, old, "JT/T 808, driving record data upload", [0, 1, 2], acked=False)

# ---------------------------------------------------------------- waybill

for edition in EDITIONS:
    text = "运单A-001".encode("gbk")
    add("waybill", 0x0701, struct.pack(">I", len(text)) + text, {"content": text.hex()}, "electronic waybill report", edition)
    add("waybill of nothing", 0x0701, bytes(4), {"content": ""}, "electronic waybill report", edition)
add("waybill with bytes behind", 0x0701, struct.pack(">I", 1) + b"ab", {"content": "61", "trailing": "62"}, "electronic waybill report", "2013")
faults("waybill", 0x0701, struct.pack(">I", 2) + b"a", "JT/T 808, electronic waybill report", range(6))
faults("waybill of 4 GiB", 0x0701, b"\xff\xff\xff\xffa", "JT/T 808, electronic waybill report", [5])

# ---------------------------------------------------------------- driver

CLAUSE = "driver identity information"
TIME = "261123145500"


def driver(edition, state, result=0, name="张三丰", number="310000199001011234", issuer="上海市运管处", valid="20301231", card="31000019900101123X",
           time=TIME):
    def sized(text):
        return bytes([len(text.encode("gbk"))]) + text.encode("gbk")

    body = bytes([state]) + bytes.fromhex(time) + bytes([result]) + sized(name) + number.encode().ljust(20, b"\0") + sized(issuer)
    fields = {"state": state, "time": time, "cardResult": result, "name": name, "qualification": number, "issuer": issuer, "validUntil": valid}
    body += bytes.fromhex(valid)
    if edition == "2019":
        body += card.encode().ljust(20, b"\0")
        fields["idCard"] = card
    return body, fields


for edition in ("2013", "2019"):
    for result in range(5):
        add("driver, card result %d" % result, 0x0702, *driver(edition, 1, result), CLAUSE, edition)
        add("driver, card result %d and no more" % result, 0x0702, driver(edition, 1, result)[0][:8],
            {"state": 1, "time": TIME, "cardResult": result}, CLAUSE, edition)
    add("driver off duty", 0x0702, driver(edition, 2)[0][:7], {"state": 2, "time": TIME}, CLAUSE, edition)
    add("driver off duty, with what belongs to on duty", 0x0702, *driver(edition, 2), CLAUSE, edition)
    add("driver without texts", 0x0702, *driver(edition, 1, 0, "", "", "", "00000000", ""), CLAUSE, edition)
    add("driver with a date of digits above nine", 0x0702, *driver(edition, 1, 0, valid="2030ff31"), CLAUSE, edition)
    add("driver, the clock not set", 0x0702, *driver(edition, 1, time="000000000000"), CLAUSE, edition)
    add("driver off duty, the clock not set", 0x0702, b"\2" + bytes(6), {"state": 2, "time": "000000000000"}, CLAUSE, edition)
    add("driver, digits above nine in the time", 0x0702, *driver(edition, 1, time="2611231455fa"), CLAUSE, edition)
    whole = driver(edition, 1)[0]
    add("driver with a name longer than the body", 0x0702, whole[:8] + b"\xff" + whole[9:],
        {"state": 1, "time": TIME, "cardResult": 0, "trailing": "ff" + whole[9:].hex()}, CLAUSE, edition)
    faults("driver", 0x0702, whole, "JT/T 808-%s, %s" % (edition, CLAUSE), range(7), edition)
    full = 34 + 6 + 12
    for size in (9, 15, 40, full - 1, *([len(whole) - 1] if edition == "2019" else [])):
        if edition == "2019" and size == len(whole) - 1:
            continue
        add("driver, the tail cut after %d bytes" % size, 0x0702, whole[:size],
            {"state": 1, "time": TIME, "cardResult": 0, "trailing": whole[8:size].hex()}, CLAUSE, edition)
group.add("driver in the form of 2019 behind a header of 2013", 0x0702, *driver("2019", 1), "JT/T 808-2019, " + CLAUSE)
group.add("driver in the form of 2013 behind a header of 2019", 0x0702, *driver("2013", 1), "JT/T 808-2013, " + CLAUSE, edition="2019",
          phone="13912345678")


def driver_2011(name="李四", card="31000019900101123X", number="310000199001011234", issuer="上海市运管处"):
    """STRINGs of 2011 end with a zero byte."""
    raw, by = name.encode("gbk") + b"\0", issuer.encode("gbk") + b"\0"
    body = bytes([len(raw)]) + raw + card.encode().ljust(20, b"\0") + number.encode().ljust(40, b"\0") + bytes([len(by)]) + by
    return body, {"name": name, "idCard": card, "qualification": number, "issuer": issuer}


add("driver", 0x0702, *driver_2011(), CLAUSE, "2011")
add("driver without texts", 0x0702, *driver_2011("", "", "", ""), CLAUSE, "2011")
add("driver in the form of 2013", 0x0702, *driver("2013", 1), CLAUSE, "2011")
add("driver off duty in the form of 2013", 0x0702, driver("2013", 2)[0][:7], {"state": 2, "time": TIME}, CLAUSE, "2011")
for edition in ("2013", "2019"):
    group.add("driver in the form of 2011 behind a header of " + edition, 0x0702, *driver_2011(), "JT/T 808-2011, " + CLAUSE, edition=edition)
group.add("driver in the form of 2011, its name a digit long", 0x0702, *driver_2011(name="7"), "JT/T 808-2011, " + CLAUSE)
whole = driver_2011()[0]
faults("driver in the form of 2011", 0x0702, whole, "JT/T 808-2011, " + CLAUSE, [0, 1, 5, 25, 65, len(whole) - 1])

# ---------------------------------------------------------------- CAN

CAN = "CAN bus data upload"


def can(items, count=None, time="1455009990"):
    body = struct.pack(">H", len(items) if count is None else count) + bytes.fromhex(time)
    listed = []
    for word, data in items:
        body += struct.pack(">I", word) + bytes.fromhex(data)
        listed.append({"canId": word & 0x1FFFFFFF, "channel": word >> 31, "extended": bool(word >> 30 & 1),
                       "averaged": bool(word >> 29 & 1), "data": data})
    return body, {"count": len(items) if count is None else count, "receiveTime": time, "items": listed}


for edition in ("2013", "2019"):
    for bit in (0, 28, 29, 30, 31):
        add("CAN id bit %d" % bit, 0x0705, *can([(1 << bit, "0102030405060708")]), CAN, edition)
    add("CAN data of three messages", 0x0705, *can([(0xFFFFFFFF, "ff" * 8), (0, "00" * 8), (0x18FEF100, "aa" * 8)]), CAN, edition)
    add("CAN data of nothing", 0x0705, *can([]), CAN, edition)
    add("CAN data, a count too high", 0x0705, *can([(1, "00" * 8)], 9), CAN, edition)
    add("CAN data, a count too low", 0x0705, *can([(1, "00" * 8), (2, "11" * 8)], 1), CAN, edition)
    add("CAN data, digits above nine", 0x0705, *can([(1, "00" * 8)], time="ffffffffff"), CAN, edition)
body, fields = can([(1, "00" * 8)])
add("CAN data, the last item cut short", 0x0705, body + b"\1\2", {**fields, "trailing": "0102"}, CAN, "2013")
faults("CAN data", 0x0705, body, "JT/T 808-2013, " + CAN, range(7))
faults("CAN data of a part of an item", 0x0705, body, "JT/T 808-2013, " + CAN, range(8, 19))

group.save()
