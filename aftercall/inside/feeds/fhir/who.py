"""Who was there, as far as the record names them: each with the reason, and when."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from aftercall.inside.feeds.fhir.encounter import Visit
from aftercall.inside.feeds.fhir.links import Links
from aftercall.inside.feeds.fhir.moments import first_of, time_in
from aftercall.inside.feeds.fhir.shapes import Circle, Concept, Deed, Reference
from aftercall.inside.feeds.site import Site
from aftercall.inside.feeds.times import Time
from aftercall.inside.road.notice import Named
from aftercall.words import Moment

LATELY = timedelta(hours=12)  # before the death
_OVER = frozenset({"inactive", "proposed", "entered-in-error", "finished", "cancelled"})
_NOT_DONE = frozenset({"entered-in-error", "not-done", "cancelled", "preparation", "registered"})


def of_visits(visits: Iterable[Visit], links: Links, died: Time | None, site: Site) -> Iterator[Named]:
    """Encounter.participant. Who came to the dead only, to certify, was not there."""
    for visit in visits:
        if not visit.before(died):
            continue
        for one in visit.encounter.participant or ():
            begins, ends = first_of(one.period, site.zone)
            if died and begins and begins > died.last:
                continue
            role = _role(one.type)
            if role == "ADM" and one.period is None and visit.begins:  # who admitted the patient may be gone for days
                begins = ends = visit.begins.first
            yield from _each(links, one.individual, "Encounter.participant", role, begins, ends)


def of_circles(circles: Iterable[Circle], links: Links, died: Time | None, site: Site) -> Iterator[Named]:
    """CareTeam.participant and EpisodeOfCare.careManager."""
    for circle in circles:
        if circle.status in _OVER:
            continue
        for member in circle.participant or ():
            begins, ends = first_of(member.period or circle.period, site.zone)
            if _then(begins, ends, died):
                yield from _each(links, member.member, "CareTeam.participant", _role(member.role), begins, ends)
        begins, ends = first_of(circle.period, site.zone)
        if _then(begins, ends, died):
            yield from _each(links, circle.care_manager, "EpisodeOfCare.careManager", "", begins, ends)


def of_deeds(deeds: Iterable[tuple[str, Deed]], links: Links, until: Moment, site: Site) -> Iterator[Named]:
    """Who did something for the patient in the last hours: (resource type, what was done)."""
    for kind, deed in deeds:
        if deed.status in _NOT_DONE:
            continue
        begins, ends = _when(deed, site)
        if begins is None or begins > until or (ends or begins) < until - LATELY:
            continue
        for one in deed.performer or ():
            role = _role([one.function] if one.function else None)
            yield from _each(links, one.actor or one, f"{kind}.performer", role, begins, ends)


def _when(deed: Deed, site: Site) -> tuple[Moment | None, Moment | None]:
    for period in (deed.performed_period, deed.effective_period):
        if period:
            return first_of(period, site.zone)
    texts = (deed.performed_date_time, deed.effective_date_time, deed.effective_instant, deed.issued)
    time = next((time for text in texts if (time := time_in(text, site.zone))), None)
    return (time.first, time.last) if time else (None, None)


def _then(begins: Moment | None, ends: Moment | None, died: Time | None) -> bool:
    return died is None or ((begins is None or begins <= died.last) and (ends is None or ends >= died.first - LATELY))


def _each(
    links: Links, reference: Reference | None, path: str, role: str, begins: Moment | None, ends: Moment | None
) -> Iterator[Named]:
    for authority, number in links.persons(reference):
        yield Named(authority, number, f"{path} {role}".strip(), role, begins, ends)


def _role(concepts: list[Concept] | None) -> str:
    """The code, where it is one of letters as ATND is; else what it is called."""
    for concept in concepts or ():
        for coding in concept.coding or ():
            code = str(coding.code or "")
            if code and not code.isdigit():
                return code[:40]
            if coding.display:
                return coding.display[:40]
        if concept.text:
            return concept.text[:40]
    return ""
