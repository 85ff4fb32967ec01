"""May an ambulance run and a hospital stay be the same patient's? Reasons for a human to see, and never a name (FEEDS 9)."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from aftercall.inside.road.crew import Presence
from aftercall.inside.road.loss import CONFIRMED, Loss
from aftercall.words import Moment

NEAR = timedelta(minutes=30)  # between handing over and being registered
FAR = timedelta(hours=12)  # farther apart it is another visit, whatever number stands in the report
MOST = 3  # stays shown for one run


@dataclass(frozen=True)
class Side:
    """A run, or a stay, without whose it is: random names that live three days, a minute, tens of years."""

    record: str
    at: Moment
    age: int | None
    incident: str
    numbers: frozenset[str]  # of a run: what its report calls the hospital's; of a stay: its patient's and its visit's


@dataclass(frozen=True)
class Pair:
    """`reasons` speak for it: "number", "incident", "time", "age"; `against`: "time", "age"."""

    run: Side
    stay: Side
    reasons: tuple[str, ...]
    against: tuple[str, ...]

    @property
    def apart(self) -> int:
        """Minutes."""
        return round(abs(self.run.at - self.stay.at).total_seconds() / 60)


def propose(runs: Iterable[Side], stays: Collection[Side], lost: Collection[str]) -> Iterator[Pair]:
    """Of each run the likeliest stays first. Only where somebody died, by one of the two: else a human is asked for nothing."""
    for run in runs:
        near = (_pair(run, stay) for stay in stays if (run.record in lost or stay.record in lost) and _near(run, stay, FAR))
        found = sorted(filter(_is_likely, near), key=lambda p: (-len(p.reasons), len(p.against), p.apart, p.stay.record))
        yield from list({pair.stay.record: pair for pair in reversed(found)}.values())[::-1][:MOST]


def _pair(run: Side, stay: Side) -> Pair:
    known, same_age = run.age is not None and stay.age is not None, run.age == stay.age
    holds = {
        "number": bool(run.numbers & stay.numbers),
        "incident": bool(run.incident) and run.incident == stay.incident,
        "time": _near(run, stay, NEAR),
        "age": known and same_age,
    }
    against = (("time", not holds["time"]), ("age", known and not same_age))
    return Pair(run, stay, tuple(word for word, true in holds.items() if true), tuple(word for word, true in against if true))


def _is_likely(pair: Pair) -> bool:
    """The hospital's own number is enough; many may come from one incident, and at one time, so that the age must fit as well."""
    reasons = set(pair.reasons)
    return "number" in reasons or ("incident" in reasons and "age" not in pair.against) or {"time", "age"} <= reasons


def _near(run: Side, stay: Side, reach: timedelta) -> bool:
    return abs(run.at - stay.at) <= reach


def asked(died: Moment, own: Loss, handed_over: Moment) -> Moment | None:
    """For which moment a run's crew is asked whether they were there: that of their own report's death; else the hospital's,
    where they still had the patient. None for a crew that had left: it must never learn of it from us (DECISIONS 22)."""
    if own.state == CONFIRMED:
        return own.died or died
    return died if died <= handed_over else None


def once(parts: Iterable[Iterable[Presence]]) -> tuple[Presence, ...]:
    """Whoever was there by several parts of one loss is there once, by the first."""
    found: dict[str, Presence] = {}
    for part in parts:
        for one in part:
            found.setdefault(one.staff, one)
    return tuple(found.values())
