"""Ambulance reports (NEMSIS 3.4 and 3.5): who died with which crew, and which calls were hard whatever came of them.

A report becomes one notice of the run, and one more of what the hospital answered. The two have no number in common: what
became of a patient later must never reach the crew that had left (DECISIONS 22).
"""

import hashlib
from collections.abc import Iterator

from lxml import etree

from aftercall.inside.feeds.nemsis import run
from aftercall.inside.feeds.nemsis.crew import named
from aftercall.inside.feeds.nemsis.demographic import Member, crew_ids
from aftercall.inside.feeds.nemsis.handover import coming, document, hospital_number, identity
from aftercall.inside.feeds.nemsis.opened import Part, parts, root_of
from aftercall.inside.feeds.nemsis.signs import is_answered, later, signs
from aftercall.inside.feeds.site import SKEW, Mark, Site
from aftercall.inside.feeds.times import Time, doubt
from aftercall.inside.road.notice import Notice, Unread
from aftercall.words import Moment, seconds

__all__ = ["Member", "crew_ids", "is_crew_list", "is_report", "read"]

_OUTCOME = ("eOutcome.11", "eOutcome.16", "eOutcome.18")


def is_crew_list(body: bytes) -> bool:
    """An agency's list of its crew, and no report."""
    return root_of(body) == "DEMDataSet"


def is_report(body: bytes) -> bool:
    return root_of(body) == "EMSDataSet"


def read(body: bytes, site: Site, mark: Mark, now: Moment) -> tuple[Notice | Unread, ...]:
    """Everything a file says, in its order. One bad report doesn't take the others with it."""
    found = parts(body, "EMSDataSet", "PatientCareReport")
    return tuple(notice for part in found for notice in _notices(part, site, mark, now))


def _notices(report: Part | Unread, site: Site, mark: Mark, now: Moment) -> Iterator[Notice | Unread]:
    if isinstance(report, Unread):
        yield report
    elif not identity(report):
        yield Unread("EMSDataSet", "no-patient", "eRecord.01", "The report has neither a UUID nor a number. Send eRecord.01.")
    elif (said := run.clock(report, site, now)) is None and (signs(report) or run.call(report, site)):
        yield Unread("EMSDataSet", "time", "eTimes", "No time of the run can be read. Write them as 2026-01-31T23:59:00+03:00.")
    else:
        digest = hashlib.sha256(etree.tostring(report.element, with_tail=False)).hexdigest()
        yield _of_the_run(report, site, mark, now, said or now, digest)
        if is_answered(report):
            yield _of_the_hospital(report, site, mark, now, digest)


def _of_the_run(report: Part, site: Site, mark: Mark, now: Moment, said: Moment, digest: str) -> Notice:
    marks, hard, died = signs(report), run.call(report, site), _died(report, site)
    # Who looked after a patient of whom nothing hard is told is none of our business: it isn't even read.
    told = bool(marks or hard)
    return Notice(
        kind="EMSDataSet",
        body=mark(f"body|{digest}"),
        people=tuple(mark(f"person|{authority}|{number}") for authority, number in identity(report)),
        visit=None,
        signs=marks,
        died=died.first if died and marks and died.first <= now + SKEW else None,
        said_at=said,
        unit=report.first("eResponse.14", "eResponse.13")[:64] if told else "",
        named=named(report, site) if told else (),
        facts=frozenset(run.facts(report, site)) if told else frozenset(),
        doubt=_test(report, site),  # nothing of the death may keep back the message for the call
        source="nemsis",
        document=mark(f"document|ePCR|{document(report)}"),
        version=seconds(now),  # the standard has no number of a version: what came later counts
        call=hard,
        died_as="day" if died and marks and died.is_day else "time" if died and marks else "",
        happened=run.with_patient(report, site) if told else None,
        coming=coming(report, site, mark) if told else None,
    )


def _of_the_hospital(report: Part, site: Site, mark: Mark, now: Moment, digest: str) -> Notice:
    """What the hospital answered. Without the hospital's own number it is nobody's; with it, the hospital's feed must know them."""
    person, marks = hospital_number(report), later(report)
    said = run.clock(report, site, now, *_OUTCOME) or now
    died = run.at(report, site, "eOutcome.16") if marks else None
    return Notice(
        kind="EMSDataSet",
        body=mark(f"body|{digest}|outcome"),
        people=(mark(f"person|{person[0]}|{person[1]}"),) if person else (),
        visit=None,
        signs=marks,
        died=died.first if died and died.first <= now + SKEW else None,
        said_at=said,
        unit="",
        doubt=doubt(died, now, said, left=None, test=_test(report, site), nobody=True),
        source="nemsis",
        document=mark(f"document|ePCR outcome|{document(report)}"),
        version=seconds(now),
        died_as="day" if died and died.is_day else "time" if died else "",
    )


def _died(report: Part, site: Site) -> Time | None:
    """When they stopped, else when the heart stopped: the standard has no time of death."""
    return run.at(report, site, "eArrest.15", "eArrest.14")


def _test(report: Part, site: Site) -> str:
    numbers = (*identity(report), (report.agency, report.first("ePatient.01")))
    return "mannequin" if site.is_mannequin(numbers) else ""
