#!/usr/bin/env python3
"""Writes src/jt808/vectors/parameters.json: every parameter in every edition, worked out from the table of the standard.

    python3 protocols/vectors/jt808-parameters.py          writes the file
    python3 protocols/vectors/jt808-parameters.py --check  fails when the file is not what this script writes
"""

import struct

from jt808.wire import ALARMS, Group, frame

group = Group("parameters", {0x0104: "parametersAnswer", 0x8103: "setParameters", 0x8104: "queryParameters", 0x8106: "queryGivenParameters"})
TABLE = "JT/T 808, table of terminal parameters"
SET, ANSWER = "JT/T 808, set terminal parameters", "JT/T 808, query terminal parameters answer"


def item(number, data):
    return struct.pack(">IB", number, len(data)) + data


def shown(number):
    return "0x%04X" % number


# ---------------------------------------------------------------- the table

DWORDS = {
    0x0001: "heartbeatInterval", 0x0002: "tcpAnswerTimeout", 0x0003: "tcpRetransmissions", 0x0004: "udpAnswerTimeout",
    0x0005: "udpRetransmissions", 0x0006: "smsAnswerTimeout", 0x0007: "smsRetransmissions", 0x0018: "serverTcpPort",
    0x0019: "serverUdpPort", 0x001B: "icCardServerTcpPort", 0x001C: "icCardServerUdpPort", 0x0020: "reportStrategy",
    0x0021: "reportScheme", 0x0022: "reportIntervalNotLoggedIn", 0x0027: "reportIntervalAsleep",
    0x0028: "reportIntervalEmergency", 0x0029: "reportIntervalDefault", 0x002C: "reportDistanceDefault",
    0x002D: "reportDistanceNotLoggedIn", 0x002E: "reportDistanceAsleep", 0x002F: "reportDistanceEmergency",
    0x0030: "cornerAngle", 0x0045: "answeringMode", 0x0046: "longestCall", 0x0047: "longestCallPerMonth", 0x0055: "topSpeed",
    0x0056: "overspeedDuration", 0x0057: "continuousDrivingLimit", 0x0058: "dayDrivingLimit", 0x0059: "shortestRest",
    0x005A: "longestParking", 0x0070: "imageQuality", 0x0071: "imageBrightness", 0x0072: "imageContrast",
    0x0073: "imageSaturation", 0x0074: "imageChroma", 0x0080: "odometer", 0x0093: "gnssSamplingInterval",
    0x0095: "gnssUploadSetting", 0x0100: "can1SamplingInterval", 0x0102: "can2SamplingInterval",
}
WORDS = {0x0031: "fenceRadius", 0x005B: "overspeedWarningMargin", 0x005C: "fatigueWarningMargin", 0x005E: "rolloverAngle",
         0x0101: "can1UploadInterval", 0x0103: "can2UploadInterval"}
BYTES = {0x0091: "gnssBaudRate", 0x0092: "gnssOutputRate", 0x0094: "gnssUploadMode"}
STRINGS = {
    0x0010: "mainServerApn", 0x0011: "mainServerUser", 0x0012: "mainServerPassword", 0x0013: "mainServerAddress",
    0x0014: "backupServerApn", 0x0015: "backupServerUser", 0x0016: "backupServerPassword", 0x0017: "backupServerAddress",
    0x001A: "icCardServerAddress", 0x001D: "icCardBackupServerAddress", 0x0023: "secondServerApn", 0x0024: "secondServerUser",
    0x0025: "secondServerPassword", 0x0026: "secondServerAddress", 0x0040: "platformPhone", 0x0041: "resetPhone",
    0x0042: "factoryResetPhone", 0x0043: "platformSmsPhone", 0x0044: "smsAlarmPhone", 0x0048: "listeningPhone",
    0x0049: "privilegedSmsPhone",
}
MASKS = {0x0050: "hiddenAlarms", 0x0051: "smsAlarms", 0x0052: "photoAlarms", 0x0053: "storedPhotoAlarms", 0x0054: "criticalAlarms"}
BLOCKS = {0x0075: "videoSettings", 0x0076: "videoChannels", 0x0077: "videoChannelSettings", 0x0079: "alarmRecording",
          0x007B: "imageAnalysis", 0x007C: "sleepWake", 0xF364: "adasSettings", 0xF365: "dsmSettings", 0xF366: "tpmsSettings",
          0xF367: "bsdSettings"}
