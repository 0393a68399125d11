#!/usr/bin/env python3
"""Writes src/jt808/vectors/models.json: what device models send beyond the standard, from the tables of their makers.

    python3 protocols/vectors/jt808-models.py          writes the file
    python3 protocols/vectors/jt808-models.py --check  fails when the file is not what this script writes
"""

import json
import struct

from jt808.wire import MILEAGE, SATELLITES, Group, frame, location, raw, utc

group = Group("models", {0x0002: "heartbeat", 0x0004: "timeQuery", 0x0200: "locationReport", 0x0704: "locationBatch"})
MAKERS = "vendor items, by model"
TRACKER_ALARMS = {15: "lowBattery", 16: "vibration", 17: "tamper"}
TRACKER_STATUS = {6: "armed", 11: "mainPowerCut", 25: "differentialGps", 26: "charging"}
TRACKERS = ["tracker", "gps51", "g10ls", "bsj", "lockTracker", "assetTracker", "portable"]


def report(name, model, items=(), edition="2013", one_way=None, reply="general", **given):
    if model in TRACKERS:
        given.update(own_alarms=TRACKER_ALARMS, own_status=TRACKER_STATUS)
    body, fields, position = location(edition=edition, items=items, **given)
    group.add(model + ": " + name, 0x0200, body, fields, MAKERS, [position], edition=edition, one_way=one_way, model=model,
              reply=reply, received=given.get("received"))


def it(item_id, data, name, value, effect):
    return bytes([item_id, len(data)]) + data, {"id": "0x%02X" % item_id, "name": name, "value": value}, effect


def listed(**lists):
    """Radio lists are JSON texts in the extras, which are flat."""
    return {key: json.dumps(value, separators=(",", ":")) for key, value in lists.items()}


# ---------------------------------------------------------------- bits

for model in TRACKERS:
    report("bits 15 to 17", model, alarm=7 << 15)
    report("status of its own", model, status=3 | 1 << 6 | 1 << 11 | 1 << 25 | 1 << 26)
    report("bits 15 to 17 of 2019", model, alarm=7 << 15, edition="2019")
report("bits 15 to 17 stay bits", "yuebiao", alarm=7 << 15)
report("a clock of UTC", "utcClock", zone=0, time="260101000000")
report("a clock of UTC that is impossible", "utcClock", zone=0, time="260101240000", received=1767225600000)

# ---------------------------------------------------------------- GPS51 and others

for model in ("gps51", "g10ls", "bsj"):
    for label, temps in [("two", [235, -185]), ("none", []), ("one and three without a sensor", [0, 0xFFFF, 0x0FFF, 0x04F6])]:
        values = [t - 0x10000 if t > 0x7FFF else t for t in temps]
        data = b"".join(struct.pack(">h", t) for t in values)
        effect = {"temperature%dC" % (i + 1): t / 10 for i, t in enumerate(values) if t not in (-1, 0x0FFF, 0x04F6)}
        report("temperatures, " + label, model, [it(0x51, data, "temperatures", values, effect)])
    report("temperatures of three bytes stay bytes", model, [raw(0x51, bytes(3))])
    for code, drum in {0: "unknown", 1: "forward", 2: "reverse", 3: "stopped", 9: "0x09"}.items():
        report("drum %d" % code, model, [it(0x52, bytes([code]), "drum", drum, {"drum": drum})])


def wifi(*heard):
    data = bytes([len(heard)])
    value, said = [], []
    for mac, signal, dbm in heard:
        data += bytes.fromhex(mac) + bytes([signal])
        value.append({"mac": mac, "signal": signal})
        said.append({"mac": mac, "rssiDbm": dbm})
    return it(0x54, data, "wifi", value, listed(wifi=said) if said else {})


