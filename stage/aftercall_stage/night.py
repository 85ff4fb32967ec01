"""22:47 in the ED: who was in Resus, who wasn't, and the message that the hospital's own system sends about it."""

from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from aftercall.words import Moment

ZONE = ZoneInfo("Africa/Nairobi")
ORG, PROGRAMME = "kasarani", "peers"


@dataclass(frozen=True)
class Staff:
    """One line of staff.csv. `there`: in the record, or on the rota of Resus that night."""

    staff: str
    name: str
    phone: str
    language: str
    unit: str
    role: str
    ids: str
    there: bool


# Juma is named in the record (ROL), Amina too (PV1-7); the others are on the rota of the room. Three have nothing to do with it.
PEOPLE = (
    ("Juma Otieno", "en", "AMB", "paramedic", "KMTC:P77", True),
    ("Amina Yusuf", "en", "ED", "registrar", "KMPDC:A1234", True),
    ("Wanjiku Njeri", "en", "RES", "nurse", "NCK:N2001", True),
    ("Achieng Odhiambo", "sw", "RES", "cleaner", "", True),
    ("Mwangi Karanja", "sw", "RES", "porter", "", True),
    ("Chebet Koech", "en", "MAT", "midwife", "NCK:N2002", False),
    ("Hassan Abdi", "en", "ED", "clerk", "", False),
    ("Nduta Kamau", "en", "ED", "consultant", "KMPDC:A0007", False),
)


def people(night: int = 0) -> tuple[Staff, ...]:
    """The staff of one night. Each night has its own people and its own room, so that several can follow in one run."""
    made = []
    for n, (name, language, unit, role, ids, there) in enumerate(PEOPLE, 1):
        own = f"{ids}{night or ''}" if ids else ""
        made.append(Staff(f"S{night}-{n}", name, f"+2547{night:02}{n:06}", language, _room(unit, night), role, own, there))
    return tuple(made)


def _room(unit: str, night: int) -> str:
    return f"{unit}{night or ''}"


def juma(night: int = 0) -> Staff:
    return people(night)[0]


def amina(night: int = 0) -> Staff:
    return people(night)[1]


def lists(start: Moment, nights: int = 1, lead: str = "") -> dict[str, str]:
    """staff.csv, units.csv and rota.csv, as a hospital writes them. `lead`: the phone of the first Resus itself."""
    everyone = [one for night in range(nights) for one in people(night)]
    staff = [f"{p.staff},{p.name},{p.phone},,{p.language},{p.unit},{p.role},{p.ids}" for p in everyone]
    names = {"RES": "Resus", "ED": "Emergency", "AMB": "Ambulance", "MAT": "Maternity", "ICU": "Intensive care"}
    units = [
        f"{_room(u, night)},{name},main,{lead if _room(u, night) == 'RES' else ''}"
        for night in range(nights)
        for u, name in names.items()
    ]
    begins, ends = ((start + by).astimezone(ZONE).isoformat(timespec="minutes") for by in (timedelta(hours=-4), timedelta(hours=8)))
    rota = [f"{p.unit},{p.staff},{begins},{ends}" for p in everyone]
    return {
        "staff.csv": "\n".join(["staff,name,phone,mail,language,unit,role,ids", *staff, ""]),
        "units.csv": "\n".join(["unit,name,site,phone", *units, ""]),
        "rota.csv": "\n".join(["unit,staff,begins,ends", *rota, ""]),
    }


def death(at: Moment, night: int = 0) -> bytes:
    """ADT^A03: a 19-year-old who died in Resus, as the hospital's system tells it a minute later (FEEDS 8a)."""
    died = at.astimezone(ZONE)
    said = died + timedelta(minutes=1)
    born = died.replace(month=1, day=1) - timedelta(days=365 * 19 + 5)
    came = died - timedelta(minutes=38)

    def t(moment: Moment) -> str:
        return moment.strftime("%Y%m%d%H%M%S%z")

    header = {3: "HMIS", 4: "KASARANI", 5: "AFTERCALL", 6: "PEERS", 7: t(said), 9: "ADT^A03^ADT_A03",
              10: f"K{said:%H%M%S}{night:03}", 11: "P", 12: "2.5.1", 17: "KEN", 18: "UNICODE UTF-8"}  # fmt: skip
    patient = {1: "1", 3: f"88{night:05}7^^^KASARANI^MR", 5: "Kiprono^Brian^^^^^L", 7: f"{born:%Y%m%d}", 8: "M",
               11: "^^Nairobi^^^KEN", 29: t(died), 30: "Y"}  # fmt: skip
    visit = {1: "1", 2: "E", 3: f"{_room('RES', night)}^BAY1^1^KASARANI", 4: "E", 7: _xcn(amina(night)), 10: "EMR", 14: "7",
             18: "E", 19: f"V{night:03}4471^^^KASARANI^VN", 36: "20", 44: t(came), 45: t(said)}  # fmt: skip
    medic = {1: "1", 2: "AD", 3: "EMS^Ambulance crew^L", 4: _xcn(juma(night)), 5: t(came)}
    lines = (
        "MSH|^~\\&" + _segment("", header, 3),  # MSH-1 is the | itself
        _segment("EVN", {1: "A03", 2: t(said), 5: "KC12^Njoroge^Peris", 6: t(died)}),
        _segment("PID", patient),
        _segment("PV1", visit),
        _segment("ROL", medic),
    )
    return "".join(line + "\r" for line in lines).encode()


def _segment(name: str, fields: dict[int, str], first: int = 1) -> str:
    return "|".join([name, *(fields.get(n, "") for n in range(first, max(fields) + 1))])


def _xcn(who: Staff) -> str:
    authority, _, number = who.ids.partition(":")
    given, _, family = who.name.partition(" ")
    return f"{number}^{family}^{given}^^^^^^{authority}"
