#!/usr/bin/env python3
"""Writes src/jt808/vectors/session.json: answers, registration, authentication, heartbeat and what is refused, worked out from the tables of the standard.

    python3 protocols/vectors/jt808-session.py          writes the file
    python3 protocols/vectors/jt808-session.py --check  fails when the file is not what this script writes
"""

import struct

from jt808.wire import AUTH_CODE, Group, frame, head, location, seal

BASIC = "JT/T 808, location report, basic information table"
BATCH = "JT/T 808-2013, batch upload of location data"
group = Group("session", {
    0x0001: "terminalAnswer",
    0x0002: "heartbeat",
    0x0003: "unregister",
    0x0100: "register",
    0x0102: "authenticate",
    0x8001: "platformAnswer",
    0x8100: "registerAnswer",
})

# ---------------------------------------------------------------- answers, heartbeat, leaving

for edition in ("2013", "2019"):
    for result in range(5):
        group.add("terminal answer, result %d, %s" % (result, edition), 0x0001, struct.pack(">HHB", 123, 0x8103, result),
            {"answeredSerial": 123, "answeredId": "0x8103", "result": result}, "JT/T 808, terminal general answer",
            edition=edition, reply=None)
    group.add("platform answer, " + edition, 0x8001, struct.pack(">HHB", 65535, 0x0200, 4),
        {"answeredSerial": 65535, "answeredId": "0x0200", "result": 4}, "JT/T 808, platform general answer",
        edition=edition, reply=None)
    group.add("heartbeat, " + edition, 0x0002, b"", {}, "JT/T 808, terminal heartbeat", edition=edition)
    group.add("unregister, " + edition, 0x0003, b"", {}, "JT/T 808, terminal unregistration", edition=edition)
    group.add("register answer, " + edition, 0x8100, struct.pack(">HB", 7, 0) + "鉴权码 123".encode("gbk"),
        {"answeredSerial": 7, "result": 0, "authCode": "鉴权码 123"}, "JT/T 808, registration answer",
        edition=edition, reply=None)
    for result in (1, 2, 3, 4):
        group.add("register refused with %d, %s" % (result, edition), 0x8100, struct.pack(">HB", 7, result),
            {"answeredSerial": 7, "result": result}, "JT/T 808, registration answer", edition=edition, reply=None)
group.add("heartbeat with a body", 0x0002, bytes([87, 22, 1]), {"trailing": "571601"}, "JT/T 808, terminal heartbeat; asset trackers")
group.add("unknown message", 0x0F42, bytes([1, 2]), {"body": "0102"}, "JT/T 808, ids reserved for vendors", one_way="no row")
group.add("unknown downlink message", 0x8F42, b"", {"body": ""}, "JT/T 808, ids reserved for vendors", one_way="no row", reply=None)

# ---------------------------------------------------------------- registration and authentication

REGISTER = "JT/T 808-%s, terminal registration"


def register(edition, maker, model, terminal, color, plate):
    widths = {"2011": (5, 8, 7), "2013": (5, 20, 7), "2019": (11, 30, 30)}[edition]
    body = struct.pack(">HH", 31, 115) + maker.encode().ljust(widths[0], b"\0")
    name = model.encode("gbk")
    body += {"2011": name.ljust(8), "2013": name.ljust(20, b"\0"), "2019": name.rjust(30, b"\0")}[edition]
    body += terminal.encode().ljust(widths[2], b"\0") + bytes([color]) + plate.encode("gbk")
    if edition == "2011":
        body += b"\0"
    fields = {"provinceId": 31, "cityId": 115, "manufacturerId": maker, "terminalModel": model,
              "terminalId": terminal, "plateColor": color, "plate": plate}
    return body, fields


body, fields = register("2011", "QHKJ1", "SW-200", "7654321", 2, "沪A12345")
group.add("register of 2011", 0x0100, body, fields, REGISTER % 2011, shown="2011", reply="registration")
# 42 bytes are long enough for 2013, whose model would then hold the colour: a control byte gives it away.
body, fields = register("2011", "QHKJ1", "SW-200", "7654321", 0, "LSVAU2180N2123456")
assert len(body) == 43
group.add("register of 2011 with a VIN, as long as one of 2013", 0x0100, body, fields, REGISTER % 2011, shown="2011",
    reply="registration")
