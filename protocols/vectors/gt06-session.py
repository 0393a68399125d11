#!/usr/bin/env python3
"""Writes src/gt06/vectors/session.json: log-in, heartbeats and the question for the time, gt06.md sections 5, 7 and 11.

    python3 protocols/vectors/gt06-session.py          writes the file
    python3 protocols/vectors/gt06-session.py --check  fails when the file is not what this script writes
"""

import struct

from gt06.wire import IMEI, PERCENT, RECEIVED, Group, answer, digits, info_names, nowhere, state_extras, when

group = Group("session")


# --- Log-in, section 5

def login(name, terminal, device, serial, extra=b"", fields=None, model=None, content=b""):
    group.add(name, "section 5", 0x01, "login", bytes.fromhex(terminal) + extra,
              {"terminalId": terminal, **(fields or {})}, intent="authenticate", bound=device, serial=serial,
              reply=answer(0x01, serial, content), model=model)


def zone(hours, minutes, west, language, spare=False):
    word = (hours * 100 + minutes) << 4 | (8 if west else 0) | (4 if spare else 0) | language
    return struct.pack(">H", word), {"hours": hours, "minutes": minutes, "west": west, "spare": spare,
                                     "language": language}


login("log-in", "0861234567890123", IMEI, 1)
for title, hours, minutes, west in (("+8:00", 8, 0, False), ("+5:30", 5, 30, False), ("-12:45", 12, 45, True),
                                    ("-6:00", 6, 0, True), ("0:00", 0, 0, False)):
    raw, fields = zone(hours, minutes, west, 1)
    login("log-in with zone " + title, "0861234567890123", IMEI, 7, b"\x70\x03" + raw,
          {"typeCode": 0x7003, "zone": fields})
raw, fields = zone(8, 0, False, 3, True)
login("log-in with every bit below the zone", "0861234567890123", IMEI, 7, b"\x20\x03" + raw,
      {"typeCode": 0x2003, "zone": fields})
raw, fields = zone(8, 0, False, 2)
login("log-in with unknown bytes behind the zone", "0861234567890123", IMEI, 8, b"\x22\x03" + raw + b"\x01\x02",
      {"typeCode": 0x2203, "zone": fields, "extra": "0102"})
login("log-in with a type code and no zone", "0861234567890123", IMEI, 8, b"\x22\x03", {"extra": "2203"})
login("log-in with a sixteen-digit id", "1861234567890123", "1861234567890123", 65535)
login("log-in with an id that is no number", "0a3f45b7c9012345", "0a3f45b7c9012345", 2, fields={"idFormat": "hex"})
login("log-in of a device whose IMEI starts with zero", "0012345678901234", "012345678901234", 3)
login("log-in of a lock that wants the time", "0861234567890123", IMEI, 9, model="BL10",
      content=when(RECEIVED) + b"\x00")

group.down("answer to a log-in", "section 3.1", 0x01, "loginAnswer", b"", {}, intent="answer", serial=0x0102)
group.down("answer to the log-in of a lock", "section 3.1", 0x01, "loginAnswer", when(RECEIVED) + b"\x00",
           {"time": digits(RECEIVED), "reserved": 0}, intent="answer")


# --- Heartbeats, section 7

def heartbeat(name, kind, content, fields, positions=(), model=None):
    row = {0x13: "heartbeat", 0x23: "voltageHeartbeat"}[kind]
    group.answered(name, "section 7", kind, row, content, fields, intent="keepalive", positions=positions, serial=5,
                   model=model)


def news(alarms, info, level=None, signal=None, **extras):
    names = info_names(info)
    return [nowhere(None, "gnss", alarms=alarms, ignition="acc" in names, batteryPercent=PERCENT.get(level),
                    extras={**state_extras(info, level, signal), **extras})]


heartbeat("heartbeat", 0x13, b"\x46\x06\x04\x00\x01",
          {"terminalInfo": ["acc", "charging", "gpsOn"], "voltageLevel": 6, "signal": 4, "alarmCode": 0,
           "language": 1})
heartbeat("heartbeat with oil cut and armed", 0x13, b"\xc7\x04\x03\x00\x00",
          {"terminalInfo": ["armed", "acc", "charging", "gpsOn", "oilCut"], "voltageLevel": 4, "signal": 3,
           "alarmCode": 0, "language": 0})
