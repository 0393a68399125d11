#!/usr/bin/env python3
"""Writes src/jt808/vectors/interaction.json: texts, events, questions, information, phone book, vehicle control, worked out from the tables of the standard.

    python3 protocols/vectors/jt808-interaction.py          writes the file
    python3 protocols/vectors/jt808-interaction.py --check  fails when the file is not what this script writes
"""

import struct

from jt808.wire import MILEAGE, Group, frame, location

group = Group("interaction", {
    0x8300: "text", 0x8301: "setEvents", 0x0301: "eventReport", 0x8302: "question", 0x0302: "questionAnswer",
    0x8303: "setInfoMenu", 0x0303: "infoDemand", 0x8304: "infoService", 0x8400: "phoneCallback",
    0x8401: "setPhoneBook", 0x8500: "vehicleControl", 0x0500: "vehicleControlAnswer",
})
EDITIONS = ("2011", "2013", "2019")


def how(edition):
    """2011 has the header of 2013 and is known by its registration."""
    return {"edition": "2013", "of_2011": True} if edition == "2011" else {"edition": edition}


def down(name, msg_id, body, fields, clause, edition, **more):
    group.add("%s, %s" % (name, edition), msg_id, body, fields, clause, reply=None, **how(edition), **more)


def up(name, msg_id, body, fields, clause, edition, **more):
    group.add("%s, %s" % (name, edition), msg_id, body, fields, clause, **how(edition), **more)


def string(text, edition):
    """2011 ends its STRING with a zero byte."""
    return text.encode("gbk") + (b"\0" if edition == "2011" else b"")


def sized(text, edition, fmt):
    raw = string(text, edition)
    return struct.pack(">" + fmt, len(raw)) + raw


# ---------------------------------------------------------------- 0x8300

TEXT = "JT/T 808-%s, text information delivery"
for edition in ("2011", "2013"):
    names = {0: "urgent", 1: "bit1", 2: "display", 3: "tts", 4: "advertisingScreen",
             5: "canFault" if edition == "2013" else "bit5", 6: "bit6", 7: "bit7"}
    for bit in range(8):
        down("text flag bit %d" % bit, 0x8300, bytes([1 << bit]) + string("请靠边停车", edition),
             {"flags": [names[bit]], "text": "请靠边停车"}, TEXT % edition, edition)
    down("text with two flags", 0x8300, bytes([0b1001]) + string("Stop! 前方施工", edition),
         {"flags": ["urgent", "tts"], "text": "Stop! 前方施工"}, TEXT % edition, edition)
    down("empty text", 0x8300, bytes([0]) + string("", edition), {"flags": [], "text": ""}, TEXT % edition, edition)
for kind, name in ((1, "service"), (2, "urgent"), (3, "notice")):
    down("text, kind %s" % name, 0x8300, bytes([kind | 0b100, 1]) + string("收工", "2019"),
         {"flags": [name, "display"], "textType": 1, "text": "收工"}, TEXT % "2019", "2019")
for bit, name in ((2, "display"), (3, "tts"), (4, "bit4"), (5, "canFault"), (6, "bit6"), (7, "bit7")):
    down("text flag bit %d" % bit, 0x8300, bytes([1 << bit, 2]) + string("P0301", "2019"),
         {"flags": [name], "textType": 2, "text": "P0301"}, TEXT % "2019", "2019")
group.add("text of 2011 without its terminator", 0x8300, bytes([1]) + b"go", {"flags": ["urgent"], "text": "go"}, TEXT % "2011",
          reply=None, one_way="the text of 2011 asks for a NUL", **how("2011"))
group.fault("text without flags", frame(0x8300, b""), "badBody", 15, TEXT % "2013")
group.fault("text of 2019 without its type", frame(0x8300, b"\x01", "13912345678", 1, "2019"), "badBody", 21, TEXT % "2019")

# ---------------------------------------------------------------- sets with an action


