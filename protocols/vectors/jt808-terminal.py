#!/usr/bin/env python3
"""Writes src/jt808/vectors/terminal.json: time, control, attributes and upgrades, worked out from the tables of the standard.

    python3 protocols/vectors/jt808-terminal.py          writes the file
    python3 protocols/vectors/jt808-terminal.py --check  fails when the file is not what this script writes
"""

import struct
from datetime import datetime, timezone

from jt808.wire import Group, frame

group = Group("terminal", {
    0x0004: "timeQuery", 0x8004: "timeAnswer", 0x0107: "attributesAnswer", 0x0108: "upgradeResult",
    0x6006: "textReply", 0x8105: "terminalControl", 0x8107: "queryAttributes", 0x8108: "upgradePackage", 0x8204: "linkTest",
    0x8702: "queryDriver",
})

# ---------------------------------------------------------------- time, in UTC other than everywhere else

TIME = "JT/T 808-2019, query server time"
now = datetime(2026, 11, 23, 6, 55, 7, tzinfo=timezone.utc)
milliseconds = int(now.timestamp()) * 1000
for edition in ("2019", "2013"):
    answer = frame(0x8004, bytes.fromhex("261123065507"), serial=0, edition=edition)
    group.add("time query, header of " + edition, 0x0004, b"", {}, TIME, edition=edition, received=milliseconds + 999, reply=answer)
failed = frame(0x8001, struct.pack(">HHB", 1, 0x0004, 1), serial=0, edition="2019")
group.add("time query when the clock stands before 2000", 0x0004, b"", {}, TIME, edition="2019", received=1, reply=failed)
group.add("time answer", 0x8004, bytes.fromhex("261123065507"), {"time": "261123065507"}, TIME, edition="2019", reply=None)
group.add("time answer with digits above nine", 0x8004, bytes.fromhex("26aa23065f07"), {"time": "26aa23065f07"}, TIME,
          edition="2019", reply=None)
wire = frame(0x8004, bytes(5), edition="2019")
group.fault("a time of 5 bytes", wire, "badBody", len(wire), TIME)

# ---------------------------------------------------------------- control

CONTROL = "JT/T 808, terminal control and its table of command arguments"
for command in (3, 4, 5, 6, 7):
    group.add("control %d" % command, 0x8105, bytes([command]), {"command": command}, CONTROL, reply=None)
for command in (4, 5):
    group.add("control %d of 2019" % command, 0x8105, bytes([command]), {"command": command}, CONTROL, edition="2019", reply=None)
group.add("control 4 to a terminal of 2011", 0x8105, bytes([4]), {"command": 4}, CONTROL, reply=None, of_2011=True)

SERVER = ["apn", "user", "password", "address", "tcpPort", "udpPort"]
UPGRADE = ["url"] + SERVER + ["manufacturerId", "hardwareVersion", "firmwareVersion", "timeLimit"]
CONNECT = ["control", "authCode"] + SERVER + ["timeLimit"]


def control(label, command, names, values, **more):
    text = ";".join(values).encode("gbk")
    group.add(label, 0x8105, bytes([command]) + text, {"command": command, "arguments": dict(zip(names, values, strict=True))},
              CONTROL, reply=None, **more)


values = ["ftp://10.0.0.8/固件.bin", "cmnet", "u", "p", "10.0.0.8", "21", "0", "QHKJ1", "H2", "F3.1", "30"]
control("wireless upgrade", 1, UPGRADE, values)
control("wireless upgrade with nothing said", 1, UPGRADE, [""] * 11)
values = ["0", "K7QX2M9T", "", "", "", "10.0.0.9", "5015", "5015", "0"]
for edition in ("2013", "2019"):
    control("connect to a server, " + edition, 2, CONNECT, values, edition=edition)
