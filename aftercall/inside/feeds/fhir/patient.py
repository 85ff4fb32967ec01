"""One notice for each patient of a document: dead, not dead, or nothing said; with the visit behind it and who was there."""

from collections.abc import Iterator

from aftercall.inside.feeds.fhir.death import DECEASED, Told, is_expected, is_test, told_by_patient
from aftercall.inside.feeds.fhir.encounter import Visit, facts_of, number_of, those_then, unit_of
from aftercall.inside.feeds.fhir.links import Key
from aftercall.inside.feeds.fhir.moments import precision, time_in
from aftercall.inside.feeds.fhir.opened import Found
from aftercall.inside.feeds.fhir.shapes import Circle, Deed, Encounter, Meta, Patient
from aftercall.inside.feeds.fhir.sheet import Person, Sheet
from aftercall.inside.feeds.fhir.who import of_circles, of_deeds, of_visits
from aftercall.inside.feeds.site import SKEW, ages
from aftercall.inside.feeds.times import Time, doubt
from aftercall.inside.road.notice import Marks, Named, Notice, Sign, Unread
from aftercall.words import Moment

_MERGED = frozenset({"replaced-by", "replaces"})
_SAID = ("deceasedBoolean", "deceasedDateTime")
_DEEDS = ("Procedure", "MedicationAdministration", "Observation")


def of_patient(sheet: Sheet, person: Person, found: Found, patient: Patient, more: Told) -> Iterator[Notice | Unread]:
    """`more` is what else the document says of this death: a certificate, the event that it tells of, a time in a result."""
    told = told_by_patient(patient, sheet.site.zone)
    if twice := next((name for name in _SAID if bytes(found.raw).count(f'"{name}"'.encode()) > 1), ""):
        told = Told((Sign(DECEASED, "maybe"),), None, twice)  # JSON lets a field be said twice, and then nobody knows which holds
    if told.unreadable:
        text = "It can't be read, is said twice, or lies before the birth. Send it once, as 2026-03-10T14:02:00+03:00."
        yield Unread(sheet.opened.kind, "time", f"{found.path}.{told.unreadable}", text)
    told = told.also(more.signs, more.died)
    if not person.keys:
        yield no_number(sheet, f"{found.path}.identifier")
        return
    yield from notices(sheet, person, found, told, patient.meta, str(patient.id or ""), _born(sheet, patient), patient)


def no_number(sheet: Sheet, where: str) -> Unread:
    text = "There is no patient's number or address. Send identifier.value, or an id."
    return Unread(sheet.opened.kind, "no-patient", where, text)


def notices(
    sheet: Sheet,
    person: Person,
    found: Found,
    told: Told,
    meta: Meta | None,
    ident: str,
    born: Time | None = None,
    patient: Patient | None = None,
    visit: Visit | None = None,
    own: tuple[Time | None, ...] = (),
) -> Iterator[Notice | Unread]:
    """The notice of a patient, of an encounter (`visit`) or of a result."""
    ends = (visit.ends or visit.begins) if visit else None
    said = sheet.said(meta, (told.died, ends, *own))
    if said is None and told.signs:
        yield _timeless(sheet, found)
        return
    said_at, sent = said or (sheet.now, sheet.now)
    mark, died = sheet.world.mark, told.died
    then = [visit] if visit else those_then(_newest(person.visits), died, said_at)
    joined = tuple(mark(f"person|{a}|{n}") for a, n in _joined(sheet, patient))
    document = _document(sheet, found, ident, person.keys, is_patient=patient is not None) if said else ""
    at = died.first if died and not died.is_coarse and died.first <= sheet.now + SKEW else None
    number = number_of(then[0], sheet.world.base) if then else None
    serious, dead = bool(told.signs), not all(sign.value in ("no", "other", "void") for sign in told.signs)
    yield sheet.sealed(
        Notice(
            kind=sheet.opened.kind,
            body=_NO_MARK,
            people=tuple(mark(f"person|{authority}|{key}") for authority, key in person.keys),
            visit=mark(f"visit|{number[0]}|{number[1]}") if number else None,
            signs=told.signs,
            died=at,
            said_at=said_at,
            unit=unit_of(then[0], sheet.links, died, sheet.site) if then and (serious or visit) else "",
            # Who looks after a patient of whom no death is told is none of our business: it isn't even read.
            named=tuple(dict.fromkeys(_named(sheet, person, then, died, at or said_at))) if dead else (),
            facts=frozenset(_facts(sheet, person, then, born, at or said_at)) if dead else frozenset(),
            doubt=_doubt(sheet, person, then, told if dead else None, (meta, visit), sent) if serious else "",
            source=sheet.world.source,
            joined=joined,
            document=mark(document) if document else None,
            version=_version(meta),
            sent=_last_written(sheet, then, said_at) if patient else None,
            died_as=precision(died) if died else "",
            happened=min(ends.first, sheet.now) if ends and dead else None,
            corrects=_corrects(sheet, told, joined),
        ),
        found,
    )