def each_set(label, msg_id, clause, key, pack, items):
    """`pack` writes one item of an edition, `items` are its fields."""
    for edition in EDITIONS:
        down("%s: delete all" % label, msg_id, b"\0", {"action": 0}, clause % edition, edition)
        for action in (1, 2, 3, 4):
            some = items[:action % 3]
            n = bytes([len(some)] * (2 if edition == "2011" else 1))
            down("%s: action %d of %d" % (label, action, len(some)), msg_id,
                 bytes([action]) + n + b"".join(pack(edition, **one) for one in some),
                 {"action": action, key: some}, clause % edition, edition)
        n = bytes([0] * (2 if edition == "2011" else 1))
        down("%s: delete all, with a count of none" % label, msg_id, b"\0" + n, {"action": 0, key: []}, clause % edition, edition)
    down("%s: second package of two" % label, msg_id, bytes([2, 9, 1]) + pack("2011", **items[0]),
         {"action": 2, "total": 9, key: items[:1]}, clause % "2011", "2011")
    more = pack("2013", **items[0])
    down("%s: a count too low leaves a tail" % label, msg_id, bytes([1, 1]) + more + more,
         {"action": 1, key: items[:1], "trailing": more.hex()}, clause % "2013", "2013")
    for lie in (2, 255):
        body = bytes([1, lie]) + more
        wire = frame(msg_id, body)
        group.fault("%s: a count of %d for one item" % (label, lie), wire, "badBody", len(wire), clause % "2013")
    for cut in range(1, len(more)):
        wire = frame(msg_id, bytes([1, 1]) + more[:cut])
        group.fault("%s: item cut after %d bytes" % (label, cut), wire, "badBody", len(wire), clause % "2013")
    wire = frame(msg_id, b"")
    group.fault("%s: empty" % label, wire, "badBody", len(wire), clause % "2013")


each_set("events", 0x8301, "JT/T 808-%s, event setting", "events",
         lambda edition, id, text: bytes([id]) + sized(text, edition, "B"),
         [{"id": 1, "text": "开始清扫"}, {"id": 255, "text": "done"}])
each_set("information menu", 0x8303, "JT/T 808-%s, information demand menu setting", "items",
         lambda edition, infoType, name: bytes([infoType]) + sized(name, edition, "H"),
         [{"infoType": 7, "name": "天气"}, {"infoType": 8, "name": "路况 roads"}])
each_set("phone book", 0x8401, "JT/T 808-%s, phone book setting", "contacts",
         lambda edition, flag, phone, name: bytes([flag]) + sized(phone, edition, "B") + sized(name, edition, "B"),
         [{"flag": 3, "phone": "13800000001", "name": "调度室"}, {"flag": 2, "phone": "110", "name": ""}])

# ---------------------------------------------------------------- questions and information

QUESTION = "JT/T 808-%s, question delivery"
for edition in EDITIONS:
    body = bytes([0b11001]) + sized("今日是否出车？", edition, "B")
    answers = [{"id": 1, "text": "是"}, {"id": 2, "text": "否 no"}]
    packed = b"".join(bytes([one["id"]]) + sized(one["text"], edition, "H") for one in answers)
    fields = {"flags": ["urgent", "tts", "advertisingScreen"], "question": "今日是否出车？"}
    down("question with two answers", 0x8302, body + packed, {**fields, "answers": answers}, QUESTION % edition, edition)
    down("question without answers", 0x8302, body, {**fields, "answers": []}, QUESTION % edition, edition)
    up("question answer", 0x0302, struct.pack(">HB", 61252, 2), {"answeredSerial": 61252, "answerId": 2},
       "JT/T 808-%s, question answer" % edition, edition)
    up("event report", 0x0301, b"\xfe", {"eventId": 254}, "JT/T 808-%s, event report" % edition, edition)
    up("information wanted", 0x0303, b"\x07\x01", {"infoType": 7, "action": 1},
       "JT/T 808-%s, information demand or cancellation" % edition, edition)
    up("information no longer wanted", 0x0303, b"\x07\x00", {"infoType": 7, "action": 0},
       "JT/T 808-%s, information demand or cancellation" % edition, edition)
    if edition == "2011":
        raw = string("明日大风", edition)
        down("information", 0x8304, struct.pack(">BHH", 7, len(raw), len(raw)) + raw,
             {"infoType": 7, "totalLength": len(raw), "text": "明日大风"}, "JT/T 808-2011, information service", edition)
    else:
        down("information", 0x8304, b"\x07" + sized("明日大风", edition, "H"), {"infoType": 7, "text": "明日大风"},
             "JT/T 808-2013, information service", edition)
    down("call back", 0x8400, b"\0" + string("+8613800000001", edition), {"flag": 0, "phone": "+8613800000001"},
         "JT/T 808-%s, phone call-back" % edition, edition)
    down("listen in", 0x8400, b"\1" + string("1" * (20 if edition != "2011" else 19), edition),
         {"flag": 1, "phone": "1" * (20 if edition != "2011" else 19)}, "JT/T 808-%s, phone call-back" % edition, edition)