for model in ("gps51", "g10ls"):
    report("Wi-Fi, signed and plain signals", model, [wifi(("001122aabbcc", 0xC4, -60), ("ffeeddccbbaa", 72, -72))])
    report("Wi-Fi that heard nobody", model, [wifi()])
    report("Wi-Fi that says more than it holds", model, [raw(0x54, b"\3" + bytes(7))])
    report("main power", model, [it(0x61, struct.pack(">H", 7540), "mainPower", 7540, {"mainPowerV": 75.4})])
    report("ICCID", model, [it(0xF1, b"89860402102090977002", "iccid", "89860402102090977002", {"iccid": "89860402102090977002"})])
    report("ICCID of other bytes stays bytes", model, [raw(0xF1, b"8986040210209097700\xff"), raw(0xF1, bytes(4))])
for model in ("gps51", "bsj"):
    report("load", model, [it(0x55, struct.pack(">Q", 99066), "load", 99066, {"loadKg": 9906.6})])
    report("a load that no vehicle bears", model, [raw(0x55, b"\xff" * 8)])
    report("humidities", model, [it(0x58, struct.pack(">3H", 645, 0x0FFF, 0), "humidities", [645, 0x0FFF, 0],
                                    {"humidity1Percent": 64.5, "humidity3Percent": 0})])

E1 = struct.pack(">HH", 460, 0)
report("a cell without its signal", "gps51", [
    it(0xE1, E1 + struct.pack(">HI", 26986, 140749008), "cells", {"mcc": 460, "mnc": 0, "lac": 26986, "cellId": 140749008},
       listed(cells=[{"mcc": 460, "mnc": 0, "lac": 26986, "cellId": 140749008, "signal": None}]))])
TWO_CELLS = [(26986, 140749008, 31), (26987, 4294967295, 9)]
report("cells with signals", "gps51", [
    it(0xE1, E1 + b"".join(struct.pack(">HIB", *c) for c in TWO_CELLS), "cells",
       {"mcc": 460, "mnc": 0, "cells": [{"lac": c[0], "cellId": c[1], "signal": c[2]} for c in TWO_CELLS]},
       listed(cells=[{"mcc": 460, "mnc": 0, "lac": c[0], "cellId": c[1], "signal": c[2]} for c in TWO_CELLS]))])
report("cells of half a cell or of none stay bytes", "gps51",
    [raw(0xE1, E1 + bytes(9)), raw(0xE1, E1), raw(0xE1, bytes(1))])
report("firmware", "gps51", [it(0xE2, b"GB201-1.1.1", "firmware", "GB201-1.1.1", {"firmware": "GB201-1.1.1"})])
report("firmware of numbers stays bytes", "gps51", [raw(0xE2, b"\0\1")])
report("IMEI", "gps51", [it(0xF6, bytes.fromhex("0861234567890123"), "imei", "861234567890123", {"imei": "861234567890123"})])
report("IMEI of hex digits or without the 0 in front stays bytes", "gps51",
       [raw(0xF6, bytes.fromhex("086123456789012f")), raw(0xF6, bytes.fromhex("8612345678901234"))])
GPS51_BITS = ["vibration", "removed", "deepSleep", "hardAcceleration", "hardDeceleration", "sharpTurn", "accOn", "accOff", "batteryLow",
              "switchedOffByHand", "switchedOffByBattery", "armed"]
GPS51_ALARMS = {"vibration": "vibration", "removed": "tamper", "hardAcceleration": "harshAcceleration",
                "hardDeceleration": "harshBraking", "sharpTurn": "sharpTurn", "batteryLow": "lowBattery"}
for bit in range(32):
    name = GPS51_BITS[bit] if bit < 12 else "bit%d" % bit
    effect = {"deviceStates": name, **({"alarms": [GPS51_ALARMS[name]]} if name in GPS51_ALARMS else {})}
    report("alarms of 0xFA, bit %d" % bit, "gps51", [it(0xFA, struct.pack(">I", 1 << bit), "deviceAlarms", [name], effect)])
report("power state", "gps51", [
    it(0xFB, struct.pack(">BHB", 87, 1385, 1), "power", {"percent": 87, "externalVoltage": 1385, "charging": 1},
       {"batteryPercent": 87, "mainPowerV": 13.85, "charging": True})])
