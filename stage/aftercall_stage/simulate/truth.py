"""What really happened in the synthetic hospital: people, stays, acts and deaths, before any feed tells of it."""

from dataclasses import dataclass
from datetime import timedelta, timezone

from aftercall.words import Moment

ZONE = timezone(timedelta(hours=3), "EAT")
ZONE_NAME = "Africa/Nairobi"

NURSES = frozenset({"nurse", "midwife"})
DOCTORS = frozenset({"registrar", "surgeon", "anaesthetist", "consultant"})


@dataclass(frozen=True)
class Staff:
    """One person who works here. Who isn't enrolled (a locum) stands in no list; who isn't rostered stands on no unit's rota."""

    staff: str
    name: str
    phone: str
    mail: str
    language: str
    unit: str
    role: str
    ids: tuple[tuple[str, str], ...] = ()  # (authority, number)
    enrolled: bool = True
    rostered: bool = True


@dataclass(frozen=True)
class Unit:
    unit: str
    name: str
    site: str
    nurses: int
    doctors: tuple[str, ...]
    contract_cleaning: bool = False  # the cleaners stand on another firm's rota


@dataclass(frozen=True)
class Patient:
    ids: tuple[tuple[str, str], ...]  # (authority, number); the first is the record's
    given: str
    family: str
    born: Moment
    sex: str


@dataclass(frozen=True)
class Stay:
    """Some hours on one unit, and who is the doctor of record there."""

    unit: str
    begins: Moment
    ends: Moment
    attending: Staff


@dataclass(frozen=True)
class Act:
    """Somebody did something for a patient. `told`: the hospital's systems write down who it was."""

    staff: Staff
    at: Moment
    how: str  # "charted" | "gave medication" | "ordered" | "attended" | "did CPR" | "intubated" | "called"
    unit: str
    told: bool


@dataclass(frozen=True)
class Encounter:
    """One visit to a hospital from its beginning to its end."""

    key: str
    patient: Patient
    visit: str
    path: str
    stays: tuple[Stay, ...]
    acts: tuple[Act, ...]
    admitting: Staff
    referring: tuple[str, str, str]  # authority, number, name of a doctor elsewhere
    consulting: Staff | None
    in_roles: tuple[Staff, ...]  # whom the record names by a role of their own (ROL, participant)
    died: Moment | None
    expected: bool
    emergency: bool
    second_hospital: bool

    @property
    def arrives(self) -> Moment:
        return self.stays[0].begins

    @property
    def ends(self) -> Moment:
        return self.stays[-1].ends

    def at(self, moment: Moment) -> Stay:
        """Where the patient lay then; after the end, where they lay last."""
        return next((stay for stay in self.stays if moment < stay.ends), self.stays[-1])


@dataclass(frozen=True)
class Run:
    """One ambulance call. `encounter` is the visit it led to, "" when nobody was brought to our hospitals."""

    key: str
    patient: Patient
    unit: str
    crew: tuple[Staff, ...]
    begins: Moment
    ends: Moment
    arrest: bool
    rosc: bool
    died: Moment | None  # with this crew
    encounter: str
    died_later: Moment | None

    @property
    def hard(self) -> bool:
        """DECISIONS 22: what happened while they were there, and nothing later."""
        return self.arrest


@dataclass(frozen=True)
class There:
    """One person who was there. `known_by`: the sources that could tell it; empty when nobody's system knows."""

    staff: str
    how: tuple[str, ...]
    known_by: tuple[str, ...]  # "record" | "charted" | "rota" | "ambulance"
    weight: int  # 3 acted in the last hour, 2 in the last six, 1 was on the unit


@dataclass(frozen=True)
class Label:
    """The truth about one visit or one call, set before any fault.

    there: on the unit at that minute, or did something for the patient in the six hours before
    may: the doctor of record there, or did something earlier that day, had the patient on their unit in the last two hours,
         or was on the neighbouring shift at handover; writing to them is neither right nor wrong
    wrongly: the rota file says they were on the unit, and they were not (somebody else came)
    Everybody else was not there. Who isn't enrolled stands nowhere: nobody could write to them.
    """

    key: str
    kind: str  # "stay" | "run"
    died: Moment | None
    unit: str
    expected: bool
    hard: bool  # a call that was hard for its crew, whatever came of it
    there: tuple[There, ...]
    may: tuple[str, ...]
    wrongly: tuple[str, ...] = ()


@dataclass(frozen=True)
class Told:
    """One thing a feed said, as it arrived. `about`, `tells` and `faults` are for the marker and never reach the product."""

    at: Moment
    source: str
    format: str  # "hl7v2" | "fhir" | "nemsis"
    body: bytes
    about: tuple[str, ...]
    tells: tuple[str, ...] = ()  # "dead", "alive" or "", one for each of `about`
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """What a product can fairly be asked for one patient, after the faults. Strangers have a plan and no label.

    want: "ring"   a death nobody expected, or a hard call: who was there is written to
          "quiet"  an expected death: nobody is
          "held"   the feed contradicts itself in one breath: a human must decide; found or missed would be unfair
          "late"   told more than three days after it: nobody is
          "never"  nobody died here
    """

    key: str
    want: str
    fault: str
    told_at: Moment | None  # when the feed first said so, as it arrived
    taken_back: Moment | None  # when it took that back
    in_time: bool = False  # ... within the settle time
