"""Visits to the synthetic hospital: who comes, where they lie, who cares for them, and whether they die. No feed is known here."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from aftercall.words import Moment
from aftercall_stage.simulate.bedside import last_hour, tend
from aftercall_stage.simulate.people import SECOND_PATIENTS, Hospital, Rota, name
from aftercall_stage.simulate.truth import Act, Encounter, Patient, Staff, Stay

BACK_AGAIN = 0.05  # the share of visits by somebody who was here before


@dataclass(frozen=True)
class Path:
    """A common way through the hospital: (unit, hours at least, hours at most), and how often it ends in death, and where."""

    name: str
    share: int
    stays: tuple[tuple[str, float, float], ...]
    dies: float
    where: tuple[int, ...]  # the weight of each stay as the place of a death
    ages: tuple[int, int] = (16, 92)
    expected: bool = False


PATHS = (
    Path("seen in emergency", 40, (("ED", 1, 7),), 0.003, (1,)),
    Path("emergency to ward", 16, (("ED", 2, 8), ("MED", 24, 160)), 0.10, (1, 9)),
    Path("resus to intensive care", 7, (("RES", 0.5, 4), ("ICU", 12, 140)), 0.45, (5, 5)),
    Path("planned surgery", 9, (("SUR", 12, 30), ("OT", 1, 5), ("SUR", 24, 120)), 0.05, (0, 2, 8)),
    Path("emergency theatre", 3, (("RES", 0.5, 2), ("OT", 1, 5), ("ICU", 24, 120)), 0.3, (4, 2, 4)),
    Path("birth", 9, (("MAT", 8, 60),), 0.01, (1,), (16, 44)),
    Path("child", 6, (("ED", 1, 5), ("PAED", 24, 100)), 0.05, (3, 7), (0, 15)),
    Path("palliative", 3, (("PAL", 24, 200),), 0.75, (1,), (40, 95), expected=True),
    Path("second hospital, ward", 5, (("S-ED", 1, 8), ("S-WARD", 24, 120)), 0.10, (1, 9)),
    Path("second hospital, intensive care", 2, (("S-ED", 1, 4), ("S-ICU", 12, 120)), 0.4, (3, 7)),
)


class Life:
    """Makes visits one after the other; the same randomness makes the same ones."""

    def __init__(self, rng: random.Random, hospital: Hospital, rota: Rota) -> None:
        self._rng, self._hospital, self._rota = rng, hospital, rota
        self._gone_home: list[tuple[Moment, Patient]] = []
        self._patients = 0

    def visits(self, start: Moment, days: int, count: int) -> Iterator[Encounter]:
        arrivals = sorted(start + timedelta(seconds=round(self._rng.uniform(0, days * 86400))) for _ in range(count))
        for number, at in enumerate(arrivals, 1):
            path = self._rng.choices(PATHS, [p.share for p in PATHS])[0]
            yield self._visit(f"E{number:06}", path, at)

    def _visit(self, key: str, path: Path, at: Moment) -> Encounter:
        rng, second = self._rng, path.stays[0][0].startswith("S-")
        patient = self._patient(path, at, second)
        stays, died = self._course(path, at)
        acts = [act for stay in stays for act in tend(rng, stay, self._rota)]
        if died:
            called = last_hour(rng, stays[-1].unit, died, path.expected, self._rota)
            acts += [replace(act, at=max(act.at, at)) for act in called]  # nobody is cared for before they come
        else:
            self._gone_home.append((stays[-1].ends, patient))
        acts.sort(key=lambda act: (act.at, act.staff.staff))
        return Encounter(
            key, patient, f"V{key[1:]}", path.name, stays, tuple(acts), stays[0].attending, self._referring(),
            self._consulting(), self._in_roles(acts), died, path.expected, path.stays[0][0] in ("ED", "RES", "S-ED"), second,
        )  # fmt: skip

    def _course(self, path: Path, at: Moment) -> tuple[tuple[Stay, ...], Moment | None]:
        """Where the patient lies until they go home, or until they die."""
        rng = self._rng
        dies_in = rng.choices(range(len(path.stays)), path.where)[0] if rng.random() < path.dies else None
        stays = []
        for number, (unit, least, most) in enumerate(path.stays):
            ends = at + timedelta(seconds=round(3600 * rng.uniform(least, most)))
            if number == dies_in:
                ends = at + timedelta(seconds=round((ends - at).total_seconds() * rng.uniform(0.15, 1)))
            stays.append(Stay(unit, at, ends, self._attending(unit, at)))
            if number == dies_in:
                return tuple(stays), ends
            at = ends
        return tuple(stays), None

    def _attending(self, unit: str, at: Moment) -> Staff:
        """In emergency rooms a doctor on shift, elsewhere a consultant: who takes patients that day, four times of five."""
        doctors = [s for s in self._rota.working(unit, at) if s.role in ("registrar", "surgeon", "anaesthetist")]
        if doctors and unit in ("ED", "RES", "OT", "S-ED"):
            return self._rng.choice(doctors)
        taking = [s for s in self._rota.working(unit, at) if s.role == "consultant"]
        return self._rng.choice(taking if taking and self._rng.random() < 0.8 else self._hospital.consultants[unit])

    def _patient(self, path: Path, at: Moment, second: bool) -> Patient:
        rng = self._rng
        while self._gone_home and rng.random() < BACK_AGAIN:
            ended, before = rng.choice(self._gone_home[-2000:])
            if ended < at - timedelta(days=1) and (before.ids[0][0] == SECOND_PATIENTS) is second:
                self._gone_home = [(e, p) for e, p in self._gone_home if p is not before]
                return before
        self._patients += 1
        ids = [(SECOND_PATIENTS if second else "KISUMU", f"{400000 + self._patients}")]
        if rng.random() < 0.6:
            ids.append(("HUDUMA", f"{20000000 + 37 * self._patients}"))
        born = at - timedelta(days=rng.randint(365 * path.ages[0] + 1, 365 * path.ages[1] + 300))
        return Patient(tuple(ids), *name(rng), born.replace(hour=0, minute=0, second=0), rng.choice("FM"))

    def _referring(self) -> tuple[str, str, str]:
        """A doctor elsewhere, whom nobody here has in a list; seldom one of ours from another unit."""
        if self._rng.random() < 0.97:
            return "KMPDC", f"X{self._rng.randint(1000, 9999)}", " ".join(name(self._rng))
        one = self._rng.choice(self._rng.choice(list(self._hospital.consultants.values())))
        return (*one.ids[0], one.name)

    def _consulting(self) -> Staff | None:
        if self._rng.random() < 0.85:
            return None
        return self._rng.choice(self._hospital.consultants["ICU"])

    def _in_roles(self, acts: list[Act]) -> tuple[Staff, ...]:
        """One visit in twenty has the nurse of the last hours in a role segment."""
        nurses = [act.staff for act in acts[-3:] if act.staff.ids and act.how in ("charted", "gave medication")]
        return tuple(nurses[:1]) if self._rng.random() < 0.05 else ()


def consulted(rng: random.Random, visit: Encounter) -> Encounter:
    """Whoever was consulted came to see the patient on the last day, seven times of ten."""
    if visit.consulting is None or rng.random() >= 0.7:
        return visit
    at = visit.ends - timedelta(hours=rng.uniform(0.5, 10))
    if at <= visit.arrives:
        return visit
    seen = Act(visit.consulting, at, "attended", visit.at(at).unit, False)
    return replace(visit, acts=tuple(sorted((*visit.acts, seen), key=lambda act: (act.at, act.staff.staff))))