report("power state beyond a hundred percent", "gps51", [
    it(0xFB, struct.pack(">BHB", 255, 0, 0), "power", {"percent": 255, "externalVoltage": 0, "charging": 0},
       {"batteryRaw": 255, "mainPowerV": 0, "charging": False})])

# ---------------------------------------------------------------- G10LS

for item_id, name, fmt in [(0x53, "cells2g", ">HBHHB"), (0x5D, "cells4g", ">HBHIB")]:
    heard = [(460, 1, 6180, 12345, 40), (460, 0, 65535, 65535, 255)]
    value = [dict(zip(("mcc", "mnc", "lac", "cellId", "signal"), c)) for c in heard]
    data = bytes([2]) + b"".join(struct.pack(fmt, *c) for c in heard)
    report(name, "g10ls", [it(item_id, data, name, value, listed(cells=value))])
    report(name + ", none", "g10ls", [it(item_id, b"\0", name, [], {})])
    report(name + " cut short stays bytes", "g10ls", [raw(item_id, data[:-1])])
for level, percent, said in [(7, 66, 66), (7, 0, 70), (0, 0, 0), (10, 100, 100)]:
    report("battery %d %d" % (level, percent), "g10ls", [
        it(0x56, bytes([level, percent]), "battery", {"level": level, "percent": percent}, {"batteryPercent": said})])
report("battery of nonsense", "g10ls", [
    it(0x56, b"\xff\xff", "battery", {"level": 255, "percent": 255}, {"batteryRaw": 255})])
for code, armed in {0: "disarmed", 1: "armed", 2: "0x02"}.items():
    report("armed %d" % code, "g10ls", [it(0xF3, bytes([code]), "armed", armed, {"armed": armed})])
G10_BITS = ["hardAcceleration", "hardDeceleration", "hardBraking", "sharpTurn", "collision", "rollover", "input1", "input2"]
G10_ALARMS = ["harshAcceleration", "harshBraking", "harshBraking", "sharpTurn", "collision", "rollover"]
for bit in range(16):
    name = G10_BITS[bit] if bit < 8 else "bit%d" % bit
    effect = {"extendedAlarms": name, **({"alarms": [G10_ALARMS[bit]]} if bit < 6 else {})}
    report("alarms of 0xF4, bit %d" % bit, "g10ls", [it(0xF4, struct.pack(">H", 1 << bit), "extendedAlarms", [name], effect)])
report("accelerometer", "g10ls", [
    it(0xF5, struct.pack(">hhh", -1, 32767, -32768), "accelerometer", {"x": -1, "y": 32767, "z": -32768},
       {"accelerometerRaw": "-1,32767,-32768"})])
report("work mode", "g10ls", [it(0xF6, b"\1\2\3\4", "workMode", "01020304", {"workMode": "01020304"})])

# ---------------------------------------------------------------- BSJ


def bundle(*parts):
    """`parts` as `it` makes them, but with their ids of two bytes: (id, data, name or None, value, effect)."""
    data, value, effect, alarms = b"", [], {}, []
    for part_id, content, name, said, does in parts:
        data += struct.pack(">HH", len(content) + 2, part_id) + content
        value.append({"id": "0x%04X" % part_id, **({"hex": content.hex()} if name is None else {"name": name, "value": said})})
        does = dict(does)
        alarms += does.pop("alarms", [])
        effect.update(does)
    return it(0xEB, data, "bundle", value, {**effect, **({"alarms": alarms} if alarms else {})})


ICCID = (0x00B2, bytes.fromhex("89860442199090934799"), "iccid", "89860442199090934799", {"iccid": "89860442199090934799"})
report("a bundle", "bsj", [MILEAGE, bundle(ICCID, (0x0089, b"\xff" * 4, "extendedAlarms", [], {})), SATELLITES])
BSJ_BITS = {0: ("powerCut", "powerCut"), 4: ("collision", "collision"), 8: ("hardAcceleration", "harshAcceleration"),
            9: ("hardDeceleration", "harshBraking"), 12: ("removed", "tamper"), 25: ("sharpTurn", "sharpTurn")}