GNSS = ["gps", "beidou", "glonass", "galileo"]
VIDEO = ["videoLost", "videoCovered", "storageFault", "videoFault", "overloaded", "driverBehaviour", "recordingFull", "bit7"]


def text(value, edition):
    return value.encode("gbk") + (b"\0" if edition == "2011" else b"")


def table(edition):
    """(bytes, field) of one example of every parameter that the edition has, in order of ids."""
    out = []

    def add(number, data, name, value):
        out.append((number, item(number, data), {"id": shown(number), "name": name, "value": value}))

    largest = {0x0020: 2, 0x0021: 1, 0x0030: 179, 0x0045: 1, 0x0070: 10, 0x0071: 255, 0x0072: 127, 0x0073: 127, 0x0074: 255,
               0x005E: 180, 0x0091: 5, 0x0092: 4, 0x0094: 13}
    for number, name in DWORDS.items():
        value = largest.get(number, 0xFFFFFFFF - number)
        add(number, struct.pack(">I", value), name, value)
    for number, name in WORDS.items():
        value = largest.get(number, 0xFFFF - number)
        add(number, struct.pack(">H", value), name, value)
    for number, name in BYTES.items():
        add(number, bytes([largest[number]]), name, largest[number])
    for number, name in STRINGS.items():
        value = "主机%d.example:5015" % number
        add(number, text(value, edition), name, value)
    for number, name in MASKS.items():
        bits = [0, number & 15, 20, 31]
        names = [ALARMS[edition].get(bit, "bit%d" % bit) for bit in sorted(set(bits))]
        add(number, struct.pack(">I", sum(1 << bit for bit in set(bits))), name, names)
    add(0x0032, bytes([22, 50, 10, 30]), "forbiddenDrivingHours", {"start": "22:50", "end": "10:30"})
    step = 1 if edition == "2019" else 4
    add(0x005D, bytes([79, 25]), "collisionAlarm", {"durationMs": 25 * step, "acceleration": 79})
    word = 0b10001 | 0b00001 << 8 | 1 << 16 | 600 << 17
    add(0x0064, struct.pack(">I", word), "timedPhotos",
        {"channels": [1, 5], "uploadChannels": [1], "unit": "minute", "interval": 600})
    word = 0b01110 | 0 << 16 | 0x7FFF << 17
    add(0x0065, struct.pack(">I", word), "distancePhotos",
        {"channels": [2, 3, 4], "uploadChannels": [], "unit": "metre", "interval": 0x7FFF})
    for number, name in BLOCKS.items():
        data = bytes([number & 255, 0x7E, 0x7D, 0])
        out.append((number, item(number, data), {"id": shown(number), "name": name, "hex": data.hex()}))
    add(0x007A, struct.pack(">I", 0xFF), "hiddenVideoAlarms", VIDEO)
    if edition == "2011":
        add(0x0081, struct.pack(">I", 31), "provinceId", 31)
        add(0x0082, struct.pack(">I", 115), "cityId", 115)
        add(0x0083, struct.pack(">I", 4660), "plate", 4660)
        add(0x0084, struct.pack(">I", 2), "plateColor", 2)
    else:
        add(0x0081, struct.pack(">H", 31), "provinceId", 31)
        add(0x0082, struct.pack(">H", 115), "cityId", 115)
        add(0x0083, "沪A12345".encode("gbk"), "plate", "沪A12345")
        add(0x0084, b"\2", "plateColor", 2)
    add(0x0090, b"\x0f", "gnssModes", GNSS)
    for number, (interval, word, channel, extended, averaged, can) in {
        0x0110: (1000, 0x123, 1, False, False, 0x123), 0x0111: (0, 0xFFFFFFFF, 2, True, True, 0x1FFFFFFF),
        0x01FF: (0xFFFFFFFF, 0x40000001, 1, True, False, 1),
    }.items():
        add(number, struct.pack(">II", interval, word), "canSampling",
            {"interval": interval, "channel": channel, "extended": extended, "averaged": averaged, "canId": can})
    lacks_2011 = {0x001A, 0x001B, 0x001C, 0x001D, 0x0031, 0x005B, 0x005C, 0x005D, 0x005E, 0x0064, 0x0065}
    lacks_2013 = {0x0023, 0x0024, 0x0025, 0x0026, 0x0032}
    lacks = {"2011": lacks_2011 | lacks_2013 | {n for n, _, _ in out if 0x0090 <= n < 0xF000}, "2013": lacks_2013,
             "2019": {0x0018, 0x0019}}[edition]
    return sorted((one for one in out if one[0] not in lacks), key=lambda one: one[0])


