"""Turn one HL7 v2 payload into what it said about a death, without keeping who the patient is."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from aftercall.inside.feeds.answer import NOT_HL7, Reading, acknowledge, header_of
from aftercall.inside.feeds.er7 import DELETE, Coding, Message, at, messages
from aftercall.inside.feeds.site import NO, SHORT, SKEW, YES, Mark, Site, ages
from aftercall.inside.feeds.times import Time, doubt, time_of
from aftercall.inside.road.notice import Named, Notice, Sign, Unread
from aftercall.words import Moment

__all__ = ["Mark", "Reading", "Site", "acknowledge", "read"]

# These carry the losing record in MRG-1, so that the two can be joined (FEEDS 8a).
_MERGES = frozenset({"A18", "A30", "A34", "A35", "A36", "A39", "A40", "A41", "A46", "A47", "A49"})
_DOCTORS = ((7, "attending"), (8, "referring"), (9, "consulting"), (17, "admitting"), (52, "other"))


def read(body: bytes, site: Site, mark: Mark, now: Moment) -> tuple[Reading, ...]:
    """Everything a payload says, in its order: several messages, or several patients in one, give several readings."""
    readings = tuple(reading for message in messages(body) for reading in _message(message, site, mark, now))
    return readings or (Reading(NOT_HL7),)


@dataclass
class _Patient:
    """One PID and what stands with it."""

    pid: list[bytes]
    pv1: list[bytes] | None = None
    merged: bytes | None = None  # MRG-1
    crew: list[list[bytes]] = field(default_factory=list)  # ROL and PRT


@dataclass(frozen=True)
class _Scene:
    """One patient's part of one message, and all that is needed to understand it."""

    patient: _Patient
    coding: Coding
    site: Site
    now: Moment
    kind: str
    times: tuple[Moment, Moment] | None  # said and sent; None when no time stands in EVN or MSH-7
    readable: bool  # its letters beyond ASCII can be trusted
    training: bool

    def pv1(self, number: int) -> bytes:
        return (at(self.patient.pv1, number) if self.patient.pv1 else None) or b""

    def word(self, number: int) -> str:
        """The first component of a PV1 field."""
        return self.coding.text(self.coding.first(self.pv1(number)))

    def time(self, raw: bytes | None) -> Time | None:
        return time_of(self.coding.text(self.coding.first(raw or b"")), self.site.zone)


def _message(message: Message, site: Site, mark: Mark, now: Moment) -> Iterator[Reading]:
    if not message.headed:
        yield Reading(NOT_HL7)
        return
    patients, event = _split(message)
    msh = message.header()
    header = header_of(message.coding, msh)
    kind = _kind(message.coding, msh, event)
    times = _times(message.coding, (at(event, 6), at(event, 2), at(msh, 7)), site, now)
    readable = message.coding.known or _is_utf8(message.plain)
    digest = hashlib.sha256(message.plain).hexdigest()
    for number, patient in enumerate(patients):
        scene = _Scene(patient, message.coding, site, now, kind, times, readable, header.processing != "P")
        body = f"body|{digest}" if number == 0 else f"body|{digest}|{number}"
        yield Reading(_notice(scene, body, mark), header)
    if not patients:
        yield Reading(_no_patient(kind), header)


def _split(message: Message) -> tuple[list[_Patient], list[bytes]]:
    """The patients in order, each with the first PV1 that follows (A17 has two pairs), and the EVN."""
    patients: list[_Patient] = []
    event: list[bytes] = []
    early = _Patient([])  # a PV1 that came before any PID belongs to the first
    for line in message.lines:
        name = line[:3].upper()
        if name not in _WANTED:
            continue
        fields = line.split(message.coding.field)
        current = patients[-1] if patients else early
        if name == b"PID":
            patients.append(_Patient(fields) if patients else replace(early, pid=fields))
        elif name == b"PV1":
            current.pv1 = current.pv1 or fields
        elif name == b"EVN":
            event = event or fields
        elif name == b"MRG":
            current.merged = current.merged or at(fields, 1)
        else:
            current.crew.append(fields)
    return patients, event


_WANTED = frozenset({b"PID", b"PV1", b"EVN", b"MRG", b"ROL", b"PRT"})


def _notice(scene: _Scene, body: str, mark: Mark) -> Notice | Unread:
    people = tuple(dict.fromkeys(_people(scene)))
    if not people:
        return _no_patient(scene.kind)
    if not scene.readable and not all((authority + number).isascii() for authority, number in people):
        return Unread(scene.kind, "charset", "MSH-18", "The patient's number is in a charset nobody knows. Send UTF-8.")
    death = _death(scene)
    signs = tuple(_signs(scene, death))
    if signs and scene.times is None:
        return Unread(scene.kind, "time", "MSH-7", "Neither EVN nor MSH-7 holds a time. Write it as 20260131235900+0300.")
    visit = next(_identifiers(scene.coding, scene.pv1(19) or at(scene.patient.pid, 18) or b""), None)
    died = death.first if death and not death.is_coarse and death.first <= scene.now + SKEW else None
    said_at, sent = scene.times or (scene.now, scene.now)
    return Notice(
        kind=scene.kind,
        body=mark(body),
        people=tuple(mark(f"person|{authority}|{number}") for authority, number in people),
        visit=mark(f"visit|{visit[0]}|{visit[1]}") if visit else None,
        signs=signs,
        died=died,
        said_at=said_at,
        unit=scene.word(3)[:64],
        # Who looks after a patient of whom no death is told is none of our business: it isn't even read.
        named=tuple(dict.fromkeys(_named(scene))) if signs else (),
        facts=frozenset(_facts(scene, died or said_at)) if signs else frozenset(),
        doubt=_doubt(scene, people, death, sent),
    )


