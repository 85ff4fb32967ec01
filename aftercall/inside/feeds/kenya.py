"""KenyaEMR's interoperability messages and OpenMRS records, both JSON, read for what they say about a death.

The interoperability layer always sends every field, and "" where it has nothing: empty is never a deletion here.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator

import msgspec
from msgspec import Struct

from aftercall.inside.feeds.openmrs import precision, read_record
from aftercall.inside.feeds.site import NO, SKEW, YES, Mark, Site, ages
from aftercall.inside.feeds.times import Time, doubt, time_of
from aftercall.inside.road.notice import Notice, Sign, Unread
from aftercall.words import Moment

LARGEST = 16 * 1024 * 1024
Word = str | int | float | bool | None


class Header(Struct, rename="upper", gc=False):
    sending_application: Word = None
    sending_facility: Word = None
    message_datetime: Word = None
    message_type: Word = None
    processing_id: Word = None


class Identifier(Struct, rename="upper", gc=False):
    id: Word = None
    identifier_type: Word = None
    assigning_authority: Word = None


class Identification(Struct, rename="upper", gc=False):
    external_patient_id: Identifier | str | None = None
    internal_patient_id: list[Identifier | None] | Identifier | str | None = None
    date_of_birth: Word = None
    death_date: Word = None
    death_indicator: Word = None


class Visit(Struct, rename="upper", gc=False):
    visit_date: Word = None


class Letter(Struct, rename="upper", gc=False):
    """One message; what isn't named here is skipped unread."""

    message_header: Header | None = None
    patient_identification: Identification | None = None
    patient_visit: Visit | str | None = None


def read(body: bytes, site: Site, mark: Mark, now: Moment) -> tuple[Notice | Unread, ...]:
    """One message, a list of them, or an OpenMRS record or search result."""
    if len(body) > LARGEST:
        return (Unread("", "too-large", f"byte {LARGEST}", "A message may have 16 MB. Send fewer records at once."),)
    body = body.removeprefix(b"\xef\xbb\xbf").strip()
    try:
        letters = _LETTERS.decode(body) if body[:1] == b"[" else [_LETTER.decode(body)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        return (_not_json(problem, len(body)),)
    if not any(letter.message_header or letter.patient_identification for letter in letters):
        return read_record(body, site, mark, now)
    return tuple(_notice(letter, site, mark, now) for letter in letters)


_LETTER, _LETTERS = msgspec.json.Decoder(Letter), msgspec.json.Decoder(list[Letter])


def _not_json(problem: Exception, size: int) -> Unread:
    """Where it broke. The decoder names the field, or the byte; never what stood there."""
    place = re.search(r"`(\$[.\w\[\]]{0,80})`$|byte (\d+)", str(problem))
    where = (place[1] or f"byte {place[2]}") if place else f"byte {size}"
    wrong = isinstance(problem, msgspec.ValidationError)
    text = "This field has another shape than it should." if wrong else "From here on it is no JSON: cut off, or damaged."
    return Unread("", "not-json", where, f"{text} Send it again.")


def _notice(letter: Letter, site: Site, mark: Mark, now: Moment) -> Notice | Unread:
    header, patient = letter.message_header or Header(), letter.patient_identification or Identification()
    kind = word(header.message_type).upper()
    kind = kind if re.fullmatch(r"[A-Z]{3}\^[A-Z]\d\d", kind) else ""
    people = tuple(dict.fromkeys(_people(patient)))
    if not people:
        return Unread(kind, "no-patient", "INTERNAL_PATIENT_ID", "There is no patient number. Send INTERNAL_PATIENT_ID with ID.")
    died, sent = time_of(word(patient.death_date), site.zone), time_of(word(header.message_datetime), site.zone)
    signs = tuple(_signs(patient, died))
    if signs and sent is None:
        text = "There is no time of the message. Write it as 20260131235900."
        return Unread(kind, "time", "MESSAGE_HEADER.MESSAGE_DATETIME", text)
    said = min(sent.last, now) if sent else now
    born, exact = time_of(word(patient.date_of_birth), site.zone), died if died and not died.is_coarse else None
    doubted = _doubt(letter, people, died, said, now, site)
    return Notice(
        kind=kind or "ADT",
        body=mark(f"body|{hashlib.sha256(msgspec.json.encode(letter)).hexdigest()}"),
        people=tuple(mark(f"person|{authority}|{number}") for authority, number in people),
        visit=None,
        signs=signs,
        died=exact.first if exact and exact.first <= now + SKEW else None,
        said_at=said,
        # No ward stands in it: the facility is the finest place there is. Who isn't here must not look as if seen here.
        unit="" if doubted else word(header.sending_facility)[:64],
        facts=ages(born.first, exact.first if exact else said, site.zone) if born and signs else frozenset(),
        doubt=doubted,
        source="kenya",
        died_as=precision(died),
    )


def _people(patient: Identification) -> Iterator[tuple[str, str]]:
    internal = patient.internal_patient_id
    listed = internal if isinstance(internal, list) else [internal]
    for one in (*listed, patient.external_patient_id):
        if isinstance(one, Identifier) and (number := word(one.id)):
            yield word(one.assigning_authority) or word(one.identifier_type), number


def _signs(patient: Identification, died: Time | None) -> Iterator[Sign]:
    said = word(patient.death_indicator).casefold()
    if said:
        yield Sign("DEATH_INDICATOR", "yes" if said in YES else "no" if said in NO else "other")
    if died:
        yield Sign("DEATH_DATE", "day" if died.is_day or died.is_coarse else "time")


def _doubt(letter: Letter, people: Iterable[tuple[str, str]], died: Time | None, said: Moment, now: Moment, site: Site) -> str:
    """A clinic hears of deaths at home and of long ago: without a visit of these days nobody here is written to."""
    visit = letter.patient_visit if isinstance(letter.patient_visit, Visit) else Visit()
    left = time_of(word(visit.visit_date), site.zone)
    processing = word(letter.message_header.processing_id).upper() if letter.message_header else ""
    test = "training" if processing not in ("", "P") else "mannequin" if site.is_mannequin(people) else ""
    return doubt(died, now, said, left=left, test=test, nobody=left is None)


def word(value: Word) -> str:
    """Any value as text: numbers stand where texts belong. What is longer than any number or time is none."""
    text = "" if value is None else str(value).strip()
    return text if len(text) <= 255 and text.isprintable() else ""
