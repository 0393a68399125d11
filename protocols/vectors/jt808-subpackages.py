#!/usr/bin/env python3
"""Writes src/jt808/vectors/subpackages.json: asking for parts again, and a body in several frames, worked out from the tables of the standard.

    python3 protocols/vectors/jt808-subpackages.py          writes the file
    python3 protocols/vectors/jt808-subpackages.py --check  fails when the file is not what this script writes
"""

import struct

from jt808.wire import Group, frame

group = Group("subpackages", {
    0x0005: "terminalRetransmit",
    0x8003: "platformRetransmit",
})
DOWN = "JT/T 808-%s, server sub-package retransmission request"
UP = "JT/T 808-2019, terminal sub-package retransmission request"


def refused(msg_id, edition):
    """Nothing of what is asked for was sent: the general answer says failed."""
    return frame(0x8001, struct.pack(">HHB", 1, msg_id, 1), serial=0, edition=edition).hex()


for indexes in ([2], [1, 3, 4096], []):
    fields = {"originalSerial": 100, "ids": indexes}
    words = struct.pack(">%dH" % len(indexes), *indexes)
    narrow = struct.pack(">HB", 100, len(indexes)) + words
    wide = struct.pack(">HH", 100, len(indexes)) + words
    name = "%d parts" % len(indexes)
    group.add("request for %s, 2013" % name, 0x8003, narrow, fields, DOWN % 2013, reply=None)
    group.add("request for %s, 2019" % name, 0x8003, wide, fields, DOWN % 2019, edition="2019", reply=None)
    group.add("terminal's request for %s" % name, 0x0005, wide, fields, UP, edition="2019", reply=None)
    group.vectors[-1]["reply"] = refused(0x0005, "2019")
# Libraries disagree on the width of the count: what explains every byte is taken.
group.add("request of 2019 with a count of one byte", 0x8003, struct.pack(">HBH", 100, 1, 2),
          {"originalSerial": 100, "ids": [2]}, DOWN % 2019, edition="2019", reply=None, one_way="the count of 2013")
group.add("request of 2013 with a count of two bytes", 0x8003, struct.pack(">HHH", 100, 1, 2),
          {"originalSerial": 100, "ids": [2]}, DOWN % 2013, reply=None, one_way="the count of 2019")
group.add("terminal's request with a count of one byte", 0x0005, struct.pack(">HBHH", 65535, 2, 1, 2),
          {"originalSerial": 65535, "ids": [1, 2]}, UP, edition="2019", reply=None, one_way="the count of 2013")
group.vectors[-1]["reply"] = refused(0x0005, "2019")

group.save()
