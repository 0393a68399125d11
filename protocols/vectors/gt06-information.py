#!/usr/bin/env python3
"""Writes src/gt06/vectors/information.json: information, files, transparent data, gt06.md sections 11 and 13.

    python3 protocols/vectors/gt06-information.py          writes the file
    python3 protocols/vectors/gt06-information.py --check  fails when the file is not what this script writes
"""

import struct

from gt06.wire import FIX, Group, answer, digits, when

group = Group("information")


def info(name, subtype, raw, fields, **more):
    group.add(name, "section 11", 0x94, "information", bytes([subtype]) + raw, {"subtype": subtype, **fields}, long=True,
              **more)


info("external voltage", 0x00, b"\x05\x49", {"externalVoltage": 13.53})
info("external voltage and a byte", 0x00, b"\x04\x9f\x01", {"externalVoltage": 11.83, "extra": "01"})
info("external voltage at its limit", 0x00, b"\xff\xff", {"externalVoltage": 655.35})
for subtype in (0x01, 0x02, 0x03, 0x06, 0x10, 0xFF):
    info("information %02x" % subtype, subtype, b"\x01\x02\x03", {"content": "010203"})
info("information without data", 0x02, b"", {"content": ""})

NAMES = {
    "ALM1": ("vibration", "displacement"), "ALM2": ("internalBatteryLow", "externalBatteryLow"),
    "ALM3": ("overspeed", "powerOff"), "ALM4": ("sos", "sound"),
}


def alarm_states(key, value):
    first, second = NAMES[key]
    bits = [second + "BySms", second + "ByPhone", second + "ByNetwork", second,
            first + "BySms", first + "ByPhone", first + "ByNetwork", first]
    return [name for bit, name in enumerate(bits) if value >> bit & 1]


text = "ALM1=C4;ALM2=CC;ALM3=4C;ALM4=81;STA1=C3;DYD=01;;SOS=,,;CENTER=;FENCE=Fence,ON,0,23.1,114.4,400,IN=OUT,0;MODE"
info("status", 0x04, text.encode(), {
    "text": text,
    "values": {"ALM1": "C4", "ALM2": "CC", "ALM3": "4C", "ALM4": "81", "STA1": "C3", "DYD": "01", "SOS": ",,",
               "CENTER": "", "FENCE": "Fence,ON,0,23.1,114.4,400,IN=OUT,0"},
    "states": {"ALM1": alarm_states("ALM1", 0xC4), "ALM2": alarm_states("ALM2", 0xCC),
               "ALM3": alarm_states("ALM3", 0x4C), "ALM4": alarm_states("ALM4", 0x81),
               "STA1": ["tamperAlarm", "tamperSwitch", "autoArm", "armed"], "DYD": ["connected"]},
})
text = "DYD=0E;STA1=3C;ALM1=zz;=x;__proto__=1"
info("status of a deferred cut", 0x04, text.encode(), {
    "text": text, "values": {"DYD": "0E", "STA1": "3C", "ALM1": "zz"},
    "states": {"DYD": ["cut", "deferredByMissingFix", "deferredBySpeed"],
               "STA1": ["bit2", "remoteLock", "remoteDisarm", "manualArm"]},
})
info("status without text", 0x04, b"", {"text": "", "values": {}, "states": {}})
for value, names in ((0x00, []), (0x05, ["doorOpen", "ioHigh"]), (0x82, ["triggerHigh", "bit7"])):
    info("door %02x" % value, 0x05, bytes([value]), {"doors": names})
info("self-check", 0x08, b"GPS:OK;GSM:OK", {"text": "GPS:OK;GSM:OK"})
info("satellites", 0x09, bytes([3, 2, 30, 31, 3, 30, 31, 12, 1, 0, 1, 9, 2, 0xAA, 0xBB]), {
    "gps": {"state": 3, "usedSnr": [30, 31], "visibleSnr": [30, 31, 12]},
    "beidou": {"state": 1, "usedSnr": [], "visibleSnr": [9]}, "extension": "aabb"})
info("satellites of a device asleep", 0x09, bytes([4, 0, 0, 4, 0, 0, 0]), {
    "gps": {"state": 4, "usedSnr": [], "visibleSnr": []},
    "beidou": {"state": 4, "usedSnr": [], "visibleSnr": []}, "extension": ""})
