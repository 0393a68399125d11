#!/usr/bin/env python3
"""Writes src/jt808/vectors/video.json: what JT/T 1078-2016 says of pictures and sound, worked out from its tables.

    python3 protocols/vectors/jt808-video.py          writes the file
    python3 protocols/vectors/jt808-video.py --check  fails when the file is not what this script writes
"""

import struct

from jt808.wire import Group, alarm_names, frame

NAMES = {
    0x1003: "videoAttributesAnswer", 0x1005: "passengerFlow", 0x1205: "recordings", 0x1206: "recordingUploaded",
    0x9003: "queryVideoAttributes", 0x9101: "playLive", 0x9102: "controlLive", 0x9105: "liveQuality",
    0x9201: "playRecording", 0x9202: "controlRecording", 0x9205: "queryRecordings", 0x9206: "uploadRecording",
    0x9207: "controlUpload", 0x9301: "turnCamera", 0x9302: "focusCamera", 0x9303: "setIris", 0x9304: "wipeCamera",
    0x9305: "setInfrared", 0x9306: "zoomCamera",
}
group = Group("video", NAMES)
EDITIONS = ("2011", "2013", "2019")
CLAUSE = "JT/T 1078-2016, table of 0x%04X"
SILENT = (0x1003,)


def how(edition):
    return {"edition": "2013", "of_2011": True} if edition == "2011" else {"edition": edition}


def add(name, msg_id, body, fields, edition):
    reply = None if msg_id & 0x8000 or msg_id in SILENT else "general"
    group.add("%s, %s" % (name, edition), msg_id, body, fields, CLAUSE % msg_id, reply=reply, **how(edition))


def short(msg_id, body, sizes=None, edition="2013"):
    """Every shorter body is refused."""
    for size in range(len(body)) if sizes is None else sizes:
        wire = frame(msg_id, body[:size], "013912345678", 1, edition)
        silent = msg_id & 0x8000 or msg_id in SILENT
        ack = None if silent else frame(0x8001, struct.pack(">HHB", 1, msg_id, 2), "013912345678", 0, edition)
        group.fault("%s of %d bytes" % (NAMES[msg_id], size), wire, "badBody", len(wire), CLAUSE % msg_id, ack)


def text(value):
    raw = value.encode("gbk")
    return bytes([len(raw)]) + raw


def server(address, tcp, udp):
    return text(address) + struct.pack(">HH", tcp, udp), {"address": address, "tcpPort": tcp, "udpPort": udp}


VIDEO = {0: "videoLost", 1: "videoCovered", 2: "storageFault", 3: "videoFault", 4: "overloaded", 5: "driverBehaviour",
         6: "recordingFull"}


def span(edition, channel, start, end, video, alarm, kind, stream, store):
    body = bytes([channel]) + bytes.fromhex(start + end) + struct.pack(">IIBBB", video, alarm, kind, stream, store)
    return body, {"channel": channel, "start": start, "end": end,
                  "videoAlarms": [VIDEO.get(b, "bit%d" % b) for b in range(32) if video >> b & 1],
                  "alarms": alarm_names(alarm, edition, {}), "kind": kind, "stream": stream, "store": store}


