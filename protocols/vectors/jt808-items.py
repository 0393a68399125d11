#!/usr/bin/env python3
"""Writes src/jt808/vectors/items.json: the additional items of location reports, from the tables of the standards.

    python3 protocols/vectors/jt808-items.py          writes the file
    python3 protocols/vectors/jt808-items.py --check  fails when the file is not what this script writes
"""

import struct

from jt808.wire import Group, MILEAGE, SATELLITES, location, raw

group = Group("items", {0x0200: "locationReport", 0x0704: "locationBatch"})
EXTRA = "JT/T 808, location report, additional information table"
VIDEO = "JT/T 1078-2016, additional information of the video alarms"
SUBIAO = "T/JSATL 12-2017, items 0x64 to 0x67"


def report(name, clause, items, edition="2013", one_way=None, **given):
    body, fields, position = location(edition=edition, items=items, **given)
    group.add(name, 0x0200, body, fields, clause, [position], edition=edition, one_way=one_way)


def it(item_id, data, name, value, effect):
    return bytes([item_id, len(data)]) + data, {"id": "0x%02X" % item_id, "name": name, "value": value}, effect


# ---------------------------------------------------------------- standard items

report("item 0x04", EXTRA, [it(4, struct.pack(">H", 77), "manualAlarm", 77, {"manualAlarmId": 77})])

wheels = bytes([55, 54, 0, 254]) + b"\xff" * 26
report("item 0x05, unused wheels", EXTRA, edition="2019", items=[
    it(5, wheels, "tyrePressures", [55, 54, 0, 254] + [None] * 26, {"tyrePressuresRaw": "55,54,0,254"})])
report("item 0x05, gaps between wheels", EXTRA, edition="2019", items=[
    it(5, b"\xff\x20" + b"\xff" * 27 + b"\x21", "tyrePressures", [None, 32] + [None] * 27 + [33],
       {"tyrePressuresRaw": ",32" + "," * 28 + "33"})])
report("item 0x05, no wheel at all", EXTRA, [it(5, b"\xff" * 30, "tyrePressures", [None] * 30, {})])

for label, data, value, why in [
    ("18 below zero", 0x8012, -18, None), ("zero", 0, 0, None), ("65", 65, 65, None), ("coldest", 0x8000 | 273, -273, None),
    ("two's complement of -18", 0xFFEE, -18, "written as sign and magnitude"),
    ("minus zero", 0x8000, 0, "zero has no sign"),
]:
    report("item 0x06, " + label, EXTRA, edition="2019", one_way=why,
           items=[it(6, struct.pack(">H", data), "cabinTemperature", value, {"cabinTemperatureC": value})])

AREAS = {0: "none", 1: "circle", 2: "rectangle", 3: "polygon", 4: "segment", 0x42: "0x42"}
for code, area in AREAS.items():
    effect = {} if area == "none" else {"overspeedAreaType": area, "overspeedAreaId": 66}
    report("item 0x11, type %d with an id" % code, EXTRA, alarm=2, items=[
        it(0x11, struct.pack(">BI", code, 66), "overspeed", {"areaType": area, "areaId": 66}, effect)])
report("item 0x11, no area", EXTRA, alarm=2, items=[it(0x11, b"\0", "overspeed", {"areaType": "none"}, {})])
report("item 0x11, a circle without its id", EXTRA, items=[
    it(0x11, b"\1", "overspeed", {"areaType": "circle"}, {"overspeedAreaType": "circle"})])
for code, area in {1: "circle", 2: "rectangle", 3: "polygon", 4: "route", 77: "0x4D"}.items():
    for way, direction in {0: "in", 1: "out", 77: "0x4D"}.items():
        report("item 0x12, type %d, direction %d" % (code, way), EXTRA, alarm=1 << 20, items=[
            it(0x12, struct.pack(">BIB", code, 0xFFFFFFFF, way), "areaCrossing",
               {"areaType": area, "areaId": 0xFFFFFFFF, "direction": direction},
               {"crossedAreaType": area, "crossedAreaId": 0xFFFFFFFF, "crossedDirection": direction})])
for code, result in {0: "tooShort", 1: "tooLong", 88: "0x58"}.items():
    report("item 0x13, result %d" % code, EXTRA, alarm=1 << 22, items=[
        it(0x13, struct.pack(">IHB", 9, 600, code), "segmentTime", {"segmentId": 9, "durationS": 600, "result": result},
           {"segmentId": 9, "segmentTimeS": 600, "segmentResult": result})])