info("IMEI, IMSI and ICCID", 0x0A, bytes.fromhex("0861234567890123" "0460012345678901" "89860012345678901234"),
     {"imei": "861234567890123", "imsi": "460012345678901", "iccid": "89860012345678901234"})
line = "!AIOIL,02,025.900,025.400,519J,0200,027.140,0,00,9F"
info("fuel sensor", 0x0D, when(FIX) + line.encode(), {"time": digits(FIX), "text": line})
info("fuel sensor with two bytes that are no text", 0x0D, when(FIX) + line.encode() + b"\x83\xa7",
     {"time": digits(FIX), "text": line, "extra": "83a7"})
info("RFID", 0x1B, bytes.fromhex("0102030405060708"), {"rfid": "0102030405060708"})
for subtype in (0x21, 0x23):
    info("Bluetooth address %02x" % subtype, subtype, bytes.fromhex("ac233fa018e3"),
         {"address": "ac233fa018e3", "hasKey": False})
    info("Bluetooth address and key %02x" % subtype, subtype, bytes.fromhex("ac233fa018e3" "0110") + bytes(range(16)),
         {"address": "ac233fa018e3", "hasKey": True}, one_way="the key is never shown")


# --- Files, section 13

def part(name, kind, check, offset, data, tail, fields, model=None, length=1024):
    content = struct.pack(">BIB", kind, length, 1 if len(check) == 16 else 0) + check
    content += struct.pack(">IH", offset, len(data)) + data + tail
    group.add(name, "section 13", 0x8D, "filePart", content,
              {"fileType": kind, "fileLength": length, "checkType": 1 if len(check) == 16 else 0, "check": check.hex(),
               "fileOffset": offset, "part": data.hex(), **fields}, long=True, model=model,
              reply=answer(0x8D, 3, b"\x01", True) if model else None)


part("part of a voice", 0, b"\xbe\xef", 256, bytes(range(16)), when(FIX), {"recordedTime": digits(FIX)})
part("part of an intercom", 2, b"\xbe\xef", 0, bytes(300), when(FIX), {"recordedTime": digits(FIX)})
part("part of an SOS voice", 1, bytes(range(16)), 0xFFFFFFFF, b"\x0d\x0a", b"\x00\x36", {"alarmSerial": 54})
part("part without an end", 1, b"\x00\x00", 0, b"", b"", {})
part("part with an end no table knows", 1, b"\x00\x00", 0, b"", b"\x01", {"extra": "01"})
part("part for a model that wants answers", 0, b"\xbe\xef", 0, b"\x01", when(FIX), {"recordedTime": digits(FIX)},
     model="HVT001")
group.add("part with a check no table knows", "section 13", 0x8D, "filePart", struct.pack(">BIB", 0, 9, 7) + b"\x01\x02",
          {"fileType": 0, "fileLength": 9, "checkType": 7, "extra": "0102"}, long=True)
group.down("answer to a part", "section 3.1", 0x8D, "filePartAnswer", b"\x01", {"result": 1}, intent="answer", long=True)
group.down("part of a file from the server", "section 13", 0x90, "serverFilePart", b"\x00\x01", {"content": "0001"},
           long=True)


# --- Transparent data, section 13

def external(name, module, data, result=None, **fields):
    group.add(name, "section 13", 0x9B, "externalData", bytes([module]) + data,
              {"moduleType": module, "data": data.hex(), **fields}, long=True,
              reply=None if result is None else answer(0x9B, 3, bytes([2, result]), True))


external("card", 3, b"\x021B0013F77788\x03", 1, card="1B0013F77788")
external("shortest card", 3, b"\x021234\x03", 1, card="1234")
external("longest card", 3, b"\x02" + b"9" * 20 + b"\x03", 1, card="9" * 20)
external("card of three characters", 3, b"\x02123\x03", 0)
external("card of twenty-one characters", 3, b"\x02" + b"9" * 21 + b"\x03", 0)
external("card without its end", 3, b"\x0212345", 0)
external("card with a zero in it", 3, b"\x0212\x0045\x03", 0)
external("reader without data", 3, b"", 0)
external("data of another device", 1, b"\x02ABCD\x03")
group.down("answer to a card", "section 3.1", 0x9B, "externalDataAnswer", b"\x02\x01", {"moduleType": 2, "data": "01"},
           intent="answer", long=True)
group.add("data of a module", "section 13", 0x9C, "moduleData", b"\x07\x01\x02", {"moduleId": 7, "data": "0102"}, long=True)

group.close()
