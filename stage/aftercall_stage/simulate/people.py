"""Who works here and when: units, staff, the rota as it is written, and who really came."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from aftercall.words import Moment
from aftercall_stage.simulate.truth import DOCTORS, ZONE, Staff, Unit

SHIFT = timedelta(hours=12)
SECOND_SITE = "Siaya"
SECOND_STAFF, SECOND_PATIENTS = "https://siaya.example/hr", "https://siaya.example/mrn"  # as FHIR names authorities
UNITS = (
    Unit("ED", "Emergency", "Kisumu", 5, ("registrar", "registrar")),
    Unit("RES", "Resus", "Kisumu", 3, ("registrar", "registrar")),
    Unit("ICU", "Intensive care", "Kisumu", 5, ("registrar", "anaesthetist")),
    Unit("MED", "Medical ward", "Kisumu", 3, ("registrar",)),
    Unit("SUR", "Surgical ward", "Kisumu", 3, ("surgeon",)),
    Unit("PAED", "Children's ward", "Kisumu", 3, ("registrar",)),
    Unit("MAT", "Labour ward", "Kisumu", 4, ("registrar",)),
    Unit("OT", "Theatre", "Kisumu", 3, ("surgeon", "anaesthetist")),
    Unit("PAL", "Palliative ward", "Kisumu", 2, ("registrar",)),
    Unit("S-ED", "Emergency Siaya", SECOND_SITE, 3, ("registrar",)),
    Unit("S-ICU", "Intensive care Siaya", SECOND_SITE, 3, ("anaesthetist",)),
    Unit("S-WARD", "Ward Siaya", SECOND_SITE, 3, ("registrar",), contract_cleaning=True),
)
AMBULANCES = tuple(Unit(f"AMB{n}", f"Ambulance {n}", "Kisumu", 0, ()) for n in range(1, 5))
AGENCY = "254-0417"  # the ambulance service's own number, under which its crews are known
POOL = "POOL"
POOL_ROLES = (("porter", 12), ("security", 8), ("chaplain", 2), ("phlebotomist", 4))

_GIVEN = (
    "Amina", "Juma", "Grace", "Peter", "Wanjiru", "Otieno", "Achieng", "Brian", "Cherono", "Fatuma", "Halima",
    "Kevin", "Njeri", "Omondi", "José", "Renée", "Zoë", "Baraka",
)  # fmt: skip
_FAMILY = (
    "Yusuf", "Otieno", "Kamau", "Mwangi", "Ouma", "Kiprono", "Chebet", "Hassan", "Njoroge", "Odhiambo",
    "Wafula", "Mutua", "Müller", "Nduta", "Koech", "Barasa",
)  # fmt: skip


@dataclass(frozen=True)
class Hospital:
    """Everybody, and the four teams of each unit that follow one another."""

    staff: tuple[Staff, ...]
    teams: dict[str, tuple[tuple[Staff, ...], ...]]
    consultants: dict[str, tuple[Staff, ...]]

    def places(self) -> tuple[Unit, ...]:
        return (*UNITS, *AMBULANCES, Unit(POOL, "Porters and others", "Kisumu", 0, ()))


@dataclass(frozen=True)
class Rota:
    """Shifts by unit and number since `first` (07:00): what the file says, and who came."""

    first: Moment
    told: dict[tuple[str, int], tuple[Staff, ...]]
    worked: dict[tuple[str, int], tuple[Staff, ...]]

    def number(self, at: Moment) -> int:
        return int((at - self.first) // SHIFT)

    def working(self, unit: str, at: Moment) -> tuple[Staff, ...]:
        return self.worked.get((unit, self.number(at)), ())

    def written(self, unit: str, at: Moment) -> tuple[Staff, ...]:
        """Whom the rota file names."""
        return tuple(s for s in self.told.get((unit, self.number(at)), ()) if s.enrolled and s.rostered)


def name(rng: random.Random) -> tuple[str, str]:
    return rng.choice(_GIVEN), rng.choice(_FAMILY)


def hire(rng: random.Random, locums: float = 0.03) -> Hospital:
    """The same seed hires the same people. `locums`: the share of doctors and nurses that stand in no list."""
    desk = _Desk(rng, locums)
    teams = {unit.unit: tuple(tuple(desk.team(unit)) for _ in range(4)) for unit in UNITS}
    teams |= {unit.unit: tuple(tuple(desk.crew(unit)) for _ in range(4)) for unit in AMBULANCES}
    teams[POOL] = tuple(tuple(desk.pool()) for _ in range(4))
    consultants = {unit.unit: tuple(desk.one(unit.unit, "consultant") for _ in range(3)) for unit in UNITS}
    everyone = [*(s for four in teams.values() for team in four for s in team), *(s for c in consultants.values() for s in c)]
    return Hospital(tuple(everyone), teams, consultants)


class _Desk:
    """Gives every new person a name, a number and the ids that their profession has."""

    def __init__(self, rng: random.Random, locums: float) -> None:
        self._rng, self._locums, self._n = rng, locums, 0

    def one(self, unit: str, role: str, rostered: bool = True) -> Staff:
        self._n += 1
        n, given_family = self._n, " ".join(name(self._rng))
        mail_only = self._rng.random() < 0.02
        phone, mail = ("", f"s{n:04}@hospital.example") if mail_only else (f"+2547{n:08}", "")
        trained = role in DOCTORS or role in ("nurse", "midwife")
        enrolled = not (trained and self._rng.random() < self._locums)
        language = self._rng.choice(("en", "en", "sw", "fr"))
        return Staff(f"s{n:04}", given_family, phone, mail, language, unit, role, tuple(self._ids(unit, role)), enrolled, rostered)

    def _ids(self, unit: str, role: str) -> Iterator[tuple[str, str]]:
        n, house = self._n, SECOND_STAFF if unit.startswith("S-") else "KISUMU-HR"
        if role in DOCTORS:
            yield "KMPDC", f"A{n:04}"
            if self._rng.random() < 0.7:
                yield house, f"{30000 + n}"
            if self._rng.random() < 0.3:
                yield "NPI", f"{1000000000 + n * 7919}"
        elif role in ("nurse", "midwife"):
            yield from (("NCK", f"N{n:04}"), (house, f"{30000 + n}"))
        elif role in ("paramedic", "EMT", "driver"):
            yield AGENCY, f"{70000 + n}"
        elif role == "phlebotomist":
            yield house, f"{30000 + n}"

    def team(self, unit: Unit) -> Iterator[Staff]:
        nurse = "midwife" if unit.unit == "MAT" else "nurse"
        yield from (self.one(unit.unit, nurse) for _ in range(unit.nurses))
        yield from (self.one(unit.unit, role) for role in unit.doctors)
        yield self.one(unit.unit, "cleaner", rostered=not unit.contract_cleaning)
        if self._rng.random() < 0.4:
            yield self.one(unit.unit, "student", rostered=self._rng.random() < 0.7)

    def crew(self, unit: Unit) -> Iterator[Staff]:
        yield from (self.one(unit.unit, role) for role in ("paramedic", "EMT", "driver"))

    def pool(self) -> Iterator[Staff]:
        yield from (self.one(POOL, role) for role, count in POOL_ROLES for _ in range(max(1, count // 4)))


def roster(rng: random.Random, hospital: Hospital, start: Moment, days: int, swaps: float) -> Rota:
    """Two days, two nights, four off, for each team. Of every ten shifts one is worked by another than the rota says."""
    first = start.astimezone(ZONE).replace(hour=7, minute=0, second=0, microsecond=0) - timedelta(days=1)
    told, worked = {}, {}
    for place in hospital.places():
        came: list[frozenset[str]] = [frozenset()]
        for number in range(2 * days + 2):
            written = _due(hospital, place.unit, number)
            real = _swapped(rng, hospital, place.unit, written, came[-1], swaps)
            told[place.unit, number], worked[place.unit, number] = written, real
            came.append(frozenset(s.staff for s in real))
    return Rota(first, told, worked)


def _due(hospital: Hospital, unit: str, number: int) -> tuple[Staff, ...]:
    day, night = divmod(number, 2)
    wanted = (2, 3) if night else (0, 1)
    team = next(team for k, team in enumerate(hospital.teams[unit]) if (day + 2 * k) % 8 in wanted)
    seniors = hospital.consultants.get(unit, ())
    return team if night else (*team, *(s for n, s in enumerate(seniors) if n != day % len(seniors)))  # one of three is off


def _swapped(
    rng: random.Random, hospital: Hospital, unit: str, written: tuple[Staff, ...], before: frozenset[str], swaps: float
) -> tuple[Staff, ...]:
    """Somebody of the same role on the same unit comes instead, who was not on the shift before."""
    here, real = {s.staff for s in written}, []
    for person in written:
        others = [s for team in hospital.teams[unit] for s in team if s.role == person.role and s.staff not in here | before]
        if others and rng.random() < swaps:
            person = rng.choice(others)
            here.add(person.staff)
        real.append(person)
    return tuple(real)


def lists(hospital: Hospital, rota: Rota) -> dict[str, str]:
    """staff.csv, units.csv and rota.csv as a hospital writes them; no swap stands in them."""
    staff = ["staff,name,phone,mail,language,unit,role,ids", *(_line(s) for s in hospital.staff if s.enrolled)]
    units = ["unit,name,site", *(f"{u.unit},{u.name},{u.site}" for u in hospital.places())]
    shifts = ["unit,staff,begins,ends"]
    for (unit, number), people in rota.told.items():
        begins = rota.first + number * SHIFT
        times = f"{begins:%Y-%m-%dT%H:%M},{begins + SHIFT:%Y-%m-%dT%H:%M}"
        shifts += [f"{unit},{s.staff},{times}" for s in people if s.enrolled and s.rostered]
    return {name: "\n".join([*rows, ""]) for name, rows in (("staff.csv", staff), ("units.csv", units), ("rota.csv", shifts))}


def _line(s: Staff) -> str:
    ids = ";".join(f"{authority}:{number}" for authority, number in s.ids)
    return ",".join((s.staff, s.name, s.phone, s.mail, s.language, s.unit, s.role, ids))
