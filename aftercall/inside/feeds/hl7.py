"""Turn one HL7 v2 payload into what it said about a death and who was there, without keeping who the patient is."""

import hashlib
import re
from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple

from aftercall.inside.feeds import v2xml
from aftercall.inside.feeds.acts import named_in
from aftercall.inside.feeds.answer import NOT_HL7, Header, Reading, acknowledge, code_of, header_of, no_patient
from aftercall.inside.feeds.clocks import NONE as NO_TIME
from aftercall.inside.feeds.er7 import Coding, Message, at, messages
from aftercall.inside.feeds.learn import dispositions
from aftercall.inside.feeds.moves import VISIT_ALONE, joined, taken_back
from aftercall.inside.feeds.scene import Scene, identifiers, patients_of, time_in
from aftercall.inside.feeds.signs import DISPOSES, death_of, signs_of
from aftercall.inside.feeds.site import CURRENT, SHORT, SKEW, Mark, Site, ages, tens, years_between
from aftercall.inside.feeds.times import Time, doubt
from aftercall.inside.road.notice import ALIVE, Coming, Notice, Sign, Unread
from aftercall.words import Moment

__all__ = ["Mark", "Reading", "Site", "acknowledge", "code_of", "read"]


def read(body: bytes, site: Site, mark: Mark, now: Moment) -> tuple[Reading, ...]:
    """Everything a payload says, in its order: several messages, or several patients in one, give several readings."""
    if len(body) > _SMALL and (why := _too_many(body)):
        return (Reading(why),)
    found = v2xml.messages(body) if v2xml.is_xml(body) else messages(body)
    if isinstance(found, Unread):
        return (Reading(found),)
    readings: list[Reading] = []
    for message in found:
        readings += _message(message, site, mark, now)
    return tuple(readings) or (Reading(NOT_HL7),)


_SMALL, _MOST, _MOST_LINES = 128 * 1024, 10_000, 300_000
_PATIENTS = re.compile(rb"(?:MSH|PID)[^\w\s]", re.IGNORECASE)


def _too_many(body: bytes) -> Unread | None:
    """So many patients, or so many segments, that reading them would hold up every other link for seconds."""
    body = body.replace(b"\x00", b"")
    lines = body.count(b"\r") + body.count(b"\n")
    if lines <= _MOST_LINES:
        found = [name[0] in b"Mm" for name in _PATIENTS.findall(body)]
        if max(found.count(True), found.count(False)) <= _MOST:
            return None
    text = f"More than {_MOST} patients, or {_MOST_LINES} segments, came as one payload. Send it in parts."
    return Unread("", "too-large", "MSH-1", text)


class _When(NamedTuple):
    """The times of a message, none of them ahead of us: a wrong clock would win over every later correction."""

    said: Moment  # when it was written down
    sent: Moment | None  # MSH-7, where that is another
    last: Moment  # the latest that is said anywhere
    happened: Moment | None  # EVN-6


class _Sheet(NamedTuple):
    """What all patients of a message have in common."""

    header: Header
    when: _When | None  # None when no time stands in EVN or MSH-7
    readable: bool  # its letters beyond ASCII can be trusted
    digest: str


def _message(message: Message, site: Site, mark: Mark, now: Moment) -> list[Reading]:
    if not message.headed:
        return [Reading(NOT_HL7)]
    patients, event = patients_of(message)
    coding, msh = message.coding, message.msh
    header = header_of(coding, msh, xml=message.xml)
    kind = _kind(coding, msh[9][:_CODE] if len(msh) > 9 else b"", event[1][:_CODE] if len(event) > 1 else b"")
    when = _when(coding, at(event, 2), at(msh, 7), at(event, 6), msh, site, now)
    readable = coding.known or _is_utf8(message.plain)
    sheet = _Sheet(header, when, readable, hashlib.sha256(message.plain).hexdigest())
    trigger = kind[4:] if kind[:4] == "ADT^" else kind if len(kind) == 3 else ""
    old = header.version[:3] in ("2.1", "2.2")
    readings: list[Reading] = []
    for n, patient in enumerate(patients):
        scene = Scene(patient, coding, site, now, kind, trigger, event, old)
        readings.append(Reading(_heard(scene, sheet, n, mark), header, dispositions(scene) if kind in DISPOSES else ()))
    return readings