VIDEO_ALARMS = ["videoLost", "videoCovered", "storageFault", "videoFault", "overloaded", "driverBehaviour", "recordingFull"]
for bit in range(32):
    name = VIDEO_ALARMS[bit] if bit < 7 else "bit%d" % bit
    report("item 0x14, bit %d" % bit, VIDEO, edition="2019", items=[
        it(0x14, struct.pack(">I", 1 << bit), "videoAlarms", [name],
           {"videoAlarms": name, **({"alarms": [name]} if bit < 7 else {})})])
report("item 0x14, nothing", VIDEO, [it(0x14, bytes(4), "videoAlarms", [], {})])
for item_id, name, alarm in [(0x15, "videoLost", "videoLost"), (0x16, "videoCovered", "videoCovered")]:
    for word, channels in [(0, []), (1, [1]), (0x0C, [3, 4]), (1 << 31, [32]), (0xFFFFFFFF, list(range(1, 33)))]:
        effect = {name + "Channels": ",".join(map(str, channels)), "alarms": [alarm]} if channels else {}
        report("item 0x%02X, word %08X" % (item_id, word), VIDEO, [it(item_id, struct.pack(">I", word), name, channels, effect)])
STORES = ["main%d" % n for n in range(1, 13)] + ["backup%d" % n for n in range(1, 5)]
for bit in range(16):
    report("item 0x17, bit %d" % bit, VIDEO, [
        it(0x17, struct.pack(">H", 1 << bit), "storageFaults", [STORES[bit]],
           {"storageFaults": STORES[bit], "alarms": ["storageFault"]})])
report("item 0x17, nothing", VIDEO, [it(0x17, bytes(2), "storageFaults", [], {})])
BEHAVIOURS = {0: ("fatigue", "fatigue"), 1: ("phoneCall", "phoneCall"), 2: ("smoking", "smoking"),
              **{11 + n: ("custom%d" % (n + 1), "driverBehaviour") for n in range(5)}}
for bit in range(16):
    name, alarm = BEHAVIOURS.get(bit, ("bit%d" % bit, "driverBehaviour"))
    report("item 0x18, bit %d" % bit, VIDEO, [
        it(0x18, struct.pack(">H", 1 << bit), "abnormalDriving", {"behaviours": [name]},
           {"abnormalDriving": name, "alarms": [alarm]})])
report("item 0x18 with the level of fatigue", VIDEO, alarm=4, items=[
    it(0x18, b"\0\7\x5a", "abnormalDriving", {"behaviours": ["fatigue", "phoneCall", "smoking"], "fatigueLevel": 90},
       {"abnormalDriving": "fatigue,phoneCall,smoking", "fatigueLevel": 90, "alarms": ["fatigue", "phoneCall", "smoking"]})])
report("item 0x18, nothing", VIDEO, [
    it(0x18, bytes(3), "abnormalDriving", {"behaviours": [], "fatigueLevel": 0}, {"fatigueLevel": 0})])
SIGNALS = ["lowBeam", "highBeam", "rightTurn", "leftTurn", "brake", "reverse", "fogLamp", "clearanceLamp", "horn", "airConditioner",
           "neutral", "retarder", "abs", "heater", "clutch"]
for bit in range(32):
    name = SIGNALS[bit] if bit < 15 else "bit%d" % bit
    report("item 0x25, bit %d" % bit, EXTRA, [
        it(0x25, struct.pack(">I", 1 << bit), "vehicleSignals", [name], {"vehicleSignals": name})])
for bit in range(16):
    name = ["deepSleep", "sleep"][bit] if bit < 2 else "bit%d" % bit
    report("item 0x2A, bit %d" % bit, EXTRA, [it(0x2A, struct.pack(">H", 1 << bit), "inputs", [name], {"inputs": name})])
report("item 0xE0 before a block of a maker", EXTRA, [
    it(0xE0, b"\x06", "customData", "06", {"customData": "06"}), raw(0xE4, b"\x01\x02\x03\x04")])
report("item 0xE0, empty", EXTRA, [it(0xE0, b"", "customData", "", {"customData": ""})])

# ---------------------------------------------------------------- active safety

STATES = {0: "acc", 1: "leftTurn", 2: "rightTurn", 3: "wiper", 4: "brake", 5: "cardIn", 10: "fixed"}
FLAGS = {0: "event", 1: "start", 2: "end"}


def identification(long=False, attachments=3):
    data = (b"9876543210ABCDEFGHIJ".ljust(30, b"\0") if long else b"GD00001") + bytes.fromhex("261123145501")
    data += bytes([7, attachments]) + (b"\0\1" if long else b"\0")
    return data, {"terminalId": "9876543210ABCDEFGHIJ" if long else "GD00001", "time": "261123145501", "sequence": 7,
                  "attachments": attachments, "reserved": "0001" if long else "00"}


