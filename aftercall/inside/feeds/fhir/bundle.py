"""Read one JSON document of FHIR R4 into what it said about deaths. Absence is never read as alive."""

from collections.abc import Iterator

from aftercall.inside.feeds.fhir.death import (
    CERTIFICATE,
    DEATH_CONDITIONS,
    Told,
    is_death_diagnosis,
    is_death_result,
    told_by_diagnosis,
    told_by_encounter,
    told_by_result,
)
from aftercall.inside.feeds.fhir.encounter import Visit
from aftercall.inside.feeds.fhir.links import key_of
from aftercall.inside.feeds.fhir.moments import time_in
from aftercall.inside.feeds.fhir.notify import knocks
from aftercall.inside.feeds.fhir.opened import Found, open_document
from aftercall.inside.feeds.fhir.patient import no_number, notices, of_patient
from aftercall.inside.feeds.fhir.shapes import Circle, Condition, Deed
from aftercall.inside.feeds.fhir.sheet import Person, Sheet, World
from aftercall.inside.feeds.site import Mark, Site
from aftercall.inside.road.notice import Marks, Notice, Sign, Unread
from aftercall.words import Moment

_OF_A_PATIENT = ("Observation", "DiagnosticReport", "Procedure", "MedicationAdministration")


def read(body: bytes, site: Site, mark: Mark, now: Moment, *, base: str = "", source: str = "fhir") -> tuple[Notice | Unread, ...]:
    """Everything the document says, a notice for each patient and for each encounter or result that says something itself.

    `base` is the server's address, where it was asked or has subscribed us: an id means something on its server only.
    Empty only for the handshake and the heartbeat of a subscription.
    """
    opened = open_document(body)
    if isinstance(opened, Unread):
        return (opened,)
    if knocks(opened):
        return ()
    sheet = Sheet(opened, World(site, mark, now, base.rstrip("/"), source))
    heard = tuple(_heard(sheet))
    refused = tuple(dict.fromkeys(opened.refused))
    return (*heard, *refused) or (_nothing(sheet),)


def _heard(sheet: Sheet) -> Iterator[Notice | Unread]:
    envelope = sheet.envelope
    if envelope.is_answer:
        return
    results = list(_results(sheet))
    if envelope.certified and envelope.voids:
        yield from _voided(sheet)
        return
    for person in sheet.people.values():
        more = _more(sheet, person, results)
        for found, patient in person.versions:
            yield from of_patient(sheet, person, found, patient, more)
    for person in (*sheet.people.values(), *sheet.strangers()):
        for visit in person.visits:
            yield from _of_visit(sheet, person, visit)
    if not envelope.certified:
        for found, result in results:
            yield from _of_result(sheet, found, result)
        yield from _diagnoses(sheet)
    yield from _deleted(sheet)


def _results(sheet: Sheet) -> Iterator[tuple[Found, Deed]]:
    """Results are looked into only where one could be of a death: a hospital sends thousands of others."""
    if any(loinc in sheet.opened.body for loinc in _LOINCS):
        found = sheet.all(Deed, "Observation", "DiagnosticReport", holding=_LOINCS)
        yield from ((one, result) for one, result in found if is_death_result(result))


_LOINCS = (b"69453-9", b"69409-1", b"81956-5")


def _more(sheet: Sheet, person: Person, results: list[tuple[Found, Deed]]) -> Told:
    """What a certificate or the event itself says of this patient, beside the Patient."""
    envelope, more = sheet.envelope, Told()
    for _, result in results:
        if sheet.person(result.subject) is person:
            told = told_by_result(result, sheet.site.zone, certified=envelope.certified)
            more = more.also(told.signs if envelope.certified else (), told.died)
    if envelope.certified and sheet.opened.type in ("message", "document") and not more.signs:
        more = more.also((Sign(CERTIFICATE, "yes"),))
    if envelope.says_dead:
        more = more.also((Sign("Provenance.activity", "expired"),))
    if envelope.voids:
        more = more.also((Sign("document", "void"),))
    return more


def _of_visit(sheet: Sheet, person: Person, visit: Visit) -> Iterator[Notice | Unread]:
    """An encounter tells by itself how it ended, or that it never was; a newer form of it takes an older one's place."""
    told = told_by_encounter(visit.encounter, sheet.site)
    said = sheet.said(visit.encounter.meta, (visit.ends, visit.begins))
    if not told.signs and not (visit.found.served and said and visit.is_fresh(said[0])):
        return
    if not person.keys:
        yield no_number(sheet, f"{visit.found.path}.subject")
        return
    yield from notices(sheet, person, visit.found, told, visit.encounter.meta, str(visit.encounter.id or ""), visit=visit)