BSJ_BITS2 = {6: ("vibration", "vibration"), 14: ("light", "tamper")}
for part_id, name, bits in [(0x0089, "extendedAlarms", BSJ_BITS), (0x00C5, "extendedAlarms2", BSJ_BITS2)]:
    for bit in range(32):
        said, alarm = bits.get(bit, ("bit%d" % bit, None))
        if part_id == 0x00C5 and bit in (3, 4):
            # Bits 3 and 4 are one number.
            said = "positioning%d" % (3 ^ 1 << bit - 3)
        report("bundle 0x%04X, bit %d is clear" % (part_id, bit), "bsj", [
            bundle((part_id, struct.pack(">I", 0xFFFFFFFF ^ 1 << bit), name, [said],
                    {name: said, **({"alarms": [alarm]} if alarm else {})}))])
report("bundle 0x00C5, place found in way 0", "bsj", [
    bundle((0x00C5, bytes.fromhex("ffffffe7"), "extendedAlarms2", ["positioning0"], {"extendedAlarms2": "positioning0"}))])
report("bundle with voltages and battery", "bsj", [bundle(
    (0x00CE, struct.pack(">H", 1272), "voltage", 1272, {"voltageV": 12.72}),
    (0x002D, struct.pack(">I", 24130), "externalVoltage", {"voltage": 24130}, {"mainPowerV": 24.13}),
    (0x00A8, b"\x50", "battery", 80, {"batteryPercent": 80}))])
report("bundle with a voltage of a word", "bsj", [
    bundle((0x002D, struct.pack(">H", 12345), "externalVoltage", {"voltage16": 12345}, {"mainPowerV": 12.345}))])
report("bundle with IMEI and cell", "bsj", [bundle(
    (0x00D5, b"861234567890123", "imei", "861234567890123", {"imei": "861234567890123"}),
    (0x00D8, struct.pack(">HBHI", 460, 0, 36869, 267133127), "cell",
     {"mcc": 460, "mnc": 0, "lac": 36869, "cellId": 267133127},
     listed(cells=[{"mcc": 460, "mnc": 0, "lac": 36869, "cellId": 267133127, "signal": None}])))])
TEXT = b"00:11:22:AA:bb:CC,-61;ffeeddccbbaa,72"
report("bundle with Wi-Fi", "bsj", [bundle(
    (0x00B9, b"\2" + TEXT, "wifi", {"count": 2, "text": TEXT.decode()},
     listed(wifi=[{"mac": "001122aabbcc", "rssiDbm": -61}, {"mac": "ffeeddccbbaa", "rssiDbm": -72}])))])
report("bundle with parts that nobody explains", "bsj", [bundle(
    (0x00B7, b"\x1d\0", None, None, {"item00B7": "1d00"}), (0x00A8, b"\0\1", None, None, {"item00A8": "0001"}),
    (0x00B2, bytes.fromhex("8986044219909093479f"), None, None, {"item00B2": "8986044219909093479f"}),
    (0xFFFF, b"", None, None, {"itemFFFF": ""}))])
report("an empty bundle", "bsj", [it(0xEB, b"", "bundle", [], {})])
for label, data in [("a length of one", "000100ce0a57"), ("a length of nothing", "000000ce0a57"), ("a length that runs over", "000500ce0a57"),
                    ("bytes left over", "000400ce0a5700"), ("half a head", "0004")]:
    report("bundle with %s stays bytes" % label, "bsj", [raw(0xEB, bytes.fromhex(data)), SATELLITES])

# ---------------------------------------------------------------- Guangdong

STATES = {10: "fixed"}


