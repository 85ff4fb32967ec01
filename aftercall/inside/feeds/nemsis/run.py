"""One ambulance run: its clock, the patient's age, and how hard it was, whatever came of it."""

from collections.abc import Iterator

from aftercall.inside.feeds.nemsis.opened import Part
from aftercall.inside.feeds.site import SKEW, Site, ages
from aftercall.inside.feeds.times import Time, time_of
from aftercall.words import Moment

YES = frozenset({"9923003"})
_CLOCK = (*(f"eTimes.{n:02}" for n in range(1, 18)), "eOther.19")  # the last is the signature's
_WITH_PATIENT = ("eTimes.12", "eTimes.11", "eTimes.09", "eTimes.07", "eTimes.06")  # the last of these that is there
_YEARS = {"2516001": 365.25, "2516003": 8766.0, "2516005": 525960.0, "2516007": 12.0, "2516009": 1.0}  # of a unit in a year
_ARREST = frozenset({"3001003", "3001005"})
_TRAUMA_TEAM = frozenset({"4224003", "4224011", "4224017"})
_HURT = frozenset(str(code) for code in (*range(4506007, 4506027, 2), *range(4506031, 4506043, 2)))
_CREW_DEATH = frozenset({"4506001", "4506003", "4506005"})
_EMERGENCY = frozenset({"2205001", "2205003", "2205009"})
_ORDERS = frozenset({"3105009", "3105011"})  # a written directive, a medical order; not a family's wish, nor a living will


def clock(report: Part, site: Site, now: Moment, *more: str) -> Moment | None:
    """The latest time that stands in it, which is when it was written, as far as the standard says. Never ahead of now."""
    times = [time.last for name in (*_CLOCK, *more) if (time := at(report, site, name))]
    usable = [time for time in times if time <= now + SKEW] or times
    return min(max(usable), now) if usable else None


def at(report: Part, site: Site, *names: str) -> Time | None:
    """The first of these elements that holds a time."""
    return next((time for name in names if (time := time_of(report.first(name), site.zone)) and not time.is_coarse), None)


def with_patient(report: Part, site: Site) -> Moment | None:
    """The run's own clock, the same whether the patient lived or died."""
    time = at(report, site, *_WITH_PATIENT)
    return time.first if time else None


def span(report: Part, site: Site) -> tuple[Moment | None, Moment | None]:
    """From when the crew was called to when it was free again."""
    begins, ends = at(report, site, "eTimes.03", "eTimes.05", "eTimes.06"), at(report, site, "eTimes.13", *_WITH_PATIENT)
    if begins and ends and begins.first <= ends.last:
        return begins.first, ends.last
    return None, None


def years(report: Part) -> float | None:
    """The age, which has a unit: "3" may be days."""
    number, unit = report.first("ePatient.15"), _YEARS.get(report.first("ePatient.16"))
    return int(number) / unit if unit and number.isascii() and number.isdigit() and len(number) < 8 else None


def call(report: Part, site: Site) -> str:
    """What was hard for this crew (DECISIONS 22): from what happened while they were there, and never from a mark of death."""
    arrest = report.has("eArrest.01", _ARREST)
    words = {
        "arrest": arrest,
        "child": arrest and "child" in age(report, site),
        "many hurt": report.has("eScene.07", YES),
        "critical trauma": bool(report.all("eInjury.03")) or report.has("eDisposition.24", _TRAUMA_TEAM),
        "crew hurt": report.has("eOther.05", YES) or report.has("eOther.06", _HURT),
    }
    return ",".join(word for word, holds in words.items() if holds)


def facts(report: Part, site: Site) -> Iterator[str]:
    yield from sorted(age(report, site))
    if report.has("eArrest.01", _ARREST):
        yield "arrest"
    if report.has("eScene.07", YES):
        yield "many hurt"
    if report.has("eResponse.05", _EMERGENCY):
        yield "emergency"
    if report.has("eOther.06", _CREW_DEATH):
        yield "crew death"
    if report.has("eHistory.05", _ORDERS) and not report.has("eSituation.02", frozenset({"9922005"})):
        yield "expected"  # who wanted no resuscitation and then was run over did not die an expected death


def age(report: Part, site: Site) -> frozenset[str]:
    if (old := years(report)) is not None:
        return frozenset(name for name, limit in (("child", 18), ("young", 26)) if old < limit)
    born, when = at(report, site, "ePatient.17"), at(report, site, "eTimes.03", *_WITH_PATIENT)
    return ages(born.first, when.first, site.zone) if born and when else frozenset()