cut = bytes([1, 3]) + "问".encode("gbk")
group.fault("question longer than its body", frame(0x8302, cut), "badBody", 19, QUESTION % "2013")
for msg_id, whole, label in ((0x0301, b"\1", "event report"), (0x0302, b"\0\1\2", "question answer"), (0x0303, b"\1\1", "information demand"),
                             (0x8304, b"\7\0\2ab", "information"), (0x8400, b"\0", "call back")):
    for size in range(len(whole)):
        wire = frame(msg_id, whole[:size])
        ack = None if msg_id & 0x8000 else frame(0x8001, struct.pack(">HHB", 1, msg_id, 2), serial=0)
        group.fault("%s cut after %d bytes" % (label, size), wire, "badBody", len(wire), "JT/T 808, " + label, ack)

# ---------------------------------------------------------------- vehicle control

CONTROL = "JT/T 808-%s, vehicle control"
for edition in ("2011", "2013"):
    down("lock the doors", 0x8500, b"\1", {"flags": ["lockDoors"]}, CONTROL % edition, edition)
    down("unlock the doors", 0x8500, b"\0", {"flags": []}, CONTROL % edition, edition)
down("reserved control bits", 0x8500, b"\x82", {"flags": ["bit1", "bit7"]}, CONTROL % "2013", "2013")
for value, label in ((0, "lock"), (1, "open")):
    down("%s the doors" % label, 0x8500, struct.pack(">HHB", 1, 1, value), {"controls": [{"type": 1, "value": value}]},
         CONTROL % "2019", "2019")
down("no control", 0x8500, b"\0\0", {"controls": []}, CONTROL % "2019", "2019")
down("doors, then a control of a vendor", 0x8500, struct.pack(">HHBH", 2, 1, 0, 0xF001) + b"\xca\xfe",
     {"controls": [{"type": 1, "value": 0}, {"type": 0xF001, "data": "cafe"}]}, CONTROL % "2019", "2019")
down("a control of a vendor hides the next", 0x8500, struct.pack(">HH", 2, 0xF001) + b"\xca\xfe\0\1\1",
     {"count": 2, "data": "f001cafe000101"}, CONTROL % "2019", "2019")
down("a count beyond the controls", 0x8500, struct.pack(">HHB", 9, 1, 1), {"count": 9, "data": "000101"}, CONTROL % "2019", "2019")
for size in (0, 1):
    wire = frame(0x8500, bytes(size), "13912345678", 1, "2019")
    group.fault("vehicle control of 2019 of %d bytes" % size, wire, "badBody", len(wire), CONTROL % "2019")
wire = frame(0x8500, b"")
group.fault("vehicle control of nothing", wire, "badBody", len(wire), CONTROL % "2013")

ANSWER = "JT/T 808, vehicle control answer"
for edition in EDITIONS:
    body, fields, position = location(status=1 << 12 | 3, items=[MILEAGE], edition=edition)
    up("doors locked", 0x0500, struct.pack(">H", 4660) + body, {"answeredSerial": 4660, **fields}, ANSWER, edition,
       positions=[position], reply=None)
body, fields, position = location(tail=b"\x01")
group.add("vehicle control answer with a tail", 0x0500, struct.pack(">H", 1) + body,
          {"answeredSerial": 1, **fields}, ANSWER, [position], reply=None)
for size in (0, 1, 2, 29):
    wire = frame(0x0500, struct.pack(">H", 0x1234)[:size] + body[:max(0, size - 2)])
    group.fault("vehicle control answer cut after %d bytes" % size, wire, "badBody", len(wire), ANSWER)

group.save()