def dsm(kind, name, alarm):
    head = struct.pack(">IBBBB", 9, 1, kind, 1, 5) + bytes(4)
    at = struct.pack(">BHII", 40, 3, 31230416, 121473701) + bytes.fromhex("261123145500") + struct.pack(">H", 1 << 10)
    ident = b"GD0002".ljust(30, b"\0") + bytes.fromhex("261123145500") + bytes([1, 2, 0, 0])
    value = {"alarmNumber": 9, "flag": "start", "type": name, "level": 1, "fatigueLevel": 5, "reserved": "00000000", "speed": 40,
             "altitude": 3, "latitude": 31230416, "longitude": 121473701, "time": "261123145500", "vehicleState": ["fixed"],
             "identification": {"terminalId": "GD0002", "time": "261123145500", "sequence": 1, "attachments": 2, "reserved": "0000"}}
    effect = {"dsmAlarmNumber": 9, "dsmFlag": "start", "dsmAttachments": 2, "dsmType": name, "dsmLevel": 1, "alarms": [alarm]}
    return it(0x65, head + at + ident, "dsmAlarm", value, effect)


def other_safety(item_id, name, kind, said, alarm):
    """0x64 and 0x67 are those of the base."""
    system = name[:4] if name.startswith("adas") else "bsd"
    head = struct.pack(">IBB", 9, 1, kind) + (bytes(6) if system == "adas" else b"")
    at = struct.pack(">BHII", 40, 3, 31230416, 121473701) + bytes.fromhex("261123145500") + struct.pack(">H", 1 << 10)
    ident = b"GD0002".ljust(30, b"\0") + bytes.fromhex("261123145500") + bytes([1, 2, 0, 0])
    value = {"alarmNumber": 9, "flag": "start", "type": said}
    if system == "adas":
        value.update(level=0, frontSpeed=0, frontDistance=0, deviation=0, signKind=0, signValue=0)
    value.update({"speed": 40, "altitude": 3, "latitude": 31230416, "longitude": 121473701, "time": "261123145500",
                  "vehicleState": ["fixed"],
                  "identification": {"terminalId": "GD0002", "time": "261123145500", "sequence": 1, "attachments": 2, "reserved": "0000"}})
    effect = {system + "AlarmNumber": 9, system + "Flag": "start", system + "Attachments": 2, system + "Type": said, "alarms": [alarm]}
    if system == "adas":
        effect["adasLevel"] = 0
    return it(item_id, head + at + ident, name, value, effect)


for kind, name, alarm in [(1, "fatigue", "fatigue"), (4, "notLookingAhead", "distracted"), (6, "cameraCovered", "videoCovered"),
                          (8, "drivingTooLong", "drivingTooLong"), (10, "seatBelt", "seatBelt"), (13, "phonePlay", "phonePlay")]:
    report("driver monitor type 0x%02X" % kind, "yuebiao", edition="2019", items=[dsm(kind, name, alarm)])
report("assistant and blind spot as everywhere", "yuebiao", edition="2019", items=[
    other_safety(0x64, "adasAlarm", 18, "solidLineCrossed", "solidLineCrossed"), other_safety(0x67, "bsdAlarm", 2, "behindLeft", "rearApproach")])
at = struct.pack(">BHII", 40, 3, 31230416, 121473701) + bytes.fromhex("261123145500") + struct.pack(">H", 0)
report("tyres as everywhere", "yuebiao", [
    it(0x66, struct.pack(">IB", 1, 1) + at + b"GD00001" + bytes.fromhex("261123145501") + bytes(3) + b"\0", "tpmsAlarm",
       {"alarmNumber": 1, "flag": "start", "speed": 40, "altitude": 3, "latitude": 31230416, "longitude": 121473701,
        "time": "261123145500", "vehicleState": [],
        "identification": {"terminalId": "GD00001", "time": "261123145501", "sequence": 0, "attachments": 0, "reserved": "00"}, "tyres": []},
       {"tpmsAlarmNumber": 1, "tpmsFlag": "start", "tpmsAttachments": 0})])
report("faults of installation and algorithm", "yuebiao", [
    it(0xF1, struct.pack(">I", 5), "installationFaults", 5, {"installationFaults": 5}),
    it(0xF2, struct.pack(">I", 0x80000000), "algorithmFaults", 0x80000000, {"algorithmFaults": 0x80000000})])

# ---------------------------------------------------------------- locks, assets, portables