def body(items, edition, serial=None, count=None):
    count = len(items) if count is None else count
    counts = bytes([count & 255] * (2 if edition == "2011" else 1))
    return (b"" if serial is None else struct.pack(">H", serial)) + counts + b"".join(one[1] for one in items)


def fields(items, edition, serial=None, count=None, trailing=""):
    count = len(items) if count is None else count
    out = {} if serial is None else {"answeredSerial": serial}
    out.update({"total": count, "packageCount": count} if edition == "2011" else {"count": count})
    out["parameters"] = [one[2] for one in items]
    if trailing:
        out["trailing"] = trailing
    return out


def both(label, items, edition, clause=TABLE, count=None, tail=b"", **more):
    header = "2019" if edition == "2019" else "2013"
    more["of_2011"] = edition == "2011"
    group.add("set: " + label, 0x8103, body(items, edition, None, count) + tail, fields(items, edition, None, count, tail.hex()),
              clause, edition=header, reply=None, **more)
    group.add("answer: " + label, 0x0104, body(items, edition, 4660, count) + tail, fields(items, edition, 4660, count, tail.hex()),
              clause, edition=header, reply=None, **more)


for edition in ("2013", "2019"):
    for one in table(edition):
        group.add("parameter %s of %s" % (one[2]["id"], edition), 0x0104, body([one], edition, 1), fields([one], edition, 1), TABLE,
                  edition=edition, reply=None)
for edition in ("2011", "2013", "2019"):
    rows = table(edition)
    for start in range(0, len(rows), 30):
        both("parameters %s to %s of %s" % (rows[start][2]["id"], rows[start:start + 30][-1][2]["id"], edition),
             rows[start:start + 30], edition)
    both("no parameter, " + edition, [], edition)
    beat = next(one for one in rows if one[0] == 1)
    both("count of nine for one, " + edition, [beat], edition, count=9)
    both("count of nothing for two, " + edition, [beat, beat], edition, count=0)
    both("one id three times, " + edition, [beat, rows[3], beat, beat], edition)
    both("cut short behind one, " + edition, [beat], edition, tail=bytes.fromhex("00000002040000"))
    both("a head that is not whole, " + edition, [beat], edition, tail=bytes.fromhex("00000002"))

# ---------------------------------------------------------------- what keeps its bytes


def bare(number, data, name=None):
    field = {"id": shown(number), **({"name": name} if name else {}), "hex": data.hex()}
    return number, item(number, data), field


unusual = [
    bare(0x0001, b"\0\0\x3c", "heartbeatInterval"), bare(0x0001, b"", "heartbeatInterval"),
    bare(0x0001, bytes(5), "heartbeatInterval"), bare(0x0031, bytes(4), "fenceRadius"), bare(0x0081, bytes(4), "provinceId"),
    bare(0x0084, b"", "plateColor"), bare(0x0032, bytes([24, 0, 0, 0]), "forbiddenDrivingHours"),
    bare(0x0032, bytes([0, 0, 0, 60]), "forbiddenDrivingHours"), bare(0x0032, bytes(3), "forbiddenDrivingHours"),
    bare(0x0064, struct.pack(">I", 1 << 5), "timedPhotos"), bare(0x0065, struct.pack(">I", 1 << 15), "distancePhotos"),
    bare(0x0110, bytes(7), "canSampling"), bare(0x0013, b"\xff\xff\x80", "mainServerAddress"),
    bare(0x0008, struct.pack(">I", 300)), bare(0x0078, b"\1"), bare(0xC112, struct.pack(">I", 5)), bare(0xF001, b"\x10\0"),
    bare(0xFFFF, b""), bare(0x00010000, b"\1"), bare(0xFFFFFFFF, bytes(255)), bare(0x0000, b"\0"),
]
for edition in ("2013", "2019"):
    both("values of unusual length and vendors' parameters, " + edition, unusual, edition)