def place(state=1 << 10):
    data = struct.pack(">BHII", 53, 12, 31230416, 121473701) + bytes.fromhex("261123145500") + struct.pack(">H", state)
    return data, {"speed": 53, "altitude": 12, "latitude": 31230416, "longitude": 121473701, "time": "261123145500",
                  "vehicleState": [STATES.get(b, "bit%d" % b) for b in range(16) if state >> b & 1]}


def safety(system, flag, kind, kinds, long=False, level=2, state=1 << 10, number=0x08322CCF):
    """One of 0x64, 0x65, 0x67; `kinds` by code: name and alarm."""
    name, alarm = kinds.get(kind, ("0x%02X" % kind, "other"))
    at, where = place(state)
    ident, who = identification(long)
    head = struct.pack(">IBB", number, flag, kind)
    value = {"alarmNumber": number, "flag": FLAGS.get(flag, "0x%02X" % flag), "type": name}
    if system == "adas":
        head += bytes([level, 50, 12, 1, 3, 80])
        value.update(level=level, frontSpeed=50, frontDistance=12, deviation=1, signKind=3, signValue=80)
    elif system == "dsm":
        head += bytes([level, 9]) + b"\1\2\3\4"
        value.update(level=level, fatigueLevel=9, reserved="01020304")
    value.update(where, identification=who)
    effect = {system + "AlarmNumber": number, system + "Flag": value["flag"], system + "Attachments": 3, system + "Type": name}
    if system != "bsd":
        effect[system + "Level"] = level
    if alarm and flag != 2:
        effect["alarms"] = [alarm]
    return it({"adas": 0x64, "dsm": 0x65, "bsd": 0x67}[system], head + at + ident, system + "Alarm", value, effect)


ADAS = {1: ("forwardCollision", "forwardCollision"), 2: ("laneDeparture", "laneDeparture"), 3: ("tooClose", "tooClose"),
        4: ("pedestrianCollision", "pedestrianCollision"), 5: ("frequentLaneChange", "frequentLaneChange"),
        6: ("roadSignExceeded", "roadSignExceeded"), 7: ("obstacle", "obstacle"), 16: ("roadSignRecognised", None),
        17: ("snapshot", None), 18: ("solidLineCrossed", "solidLineCrossed"), 19: ("personInAisle", "personInAisle")}
DSM = {1: ("fatigue", "fatigue"), 2: ("phoneCall", "phoneCall"), 3: ("smoking", "smoking"), 4: ("distracted", "distracted"),
       5: ("driverAbnormal", "driverAbnormal"), 6: ("cameraCovered", "videoCovered"), 8: ("drivingTooLong", "drivingTooLong"),
       10: ("seatBelt", "seatBelt"), 11: ("infraredGlasses", "infraredGlasses"), 12: ("handsOff", "handsOff"),
       13: ("phonePlay", "phonePlay"), 16: ("snapshot", None), 17: ("driverChanged", None)}
BSD = {1: ("behind", "rearApproach"), 2: ("behindLeft", "rearApproach"), 3: ("behindRight", "rearApproach")}
for system, kinds in (("adas", ADAS), ("dsm", DSM), ("bsd", BSD)):
    for kind in sorted(kinds) + [0x42, 0xE1]:
        report("%s type 0x%02X begins" % (system, kind), SUBIAO, [safety(system, 1, kind, kinds)])
    for flag in (0, 2, 9):
        report("%s flag %d" % (system, flag), SUBIAO, [safety(system, flag, 1, kinds)])
    for flag in (1, 2):
        report("%s with the identification of 40 bytes, flag %d" % (system, flag), SUBIAO, edition="2019",
               items=[safety(system, flag, 2, kinds, long=True)])
report("every state of the vehicle", SUBIAO, [safety("adas", 1, 1, ADAS, state=0xFFFF)])
report("two alarms of one system, the first ends", SUBIAO, [safety("dsm", 2, 2, DSM), safety("dsm", 1, 3, DSM, number=2)])
report("an alarm stated by its bit and by an item is one", SUBIAO, alarm=4, items=[safety("dsm", 1, 1, DSM)])
report("safety items beside the others", SUBIAO, edition="2019",
       items=[MILEAGE, safety("adas", 1, 1, ADAS), safety("dsm", 1, 2, DSM), safety("bsd", 1, 3, BSD), SATELLITES])

TYRE_STATES = ["timedReport", "pressureHigh", "pressureLow", "temperatureHigh", "sensorFault", "unbalanced", "slowLeak", "batteryLow"]
TYRE_ALARMS = {1: "tyrePressure", 2: "tyrePressure", 3: "tyreTemperature", 4: "tyreSensor", 5: "tyrePressure", 6: "tyrePressure",
               7: "tyreSensor"}


