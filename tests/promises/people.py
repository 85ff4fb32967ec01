"""Who is in the scripted night, and what is said in it: every name and text here must be found nowhere afterwards."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aftercall_stage.cards import CARDS

from aftercall.words import Moment

ZONE = ZoneInfo("Africa/Nairobi")
INBOUND = "inbound-of-this-test"
COORDINATOR = "Wambui Achieng-Desk"
INCIDENT = "INC-66173399"

# Patients: name, given name, number, birth date, visit, next of kin's phone, street, diagnosis.
DIED = (
    "QUILLWORTHY",
    "Zephaniah",
    "MRN90417733",
    "19520617",
    "VISIT5510773",
    "+254733909090",
    "17 Jacaranda Close",
    "aneurysm-ruptured",
)
LIVES = (
    "ABERCROMBIE",
    "Thandiwe",
    "MRN71120845",
    "19991103",
    "VISIT6620884",
    "+254733808080",
    "4 Tamarind Court",
    "fractured-femur",
)
LOST = (
    "HARGREAVES",
    "Njoroge-Wanjirũ",
    "MRN55009122",
    "20160229",
    "VISIT7730995",
    "+254733707070",
    "9 Baobab Lane",
    "drowning-bystander",
)
PATIENTS = {"the patient who died": DIED, "the patient who lives": LIVES, "the patient whose message is broken": LOST}
_PARTS = ("family name", "given name", "number", "birth date", "visit", "next of kin", "street", "diagnosis")


def patients() -> dict[str, bytes]:
    told = {f"{who}: {part}": value.encode() for who, told in PATIENTS.items() for part, value in zip(_PARTS, told, strict=True)}
    return told | {"the patient who died: incident": INCIDENT.encode()}


# Staff: number, name, phone, mail, language, unit, role, ids. Grace is a peer as well: the same name and number stand on her card.
GRACE = CARDS[0]
STAFF = (
    ("EMP-1001", "Juma Otienoson", "+254700111001", "juma@mto.example", "sw", "AMBUL7", "paramedic-lead", "KMTC:PARA77"),
    ("EMP-1002", "Amina Yusufzai", "+254700111002", "amina@mto.example", "en", "RESUS4", "registrar-ed", "KMPDC:REG1234"),
    ("EMP-1003", "Wanjiku Njerison", "+254700111003", "", "sw", "RESUS4", "nurse-resus", "NCK:NUR2001"),
    ("EMP-1004", "Achieng Odhiambosa", "+254700111004", "", "sw", "RESUS4", "cleaner-night", ""),
    ("EMP-1005", "Hassan Abdirahman", "+254700111005", "", "en", "CLERK2", "clerk-desk", ""),
    ("EMP-1006", str(GRACE["name"]), str(GRACE["tel"]), "", "en", "RESUS4", "nurse-charge", "NCK:NUR2002"),
)
PHONE = {row[0]: row[2] for row in STAFF}
AMINA, JUMA, WANJIKU = "EMP-1002", "EMP-1001", "EMP-1003"


def lists(start: Moment) -> dict[str, str]:
    """staff.csv, units.csv and rota.csv."""
    begins, ends = (
        (start + timedelta(hours=hours)).astimezone(ZONE).replace(second=0, microsecond=0).isoformat() for hours in (-5, 7)
    )
    staff = [",".join(row) for row in STAFF]
    units = ["RESUS4,Resuscitation room,Mto Main", "AMBUL7,Ambulance seven,Mto Main", "CLERK2,Front desk two,Mto Main"]
    rota = [f"{row[5]},{row[0]},{begins},{ends}" for row in STAFF]
    return {
        "staff.csv": "\n".join(["staff,name,phone,mail,language,unit,role,ids", *staff, ""]),
        "units.csv": "\n".join(["unit,name,site", *units, ""]),
        "rota.csv": "\n".join(["unit,staff,begins,ends", *rota, ""]),
    }


def adt(at: Moment, kind: str, control: str, patient: tuple[str, ...], dead: str, charset: str = "UNICODE UTF-8") -> bytes:
    """A hospital's message about a patient, with everything real ones carry besides what we need. `dead` is PID-30."""
    family, given, number, born, visit, kin, street, ill = patient
    here = at.astimezone(ZONE)
    said, died, came = (f"{moment:%Y%m%d%H%M%S%z}" for moment in (here, here - timedelta(minutes=4), here - timedelta(minutes=50)))
    gone = died if dead == "Y" else '""' if dead == "N" else ""
    lines = (
        f"MSH|^~\\&|HMIS|MTO|AFTERCALL|MTO|{said}||ADT^{kind}|{control}|P|2.5.1||||||{charset}",
        f"EVN|{kind}|{said}|||KC12^Njoroge^Peris|{died if dead == 'Y' else said}",
        f"PID|1||{number}^^^MTO^MR||{family}^{given}||{born}|M|||{street}^^Nairobi||{kin}|||||{number}|||||||||||{gone}|{dead}",
        f"NK1|1|{family}^Mother|MTH||{kin}",
        f"PV1|1|E|RESUS4^BAY1^1^MTO|E|||REG1234^Yusufzai^Amina^^^^^^KMPDC|||EMR||||7||||E|{visit}^^^MTO^VN"
        + "|" * 17
        + ("20" if dead == "Y" else "")
        + "|" * 8
        + came,
        f"ROL|1|AD|EMS^Crew^L|PARA77^Otienoson^Juma^^^^^^KMTC|{came}",
        f"DG1|1||{ill}^{ill}",
        f"OBX|1|TX|NOTE||{family} {given} {ill}",
    )
    return "".join(line + "\r" for line in lines).encode()