group.add("back to the default server", 0x8105, b"\x021", {"command": 2, "arguments": {"control": "1"}}, CONTROL, reply=None)
group.add("too few arguments stay a text", 0x8105, b"\x020;K7", {"command": 2, "arguments": "0;K7"}, CONTROL, reply=None)
group.add("too many arguments stay a text", 0x8105, b"\x01" + b";" * 11, {"command": 1, "arguments": ";" * 11}, CONTROL, reply=None)
group.add("a vendor command without arguments", 0x8105, b"\x65", {"command": 0x65}, CONTROL, reply=None)
group.add("a vendor command with a text", 0x8105, b"\x64" + "锁车;1".encode("gbk"), {"command": 0x64, "arguments": "锁车;1"},
          CONTROL, reply=None)
group.add("a vendor command with bytes", 0x8105, bytes.fromhex("a0ff0001"), {"command": 0xA0, "argumentsHex": "ff0001"},
          CONTROL, reply=None)
wire = frame(0x8105, b"")
group.fault("a control without command", wire, "badBody", len(wire), CONTROL)

# ---------------------------------------------------------------- texts of command trackers

REPLY = "wire reference section 4, vendor message 0x6006"
for edition in ("2013", "2019"):
    group.add("text reply in GBK, " + edition, 0x6006, b"\0" + "已设防 OK".encode("gbk"), {"charset": 0, "text": "已设防 OK"}, REPLY, edition=edition)
    group.add("text reply in UTF-16, " + edition, 0x6006, b"\1" + "🚜已设防".encode("utf-16-be"), {"charset": 1, "text": "🚜已设防"}, REPLY,
              edition=edition)
    group.add("text reply of another charset, " + edition, 0x6006, bytes.fromhex("07ff00"), {"charset": 7, "content": "ff00"}, REPLY,
              edition=edition)
group.add("text reply in UTF-16 with half a character", 0x6006, b"\1" + "好".encode("utf-16-be") + b"\x59",
          {"charset": 1, "text": "好", "trailing": "59"}, REPLY)
group.add("empty text reply", 0x6006, b"\0", {"charset": 0, "text": ""}, REPLY)
wire = frame(0x6006, b"")
group.fault("text reply without a charset", wire, "badBody", len(wire), REPLY, frame(0x8001, struct.pack(">HHB", 1, 0x6006, 2), serial=0))

# ---------------------------------------------------------------- attributes

ATTRIBUTES = "JT/T 808-%s, query terminal attributes answer"
TYPES = ["passenger", "dangerousGoods", "freight", "taxi", "bit4", "bit5", "hardDiskVideo", "splitUnit", "bit8"]
TYPES_2019 = TYPES[:8] + ["trailer"]
GNSS = ["gps", "beidou", "glonass", "galileo", "bit4", "bit5", "bit6", "bit7"]
NETWORKS = ["gprs", "cdma", "tdScdma", "wcdma", "cdma2000", "tdLte", "bit6", "other"]


def attributes(edition, maker_width=5, types=0x47, gnss=3, networks=0x20, hard="M-R100/硬件2", firm="V3.1"):
    model_width, id_width = {"2013": (20, 7), "2019": (30, 30)}[edition]
    body = struct.pack(">H", types) + b"QHKJ1".ljust(maker_width, b"\0") + b"SW-200".ljust(model_width, b"\0")
    body += b"7654321".ljust(id_width, b"\0") + bytes.fromhex("89860410162090012345")
    for text in (hard.encode("gbk"), firm.encode("gbk")):
        body += bytes([len(text)]) + text
    names = TYPES_2019 if edition == "2019" else TYPES
    fields = {
        "terminalType": [names[b] for b in range(9) if types >> b & 1],
        "manufacturerId": "QHKJ1", "terminalModel": "SW-200", "terminalId": "7654321", "iccid": "89860410162090012345",
        "hardwareVersion": hard, "firmwareVersion": firm,
        "gnss": [GNSS[b] for b in range(8) if gnss >> b & 1], "networks": [NETWORKS[b] for b in range(8) if networks >> b & 1],
    }
    if maker_width == 11:
        fields["manufacturerIdBytes"] = 11
    return body + bytes([gnss, networks]), fields


def answer(label, edition, tail=b"", **given):
    body, fields = attributes(edition, **given)
    if tail:
        fields["trailing"] = tail.hex()
    group.add(label, 0x0107, body + tail, fields, ATTRIBUTES % edition, edition=edition, reply=None)