_NO_MARK = Marks("")


def _timeless(sheet: Sheet, found: Found) -> Unread:
    text = "Nothing says when this was written. Send meta.lastUpdated, or a Bundle with a timestamp."
    return Unread(sheet.opened.kind, "time", f"{found.path}.meta.lastUpdated", text)


def _document(sheet: Sheet, found: Found, ident: str, keys: tuple[Key, ...], *, is_patient: bool) -> str:
    if is_patient and sheet.envelope.document:
        return f"document|{sheet.envelope.document}"
    return sheet.document(found, ident, keys)


def _joined(sheet: Sheet, patient: Patient | None) -> Iterator[Key]:
    """The numbers of the other record of a merge (Patient.link)."""
    for link in (patient.link if patient else None) or ():
        if link.type in _MERGED and link.other and "RelatedPerson" not in (link.other.reference or ""):
            yield from sheet.person(link.other).keys


def _newest(visits: list[Visit]) -> list[Visit]:
    """Of several versions of one encounter the newest."""
    newest: dict[str, Visit] = {}
    for visit in visits:
        name = visit.found.url.partition("/_history/")[0] or visit.found.path
        kept = newest.get(name)
        if kept is None or _age(visit.encounter) >= _age(kept.encounter):
            newest[name] = visit
    return list(newest.values())


def _last_written(sheet: Sheet, then: list[Visit], said_at: Moment) -> Moment | None:
    """A form that knows a newer state of the visit takes the place of one that does not, though the Patient is the same."""
    metas = (visit.encounter.meta for visit in then)
    times = (time_in(meta.last_updated, sheet.site.zone) for meta in metas if meta)
    return max((min(time.first, sheet.now) for time in times if time and time.first > said_at), default=None)


def _age(encounter: Encounter) -> tuple[str, int]:
    meta = encounter.meta
    return (meta.last_updated or "") if meta else "", _version(meta)


def _version(meta: Meta | None) -> int:
    text = str(meta.version_id) if meta and meta.version_id is not None else ""
    return int(text) if text.isdecimal() and len(text) < 16 else 0


def _born(sheet: Sheet, patient: Patient) -> Time | None:
    return time_in(patient.birth_date, sheet.site.zone)


def _named(sheet: Sheet, person: Person, then: list[Visit], died: Time | None, at: Moment) -> Iterator[Named]:
    yield from of_visits(then, sheet.links, died, sheet.site)
    circles = (c for _, c in sheet.all(Circle, "CareTeam", "EpisodeOfCare") if sheet.person(c.subject or c.patient) is person)
    yield from of_circles(circles, sheet.links, died, sheet.site)
    deeds = (
        (f.type, d)
        for f, d in sheet.all(Deed, *_DEEDS, holding=(b'"performer"',))
        if d.performer and sheet.person(d.subject) is person
    )
    yield from of_deeds(deeds, sheet.links, died.last if died else at, sheet.site)


def _facts(sheet: Sheet, person: Person, then: list[Visit], born: Time | None, at: Moment) -> Iterator[str]:
    yield from facts_of(then, at, sheet.site)
    for _, circle in sheet.all(Circle, "CareTeam", "Flag"):
        ours = sheet.person(circle.subject or circle.patient) is person and circle.status in (None, "active")
        if ours and is_expected((circle.code, *(circle.category or ())), sheet.site, circle.name):
            yield "expected"
    born = born or next((_born(sheet, patient) for _, patient in person.versions), None)
    if born:
        yield from sorted(ages(born.first, at, sheet.site.zone))


def _doubt(
    sheet: Sheet, person: Person, then: list[Visit], told: Told | None, of: tuple[Meta | None, Visit | None], sent: Moment
) -> str:
    """Nobody stands behind a death when no visit of the document does; a message about a patient here is one by nature."""
    meta, visit = of
    metas = (meta, *(p.meta for _, p in person.versions), *(v.encounter.meta for v in then))
    training = sheet.envelope.is_test or is_test(metas)
    test = "training" if training else "mannequin" if sheet.site.is_mannequin(person.keys) else ""
    if told is None:
        return test
    nobody = not then and bool(person.visits or not sheet.envelope.is_event)
    return doubt(told.died, sheet.now, sent, left=visit.ends if visit else None, test=test, nobody=nobody)


def _corrects(sheet: Sheet, told: Told, joined: tuple[Marks, ...]) -> str:
    if Sign("visit", "void") in told.signs:
        return "admission"
    if sheet.envelope.corrects or Sign("document", "void") in told.signs:
        return "document"
    if Sign(DECEASED, "no") in told.signs:
        return "death"
    return "merge" if joined else ""