def _of_result(sheet: Sheet, found: Found, result: Deed) -> Iterator[Notice | Unread]:
    """A cause or a time of death among the results: weak, and nothing new where the patient is told to be dead."""
    person = sheet.person(result.subject)
    if not person.keys:
        yield no_number(sheet, f"{found.path}.subject")
        return
    told = told_by_result(result, sheet.site.zone, certified=False)
    own = (time_in(result.issued, sheet.site.zone), time_in(result.effective_date_time, sheet.site.zone))
    yield from notices(sheet, person, found, told, result.meta, str(result.id or ""), own=own)


def _diagnoses(sheet: Sheet) -> Iterator[Notice | Unread]:
    for found, one in sheet.all(Condition, "Condition", holding=_OF_DEATH):
        if not is_death_diagnosis(one):
            continue
        person = sheet.person(one.subject)
        if not person.keys:
            yield no_number(sheet, f"{found.path}.subject")
            continue
        own = (time_in(one.recorded_date, sheet.site.zone), time_in(one.onset_date_time, sheet.site.zone))
        yield from notices(sheet, person, found, told_by_diagnosis(one), one.meta, str(one.id or ""), own=own)


_OF_DEATH = (
    b'"R9',
    b'"r9',
    b'"I46',
    b'"i46',
    b'"O9',
    b'"o9',
    b'"P95',
    b'"p95',
    b'"Z37',
    b'"z37',
    *(c.encode() for c in DEATH_CONDITIONS),
)


def _voided(sheet: Sheet) -> Iterator[Notice | Unread]:
    """A certificate taken back; such a message names no patient, only the certificate."""
    header = next(sheet.opened.of("MessageHeader"), None)
    said = sheet.said(None, ())
    if header is None or said is None or not sheet.envelope.document:
        where = "Bundle.timestamp" if said is None else "Parameters.parameter"
        yield Unread(sheet.opened.kind, "time" if said is None else "no-patient", where, "Nothing says when, or which certificate.")
        return
    yield sheet.sealed(_void(sheet, f"document|{sheet.envelope.document}", said[0], ()), header)


def _deleted(sheet: Sheet) -> Iterator[Notice | Unread]:
    """A history can say that a resource was deleted: all that it told is as if never told."""
    for found in sheet.opened.found:
        if not found.gone or found.type not in ("Patient", "Encounter"):
            continue
        key, document, said = key_of(found.url, sheet.world.base), sheet.document(found, "", ()), sheet.said(None, ())
        if key and document and said:
            people = (sheet.world.mark(f"person|{key[0]}|{key[1]}"),) if found.type == "Patient" else ()
            yield sheet.sealed(_void(sheet, document, said[0], people), found)


def _void(sheet: Sheet, document: str, said_at: Moment, people: tuple[Marks, ...]) -> Notice:
    return Notice(
        kind=sheet.opened.kind,
        body=Marks(""),
        people=people,
        visit=None,
        signs=(Sign("document", "void"),),
        died=None,
        said_at=said_at,
        unit="",
        source=sheet.world.source,
        document=sheet.world.mark(document),
        corrects="document",
    )


def _nothing(sheet: Sheet) -> Notice | Unread:
    """Of a patient, but not of a death; or of nobody."""
    kind = sheet.opened.kind
    if sheet.envelope.is_answer:
        text = "Registries talk here of a certificate they have. Leave it out of the feed."
        return Unread(kind, "not-ours", "MessageHeader.eventUri", text)
    for found, one in sheet.all(Circle, *_OF_A_PATIENT, "CareTeam", "Flag", "EpisodeOfCare", "Encounter", "Condition"):
        if keys := sheet.person(one.subject or one.patient).keys:
            people = tuple(sheet.world.mark(f"person|{a}|{n}") for a, n in keys)
            silent = Notice(kind, Marks(""), people, None, (), None, sheet.now, "", source=sheet.world.source)
            return sheet.sealed(silent, found)
    if sheet.opened.type == "one":
        return Unread(kind, "not-ours", "resourceType", "This resource tells of no patient's death. Leave it out of the feed.")
    return Unread(kind, "no-patient", "Bundle.entry", "There is no Patient and no Encounter in it. Leave it out of the feed.")