def tpms(tyres, flag=1, long=False, padded=False):
    """`tyres` are (wheel, bits) pairs; `padded` with ten bytes each."""
    at, where = place()
    ident, who = identification(long, 0)
    data = struct.pack(">IB", 5, flag) + at + ident + bytes([len(tyres)])
    listed, alarms = [], []
    for wheel, bits in tyres:
        names = [TYRE_STATES[b] if b < 8 else "bit%d" % b for b in range(16) if bits >> b & 1]
        data += bytes([wheel]) + (b"\0" if padded else b"") + struct.pack(">HHHH", bits, 830, 65, 99)
        listed.append({"wheel": wheel, **({"reserved": 0} if padded else {}), "states": names, "pressure": 830,
                       "temperature": 65, "battery": 99})
        for b in range(16):
            if bits >> b & 1 and b in TYRE_ALARMS and TYRE_ALARMS[b] not in alarms:
                alarms.append(TYRE_ALARMS[b])
    value = {"alarmNumber": 5, "flag": FLAGS[flag], **where, "identification": who, "tyres": listed}
    effect = {"tpmsAlarmNumber": 5, "tpmsFlag": FLAGS[flag], "tpmsAttachments": 0}
    if tyres:
        effect["tpmsTyres"] = ",".join("+".join(t["states"]) for t in listed)
    if alarms and flag != 2:
        effect["alarms"] = alarms
    return it(0x66, data, "tpmsAlarm", value, effect)


for bit in range(16):
    report("tpms, state bit %d" % bit, SUBIAO, [tpms([(bit, 1 << bit)])])
for long in (False, True):
    which = "40" if long else "16"
    report("tpms of no tyre, %s bytes of identification" % which, SUBIAO, [tpms([], long=long)])
    report("tpms of three tyres, %s bytes of identification" % which, SUBIAO, [tpms([(0, 4), (1, 0x48), (2, 0)], long=long)])
    report("tpms with ten bytes a tyre, %s bytes of identification" % which, SUBIAO,
           [tpms([(0, 4), (1, 8)], long=long, padded=True)])
report("tpms ends", SUBIAO, [tpms([(0, 2)], flag=2)])

# ---------------------------------------------------------------- what does not fit

good = {"0x64": safety("adas", 1, 1, ADAS)[0][2:], "0x65": safety("dsm", 1, 1, DSM)[0][2:],
        "0x66": tpms([(0, 2), (1, 4)])[0][2:], "0x67": safety("bsd", 1, 1, BSD)[0][2:]}
for item_id, data in good.items():
    number = int(item_id, 16)
    for label, wrong in (("a byte short", data[:-1]), ("a byte long", data + b"\0"), ("of one byte", b"\1"), ("empty", b"")):
        report("item %s %s stays bytes" % (item_id, label), SUBIAO, [raw(number, wrong), SATELLITES])
report("a list of tyres that says more than there are", SUBIAO, [raw(0x66, good["0x66"][:40] + b"\x09" + good["0x66"][41:])])
report("tyres that run out of the item", SUBIAO, [raw(0x66, good["0x66"][:40] + b"\xff" + good["0x66"][41:])])
LENGTHS = {0x01: 4, 0x02: 2, 0x03: 2, 0x04: 2, 0x05: 30, 0x06: 2, 0x12: 6, 0x13: 7, 0x14: 4, 0x15: 4, 0x16: 4, 0x17: 2, 0x25: 4,
           0x2A: 2, 0x2B: 4, 0x30: 1, 0x31: 1}
for number, width in LENGTHS.items():
    report("item 0x%02X a byte long, a byte short, empty" % number, EXTRA,
           [raw(number, bytes(width + 1)), *([raw(number, bytes(width - 1))] if width > 1 else []), raw(number, b"")])
for wrong in (0, 2, 3, 4, 6):
    report("item 0x11 of %d bytes stays bytes" % wrong, EXTRA, [raw(0x11, bytes(wrong))])
for wrong in (0, 1, 4):
    report("item 0x18 of %d bytes stays bytes" % wrong, EXTRA, [raw(0x18, bytes(wrong))])
report("an item of 255 bytes in the last place", EXTRA, [MILEAGE, raw(0x64, bytes(255))])
report("items that run over behind good ones", EXTRA, items=[MILEAGE, SATELLITES], tail=bytes([0x64, 200]) + bytes(46))
report("an item of no known id repeated", EXTRA, [raw(0x9A, b"\1"), raw(0x9A, b"\2")])

group.save()
