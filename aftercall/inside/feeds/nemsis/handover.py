"""An ambulance run and the hospital stay it led to: what is needed to propose the two to a human, never to join them."""

from dataclasses import dataclass

from aftercall.inside.feeds.nemsis import run
from aftercall.inside.feeds.nemsis.opened import Part, parts
from aftercall.inside.feeds.site import Mark, Site
from aftercall.inside.road.notice import Marks
from aftercall.words import Moment

_RECEIVING = "4303005"  # eOutcome.03: the number in eOutcome.04 is the receiving hospital's for this patient
_SEX = {"9906001": "female", "9906003": "male", "9919001": "female", "9919003": "male"}


@dataclass(frozen=True)
class Handover:
    """Hashes and closed words only. What the feed didn't say is None or ""."""

    document: Marks
    incident: Marks | None  # eResponse.03, the same for every patient and unit of one incident
    hospital: Marks | None  # eDisposition.02
    patient: Marks | None  # as a person of that hospital: meets the numbers of its own feed
    arrived: Moment | None
    age: int | None  # whole years
    sex: str  # "female", "male", ""


def handovers(body: bytes, site: Site, mark: Mark) -> tuple[Handover, ...]:
    """One for each report that can be read and that brought somebody somewhere."""
    reports = (part for part in parts(body, "EMSDataSet", "PatientCareReport") if isinstance(part, Part))
    return tuple(_handover(report, site, mark) for report in reports if identity(report) and report.first("eDisposition.02"))


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


def _handover(report: Part, site: Site, mark: Mark) -> Handover:
    incident, hospital, patient = report.first("eResponse.03"), report.first("eDisposition.02"), hospital_number(report)
    arrived, old = run.at(report, site, "eTimes.12", "eTimes.11"), run.years(report)
    return Handover(
        document=mark(f"document|ePCR|{document(report)}"),
        incident=mark(f"incident|{incident}") if incident else None,
        hospital=mark(f"hospital|{hospital}"),
        patient=mark(f"person|{patient[0]}|{patient[1]}") if patient else None,
        arrived=arrived.first if arrived else None,
        age=None if old is None else int(old),
        sex=next((word for code in (report.first("ePatient.25"), report.first("ePatient.13")) if (word := _SEX.get(code))), ""),
    )