for edition in EDITIONS:
    body = struct.pack(">BBBBHBBBB", 19, 2, 3, 1, 320, 1, 98, 4, 16)
    add("attributes", 0x1003, body, {"audioCodec": 19, "audioChannels": 2, "audioRate": 3, "audioBits": 1,
        "audioFrameLength": 320, "audioOutput": 1, "videoCodec": 98, "maxAudioChannels": 4, "maxVideoChannels": 16}, edition)
    add("query of attributes", 0x9003, b"", {}, edition)
    flow = bytes.fromhex("261123145500" "261123150000") + struct.pack(">HH", 17, 65535)
    add("passengers", 0x1005, flow, {"start": "261123145500", "end": "261123150000", "boarded": 17, "alighted": 65535}, edition)
    for result in (0, 1):
        add("uploaded %d" % result, 0x1206, struct.pack(">HB", 9, result), {"answeredSerial": 9, "result": result}, edition)
        add("wiper %d" % result, 0x9304, bytes([1, result]), {"channel": 1, "state": result}, edition)
        add("infrared %d" % result, 0x9305, bytes([1, result]), {"channel": 1, "state": result}, edition)
        add("focus %d" % result, 0x9302, bytes([1, result]), {"channel": 1, "direction": result}, edition)
        add("iris %d" % result, 0x9303, bytes([1, result]), {"channel": 1, "direction": result}, edition)
        add("zoom %d" % result, 0x9306, bytes([1, result]), {"channel": 1, "direction": result}, edition)
    for direction in range(5):
        add("turn %d" % direction, 0x9301, bytes([126, direction, 255]), {"channel": 126, "direction": direction, "speed": 255}, edition)
    for address in ("127.0.0.1", "", "视频.example"):
        to, where = server(address, 7611, 0)
        for kind in range(6):
            add("live %d from '%s'" % (kind, address), 0x9101, to + bytes([37, kind, 1]), {**where, "channel": 37, "kind": kind, "stream": 1}, edition)
        play = to + bytes([1, 3, 2, 2, 4, 5]) + bytes.fromhex("261123145500" "000000000000")
        add("playback from '%s'" % address, 0x9201, play, {**where, "channel": 1, "kind": 3, "stream": 2, "store": 2, "mode": 4,
            "factor": 5, "start": "261123145500", "end": "000000000000"}, edition)
    for command in range(5):
        add("live control %d" % command, 0x9102, bytes([1, command, 2, 1]), {"channel": 1, "command": command, "close": 2, "stream": 1}, edition)
    add("quality", 0x9105, bytes([1, 100]), {"channel": 1, "loss": 100}, edition)
    for command in range(7):
        add("playback control %d" % command, 0x9202, bytes([1, command, 5]) + bytes.fromhex("261123145500"),
            {"channel": 1, "command": command, "factor": 5, "position": "261123145500"}, edition)
    for video, alarm in ((0, 0), (0x7F, 0xFFFFFFFF), (1 << 31, 1), (0, 1 << 31)):
        of, fields = span(edition, 0, "261123000000", "261123235959", video, alarm, 3, 2, 2)
        add("recordings with %x and %x" % (video, alarm), 0x9205, of, fields, edition)
        item = of + struct.pack(">I", 0xFFFFFFFF)
        for count in (0, 1, 3):
            add("%d recordings with %x and %x" % (count, video, alarm), 0x1205, struct.pack(">HI", 9, count) + item * count,
                {"answeredSerial": 9, "count": count, "items": [{**fields, "size": 0xFFFFFFFF}] * count}, edition)
        add("fewer recordings than counted, %x and %x" % (video, alarm), 0x1205, struct.pack(">HI", 9, 0xFFFFFFFF) + item + item[:27],
            {"answeredSerial": 9, "count": 0xFFFFFFFF, "items": [{**fields, "size": 0xFFFFFFFF}], "trailing": item[:27].hex()}, edition)
        ftp = text("10.0.0.9") + struct.pack(">H", 21) + text("用户") + text("a~}b") + text("/up") + of + b"\x07"
        add("upload with %x and %x" % (video, alarm), 0x9206, ftp, {"address": "10.0.0.9", "port": 21, "user": "用户",
            "password": "a~}b", "path": "/up", **fields, "conditions": 7}, edition)
    for command in range(3):
        add("upload control %d" % command, 0x9207, struct.pack(">HB", 9, command), {"answeredSerial": 9, "command": command}, edition)

short(0x1003, body)
short(0x1005, flow)
short(0x1205, bytes(6))
short(0x1206, bytes(3))
short(0x9101, to + bytes(3))
short(0x9102, bytes(4))
short(0x9105, bytes(2))
short(0x9201, play)
short(0x9202, bytes(9))
short(0x9205, of)
short(0x9206, ftp)
short(0x9207, bytes(3))
short(0x9301, bytes(3))
for msg_id in (0x9302, 0x9303, 0x9304, 0x9305, 0x9306):
    short(msg_id, bytes(2))
# A text that is longer than the body.
short(0x9101, b"\xff127.0.0.1" + bytes(7), [17])
short(0x9206, text("a") + b"\0\x15" + b"\xfe" + bytes(60), [65])

group.save()