def epcr(at: Moment, patient: tuple[str, ...]) -> bytes:
    """The ambulance's report of a patient whom it resuscitated on the way, and brought to the ward at the time of `adt`."""
    family, given, number, born, _, kin, street, ill = patient
    over = at.astimezone(ZONE) - timedelta(minutes=48)
    minute = {n: f"{over - timedelta(minutes=before):%Y-%m-%dT%H:%M:%S+03:00}" for n, before in (("03", 40), ("07", 20), ("12", 0))}
    times = "".join(f"<eTimes.{n}>{time}</eTimes.{n}>" for n, time in minute.items())
    birth = f"{born[:4]}-{born[4:6]}-{born[6:]}"
    sections = {
        "eRecord": "<eRecord.01>R-7788</eRecord.01>",
        "eResponse": f"<eResponse.03>{INCIDENT}</eResponse.03><eResponse.14>AMBUL7</eResponse.14>",
        "eCrew": "<eCrew.CrewGroup><eCrew.01>PARA77</eCrew.01><eCrew.02>9925007</eCrew.02></eCrew.CrewGroup>",
        "eTimes": times,
        "ePatient": f"<ePatient.02>{family}</ePatient.02><ePatient.03>{given}</ePatient.03><ePatient.05>{street}</ePatient.05>"
        f"<ePatient.17>{birth}</ePatient.17><ePatient.18>{kin}</ePatient.18>",
        "eArrest": f"<eArrest.01>3001005</eArrest.01><eArrest.14>{minute['07']}</eArrest.14><eArrest.18>3018009</eArrest.18>",
        "eNarrative": f"<eNarrative.01>{family} {given} {ill}</eNarrative.01>",
        "eDisposition": "<eDisposition.02>MTO</eDisposition.02><eDisposition.30>4230001</eDisposition.30>",
        "eOutcome": "<eOutcome.ExternalDataGroup><eOutcome.03>4303005</eOutcome.03>"
        f"<eOutcome.04>{number}</eOutcome.04></eOutcome.ExternalDataGroup>",
    }
    inner = "".join(f"<{name}>{text}</{name}>" for name, text in sections.items())
    agency = "<DemographicGroup><dAgency.01>7</dAgency.01><dAgency.02>KMTC</dAgency.02></DemographicGroup>"
    return f'<EMSDataSet><Header>{agency}<PatientCareReport UUID="pcr-1">{inner}</PatientCareReport></Header></EMSDataSet>'.encode()


