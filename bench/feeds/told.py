"""Messages to measure with, all made here: a varied ward's day to read, and two templates that a sender fills in as it goes."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

SHAPES = 400  # different messages; each comes again with another patient and other times
DEATHS = 2000  # doctors of whom a death names one, and no other death of the run names the same
STAFF, UNITS = DEATHS + 1000, 40  # whoever lives is under one of the others, and on one of the units, as in a large hospital
_TRIGGERS = ("A01", "A02", "A03", "A04", "A05", "A08", "A08", "A08", "A11", "A13", "A31", "A40")
_UNITS = ("RES", "ICU", "MED1", "MED2", "SURG", "PAED", "MAT", "ED", "HDU", "THEATRE")
_NAMES = ("OTIENO", "YUSUF", "KAMAU", "MWANGI", "OUMA", "CHEBET", "ABDI", "NJERI", "KOECH", "WANJIKU")


def ward(shapes: int, times: int, now: datetime) -> Iterator[bytes]:
    """ADT of about 1 KB each, `shapes` different ones, each `times` over with its own patient and times; the same at every run."""
    for again in range(times):
        dice = random.Random(7)
        for shape in range(shapes):
            number = again * shapes + shape
            yield _adt(dice, number, now - timedelta(seconds=(number * 7919) % 250_000 + 60))


def _adt(dice: random.Random, number: int, at: datetime) -> bytes:
    trigger, unit = dice.choice(_TRIGGERS), dice.choice(_UNITS)
    said, came = stamp(at), stamp(at - timedelta(hours=dice.randrange(1, 20), seconds=number % 3600))
    patient = f"{number:08}^^^KISUMU^MR" + (f"~{number + 5:09}^^^NUPI^NI" if dice.random() < 0.6 else "")
    died = trigger in ("A03", "A08") and dice.random() < 0.05
    pid = {1: "1", 3: patient, 5: f"{dice.choice(_NAMES)}^{dice.choice(_NAMES)}^K^^MRS", 7: f"19{40 + shape_of(number)}0412"}
    pid |= {8: dice.choice("MF"), 10: "2106-3^White^HL70005", 11: "12 OGINGA ST^^KISUMU^^40100^KE^H", 13: "^PRN^PH^^254^57^2020000"}
    pid |= {15: "SWA", 16: "M", 18: f"ACC{number:07}^^^KISUMU^AN", 29: said if died else "", 30: "Y" if died else "N"}
    pv1 = {1: "1", 2: dice.choice("EIO"), 3: f"{unit}^{dice.randrange(30)}^{dice.randrange(4)}^KISUMU", 4: dice.choice("EUR")}
    pv1 |= {7: _doctor(dice), 8: _doctor(dice), 9: _doctor(dice), 10: dice.choice(("MED", "SUR", "PAL")), 14: "1", 18: "IP"}
    pv1 |= {19: f"V{number:08}^^^KISUMU^VN", 36: "20" if died else "01" if trigger == "A03" else "", 44: came}
    pv1 |= {45: said if trigger == "A03" else "", 50: f"ALT{number:06}"}
    lines = [
        f"MSH|^~\\&|EPIC|KISUMU|AFTERCALL|COUNTY|{said}||ADT^{trigger}^ADT_{trigger}|M{number:09}|P|2.5.1|||AL|NE|KEN|UTF-8",
        f"EVN|{trigger}|{said}|||USR{dice.randrange(900):04}^CLERK^WARD|{came}|KISUMU",
        _segment("PID", pid),
        "PD1|||COUNTY REFERRAL^^12345|7788^OUMA^ROSE^^^^^^KMPDC",
        f"NK1|1|{dice.choice(_NAMES)}^NEXT|SPO^Spouse^HL70063|12 OGINGA ST^^KISUMU^^40100^KE|^PRN^PH^^254^57^2020001",
        *([f"MRG|{number + 900_000:08}^^^KISUMU^MR"] if trigger == "A40" else []),
        _segment("PV1", pv1),
        "PV2|||^CHEST PAIN \\T\\ FEVER|||||" + came,
    ]
    if dice.random() < 0.5:
        lines.append(f"ROL|1|AD|AT^Attending^HL70443|{_doctor(dice)}|{came}")
    lines += [
        f"OBX|{n}|NM|8867-4^Heart rate^LN||{dice.randrange(50, 130)}|/min|50-100||||F" for n in range(1, dice.randrange(2, 4))
    ]
    if dice.random() < 0.6:
        lines.append(f"DG1|1||R07.4^Chest pain^I10|||W|||||||||1|{_doctor(dice)}")
    if dice.random() < 0.4:
        lines.append("AL1|1|DA|70618^PENICILLIN^RXNORM|SV|RASH\\.br\\WHEEZE|20190101")
    return ("\r".join(lines) + "\r").encode()


def shape_of(number: int) -> int:
    return number % 50 + 10


def _doctor(dice: random.Random) -> str:
    """One of a hundred: a hospital has not more who stand in its messages of a few days."""
    return f"A{(n := dice.randrange(100)):04}^{_NAMES[n % 10]}^{_NAMES[n // 10]}^^^^DR^^KMPDC"


def _segment(name: str, fields: dict[int, str]) -> str:
    return "|".join([name, *(fields.get(n, "") for n in range(1, max(fields) + 1))])


def stamp(at: datetime) -> str:
    return at.strftime("%Y%m%d%H%M%S%z")


# What a sender fills in as it goes: the patient, the doctor and the unit; nothing else differs from one to the next.

PATIENT, DOCTOR, UNIT = b"1234567", b"7654321", b"U99"


def filled(template: bytes, patient: int, doctor: int) -> bytes:
    body = template.replace(PATIENT, b"%07d" % patient).replace(DOCTOR, b"%07d" % doctor)
    return body.replace(UNIT, b"U%02d" % (patient % UNITS))


def living(now: datetime) -> bytes:
    """A patient who lives, said in so many words (PID-30=N), in a unit, in a visit: it leaves rows, and rings for nobody."""
    return _one(now, "A08", {30: "N"}, {})


def death(now: datetime) -> bytes:
    """A patient who died a minute ago, with the attending doctor named."""
    said = stamp(now - timedelta(minutes=1))
    return _one(now, "A03", {29: said, 30: "Y"}, {36: "20", 45: said})


def _one(now: datetime, trigger: str, more_pid: dict[int, str], more_pv1: dict[int, str]) -> bytes:
    p, d, said, came = PATIENT.decode(), DOCTOR.decode(), stamp(now), stamp(now - timedelta(hours=3))
    pid = {
        1: "1",
        3: f"{p}^^^KISUMU^MR~{p}9^^^NUPI^NI",
        5: "OTIENO^AKINYI^K^^MRS",
        7: "19620412",
        8: "F",
        10: "2106-3^White^HL70005",
    }
    pid |= {11: "12 OGINGA ST^^KISUMU^^40100^KE^H", 13: "^PRN^PH^^254^57^2020000", 15: "SWA", 16: "M", **more_pid}
    pv1 = {
        1: "1",
        2: "E",
        3: f"{UNIT.decode()}^1^1^KISUMU",
        4: "E",
        7: f"A{d}^OTIENO^AMINA^^^^DR^^KMPDC",
        10: "MED",
        14: "1",
        18: "IP",
    }
    pv1 |= {19: f"V{p}^^^KISUMU^VN", 44: came, **more_pv1}
    lines = [
        f"MSH|^~\\&|EPIC|KISUMU|AFTERCALL|COUNTY|{said}||ADT^{trigger}^ADT_{trigger}|M{p}|P|2.5.1|||||KEN|UNICODE UTF-8",
        f"EVN|{trigger}|{said}|||USR0042^CLERK^WARD|{said}|KISUMU",
        _segment("PID", pid),
        "NK1|1|KAMAU^NEXT|SPO^Spouse^HL70063|12 OGINGA ST^^KISUMU^^40100^KE|^PRN^PH^^254^57^2020001",
        _segment("PV1", pv1),
        "PV2|||^CHEST PAIN|||||" + came,
        "OBX|1|NM|8867-4^Heart rate^LN||88|/min|50-100||||F",
        "AL1|1|DA|70618^PENICILLIN^RXNORM|SV|RASH|20190101",
        "IN1|1|NHIF^National|1234|NHIF|PO BOX 30443^^NAIROBI^^00100^KE|||||||20250101|20271231|||OTIENO^AKINYI|SEL",
    ]
    return ("\r".join(lines) + "\r").encode()


def staff_csv() -> str:
    """Everybody whom a death may name, each with a number of their own."""
    rows = [f"s{n},Person {n},+2547{n:08},,en,U{n % UNITS:02},registrar,KMPDC:A{n:07}" for n in range(STAFF)]
    return "\n".join(["staff,name,phone,mail,language,unit,role,ids", *rows, ""])


def units_csv() -> str:
    return "\n".join(["unit,name,site", *[f"U{n:02},Unit {n},Kisumu" for n in range(UNITS)], ""])
