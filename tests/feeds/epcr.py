"""Ambulance reports that we write ourselves: Juma the paramedic and his crew, and a patient without a name."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from aftercall.inside.feeds import nemsis
from aftercall.inside.feeds.site import Site
from aftercall.inside.road.notice import Marks, Notice, Unread

NOW = datetime(2026, 3, 11, 9, tzinfo=UTC)
SITE = Site(zone=ZoneInfo("Africa/Nairobi"))
NEMSIS = "http://www.nemsis.org"
UUID = "0f0e0d0c-0000-4000-8000-000000000042"
AGENCY = "KISIWA-EMS"
JUMA, NEEMA, BARAKA = ("J100", "9925007", "2403011"), ("N200", "9925005", "2403001"), ("B300", "9925031", "2403007")
CREW = (JUMA, NEEMA, BARAKA)  # a paramedic, an EMT who drives, a student
RUN = {
    "eResponse.03": "I-7",
    "eResponse.05": "2205001",
    "eResponse.14": "Medic 4",
    "eTimes.03": "2026-03-10T14:00:00+03:00",
    "eTimes.06": "2026-03-10T14:10:00+03:00",
    "eTimes.07": "2026-03-10T14:12:00+03:00",
    "eTimes.09": "2026-03-10T14:40:00+03:00",
    "eTimes.13": "2026-03-10T15:20:00+03:00",
    "ePatient.15": "61",
    "ePatient.16": "2516009",
    "eDisposition.19": "4219003",
}
ARREST = {"eArrest.01": "3001005", "eArrest.14": "2026-03-10T14:15:00+03:00"}
DIED = {
    "eArrest.18": "3018003",
    "eArrest.15": "2026-03-10T14:35:00+03:00",
    "eDisposition.19": "4219009",
    "eDisposition.30": "4230013",
}
ALIVE = {"eArrest.18": "3018007", "eArrest.15": "2026-03-10T14:35:00+03:00", "eDisposition.30": "4230001"}
DEATH = {**ARREST, **DIED}

Values = Mapping[str, str | Sequence[str]]


def elements(values: Values) -> str:
    """Each value in its element, each element in its section; None as the standard says that something isn't known."""
    parts = []
    for section, names in groupby(values, key=lambda name: name.partition(".")[0]):
        inside = "".join(element(name, value) for name in names for value in _many(values[name]))
        parts.append(f"<{section}>{inside}</{section}>")
    return "".join(parts)


def element(name: str, value: str) -> str:
    return f"<{name}>{escape(value)}</{name}>" if value else f'<{name} xsi:nil="true" NV="7701003"/>'


def _many(value: str | Sequence[str]) -> Sequence[str]:
    return (value,) if isinstance(value, str) else value


def report(
    *more: Values, crew: Sequence[tuple[str, str, str]] = CREW, uuid: str = UUID, record: str = "R-42", extra: str = ""
) -> str:
    """One PatientCareReport: the run, and whatever is said more; the later word stands."""
    values: dict[str, str | Sequence[str]] = dict(RUN)
    for one in more:
        values |= one
    groups = "".join(
        f"<eCrew.CrewGroup><eCrew.01>{number}</eCrew.01><eCrew.02>{level}</eCrew.02><eCrew.03>{part}</eCrew.03></eCrew.CrewGroup>"
        for number, level, part in crew
    )
    head = f'<PatientCareReport UUID="{uuid}">' if uuid else "<PatientCareReport>"
    number = f"<eRecord><eRecord.01>{record}</eRecord.01></eRecord>" if record else ""
    team = f"<eCrew>{groups}</eCrew>" if groups else ""
    return f"{head}{number}{team}{elements(dict(sorted(values.items())))}{extra}</PatientCareReport>"


def dataset(*reports: str, namespace: str = NEMSIS, agency: str = AGENCY) -> bytes:
    own = f' xmlns="{namespace}"' if namespace else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<EMSDataSet{own} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><Header>'
        f"<DemographicGroup><dAgency.01>7</dAgency.01><dAgency.02>{agency}</dAgency.02></DemographicGroup>"
        f"{''.join(reports)}</Header></EMSDataSet>"
    ).encode()


def personnel(*people: tuple[Sequence[str], str]) -> bytes:
    """A list of crew: the licences, and the agency's own number, of each."""
    groups = "".join(
        f"<dPersonnel.PersonnelGroup><dPersonnel.NameGroup><dPersonnel.01>X</dPersonnel.01></dPersonnel.NameGroup>"
        f"<dPersonnel.21>{own}</dPersonnel.21>"
        + "".join(
            f"<dPersonnel.LicensureGroup><dPersonnel.23>{one}</dPersonnel.23><dPersonnel.24>9925007</dPersonnel.24></dPersonnel.LicensureGroup>"
            for one in licences
        )
        + "</dPersonnel.PersonnelGroup>"
        for licences, own in people
    )
    return (
        f'<DEMDataSet xmlns="{NEMSIS}"><DemographicReport>'
        f"<dAgency><dAgency.01>7</dAgency.01><dAgency.02>{AGENCY}</dAgency.02></dAgency><dPersonnel>{groups}</dPersonnel></DemographicReport></DEMDataSet>"
    ).encode()


def outcome(ed: str, hospital: str = "", number: str = "", kind: str = "4303005") -> str:
    """What the hospital answered, weeks later or minutes."""
    known = (
        f"<eOutcome.ExternalDataGroup><eOutcome.03>{kind}</eOutcome.03><eOutcome.04>{number}</eOutcome.04></eOutcome.ExternalDataGroup>"
        if number
        else ""
    )
    gone = "<eOutcome.16>2026-03-10T23:00:00+03:00</eOutcome.16>"
    return f"<eOutcome>{element('eOutcome.01', ed)}{element('eOutcome.02', hospital)}{known}{gone}</eOutcome>"


def mark(text: str) -> Marks:
    return Marks(text)


def read(body: bytes, now: datetime = NOW, site: Site = SITE) -> tuple[Notice | Unread, ...]:
    return nemsis.read(body, site, mark, now)


def heard(*reports: str, namespace: str = NEMSIS) -> Notice:
    notice = read(dataset(*reports, namespace=namespace))[0]
    assert isinstance(notice, Notice)
    return notice


def said(notice: Notice) -> dict[str, str]:
    return {sign.path: sign.value for sign in notice.signs}


def refused(body: bytes) -> Unread:
    (unread,) = read(body)
    assert isinstance(unread, Unread)
    return unread