for edition in ("2013", "2019"):
    answer("attributes of " + edition, edition)
    answer("attributes of %s, every bit" % edition, edition, types=0x1FF, gnss=0xFF, networks=0xFF)
    answer("attributes of %s without versions" % edition, edition, hard="", firm="")
    answer("attributes of %s with more behind" % edition, edition, tail=b"\1\2\3")
answer("attributes of 2019 with the manufacturer in 11 bytes", "2019", maker_width=11)
answer("attributes of 2019 with the manufacturer in 11 bytes and no versions", "2019", maker_width=11, hard="", firm="")
body, fields = attributes("2013")
fields["iccid"] = "8986aaff162090012345"
group.add("an ICCID with digits above nine", 0x0107, body[:34] + bytes.fromhex("8986aaff") + body[38:], fields,
          ATTRIBUTES % "2013", reply=None)
for edition, sizes in (("2013", (0, 1, 6, 26, 33, 43, 44)), ("2019", (0, 1, 6, 36, 66, 76, 77))):
    for size in sizes:
        wire = frame(0x0107, attributes(edition)[0][:size], edition=edition)
        group.fault("attributes of %s, %d bytes" % (edition, size), wire, "badBody", len(wire), ATTRIBUTES % edition)
    for cut in (1, 2, 3):
        wire = frame(0x0107, attributes(edition)[0][:-cut], edition=edition)
        group.fault("attributes of %s, %d bytes short" % (edition, cut), wire, "badBody", len(wire), ATTRIBUTES % edition)
body = bytearray(attributes("2013")[0])
body[44] = 255
wire = frame(0x0107, bytes(body))
group.fault("attributes whose hardware version is longer than the body", wire, "badBody", len(wire), ATTRIBUTES % "2013")

# ---------------------------------------------------------------- upgrades

PACKAGE, RESULT = "JT/T 808, terminal upgrade package", "JT/T 808, terminal upgrade result"
for edition in ("2013", "2019"):
    for kind, version, data in ((0, "V2.0", bytes(range(200))), (12, "", b""), (0x64, "主机2", b"\x7e\x7d")):
        text = version.encode("gbk")
        body = bytes([kind]) + b"QHK\0\0" + bytes([len(text)]) + text + struct.pack(">I", len(data)) + data
        group.add("upgrade package %d, %s" % (kind, edition), 0x8108, body,
                  {"type": kind, "manufacturerId": "QHK", "version": version, "data": data.hex()}, PACKAGE, edition=edition, reply=None)
        for size in (0, 1, 5, 6, 7, 11):
            if size < len(body):
                wire = frame(0x8108, body[:size], edition=edition)
                group.fault("upgrade package %d, %s, %d bytes" % (kind, edition, size), wire, "badBody", len(wire), PACKAGE)
    for kind, result in ((0, 0), (12, 1), (52, 2), (0x67, 0x13)):
        group.add("upgrade result %d of %d, %s" % (result, kind, edition), 0x0108, bytes([kind, result]),
                  {"type": kind, "result": result}, RESULT, edition=edition)
    wire = frame(0x0108, b"\0", edition=edition)
    group.fault("upgrade result of one byte, " + edition, wire, "badBody", len(wire), RESULT,
                frame(0x8001, struct.pack(">HHB", 1, 0x0108, 2), serial=0, edition=edition))
body = b"\0QHKJ1\0" + struct.pack(">I", 0xFFFFFFFF) + b"\1"
wire = frame(0x8108, body)
group.fault("upgrade package of 4 GiB in one byte", wire, "badBody", len(wire), PACKAGE)

# ---------------------------------------------------------------- without a body

for msg_id, clause in ((0x8107, "JT/T 808, query terminal attributes"), (0x8702, "JT/T 808, driver identity report request")):
    for edition in ("2013", "2019"):
        group.add("%s of %s" % (group.names[msg_id], edition), msg_id, b"", {}, clause, edition=edition, reply=None)
group.add("link test", 0x8204, b"", {}, "JT/T 808-2019, link test", edition="2019", reply=None)
group.add("link test with a body", 0x8204, b"\1", {"trailing": "01"}, "JT/T 808-2019, link test", edition="2019", reply=None)

group.save()
