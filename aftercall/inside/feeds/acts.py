"""Who a message names: in the record, and as having ordered, charted, given or done something, with when (FEEDS 9)."""

from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple

from aftercall.inside.feeds.er7 import Coding, at
from aftercall.inside.feeds.scene import Fields, Scene, doctors
from aftercall.inside.feeds.times import time_of
from aftercall.inside.road.notice import Named
from aftercall.words import Moment

_Span = tuple[Moment | None, Moment | None]

_ROLES = frozenset({b"ROL", b"PRT"})
_DOCTORS = tuple(
    (number, f"PV1-{number} {role}", role)
    for number, role in ((7, "attending"), (8, "referring"), (9, "consulting"), (17, "admitting"), (52, "other"))
)
_SHORT = 512  # bytes of a field worth remembering
_LONGEST = timedelta(days=1)  # what a PR1-7 can mean in minutes


class _Acts(NamedTuple):
    """In one kind of segment: the fields that name people, each with a role, and those that say when."""

    people: tuple[tuple[int, str], ...]
    when: tuple[int, ...]
    ends: int = 0


_ACTS = {
    b"ORC": _Acts(((10, "enterer"), (11, "verifier"), (12, "orderer"), (19, "actor")), (9, 15)),
    b"OBR": _Acts(((10, "collector"),), (7, 14)),
    b"OBX": _Acts(((16, "observer"),), (14, 19)),
    b"RXA": _Acts(((10, "administerer"),), (3,), ends=4),
    b"TXA": _Acts(((5, "activity provider"), (9, "originator"), (10, "authenticator")), (4,)),
    b"PR1": _Acts(((8, "anaesthetist"), (11, "surgeon"), (12, "practitioner")), (5,)),
}
_ORDERED = _Acts(((16, "orderer"),), (6, 27, 7))
_READ = ((32, "interpreter"), (33, "assistant interpreter"), (34, "technician"), (35, "transcriber"))


def named_in(scene: Scene) -> tuple[Named, ...]:
    """Everyone once for each role and time. One doctor under three authorities is three here; the staff list joins them."""
    pv1, coding, old = scene.patient.pv1, scene.coding, scene.old
    found: list[Named] = []
    for number, why, role in _DOCTORS:
        if number < len(pv1) and (raw := pv1[number]):
            found += _known(coding, raw, why, role, old) if len(raw) <= _SHORT else _titled(coding, raw, why, role, old)
    for name, fields in scene.patient.rest:
        if name in _ROLES:
            found += _role(scene, name, fields)
        elif name in _ACTS:
            found += _act(scene, name, fields)
    if len(scene.event) > 5 and (raw := scene.event[5]):
        titled = _known if len(raw) <= _SHORT else _titled
        found += titled(coding, raw, "EVN-5 operator", "operator", old)
    return tuple(dict.fromkeys(found)) if scene.patient.rest else tuple(found)


def _titled(coding: Coding, raw: bytes, why: str, role: str, old: bool) -> tuple[Named, ...]:
    people = dict.fromkeys(doctors(coding, raw, old))
    return tuple([Named(authority, person, why, role) for authority, person in people])


# The same few doctors stand in nearly every message of a ward.
_known = lru_cache(maxsize=1024)(_titled)


def _role(scene: Scene, name: bytes, fields: Fields) -> Iterator[Named]:
    """ROL and PRT: a role and its times. An action code that says "deleted" names nobody (HL7 table 0287)."""
    place, role_at, begins_at = ("ROL-4", 3, 5) if name == b"ROL" else ("PRT-5", 4, 11)
    if scene.word(at(fields, 2)).upper() in ("DE", "DELETE", "D"):
        return
    role = scene.word(at(fields, role_at))[:40]
    begins, ends = scene.time(at(fields, begins_at)), scene.time(at(fields, begins_at + 1))
    since, until, why = begins and begins.first, ends and ends.last, f"{place} {role}".strip()
    for authority, person in doctors(scene.coding, at(fields, int(place[4])), scene.old):
        yield Named(authority, person, why, role, since, until)


def _act(scene: Scene, name: bytes, fields: Fields) -> Iterator[Named]:
    if name == b"RXA" and (scene.word(at(fields, 20)).upper() in ("NA", "RE") or scene.word(at(fields, 21)).upper() == "D"):
        return  # not given, refused, or deleted (HL7 tables 0322 and 0323)
    yield from _doers(scene, name, fields, _ACTS[name])
    if name == b"OBR":
        yield from _doers(scene, name, fields, _ORDERED)
        yield from _readers(scene, fields)


def _doers(scene: Scene, name: bytes, fields: Fields, acts: _Acts) -> Iterator[Named]:
    when: _Span | None = None
    for number, role in acts.people:
        if raw := at(fields, number):
            when = when or _when(scene, name, fields, acts)
            for authority, person in doctors(scene.coding, raw, scene.old):
                yield Named(authority, person, f"{name.decode()}-{number} {role}", role, *when)


def _when(scene: Scene, name: bytes, fields: Fields, acts: _Acts) -> _Span:
    """From the first to the last instant that the first readable time can mean; longer where an end or minutes are given."""
    begins = next((time for number in acts.when if (time := scene.time(at(fields, number)))), None)
    if begins is None:
        return None, None
    ends = scene.time(at(fields, acts.ends)) if acts.ends else None
    last = max(begins.last, ends.last) if ends else begins.last
    if name == b"PR1" and (minutes := scene.word(at(fields, 7))).isdecimal() and len(minutes) < 5:
        last = max(last, begins.first + min(_LONGEST, timedelta(minutes=int(minutes))))
    return begins.first, last


def _readers(scene: Scene, obr: Fields) -> Iterator[Named]:
    """OBR-32 to 35 are NDL: the person as parts of the first component, then from when to when; old senders write an XCN."""
    coding = scene.coding
    for number, role in _READ:
        for one in (at(obr, number) or b"").split(coding.repeat, 200)[:200]:
            parts = one.split(coding.component)
            whole = parts[0].split(coding.sub)
            if len(parts) > 7 and len(whole) == 1 and not scene.time(parts[1]):
                yield from _titled(coding, one, f"OBR-{number} {role}", role, scene.old)
            elif person := coding.text(whole[0]):
                authority = next((word for name in whole[8:10] if (word := coding.text(name))), "")
                begins, ends = (time_of(coding.text(raw), scene.site.zone) for raw in [*parts[1:3], b"", b""][:2])
                yield Named(authority, person, f"OBR-{number} {role}", role, begins and begins.first, ends and ends.last)
