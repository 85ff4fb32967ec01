"""An ambulance run and the hospital stay it led to: what is needed to propose the two to a human, never to join them."""

from aftercall.inside.feeds.nemsis import run
from aftercall.inside.feeds.nemsis.opened import Part
from aftercall.inside.feeds.site import Mark, Site, tens, years_between
from aftercall.inside.road.notice import Coming
from aftercall.words import Moment

_RECEIVING = "4303005"  # eOutcome.03: the number in eOutcome.04 is the receiving hospital's for this patient


def coming(report: Part, site: Site, mark: Mark) -> Coming | None:
    """Of a run that brought somebody here. A run to another hospital leaves nothing."""
    there, handed_over = report.first("eDisposition.02"), run.at(report, site, "eTimes.12", "eTimes.11")
    if not there or handed_over is None or (site.destinations and there not in site.destinations):
        return None
    known, incident = hospital_number(report), report.first("eResponse.03")
    authorities = dict.fromkeys((there, site.authority, "")) if known else ()
    return Coming(
        side="run",
        at=handed_over.first,
        age=tens(_years(report, site, handed_over.first)),
        numbers=tuple(mark(f"{what}|{one}|{known[1]}") for one in authorities for what in ("person", "visit") if known),
        incident=mark(f"incident|{incident}") if incident else None,
    )


def _years(report: Part, site: Site, at: Moment) -> float | None:
    if (old := run.years(report)) is not None:
        return old
    born = run.at(report, site, "ePatient.17")
    return years_between(born.first, at, site.zone) if born else None


def identity(report: Part) -> tuple[tuple[str, str], ...]:
    """(authority, number) of the report: its UUID (3.5), and the agency's own number for it."""
    found = (("PCR", (report.element.get("UUID") or "").strip().lower()[:64]), (report.agency, report.first("eRecord.01")))
    return tuple((authority, number) for authority, number in found if number)


def document(report: Part) -> str:
    authority, number = identity(report)[0]
    return number if authority == "PCR" else f"{authority}|{number}"


def hospital_number(report: Part) -> tuple[str, str] | None:
    """(hospital, the hospital's own number of the patient)."""
    numbers = (
        number
        for group in report.groups("eOutcome.ExternalDataGroup")
        if _RECEIVING in group.all("eOutcome.03")
        for number in group.all("eOutcome.04")
    )
    number = next(numbers, "")
    return (report.first("eDisposition.02"), number) if number else None