heartbeat("heartbeat with low battery in its bits", 0x13, b"\x58\x02\x03\x00\x02",
          {"terminalInfo": ["lowBattery", "gpsOn"], "voltageLevel": 2, "signal": 3, "alarmCode": 0, "language": 2},
          news(["lowBattery"], 0x58, 2, 3))
heartbeat("heartbeat with an alarm code", 0x13, b"\x40\x06\x04\x02\x02",
          {"terminalInfo": ["gpsOn"], "voltageLevel": 6, "signal": 4, "alarmCode": 2, "language": 2},
          news(["powerCut"], 0x40, 6, 4, alarmCode=2, alarmKey="powerCut"))
heartbeat("heartbeat of three bytes", 0x13, b"\x00\xff\xff", {"terminalInfo": [], "voltageLevel": 255, "signal": 255})
heartbeat("heartbeat with a byte more", 0x13, b"\x78\x00\x00\x09",
          {"terminalInfo": ["alarm7", "gpsOn"], "voltageLevel": 0, "signal": 0, "extra": "09"})
heartbeat("heartbeat with temperature", 0x13, b"\x44\x05\x02\x01\x01\x0d",
          {"terminalInfo": ["charging", "gpsOn"], "voltageLevel": 5, "signal": 2, "temperatureType": 1,
           "temperature": 269})

for model, key in ((None, None), ("EG02", "externalVoltageV"), ("eg-03", "externalVoltageV"),
                   ("BL10", "batteryVoltageV"), ("JM-LL301", "batteryVoltageV"), ("WeTrack2", "batteryVoltageV")):
    heartbeat("heartbeat with voltage, model %s" % model, 0x23, b"\x05\x0f\x92\x04\x00\x02",
              {"terminalInfo": ["armed", "charging"], "voltage": 39.86, "signal": 4, "alarmCode": 0, "language": 2,
               **({key: 39.86} if key else {})}, model=model)
heartbeat("heartbeat with voltage and SOS in its bits", 0x23, b"\x62\x01\x22\x04\x00\x01",
          {"terminalInfo": ["sos", "acc", "gpsOn"], "voltage": 2.9, "signal": 4, "alarmCode": 0, "language": 1},
          news(["sos"], 0x62, None, 4, voltageV=2.9))
heartbeat("heartbeat with voltage of three bytes", 0x23, b"\x00\xff\xff", {"terminalInfo": [], "voltage": 655.35})
heartbeat("heartbeat with voltage of four bytes", 0x23, b"\x00\x01\x22\x03",
          {"terminalInfo": [], "voltage": 2.9, "signal": 3})
heartbeat("heartbeat with voltage and bytes more", 0x23, b"\x00\x01\x22\x03\x00\x01\x09",
          {"terminalInfo": [], "voltage": 2.9, "signal": 3, "alarmCode": 0, "language": 1, "extra": "09"})

group.answered("heartbeat of a module", "section 4", 0x36, "moduleHeartbeat", b"\x01\x02", {"content": "0102"},
               intent="keepalive")
group.answered("heartbeat of a module without content", "section 4", 0x36, "moduleHeartbeat", b"", {"content": ""},
               intent="keepalive")
for kind, row in ((0x13, "heartbeat"), (0x23, "voltageHeartbeat"), (0x36, "moduleHeartbeat")):
    group.down("answer to %02x" % kind, "section 3.1", kind, row + "Answer", b"", {}, intent="answer", serial=0x0102)


# --- Time, section 11

group.add("question for the time", "section 11", 0x8A, "timeRequest", b"", {}, intent="query", serial=6,
          reply=answer(0x8A, 6, when(RECEIVED)))
group.add("question for the time before any log-in", "section 3", 0x8A, "timeRequest", b"", {}, intent="query", serial=6,
          reply=answer(0x8A, 6, when(RECEIVED)), device=None)
group.add("question for the time with a byte", "section 11", 0x8A, "timeRequest", b"\x07", {"extra": "07"},
          intent="query", serial=6, reply=answer(0x8A, 6, when(RECEIVED)))
group.down("the time", "section 11", 0x8A, "timeRequestAnswer", when(RECEIVED), {"time": digits(RECEIVED)},
           intent="answer")

group.close()