def _no_patient(kind: str) -> Unread:
    text = "There is no patient number. Send PID-3 as number^^^authority, or leave this kind of message out of the feed."
    return Unread(kind, "no-patient", "PID-3", text)


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _kind(coding: Coding, msh: list[bytes], event: list[bytes]) -> str:
    """MSH-9 as type^trigger; old senders have the trigger in EVN-1 only. Anything that is no code is left out."""
    parts = (at(msh, 9) or b"").split(coding.component)
    trigger = parts[1] if len(parts) > 1 and parts[1].strip() else at(event, 1) or b""
    words = [coding.text(part).upper() for part in (parts[0], trigger)]
    return "^".join(word for word in words if _CODE.fullmatch(word))


_CODE = re.compile(r"[A-Z][A-Z0-9]{2}")


def _times(coding: Coding, raws: Iterable[bytes | None], site: Site, now: Moment) -> tuple[Moment, Moment] | None:
    """When it was said (the first of EVN-6, EVN-2, MSH-7 that is finer than a day, or else a day), and when it was sent (the last).

    A time ahead of us is a wrong clock, and would win over every later correction: now is its limit.
    """
    times = [time_of(coding.text(coding.first(raw)), site.zone) if raw else None for raw in raws]
    usable = [time for time in times if time and not time.is_coarse]
    said = next((time for time in usable if not time.is_day and time.first <= now + SKEW), usable[0] if usable else None)
    return (min(said.first, now), min(max(time.last for time in usable), now)) if said else None


def _identifiers(coding: Coding, raw: bytes, authority: int = 3) -> Iterator[tuple[str, str]]:
    """(authority, number) of every repetition of a CX, or of an XCN, whose authority stands at component 9."""
    for one in raw.split(coding.repeat):
        parts = one.split(coding.component)
        if number := coding.text(coding.first(parts[0])):
            names = parts[authority].split(coding.sub) if len(parts) > authority else []
            yield next((word for name in names[:2] if (word := coding.text(name))), ""), number


def _people(scene: _Scene) -> Iterator[tuple[str, str]]:
    listed = list(_identifiers(scene.coding, at(scene.patient.pid, 3) or b""))
    yield from listed or _identifiers(scene.coding, at(scene.patient.pid, 2) or b"")
    if scene.kind[-3:] in _MERGES:
        yield from _identifiers(scene.coding, scene.patient.merged or b"")


def _death(scene: _Scene) -> Time | None:
    """PID-29, unless it lies before the birth."""
    death = scene.time(at(scene.patient.pid, 29))
    birth = scene.time(at(scene.patient.pid, 7)) if death else None
    return None if death and birth and death.last < birth.first else death


def _signs(scene: _Scene, death: Time | None) -> Iterator[Sign]:
    said = at(scene.patient.pid, 30)
    word = scene.coding.text(scene.coding.first(said or b"")).casefold()
    if said == DELETE:
        yield Sign("PID-30", "delete")
    elif word in YES or word in NO:
        yield Sign("PID-30", "yes" if word in YES else "no")
    if at(scene.patient.pid, 29) == DELETE:
        yield Sign("PID-29", "delete")
    elif death:
        yield Sign("PID-29", "day" if death.is_day or death.is_coarse else "time")
    if scene.kind in ("ADT^A03", "ADT^A08") and scene.pv1(36):
        # A delete says that the disposition is no longer "died", as any other value does.
        yield Sign("PV1-36", "expired" if scene.site.is_dead(scene.word(36)) else "other")


def _named(scene: _Scene) -> Iterator[Named]:
    for number, role in _DOCTORS:
        for authority, person in _identifiers(scene.coding, scene.pv1(number), 8):
            yield Named(authority, person, f"PV1-{number} {role}")
    for line in scene.patient.crew:
        place, role_at, person_at = ("ROL-4", 3, 4) if line[0].upper() == b"ROL" else ("PRT-5", 4, 5)
        role = scene.coding.text(scene.coding.first(at(line, role_at) or b""))[:40]
        gone = scene.coding.text(at(line, 2)).upper() in ("DE", "DELETE")  # HL7 table 0287
        for authority, person in () if gone else _identifiers(scene.coding, at(line, person_at) or b"", 8):
            yield Named(authority, person, f"{place} {role}".strip())


def _facts(scene: _Scene, when: Moment) -> Iterator[str]:
    if "E" in (scene.word(2).upper(), scene.word(4).upper()):
        yield "emergency"
    admitted = scene.time(scene.pv1(44))
    if admitted and abs(when - admitted.first) <= SHORT:
        yield "short stay"
    if scene.site.is_expected(scene.word(10)):
        yield "expected"
    if birth := scene.time(at(scene.patient.pid, 7)):
        yield from sorted(ages(birth.first, when, scene.site.zone))


def _doubt(scene: _Scene, people: Iterable[tuple[str, str]], death: Time | None, sent: Moment) -> str:
    nobody = scene.patient.pv1 is None or scene.word(2).upper() == "N" or scene.kind in ("ADT^A28", "ADT^A31")
    test = "training" if scene.training else "mannequin" if scene.site.is_mannequin(people) else ""
    return doubt(death, scene.now, sent, left=scene.time(scene.pv1(45)), test=test, nobody=nobody)
