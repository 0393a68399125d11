#!/usr/bin/env python3
"""Writes src/gt06/vectors/undocumented.json: the types whose content nobody has described, gt06.md sections 4 and 14.

    python3 protocols/vectors/gt06-undocumented.py          writes the file
    python3 protocols/vectors/gt06-undocumented.py --check  fails when the file is not what this script writes
"""

from gt06.wire import Group

group = Group("undocumented")

for kind, row in {
    0x2D: "makerPosition2d", 0x2E: "makerPosition2e", 0x31: "makerPosition31", 0x34: "makerPosition34",
    0x37: "makerPosition37", 0x40: "makerData40", 0x41: "makerData41", 0x65: "makerData65", 0x66: "makerData66",
    0x69: "lookAlikeWifi", 0x8C: "makerData8c", 0x90: "imsiReport", 0x95: "alarmPacket", 0xA3: "fenceAlarm4g",
    0xA5: "cellAlarm4g", 0xA7: "addressQuery4g", 0xC3: "wifiCollection", 0xF2: "makerDataF2", 0xF3: "makerDataF3",
}.items():
    clause = "section 14" if kind == 0x69 else "section 4"
    group.add("type %02x" % kind, clause, kind, row, b"\x01\x0d\x0a\x78\x78", {"content": "010d0a7878"})
    group.add("type %02x without content" % kind, clause, kind, row, b"", {"content": ""})

group.close()
