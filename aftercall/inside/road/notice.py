"""What one feed said, in our words, and not yet believed. No patient identifier stands here, only keyed hashes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from aftercall.words import Moment

DEAD = frozenset({"yes", "time", "day", "expired", "told"})
MAYBE = frozenset({"maybe", "cancelled"})
ALIVE = frozenset({"no", "delete"})
VOID = frozenset({"void"})


@dataclass(frozen=True)
class Sign:
    """One mark of death, or of life, with the class of its value only: no patient data (FEEDS 8a).

    path: where it stood, as the feed's own standard names it: "PID-30", "Patient.deceased", "eArrest.18".
    value: a closed word.
      DEAD   "yes", "time", "day" (no hour, or midnight), "expired" (a disposition on the site's list), "told" (a human said so)
      MAYBE  "maybe" (a weak mark: a result, a diagnosis, a word nobody has confirmed), "cancelled" (a disposition taken back)
      ALIVE  "no", "delete"
      VOID   "void": what was said before at the same path is as if never said; the paths "visit" (everything of this visit),
             "record" (everything of this patient's record) and "document" (this report) void all they hold
      else   "other": a value that says neither, and takes the place of what stood at this path before
    For each path of one record the last word by the sender's time counts.
    """

    path: str
    value: str


class Named(NamedTuple):
    """A person the record names, by authority and number as the feed gave them. Who isn't enrolled staff is dropped unread."""

    authority: str  # "" when the feed gave none
    number: str
    why: str  # "PV1-7 attending"
    role: str = ""  # "attending", "paramedic", as the feed says it
    begins: Moment | None = None  # when this person did something for this patient; None: at the time of the message
    ends: Moment | None = None


class Marks:
    """An identifier after hashing: under today's key (this is stored), and under those of the days before, which are tried
    where today's has found nothing. These are made when they are asked for: of a patient who is known nobody asks.
    """

    __slots__ = ("_before", "today")

    def __init__(self, today: str, before: Callable[[], tuple[str, ...]] = tuple) -> None:
        self.today, self._before = today, before

    @property
    def all(self) -> tuple[str, ...]:
        return (self.today, *self._before())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Marks) and self.today == other.today

    def __hash__(self) -> int:
        return hash(self.today)

    def __repr__(self) -> str:
        return f"Marks({self.today})"


class Coming(NamedTuple):
    """How a patient came: what an ambulance run and a hospital stay of one patient may have in common. Never a name."""

    side: str  # "run" | "stay"
    at: Moment  # handed over; registered
    age: int | None = None  # in tens of years
    numbers: tuple[Marks, ...] = ()  # of a run: what its report calls the hospital's own numbers of this patient or visit
    incident: Marks | None = None


class Notice(NamedTuple):
    """One message. `doubt` is empty, or says why nobody may be written to because of it."""

    kind: str  # "ADT^A03", "Bundle/message", "EMSDataSet"
    body: Marks  # of the canonical body: a replay has the same
    people: tuple[Marks, ...]  # one for each (authority, number) of the patient; may be empty when there is a visit
    visit: Marks | None
    signs: tuple[Sign, ...]
    died: Moment | None  # when the feed gives a usable time
    said_at: Moment  # when the sender wrote it down: EVN-2, else MSH-7, else EVN-6; Meta.lastUpdated; eTimes of the run
    unit: str  # where the patient lay: PV1-3.1, else ""
    named: tuple[Named, ...] = ()
    facts: frozenset[str] = frozenset()  # "emergency", "short stay", "expected", "child", "young", "arrest", "many hurt" ...
    doubt: str = ""  # "training", "mannequin", "no current visit", "future time", "long ago"
    source: str = "hl7v2"  # "fhir", "nemsis", "kenya", "openmrs", "list", "hand"
    joined: tuple[Marks, ...] = ()  # numbers of another record that is the same patient's (MRG-1 of a merge, Patient.link)
    document: Marks | None = None  # a report that is sent again as a whole: of one document only the newest counts
    version: int = 0  # among those of one document with the same said_at the higher counts
    call: str = ""  # an ambulance run that was hard, whatever came of it (DECISIONS 22): its facts, as "arrest,many hurt"
    died_as: str = ""  # how exactly `died` was said: "time", "day", "month", "year"
    sent: Moment | None = None  # when the sender wrote it (MSH-7), where that is not `said_at`
    happened: Moment | None = None  # when the sender says that it happened (EVN-6, PV1-45), which is no time of death
    corrects: str = ""  # what this takes back or joins: "death", "discharge", "admission", "record", "merge", "document"
    coming: Coming | None = None  # where a run and a stay may turn out to be the same patient's


@dataclass(frozen=True)
class Unread:
    """A message that could not be read: what was wrong, where, and what to do. Never any of its content."""

    kind: str  # "ADT^A03" where that much could be read
    code: str  # "not-hl7" | "no-patient" | "charset" | "time" | "too-large" | "half-frame" | "not-json" | "not-xml" | "not-ours"
    where: str  # "PID-3", "MSH-18", "byte 17", "Patient.identifier", "row 7, died"
    text: str  # what was wrong and what to do


@dataclass(frozen=True)
class Listed:
    """A list of crew: how many stand on it, and how many of them are on the staff list."""

    kind: str
    people: int
    known: int


def worth_keeping(notice: Notice) -> Notice | None:
    """What of it may be kept: None when it tells nothing, or speaks of nobody who is here.

    A death that is doubted is not kept, but that somebody lives is heard, and that a patient without a visit died is kept
    until a visit is known. A training message and a mannequin say nothing at all.
    """
    if notice.doubt in ("training", "mannequin"):
        return None
    signs = notice.signs
    if notice.doubt and notice.doubt != "no current visit":
        signs = tuple(s for s in signs if s.value not in DEAD and s.value not in MAYBE)
    told = signs or notice.joined or notice.document or notice.call or notice.coming or "expected" in notice.facts
    if not told and not (notice.people and (notice.named or notice.unit)):
        return None
    return notice if signs == notice.signs else notice._replace(signs=signs)