plate = (0x0083, item(0x0083, "沪A12345".encode("gbk") + b"\0"), {"id": "0x0083", "name": "plate", "value": "沪A12345"})
both("a plate of 2011 in letters", [plate], "2011")
both("a plate of 2011 that would be taken for a number", [bare(0x0083, b"ABC", "plate")], "2011")
empty = (0x0040, item(0x0040, b"\0"), {"id": "0x0040", "name": "platformPhone", "value": ""})
both("an empty text of 2011", [empty], "2011")
both("the end mark of 2011 in a text of 2013", [empty], "2013", one_way="the end mark is written for 2011 only")
wide = (0x0040, item(0x0040, b"010 \0\0"), {"id": "0x0040", "name": "platformPhone", "value": "010"})
both("a text that is filled up", [wide], "2013", one_way="what fills a text up is not written")
# A digit cannot end a character of GBK.
utf8 = (0x0083, item(0x0083, "沪1".encode("utf-8")), {"id": "0x0083", "name": "plate", "value": "沪1"})
both("a text in UTF-8", [utf8], "2013", one_way="texts are written in GBK")
quality = (0x0070, item(0x0070, struct.pack(">I", 77)), {"id": "0x0070", "name": "imageQuality", "value": 77})
group.add("answer: a value no platform may set", 0x0104, body([quality], "2013", 1), fields([quality], "2013", 1), TABLE, reply=None)

# Terminals of 2011 that this connection did not see register: only the body tells.
rows = [one for one in table("2011") if one[0] in (0x0001, 0x0055, 0x0027)]
for clause, msg_id, serial in ((SET, 0x8103, None), (ANSWER, 0x0104, 9)):
    group.add("%s with the counts of 2011 under the common header" % group.names[msg_id], msg_id, body(rows, "2011", serial),
              fields(rows, "2011", serial), clause, reply=None)
rows = [one for one in table("2013") if one[0] in (0x0001, 0x0055, 0x0027)]
group.add("answer with the count of 2013 from a terminal of 2011", 0x0104, body(rows, "2013", 9), fields(rows, "2013", 9), ANSWER,
          reply=None, of_2011=True)

for msg_id, clause, sizes in ((0x8103, SET, (0,)), (0x0104, ANSWER, (0, 1, 2))):
    for edition in ("2013", "2019"):
        for size in sizes:
            wire = frame(msg_id, bytes(size), edition=edition)
            group.fault("%s of %d bytes, %s" % (group.names[msg_id], size, edition), wire, "badBody", len(wire), clause)

# ---------------------------------------------------------------- queries

for edition in ("2013", "2019"):
    group.add("query parameters, " + edition, 0x8104, b"", {}, "JT/T 808, query terminal parameters", edition=edition, reply=None)
    clause = "JT/T 808, query given terminal parameters"
    for label, ids in (("one", [1]), ("three", [1, 0xF364, 0xFFFFFFFF]), ("none", []), ("one twice", [2, 2])):
        group.add("query given parameters: %s, %s" % (label, edition), 0x8106,
                  bytes([len(ids)]) + b"".join(struct.pack(">I", one) for one in ids),
                  {"count": len(ids), "ids": [shown(one) for one in ids]}, clause, edition=edition, reply=None)
    group.add("query given parameters with a count that lies, " + edition, 0x8106, b"\xff\0\0\0\1\0\0",
              {"count": 255, "ids": ["0x0001"], "trailing": "0000"}, clause, edition=edition, reply=None)
    wire = frame(0x8106, b"", edition=edition)
    group.fault("query given parameters without a count, " + edition, wire, "badBody", len(wire), clause)
group.add("query parameters with the long header but without its flag", 0x8104, b"", {"versionFlagMismatch": True},
          "JT/T 808, query terminal parameters", edition="2019", flag=False, reply=None)

group.save()