# What is written in the talks. Each says its word again and again, because a database page may end in the middle of it.
def letter(word: str, size: int = 0) -> str:
    text = f"{word} he was nineteen {word} I hear his mother {word}"
    return text + (" " + word) * max(0, (size - len(text)) // (len(word) + 1))


LETTERS = {
    "Amina's first letter": "kestrel-lantern-4417",
    "Amina's long letter": "umbrella-harbour-5528",
    "Amina's longest letter": "obsidian-meadow-6639",
    "Amina's letter before the crash": "thistle-anchor-7740",
    "Grace's letter": "marigold-compass-8851",
    "Juma's unread letter": "juniper-satchel-9962",
    "Wanjiku's letter to several": "hawthorn-ferry-1173",
    "the facilitator's letter to several": "cinder-orchard-2284",
    "a letter to several that nobody read": "pewter-lattice-3395",
}
CONTACTS: dict[str, dict[str, str]] = {
    "Amina": {"name": "Amina-of-the-letter", "tel": "+254766100200", "place": "bench-behind-theatre"},
    "Juma": {"name": "Juma-of-the-call", "tel": "+254766300400", "place": "ambulance-bay-shed"},
    "Wanjiku": {"name": "Wanjirũ-of-the-open-box", "tel": "+254766500600", "place": "linen-store-three"},
}
AMONG = {"Wanjiku": "Sparrow-of-the-several", "Juma": "Heron-of-the-several"}
"""What others call them in a talk for several."""
ERRORS = {
    "a broken form": "broken-form-wheelbarrow",
    "a form with a member too many": "extra-member-gooseberry",
    "a letter of no size": "unsized-letter-tambourine",
    "a body of 5 MB": "five-megabytes-pomegranate",
    "a wrong code": "wrong-code-rhinoceros",
    "a wrong capability": "c0ffee00facade00c0ffee00facade00",
    "an unknown box": "deadbeefdeadbeefdeadbeefdeadbeef",
    "a path": "path-of-butterscotch",
    "a query": "query-of-marmalade",
    "a cookie": "cookie-of-cinnamon",
    "a broken request line": "request-line-of-nutmeg",
    "a reply to the hospital's number": "I cannot sleep since saffron",
    "bytes that are no HL7": "nothl7-bytes-of-cardamom",
    "half a frame": "half-frame-of-turmeric",
}


def said_in_secret() -> dict[str, bytes]:
    """What only two phones may know, and what phones sent by mistake."""
    known: dict[str, Any] = dict(LETTERS)
    known |= {f"{who}'s {part}": value for who, block in CONTACTS.items() for part, value in block.items()}
    known |= {f"{who}'s name among several": name for who, name in AMONG.items()}
    return {what: value.encode() for what, value in (known | ERRORS).items()}


AGENTS = {
    "Amina's browser": "Mozilla/5.0 (Linux; Android 9; Tecno-Amina-KC6) AppleWebKit/537.36",
    "Juma's browser": "Mozilla/5.0 (Linux; Android 12; Infinix-Juma-X690) AppleWebKit/537.36",
    "Wanjiku's browser": "Opera/9.80 (J2ME/MIDP; Opera Mini/4.2/Wanjiku-Nokia) Presto/2.2",
    "a peer's browser": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2; peer-phone) Safari/604.1",
}
FORWARDED = {"Amina": "41.190.64.117", "Juma": "105.163.2.218", "Wanjiku": "197.23.61.139", "a peer": "154.70.33.201"}
BOUND = {"Amina": "127.83.101.117", "Juma": "127.83.102.118", "Wanjiku": "127.83.103.119", "a peer": "127.83.104.120"}
FEED_FROM = "127.83.105.121"


CALLERS = 200  # phones of which nothing else is known; each calls once


@dataclass(frozen=True)
class Caller:
    """One of many phones: the address that the care half sees, the one that a proxy would add, and the browser."""

    number: int

    @property
    def bound(self) -> str:
        return f"127.84.{100 + self.number // 100}.{100 + self.number % 100}"

    @property
    def forwarded(self) -> str:
        return f"102.{100 + self.number // 100}.{100 + self.number % 100}.211"

    @property
    def agent(self) -> str:
        return f"Mozilla/5.0 (Linux; Android 11; SM-A{self.number:03}-caller) AppleWebKit/537.36"

    def head(self) -> dict[str, str]:
        """All the ways in which proxies hand an address on."""
        names = ("X-Forwarded-For", "X-Real-IP", "True-Client-IP", "CF-Connecting-IP", "X-Client-IP")
        return {"User-Agent": self.agent, "Forwarded": f'for="{self.forwarded}"', **dict.fromkeys(names, self.forwarded)}


def addresses() -> dict[str, bytes]:
    """Where they called from, and with what."""
    told = dict(AGENTS) | {f"{who}'s address": ip for who, ip in BOUND.items()}
    told |= {f"{who}'s forwarded address": ip for who, ip in FORWARDED.items()} | {"the feed's address": FEED_FROM}
    for caller in map(Caller, range(CALLERS)):
        who = f"caller {caller.number}'s"
        told |= {f"{who} address": caller.bound, f"{who} forwarded address": caller.forwarded, f"{who} browser": caller.agent}
    return {what: value.encode() for what, value in told.items()}