def _heard(scene: Scene, sheet: _Sheet, number: int, mark: Mark) -> Notice | Unread:
    patient, coding = scene.patient, scene.coding
    people = _people(scene)
    pid, pv1 = patient.pid, patient.pv1
    visits = identifiers(coding, at(pv1, 19) or at(pid, 18))
    if not people and not (visits and scene.trigger in VISIT_ALONE):
        return no_patient(scene.kind, named=bool(patient.pid))
    if not sheet.readable and not all((authority + one).isascii() for authority, one in people):
        return Unread(scene.kind, "charset", "MSH-18", "The patient's number is in a charset nobody knows. Send UTF-8.")
    death = death_of(scene) if len(pid) > 29 and pid[29] else None
    signs, corrects = taken_back(scene, signs_of(scene, death))
    if signs and sheet.when is None:
        return Unread(scene.kind, "time", "MSH-7", "Neither EVN nor MSH-7 holds a time. Write it as 20260131235900+0300.")
    usable = death is not None and not death.is_coarse and death.first <= scene.now + SKEW
    died = death.first if death and usable else None
    when = sheet.when or _When(scene.now, None, scene.now, None)
    left = scene.time(at(pv1, 45)) if len(pv1) > 45 and pv1[45] else None
    came_as = scene.pv1(2), scene.pv1(4)
    return Notice(  # by their places: their names would cost a twentieth of all the reading
        scene.kind,
        mark(f"body|{sheet.digest}|{number}" if number else f"body|{sheet.digest}"),
        tuple([mark(f"person|{authority}|{one}") for authority, one in people]),
        mark(f"visit|{visits[0][0]}|{visits[0][1]}") if visits else None,
        tuple(signs),
        died,
        when.said,
        scene.pv1(3)[:64],
        named_in(scene),
        _facts(scene, signs, died or when.said, came_as),
        _doubt(scene, sheet, people, death, left, came_as[0]),
        joined=tuple([mark(text) for text in dict.fromkeys(joined(scene))]) if patient.merges else (),
        died_as=_precision(death) if death else "",
        sent=when.sent,
        happened=when.happened or _instant(left, scene.now),
        corrects=corrects,
        coming=_coming(scene, mark, when.said) if "E" in came_as and people else None,
    )


def _coming(scene: Scene, mark: Mark, said: Moment) -> Coming | None:
    """Of an emergency that came lately: an ambulance may have brought it. PV1-5 and PV1-50 may hold the incident's number."""
    admitted = scene.time(at(scene.patient.pv1, 44))
    came = admitted.first if admitted and not admitted.is_day else said if scene.trigger in ("A01", "A04") else None
    if came is None or not scene.now - CURRENT <= came <= scene.now + SKEW:
        return None
    birth, incident = scene.time(at(scene.patient.pid, 7)), scene.pv1(5) or scene.pv1(50)
    age = tens(years_between(birth.first, came, scene.site.zone)) if birth else None
    return Coming("stay", came, age, incident=mark(f"incident|{incident}") if incident else None)


_CODE = 64  # no code is longer, and what is kept for speed stays small
_NO_FACTS, _EXPECTED = frozenset[str](), frozenset({"expected"})


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


@lru_cache(maxsize=256)
def _kind(coding: Coding, said: bytes, event: bytes) -> str:
    """MSH-9 as type^trigger; old senders have the trigger in EVN-1 only. Anything that is no code is left out."""
    parts = said.split(coding.component)
    trigger = parts[1] if len(parts) > 1 and parts[1].strip() else event
    words = [coding.text(part).upper() for part in (parts[0], trigger)]
    return "^".join(word for word in words if len(word) == 3 and word.isascii() and word.isalnum() and word[0].isalpha())


