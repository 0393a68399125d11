#!/usr/bin/env python3
"""Writes src/gt06/vectors/alarms.json: alarms with and without a fix, gt06.md section 8.

    python3 protocols/vectors/gt06-alarms.py          writes the file
    python3 protocols/vectors/gt06-alarms.py --check  fails when the file is not what this script writes
"""

import struct

from gt06.wire import PERCENT, RECEIVED, Gps, Group, cell, info_names, nowhere, radio, state_extras

group = Group("alarms")
ROWS = {0x16: "alarm", 0x26: "fenceAlarm", 0x27: "numberedAlarm", 0xA4: "alarm4g"}


def alarm(name, kind, code, key, alarms, info=0x46, level=6, language=1, lbs=9, with_cell=True, tail=(b"", {}),
          gps=None, serial=54,
          fence=None, cell_=None, model=None):
    gps = gps or Gps()
    cell_raw, cell_fields = cell_ or cell()
    behind = b"" if fence is None else bytes([fence])
    names = info_names(info)
    fields = {**gps.fields, "lbsLength": lbs, "terminalInfo": names, "voltageLevel": level, "signal": 4,
              "alarmCode": code, "language": language, **tail[1]}
    if fence is not None:
        fields["fenceNumber"] = fence
    extras = state_extras(info, level, 4)
    if with_cell:
        fields["cell"] = cell_fields
        if cell_fields["lac"] or cell_fields["cellId"]:
            extras.update({key_: cell_fields[key_] for key_ in ("mcc", "mnc", "lac", "cellId")})
    if fence not in (None, 0xFF):
        extras["fenceNumber"] = fence
    if code:
        extras.update({"alarmCode": code, "alarmKey": key})
    if language >> 4:
        extras["alarmWord"] = code << 8 | language
    if "extra" in tail[1]:
        extras["extra"] = tail[1]["extra"]
    expected = {**gps.position, "ignition": "acc" in names, "batteryPercent": PERCENT.get(level),
                "alarms": alarms, "extras": extras,
                "mileageKm": tail[1]["mileage"] / 1000 if "mileage" in tail[1] else None}
    content = (gps.bytes + bytes([lbs]) + (cell_raw if with_cell else b"") + bytes([info, level, 4, code, language])
               + behind + tail[0])
    group.answered(name, "section 8", kind, ROWS[kind], content, fields, positions=[expected], serial=serial,
                   model=model)


for kind in (0x16, 0x26):
    alarm(f"alarm {kind:02x} SOS", kind, 0x01, "sos", ["sos"], info=0x65)
    alarm(f"alarm {kind:02x} power cut", kind, 0x02, "powerCut", ["powerCut"], info=0x42, level=4)
    alarm(f"alarm {kind:02x} with an LBS length of 8 and mileage", kind, 0x03, "vibration", ["vibration"], lbs=8,
          tail=(struct.pack(">I", 4898100), {"mileage": 4898100}))

alarm("alarm in its bits only", 0x26, 0x00, None, ["lowBattery"], info=0x58, level=2)
alarm("alarm in code and bits", 0x16, 0x06, "overspeed", ["overspeed", "lowBattery"], info=0x5A)
alarm("alarm packet without an alarm", 0x16, 0x00, None, [])
alarm("alarm without a cell", 0x26, 0x13, "tamper", ["tamper"], lbs=0, with_cell=False)
alarm("alarm that wants no answer", 0x26, 0x04, "fenceEnter", ["fenceEnter"], language=0)
alarm("alarm leaving a device fence", 0x26, 0x05, "fenceExit", ["fenceExit"], language=2)
alarm("alarm of a code outside the tables", 0x26, 0x1A, "unknown1a", ["other"], language=2)
alarm("alarm widened to twelve bits", 0x26, 0x07, "unknown07", ["other"], language=0x12)
alarm("notice that ACC went on", 0x16, 0xFE, "accOn", [], info=0x47)
alarm("notice of the first fix", 0x26, 0x0D, "firstFix", [])
alarm("alarm with a level above the table", 0x16, 0x19, "batteryLow", ["lowBattery"], level=9)
alarm("alarm with two bytes no table knows", 0x16, 0x2D, "rollover", ["rollover"], tail=(b"\x0a\x0b",
      {"extra": "0a0b"}))
