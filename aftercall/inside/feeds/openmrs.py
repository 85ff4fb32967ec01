"""OpenMRS over REST: a person, patient, visit or encounter, alone or as a search result."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta

import msgspec
from msgspec import Struct

from aftercall.inside.feeds.site import SKEW, Mark, Site, ages
from aftercall.inside.feeds.times import Time, doubt, time_of
from aftercall.inside.road.notice import Named, Notice, Sign, Unread
from aftercall.words import Moment

_LONGEST = 255


class Audit(Struct, rename="camel", gc=False):
    date_created: str | None = None
    date_changed: str | None = None
    date_voided: str | None = None


class Ref(Struct, rename="camel", gc=False):
    """A location, a role, a kind of number: whatever is told apart by name."""

    uuid: str | None = None
    display: str | None = None


class Identifier(Struct, rename="camel", gc=False):
    identifier: str | int | None = None
    display: str | None = None  # "OpenMRS ID = 100GEJ", when only this was asked for
    identifier_type: Ref | None = None
    voided: bool | None = None


class Provider(Struct, rename="camel", gc=False):
    uuid: str | None = None
    identifier: str | int | None = None
    display: str | None = None  # "1234 - Asha Mwangi"


class Part(Struct, rename="camel", gc=False):
    """Somebody who took part in an encounter."""

    provider: Provider | None = None
    encounter_role: Ref | None = None
    voided: bool | None = None


class Record(Struct, rename="camel", gc=False):
    """Any of the four, and a search result. The fields of one are absent in the others."""

    uuid: str | None = None
    dead: bool | None = None
    death_date: str | None = None
    deathdate_estimated: bool | None = None
    cause_of_death: Ref | str | None = None
    birthdate: str | None = None
    voided: bool | None = None
    audit_info: Audit | None = None
    identifiers: list[Identifier] | None = None
    person: "Record | None" = None
    patient: "Record | None" = None
    visit: "Record | None" = None
    start_datetime: str | None = None
    stop_datetime: str | None = None
    encounter_datetime: str | None = None
    location: Ref | None = None
    encounter_providers: list[Part] | None = None
    encounters: "list[Record] | None" = None
    results: "list[Record] | None" = None

    @property
    def kind(self) -> str:
        if self.encounter_datetime:
            return "encounter"
        if self.start_datetime:
            return "visit"
        return "patient" if self.identifiers is not None or self.person else "person"


def precision(time: Time | None) -> str:
    """How exactly it was said, as Notice.died_as has it."""
    if time is None or time.is_day:
        return "day" if time else ""
    return "time" if not time.is_coarse else "month" if time.span < timedelta(days=32) else "year"


_RECORD, _RECORDS = msgspec.json.Decoder(Record), msgspec.json.Decoder(list[Record])


def read_record(body: bytes, site: Site, mark: Mark, now: Moment) -> tuple[Notice | Unread, ...]:
    """Each record in it. It is what the server says at this moment, where it doesn't say since when."""
    try:
        records = _RECORDS.decode(body) if body[:1] == b"[" else [_RECORD.decode(body)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        text = "A field of the record has another shape than OpenMRS gives it. Ask for v=full."
        return (Unread("", "not-json", "record", text),)
    flat = [one for record in records for one in (record.results if record.results is not None else [record])]
    if any(not one.uuid for one in flat):
        text = "There is no MESSAGE_HEADER and no uuid. Send the interoperability message, or the record, as it is and not wrapped."
        return (Unread("", "not-ours", "uuid", text),)
    return tuple(_notice(one, site, mark, now) for one in flat)


def _notice(record: Record, site: Site, mark: Mark, now: Moment) -> Notice:
    patient = record.patient or (record.visit.patient if record.visit else None) or (record if record.kind in _WHO else Record())
    person = patient.person or patient
    died, said, visit = _death(person, site), _said(record, patient, person, site, now), _visit(record)
    people = tuple(dict.fromkeys(_people(patient, person)))
    signs = tuple(_signs(record, patient, person, died))
    exact = died.first if died and not died.is_coarse and died.first <= now + SKEW else None
    born = time_of(_short(person.birthdate), site.zone)
    left = time_of(_short(visit.stop_datetime if visit else record.encounter_datetime), site.zone)
    test, nobody = "mannequin" if site.is_mannequin(people) else "", record.kind in _WHO
    doubted = doubt(died, now, said, left=left, test=test, nobody=nobody)
    return Notice(
        kind=f"openmrs/{record.kind}",
        body=mark(f"body|{hashlib.sha256(msgspec.json.encode(record)).hexdigest()}"),
        people=tuple(mark(f"person|{authority}|{number}") for authority, number in people),
        visit=mark(f"visit|openmrs|{visit.uuid}") if visit and visit.uuid else None,
        signs=signs,
        died=exact,
        said_at=said,
        unit="" if doubted else _unit(record, visit),  # who isn't here must not look as if seen here
        named=tuple(dict.fromkeys(_named(record, site))),
        facts=ages(born.first, exact or said, site.zone) if born and signs else frozenset(),
        doubt=doubted,
        source="openmrs",
        died_as=precision(died),
    )


def _unit(record: Record, visit: Record | None) -> str:
    places = (one.location for one in (record, visit) if one and one.location)
    return next((name[:64] for place in places if (name := _short(place.display))), "")


_WHO = frozenset({"patient", "person"})


def _death(person: Record, site: Site) -> Time | None:
    """An estimated date is a day at best."""
    time = time_of(_short(person.death_date), site.zone)
    return Time(time.first, max(time.span, timedelta(days=1))) if time and person.deathdate_estimated else time


def _short(text: str | int | None) -> str:
    """What is longer than any number, name or time is none."""
    words = "" if text is None else str(text).strip()
    return words if len(words) <= _LONGEST and words.isprintable() else ""


def _people(patient: Record, person: Record) -> Iterator[tuple[str, str]]:
    for one in (patient, person):
        if uuid := _short(one.uuid):
            yield "openmrs", uuid
    for number in patient.identifiers or []:
        authority, equals, value = _short(number.display).rpartition(" = ")
        value = _short(number.identifier) or (value if equals else "")
        if value and not number.voided:
            yield (_short(number.identifier_type.display) if number.identifier_type else "") or authority, value


def _signs(record: Record, patient: Record, person: Record, died: Time | None) -> Iterator[Sign]:
    if record.voided and record.kind == "visit":
        yield Sign("visit", "void")
    if patient.voided or person.voided:
        yield Sign("record", "void")
        return
    if person.dead is not None:
        yield Sign("person.dead", "yes" if person.dead else "no")
    elif person.cause_of_death:
        yield Sign("person.causeOfDeath", "maybe")
    if died:
        yield Sign("person.deathDate", "day" if died.is_day or died.is_coarse else "time")


def _said(record: Record, patient: Record, person: Record, site: Site, now: Moment) -> Moment:
    """When it was last changed; a server that doesn't say so speaks for this moment."""
    audits = [one.audit_info for one in (record, patient, person) if one.audit_info]
    texts = (text for audit in audits for text in (audit.date_voided, audit.date_changed, audit.date_created))
    times = [time.last for text in texts if (time := time_of(_short(text), site.zone))]
    return min(max(times), now) if times else now


def _visit(record: Record) -> Record | None:
    return record if record.kind == "visit" else record.visit


def _named(record: Record, site: Site) -> Iterator[Named]:
    for encounter in (record, *(record.encounters or [])):
        when = time_of(_short(encounter.encounter_datetime), site.zone)
        at = when.first if when and not when.is_day else None
        for part in encounter.encounter_providers or []:
            role = _short(part.encounter_role.display if part.encounter_role else "")[:40]
            for number in () if encounter.voided or part.voided or not part.provider else _numbers(part.provider):
                yield Named("openmrs", number, "encounterProvider", role, at, at)


def _numbers(provider: Provider) -> Iterator[str]:
    """A provider's uuid, and the number that stands before the name."""
    before, dash, _ = _short(provider.display).partition(" - ")
    yield from dict.fromkeys(filter(None, (_short(provider.uuid), _short(provider.identifier), before if dash else "")))