BLOCK = bytes.fromhex("022002604323279593786160")
report("lock block", "lockTracker", alarm=1 << 17, items=[it(0xD5, BLOCK, "lockBlock", BLOCK.hex(), {"lockBlock": BLOCK.hex()})])
report("battery in percent", "portable", [it(0xE1, b"\x30", "battery", {"percent": 48}, {"batteryPercent": 48})])
report("battery as a voltage", "portable", [
    it(0xE1, struct.pack(">I", 3900), "battery", {"voltageRaw": 3900}, {"batteryVoltageRaw": 3900})])
report("battery of two bytes stays bytes", "portable", [raw(0xE1, b"\0\1")])
report("satellites of two systems", "portable", [
    it(0x32, b"\x07", "gpsSatellites", 7, {"gpsSatellites": 7}), it(0x33, b"\x09", "beidouSatellites", 9, {"beidouSatellites": 9})])
report("ICCID", "portable", [it(0xCC, b"8986040210209097700F", "iccid", "8986040210209097700F", {"iccid": "8986040210209097700F"})])
HEARTBEAT = "heartbeat, with a body by model"
group.add("assetTracker: heartbeat with battery, signal and mode", 0x0002, b"\x55\x1f\x02",
          {"batteryPercent": 85, "radioSignal": 31, "mode": 2}, HEARTBEAT, model="assetTracker")
group.add("assetTracker: heartbeat without", 0x0002, b"", {}, HEARTBEAT, model="assetTracker")
group.add("assetTracker: heartbeat of two bytes is kept", 0x0002, b"\1\2", {"trailing": "0102"}, HEARTBEAT, model="assetTracker")
group.add("any heartbeat with a body is kept", 0x0002, b"\x55\x1f\x02", {"trailing": "551f02"}, HEARTBEAT)

# ---------------------------------------------------------------- the standard alone, other forms of items, answers

report("vendor items stay bytes", "", [raw(0x51, b"\0\1"), raw(0xEB, bytes.fromhex("000400ce0a57")), raw(0xFB, bytes(4)), raw(0xF1, b"9" * 20)])
report("an unknown model is the standard alone", "nobody knows", alarm=7 << 15, items=[raw(0x51, b"\0\1")])


def wide(model, id_bytes, length_bytes, item_id, data, name=None, value=None, effect=None):
    digits = "0x%0*X" % (id_bytes * 2, item_id)
    wire = item_id.to_bytes(id_bytes, "big") + len(data).to_bytes(length_bytes, "big") + data
    if name is None:
        return wire, {"id": digits, "hex": data.hex()}, {"item" + digits[2:]: data.hex()}
    return wire, {"id": digits, "name": name, "value": value}, effect


for model, id_bytes, length_bytes in [("wideIds", 2, 1), ("wideItems", 2, 2), ("longItems", 1, 4)]:
    other = 0x1234 if id_bytes == 2 else 0x9A
    report("items of its form", model, [
        wide(model, id_bytes, length_bytes, 1, struct.pack(">I", 12345), "mileage", 12345, {"mileageKm": 1234.5}),
        wide(model, id_bytes, length_bytes, other, b"\1\2\3"), wide(model, id_bytes, length_bytes, other, b"")])
    report("an item that runs over", model, [wide(model, id_bytes, length_bytes, 0x31, b"\x0b", "satellites", 11, {"satellites": 11})],
           tail=other.to_bytes(id_bytes, "big") + (200).to_bytes(length_bytes, "big") + b"\1")
    report("half a head", model, tail=b"\0")
    report("no items", model)

ANSWER = struct.pack(">HHB", 1, 0x0200, 0)
report("the short header in answers", "answers2013", edition="2019", reply=frame(0x8001, ANSWER, "013912345678", 0, "2013"))
report("the short header is its own", "answers2013", reply=frame(0x8001, ANSWER, "013912345678", 0, "2013"))

group.add("localServerTime: the time in GMT+8", 0x0004, b"", {}, "server time, by model", edition="2019", model="localServerTime",
          received=utc("261123145507"), reply=frame(0x8004, bytes.fromhex("261123145507"), serial=0, edition="2019"))

group.save()
