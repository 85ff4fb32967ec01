"""Who was with the patient: the ambulance's crew, and who of them did what. A national export names nobody."""

from collections.abc import Iterator

from aftercall.inside.feeds.nemsis import run
from aftercall.inside.feeds.nemsis.opened import Part
from aftercall.inside.feeds.site import Site
from aftercall.inside.road.notice import Named
from aftercall.words import Moment

_LEVELS = {
    "9925001": "advanced EMT",
    "9925002": "intermediate EMT",
    "9925003": "medical responder",
    "9925005": "EMT",
    "9925007": "paramedic",
    "9925023": "other health worker",
    "9925025": "no health worker",
    "9925027": "physician",
    "9925029": "respiratory therapist",
    "9925031": "student",
    "9925033": "critical care paramedic",
    "9925035": "community paramedic",
    "9925037": "nurse practitioner",
    "9925039": "physician assistant",
    "9925041": "licensed practical nurse",
    "9925043": "registered nurse",
}
_DRIVES = frozenset({"2403001", "2403003"})
_ACTS = (("eProcedures", "Procedure", "did a procedure"), ("eMedications", "Medication", "gave a medication"))


def named(report: Part, site: Site) -> tuple[Named, ...]:
    """Each once for each reason, the crew first: there for the whole run, and at what they did when they did it."""
    roles = {number: _role(one) for one in report.groups("eCrew.CrewGroup") for number in one.all("eCrew.01")}
    begins, ends = run.span(report, site)
    found: dict[tuple[str, str], list[Moment]] = {(number, "eCrew.01 crew"): [] for number in roles}
    for number, why, time in _acts(report, site):
        found.setdefault((number, why), []).extend([time] if time else [])
    return tuple(
        Named(report.agency, number, why, roles.get(number, ""), min(times, default=begins), max(times, default=ends))
        for (number, why), times in found.items()
    )


def _acts(report: Part, site: Site) -> Iterator[tuple[str, str, Moment | None]]:
    for section, group, words in _ACTS:
        for one in report.groups(f"{section}.{group}Group"):
            time = run.at(one, site, f"{section}.01")
            yield from ((number, f"{section}.09 {words}", time.first if time else None) for number in one.all(f"{section}.09"))
    yield from ((number, "eOther.08 wrote the report", None) for number in report.all("eOther.08"))


def _role(member: Part) -> str:
    level = _LEVELS.get(member.first("eCrew.02"), "")
    return f"{level} driver".strip() if member.has("eCrew.03", _DRIVES) else level