def _when(
    coding: Coding, evn2: bytes | None, msh7: bytes | None, evn6: bytes | None, msh: list[bytes], site: Site, now: Moment
) -> _When | None:
    """It was written down at the first of EVN-2, MSH-7 and EVN-6 that is finer than a day, or else a day."""
    written, sent, happened = [time_in(coding, raw, site.zone) if raw else None for raw in (evn2, msh7, evn6)]
    if written and evn2 == msh7 and (instant := _instant(written, now, _ahead(written, msh, site, now))):  # nearly always
        last = happened.last if happened and not happened.is_coarse and happened.last > written.last else written.last
        return _When(instant, None, min(last, now), _instant(happened, now))
    times = [time for time in (written, sent, happened) if time and not time.is_coarse]
    if not times:
        return None
    ahead = _ahead(sent or written, msh, site, now)
    theirs = (_instant(written, now, ahead), _instant(sent, now, ahead), _instant(happened, now))
    exact = [instant for instant in theirs if instant]
    said = exact[0] if exact else min(times[0].first, now)
    again = theirs[1] if sent is not written else said
    return _When(said, again if again != said else None, min(max([time.last for time in times]), now), theirs[2])


def _ahead(shown: Time | None, msh: list[bytes], site: Site, now: Moment) -> timedelta:
    """By how much the sender's clock is ahead of ours, as this message and those before it show."""
    if shown is None or (shown.first <= now and not site.clocks.any_known):
        return NO_TIME
    return site.clocks.ahead(b"%b|%b" % (at(msh, 3) or b"", at(msh, 4) or b""), shown.first, now, SKEW)


def _instant(time: Time | None, now: Moment, ahead: timedelta = NO_TIME) -> Moment | None:
    """The instant that a time finer than a day means, unless it is well ahead of us; by a clock that is `ahead`."""
    if time is None or (time.span and (time.is_day or time.is_coarse)):
        return None
    first = time.first
    if first > now:
        if first > now + SKEW:
            return None
        return min(first - ahead if ahead else first, now)
    return first - ahead if ahead else first


def _precision(death: Time) -> str:
    if not death.is_coarse:
        return "day" if death.is_day else "time"
    return "year" if death.span.days > 31 else "month"


def _people(scene: Scene) -> list[tuple[str, str]]:
    """Every number of PID-3, each once; PID-2 where old senders have it alone."""
    pid = scene.patient.pid
    found = identifiers(scene.coding, pid[3].strip() if len(pid) > 3 else b"") or identifiers(scene.coding, at(pid, 2))
    return list(dict.fromkeys(found)) if len(found) > 1 else found


def _facts(scene: Scene, signs: list[Sign], when: Moment, came_as: tuple[str, str]) -> frozenset[str]:
    """Of a living patient only that a death would be no surprise: how short a stay was, or how old who died, can't be said yet."""
    known = _EXPECTED if scene.site.expected_services and scene.site.is_expected(scene.pv1(10)) else _NO_FACTS
    if all([sign.value in ALIVE for sign in signs]):
        return known
    facts = set(known)
    if "E" in came_as or "e" in came_as:
        facts.add("emergency")
    admitted = scene.time(at(scene.patient.pv1, 44))
    if admitted and abs(when - admitted.first) <= SHORT:
        facts.add("short stay")
    if birth := scene.time(at(scene.patient.pid, 7)):
        facts |= ages(birth.first, when, scene.site.zone)
    return frozenset(facts)


def _doubt(
    scene: Scene, sheet: _Sheet, people: Sequence[tuple[str, str]], death: Time | None, left: Time | None, class_: str
) -> str:
    nobody = not scene.patient.pv1 or class_ in ("N", "n") or scene.trigger in ("A28", "A31")
    test = "training" if sheet.header.processing != "P" else "mannequin" if scene.site.is_mannequin(people) else ""
    sent = sheet.when.last if sheet.when else scene.now
    return doubt(death, scene.now, sent, left=left, test=test, nobody=nobody)