alarm("alarm without a fix", 0x16, 0x01, "sos", ["sos"], gps=Gps(fixed=False, sats=0, flags=["noDeviceTime"],
                                                                fix_time=RECEIVED))


# --- 27 and A4: the fence number, the 4G cell

def cell4g(mcc, mnc, lac, cell_id, wide=False):
    raw = struct.pack(">HHIQ" if wide else ">HBIQ", mcc | (0x8000 if wide else 0), mnc, lac, cell_id)
    return raw, {"mcc": mcc, "mnc": mnc, **({"mncBytes": 2} if wide else {}), "lac": lac, "cellId": cell_id}


MILEAGE = (struct.pack(">I", 123456), {"mileage": 123456})
alarm("alarm entering fence 1", 0x27, 0x04, "fenceEnter", ["fenceEnter"], fence=1, tail=MILEAGE)
alarm("alarm of no fence", 0x27, 0x13, "tamper", ["tamper"], fence=0xFF)
alarm("alarm 27 with a mileage of one byte", 0x27, 0x02, "powerCut", ["powerCut"], fence=0xFF,
      tail=(b"\x09", {"extra": "09"}))
alarm("alarm 27 with an empty cell", 0x27, 0x0C, "powerOn", [], fence=0xFF, cell_=cell(0, 0, 0, 0))
alarm("alarm 27 without a cell", 0x27, 0x01, "sos", ["sos"], fence=0xFF, lbs=0, with_cell=False)
alarm("4G alarm", 0xA4, 0x03, "vibration", ["vibration"], info=0x49, lbs=0x10, fence=0xFF,
      cell_=cell4g(716, 16, 50701, 47081676), language=0)
alarm("4G alarm with a network code of two bytes and mileage", 0xA4, 0x05, "fenceExit", ["fenceExit"], lbs=0x11,
      fence=2, cell_=cell4g(310, 410, 13484, 145456898, wide=True), tail=MILEAGE)
alarm("4G alarm without a cell", 0xA4, 0x2C, "collision", ["collision"], lbs=0, with_cell=False, fence=0xFF)
alarm("alarm code of a model that means something else", 0x16, 0x16, "speedNormal", [], model="CLONE77")


# --- 19, section 8.3: no date, no length

def cell_alarm(name, code, key, alarms, info, cell_=None, tail=b""):
    raw, place = cell_ or cell()
    fields = {"cell": place, "terminalInfo": info_names(info), "voltageLevel": 4, "signal": 3, "alarmCode": code,
              "language": 1, **({"extra": tail.hex()} if tail else {})}
    heard = place["lac"] or place["cellId"]
    extras = {**state_extras(info, 4, 3), **({"alarmCode": code, "alarmKey": key} if code else {}),
              **({"extra": tail.hex()} if tail else {}),
              **({**place, **radio(cells=[{**place, "signal": None}])} if heard else {})}
    group.answered(name, "section 8.3", 0x19, "cellAlarm", raw + bytes([info, 4, 3, code, 1]) + tail, fields,
                   positions=[nowhere(None, "cell", batteryPercent=60, ignition="acc" in info_names(info), alarms=alarms,
                                      extras=extras)])


cell_alarm("SOS without a fix", 0x01, "sos", ["sos"], 0x20)
cell_alarm("low battery without a fix, in its bits only", 0x00, None, ["lowBattery"], 0x1A)
cell_alarm("tamper without a fix or a cell", 0x13, "tamper", ["tamper"], 0x00, cell(0, 0, 0, 0))
cell_alarm("SOS without a fix, with a byte too many", 0x01, "sos", ["sos"], 0x20, tail=b"\x07")

for kind, row in (*ROWS.items(), (0x19, "cellAlarm")):
    group.down("answer to %02x" % kind, "section 3.1", kind, row + "Answer", b"", {}, intent="answer")

group.close()
