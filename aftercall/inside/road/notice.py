"""What one feed said, in our words, and not yet believed. No patient identifier stands here, only keyed hashes."""

from dataclasses import dataclass

from aftercall.words import Moment


@dataclass(frozen=True)
class Sign:
    """One mark of death, or of life, with the class of its value only: no patient data (FEEDS 8a).

    path, value: "PID-30" with "yes", "no" or "delete"; "PID-29" with "time", "day" (no hour, or midnight) or "delete";
    "PV1-36" with "expired" or "other" (the site's list decides).
    """

    path: str
    value: str


@dataclass(frozen=True)
class Named:
    """A person the record names, by authority and number as the feed gave them. Who isn't enrolled staff is dropped unread."""

    authority: str  # "" when the feed gave none
    number: str
    why: str  # "PV1-7 attending"


@dataclass(frozen=True)
class Marks:
    """An identifier after hashing: under today's key (this is stored) and under every key that is still tried."""

    today: str
    all: tuple[str, ...]


@dataclass(frozen=True)
class Notice:
    """One message. `doubt` is empty, or says why nobody may be written to because of it."""

    kind: str  # "ADT^A03"
    body: Marks  # of the canonical body: a replay has the same
    people: tuple[Marks, ...]  # one for each (authority, number) of the patient
    visit: Marks | None
    signs: tuple[Sign, ...]
    died: Moment | None  # when the feed gives a usable time
    said_at: Moment  # the sender's time: EVN-6, else EVN-2, else MSH-7
    unit: str  # PV1-3.1, else ""
    named: tuple[Named, ...] = ()
    facts: frozenset[str] = frozenset()  # "emergency", "short stay", "expected", "child", "young"
    doubt: str = ""  # "training", "mannequin", "no current visit", "future time", "long ago"


@dataclass(frozen=True)
class Unread:
    """A message that could not be read: what was wrong, where, and what to do. Never any of its content."""

    kind: str  # "ADT^A03" where that much could be read
    code: str  # "not-hl7" | "no-patient" | "charset" | "time" | "too-large" | "half-frame"
    where: str  # "PID-3", "MSH-18", "byte 17"
    text: str  # what was wrong and what to do


def tells_something(notice: Notice) -> bool:
    """Does it carry a sign at all? Most messages of a hospital do not, and leave no row."""
    return bool(notice.signs)