body, fields = register("2013", "QHKJ1", "SW-200扫地车", "7654321", 1, "沪A·12345")
group.add("register of 2013", 0x0100, body, fields, REGISTER % 2013, reply="registration")
# Terminals fresh from the box: the plate is empty, as short as no plate of 2011 is, and the model ends anywhere.
for model in ("SW-200", "SW-200-GPS-BD", "SW-200-GPS-BD-4G-EU"):
    body, fields = register("2013", "QHKJ1", model, "7654321", 0, "")
    assert len(body) == 37
    group.add(f"register of 2013 without a plate, model {model}", 0x0100, body, fields, REGISTER % 2013,
        reply="registration")
body, fields = register("2019", "QHKJ1234567", "SW-200", "7654321ABC", 5, "沪AD12345")
group.add("register of 2019", 0x0100, body, fields, REGISTER % 2019, edition="2019", reply="registration")

AUTH = "JT/T 808-%s, terminal authentication"
group.add("authentication of 2013", 0x0102, AUTH_CODE.encode(), {"authCode": AUTH_CODE}, AUTH % 2013)
group.add("empty authentication", 0x0102, b"", {"authCode": ""}, AUTH % 2013)
group.add("authentication in GBK", 0x0102, "鉴权1".encode("gbk"), {"authCode": "鉴权1"}, AUTH % 2013)
group.add("authentication of 2011 under the common header", 0x0102, b"12345\0", {"authCode": "12345"}, AUTH % 2011,
    one_way="the end mark of 2011 is read from any edition and written for 2011 only")
group.add("authentication of 2011", 0x0102, b"12345\0", {"authCode": "12345"}, AUTH % 2011, of_2011=True)
group.add("authentication of 2019", 0x0102,
    bytes([16]) + AUTH_CODE.encode() + b"123456789012345" + b"V1.2.3".ljust(20, b"\0"),
    {"authCode": AUTH_CODE, "imei": "123456789012345", "softwareVersion": "V1.2.3"}, AUTH % 2019, edition="2019")
group.add("bare code under the header of 2019", 0x0102, b"J100300681", {"authCode": "J100300681"}, AUTH % 2019, edition="2019")

# ---------------------------------------------------------------- what is refused

good = frame(0x0002, b"")


def answer(msg_id, result, edition="2013"):
    return frame(0x8001, struct.pack(">HHB", 1, msg_id, result), serial=0, edition=edition)


group.fault("wrong check code", good[:-2] + bytes([good[-2] ^ 1]) + b"\x7e", "badChecksum", 15, "JT/T 808, check code")
group.fault("stray escape", b"\x7e\x7d\x03" + good[1:], "badEscape", 17, "JT/T 808, escaping")
group.fault("escape before the flag", good[:-1] + b"\x7d\x7e", "badEscape", 16, "JT/T 808, escaping")
group.fault("shorter than a header", seal(b"\x00\x02\x00"), "badLength", 6, "JT/T 808, header")
long = bytearray(head(0x0200, location()[0], "013912345678", 1, "2013") + location()[0])
long[3] += 1
group.fault("announced length too long", seal(bytes(long)), "badLength", len(seal(bytes(long))), "JT/T 808, body properties")
long[3] -= 2
group.fault("announced length too short", seal(bytes(long)), "badLength", len(seal(bytes(long))), "JT/T 808, body properties")
for edition in ("2013", "2019"):
    wire = frame(0x0200, location()[0][:27], edition=edition)
    group.fault("a report of 27 bytes, " + edition, wire, "badBody", len(wire), BASIC, answer(0x0200, 2, edition))
    wire = frame(0x0200, location()[0], edition=edition, encryption=1)
    group.fault("an encrypted body, " + edition, wire, "encrypted", len(wire), "JT/T 808, body properties, bits 10-12",
          answer(0x0200, 3, edition))
wire = frame(0x0100, bytes(24))
group.fault("a register of 24 bytes", wire, "badBody", len(wire), REGISTER % 2011, answer(0x0100, 2))
wire = frame(0x0704, bytes([0, 1, 0, 0, 28]) + bytes(20))
group.fault("a batch of nothing that can be read", wire, "badBody", len(wire), BATCH, answer(0x0704, 2))
wire = frame(0x0001, bytes(4))
group.fault("an answer of 4 bytes", wire, "badBody", len(wire), "JT/T 808, terminal general answer")
wire = frame(0x0704, bytes(4), package=(3, 9))
group.fault("part 9 of 3", wire, "subpackageDropped", len(wire), "JT/T 808, package item", answer(0x0704, 2))
wire = frame(0x0704, bytes(4), package=(0, 0))
group.fault("part 0 of 0", wire, "subpackageDropped", len(wire), "JT/T 808, package item", answer(0x0704, 2))

group.save()
