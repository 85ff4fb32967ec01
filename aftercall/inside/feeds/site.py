"""What only this hospital can say of its feeds, and the words every reader shares."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

from aftercall.inside.feeds.clocks import Clocks
from aftercall.inside.road.notice import Marks
from aftercall.words import Moment

Mark = Callable[[str], Marks]
"""Turns `person|authority|number`, `visit|authority|number`, `body|sha256` or `document|kind|id` into keyed hashes."""

SKEW = timedelta(minutes=15)  # how far a sender's clock may run ahead of ours
CURRENT = timedelta(hours=72)  # DECISIONS 28: older news never causes a first message
SHORT = timedelta(hours=24)
YES, NO = frozenset({"y", "yes", "1", "true"}), frozenset({"n", "no", "0", "false"})
DEATH_RESULTS = frozenset({"69453-9", "69409-1", "81956-5"})
"""LOINC: cause of death on the certificate, its ICD code, date and time of death (FEEDS 8a)."""
_DEATH_DIAGNOSES = re.compile(r"(R9[5-9]|I46|O9[5-7]|P95|Z37\.?[1-7])", re.IGNORECASE)


@dataclass(frozen=True)
class Site:
    """What only this hospital can say of its feed."""

    zone: ZoneInfo  # for times without an offset
    dead_dispositions: frozenset[str] = frozenset()  # PV1-36.1 that mean died; case and leading zeros don't count
    mannequins: frozenset[str] = frozenset()  # patient numbers, or authority:number
    expected_services: frozenset[str] = frozenset()  # PV1-10, such as palliative care
    mortuaries: frozenset[str] = frozenset()  # PV1-3.1 or PV1-37 that mean the mortuary
    destinations: frozenset[str] = frozenset()  # what ambulance reports call this hospital; empty: any may be it
    authority: str = ""  # whose numbers a patient's are, as this hospital's own feeds name it
    clocks: Clocks = field(default_factory=Clocks, compare=False, repr=False, kw_only=True)  # learnt from the messages themselves

    def is_dead(self, disposition: str) -> bool:
        return bare(disposition) in self._dead

    def is_mortuary(self, place: str) -> bool:
        return place != "" and bare(place) in self._mortuaries

    def is_mannequin(self, people: Iterable[tuple[str, str]]) -> bool:
        """(authority, number) of one patient."""
        known = self.mannequins
        return bool(known) and any([number in known or f"{authority}:{number}" in known for authority, number in people])

    def is_expected(self, service: str) -> bool:
        return service.casefold() in self._expected

    @cached_property
    def _dead(self) -> frozenset[str]:
        return frozenset(map(bare, self.dead_dispositions))

    @cached_property
    def _mortuaries(self) -> frozenset[str]:
        return frozenset(map(bare, self.mortuaries))

    @cached_property
    def _expected(self) -> frozenset[str]:
        return frozenset(s.casefold() for s in self.expected_services)


def bare(code: str) -> str:
    return code.strip().casefold().lstrip("0")


def is_death_diagnosis(code: str) -> bool:
    """ICD-10 codes that mean, or nearly mean, a death: weak (FEEDS 8a)."""
    return _DEATH_DIAGNOSES.match(code.strip()) is not None


def tens(years: float | None) -> int | None:
    """The class of an age that is kept: 0 for a child below ten, 6 from sixty to sixty-nine."""
    return None if years is None or not 0 <= years < 130 else int(years) // 10


def ages(born: Moment, when: Moment, zone: ZoneInfo) -> frozenset[str]:
    """ "child" below 18 and "young" below 26 years."""
    age = years_between(born, when, zone)
    return frozenset(name for name, limit in (("child", 18), ("young", 26)) if age < limit)


def years_between(born: Moment, when: Moment, zone: ZoneInfo) -> int:
    """Whole years."""
    year, *day = _date(born, zone)
    then = when.astimezone(zone)
    return then.year - year - ([then.month, then.day] < day)


@lru_cache(maxsize=4096)  # a patient is born on one day in all their messages
def _date(born: Moment, zone: ZoneInfo) -> tuple[int, int, int]:
    birth = born.astimezone(zone)
    return birth.year, birth.month, birth.day
