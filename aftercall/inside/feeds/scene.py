"""One patient's part of one HL7 message, and how its fields are read."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from aftercall.inside.feeds.er7 import Coding, Message
from aftercall.inside.feeds.site import DEATH_RESULTS, Site
from aftercall.inside.feeds.times import LONGEST, Time, read_time, time_of
from aftercall.words import Moment

Fields = list[bytes]
_USUAL = (b"^", b"~", b"\\", b"&")
_WHOLE = re.compile(rb"\d+[+-]\d{4}")  # a time with its offset


class Patient:
    """One PID and what stands with it; each further segment by its name, in order."""

    __slots__ = ("merges", "pid", "pv1", "rest", "visits")

    def __init__(self) -> None:
        self.pid: Fields = []
        self.pv1: Fields = []
        self.merges: list[Fields] = []
        self.visits: list[Fields] = []  # a PV1 after the first: the visits that an A45 moves
        self.rest: list[tuple[bytes, Fields]] = []


class Scene(NamedTuple):
    """What one message says of one patient, and all that is needed to understand it."""

    patient: Patient
    coding: Coding
    site: Site
    now: Moment
    kind: str
    trigger: str  # the event of an ADT message, or of one that gives its event alone
    event: Fields  # the EVN
    old: bool  # before version 2.3, where a doctor's authority stood one component earlier

    def word(self, raw: bytes | None) -> str:
        """The first component of the first repetition."""
        return word_of(self.coding, raw) if raw else ""

    def pv1(self, number: int) -> str:
        fields = self.patient.pv1
        raw = fields[number].strip() if number < len(fields) else b""
        return word_of(self.coding, raw) if raw else ""

    def time(self, raw: bytes | None) -> Time | None:
        return time_in(self.coding, raw, self.site.zone) if raw else None


def word_of(coding: Coding, raw: bytes) -> str:
    if raw.isalnum():
        return raw.decode("ascii")
    head = raw.split(coding.component, 1)[0]  # no delimiter is a letter or a number
    return head.decode("ascii") if head.isalnum() else coding.text(coding.first(raw))


def time_in(coding: Coding, raw: bytes, zone: ZoneInfo) -> Time | None:
    """A field's time; None when it holds none."""
    return _time_in(coding, raw, zone) if len(raw) <= LONGEST else time_of(word_of(coding, raw), zone)


@lru_cache(maxsize=4096)  # most messages say one time more than once, and most visits one time in each message
def _time_in(coding: Coding, raw: bytes, zone: ZoneInfo) -> Time | None:
    if coding[1:5] == _USUAL and _WHOLE.fullmatch(raw):  # nothing to take apart
        return read_time(raw.decode("ascii"), zone)
    return read_time(word_of(coding, raw), zone)


_MOST = 200  # repetitions of one field
_WANTED = frozenset({b"ROL", b"PRT", b"ORC", b"OBR", b"OBX", b"RXA", b"PR1", b"TXA", b"DG1", b"PDA"})
_KNOWN = _WANTED | {b"PID", b"PV1", b"MRG", b"EVN"}
_CAUSE, _CODED, _WHEN = (code.encode() for code in sorted(DEATH_RESULTS))


def patients_of(message: Message) -> tuple[list[Patient], Fields]:
    """The patients in order, each with the first PV1 that follows (A17 has two pairs), and the EVN.

    What came before any PID is the first one's. Where there is no PID at all one patient is given, without one.
    """
    found, event, separator = [Patient()], list[bytes](), message.coding.field
    for line in message.lines:
        name = line[:3]
        if name not in _KNOWN and (name := name.upper()) not in _KNOWN:
            continue
        here = found[-1]
        if name in _WANTED:
            here.rest += _told(name, line, message.coding)
        elif name == b"PV1":
            if here.pv1:
                here.visits.append(line.split(separator))
            else:
                here.pv1 = line.split(separator)
        elif name == b"PID":
            if here.pid:
                found.append(here := Patient())
            here.pid = line.split(separator)
        elif name == b"MRG":
            here.merges.append(line.split(separator))
        elif name == b"EVN":
            event = event or line.split(separator)
    return found, event


def _told(name: bytes, line: bytes, coding: Coding) -> tuple[tuple[bytes, Fields], ...]:
    """The segment. Nothing of a result that can tell of no death (none of the codes stands in it) and names nobody (it ends
    before OBX-16): most results.
    """
    if name != b"OBX" or coding.escape in line or _CAUSE in line or _CODED in line or _WHEN in line:
        return ((name, line.split(coding.field)),)
    fields = line.split(coding.field)
    return ((name, fields),) if len(fields) > 16 else ()


def identifiers(coding: Coding, raw: bytes | None, authority: int = 3) -> list[tuple[str, str]]:
    """(authority, number) of every repetition of a CX; `authority` counts from 0."""
    found: list[tuple[str, str]] = []
    if not raw:
        return found
    for one in raw.split(coding.repeat, _MOST)[:_MOST] if coding.repeat in raw else (raw,):
        number, *parts = one.split(coding.component)
        if text := number.decode("ascii") if number.isalnum() else _number(coding, number):
            found.append((_authority(coding, parts[authority - 1]) if len(parts) >= authority else "", text))
    return found


def doctors(coding: Coding, raw: bytes | None, old: bool) -> Sequence[tuple[str, str]]:
    """(authority, number) of every repetition of an XCN; before version 2.3 (CN) the authority stood at component 8."""
    return () if not raw else _seen(coding, raw, old) if len(raw) <= _SHORT else _doctors(coding, raw, old)


def _doctors(coding: Coding, raw: bytes, old: bool) -> Sequence[tuple[str, str]]:
    found = identifiers(coding, raw, 8)
    if old and not all(authority for authority, _ in found):
        return [(a or b, n) for (a, n), (b, _) in zip(found, identifiers(coding, raw, 7), strict=True)]
    return found


_SHORT = 512  # bytes of a field worth remembering
_seen = lru_cache(maxsize=1024)(_doctors)  # the same few doctors stand in nearly every message of a ward


def _number(coding: Coding, raw: bytes) -> str:
    return coding.text(raw.split(coding.sub, 1)[0])


def _authority(coding: Coding, raw: bytes) -> str:
    """The first name that an HD gives: its own, else its universal one."""
    if raw.isalnum():
        return raw.decode("ascii")
    return next((word for name in raw.split(coding.sub)[:2] if (word := coding.text(name))), "") if raw else ""
