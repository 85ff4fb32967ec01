"""Who was there: those the record names, who did something, who is on that unit's rota or was at work there. Each with a reason."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from aftercall.inside.road.notice import Named
from aftercall.words import Moment, StaffId

AROUND = timedelta(minutes=30)  # a shift that ended, or began, this near to the death was there
LAY = timedelta(hours=2)  # the last hours, in which whoever had the patient on their unit counts (FEEDS 9)
ENOUGH = timedelta(minutes=10)  # of these two hours, together on one unit
NAMED = timedelta(hours=24)  # attending, consulting, admitting: "17 maybe left days ago" (FEEDS 9)
ENTERED = timedelta(hours=72)  # a death may be entered this late, and the report names who attended it (DECISIONS 28)
DID = timedelta(hours=6)  # charted, ordered, gave (FEEDS 9: "in last 6-12 h")
OPERATED = timedelta(hours=12)
HINTED = timedelta(hours=6)  # referring doctor, operator: only together with a shift on the patient's unit in this time
SHIFTS = timedelta(hours=26)  # how far back shifts are asked for: one of a day, and what is written two hours after its end
LATELY = timedelta(hours=72)  # in which somebody's own name stood under something: they write when they work
TWO = 2  # patients of a unit for whom somebody did something: a shift's work, and not a word in passing
FOUND = timedelta(hours=6)  # a crew may come so long after the death that it finds

HARD = frozenset({"arrest", "critical trauma", "many hurt", "crew hurt", "crew death"})
"""What makes an ambulance run one to write for, whatever came of it (DECISIONS 22). A child's resuscitation is an arrest."""
SAID = "was there"  # the role of whoever said "I was there", or was confirmed to have been


@dataclass(frozen=True)
class Person:
    staff: StaffId
    name: str
    phone: str
    mail: str
    language: str
    unit: str
    role: str
    ids: tuple[tuple[str, str], ...]  # (authority, number)


@dataclass(frozen=True)
class Member:
    """A person as the hospital's directory tells of them. Who is not active has left, and is nobody's crew."""

    person: Person
    active: bool


@dataclass(frozen=True)
class Place:
    unit: str
    name: str
    site: str
    phone: str = ""  # of the unit itself: whoever leads the shift has it
    mail: str = ""
    language: str = ""


@dataclass(frozen=True)
class Presence:
    staff: StaffId
    why: str  # "PV1-7 attending", "rota of RES"


@dataclass(frozen=True)
class Shift:
    staff: StaffId
    unit: str
    begins: Moment
    ends: Moment
    role: str = ""  # as the staff list says it


@dataclass(frozen=True)
class Trace:
    """One of the staff did something for this patient, or was named to, from when to when. Both ends count."""

    staff: StaffId
    why: str  # where it stood: "PV1-7 attending", "OBX-16", "eCrew.01"
    role: str  # as the feed says it; may be ""
    begins: Moment
    ends: Moment
    unit: str = ""


@dataclass(frozen=True)
class Work:
    """One of a unit's own staff did something, there or elsewhere, for a patient, whoever that was: first and last."""

    patient: str  # a random name
    did: Trace
    unit: str  # whose staff they are
    role: str = ""  # as the staff list says it


@dataclass(frozen=True)
class Stay:
    """Where the patient lay. `ends` None: nothing was heard of another place."""

    unit: str
    begins: Moment
    ends: Moment | None


def there(
    died: Moment, traces: Iterable[Trace], stays: Iterable[Stay], shifts: Iterable[Shift], work: Iterable[Work] = ()
) -> tuple[Presence, ...]:
    """Everybody who was there, once, the strongest reason first: named, did something, said so, on the rota, at work there.

    Every reason stands by itself: more evidence takes nobody away, and its order changes nothing. No role is left out.
    Two exceptions: where a run's report names who was aboard, the vehicle's rota, which may say otherwise, isn't asked; and a
    shift in which another did somebody's work isn't theirs (`_worked_by_another`).
    """
    acts, works = tuple(traces), tuple(work)
    named = {trace.unit for trace in acts if _kind(trace) == "crew"}
    lain = tuple(stay for stay in stays if stay.unit and stay.unit not in named)
    near = tuple(shift for shift in shifts if any(shift.unit == stay.unit for stay in lain))
    others = _worked_by_another(died, lain, near, works)
    by_rota = _by_rota(died, lain, tuple(shift for shift in near if shift not in others))
    return _strongest((*_by_trace(died, acts), *by_rota, *_by_work(died, lain, near, works), *_by_hint(died, acts, lain, near)))


def lain(died: Moment, seen: Iterable[Stay]) -> tuple[Stay, ...]:
    """Sightings as stays: one lies where one was seen until one is seen elsewhere; whoever is first seen after death lay there.

    What was written in one unit is often sent when the patient lies in the next: that keeps nobody in two beds.
    """
    sightings = tuple(seen)
    first = min((s.begins for s in sightings), default=died)
    return tuple(Stay(s.unit, died if s.begins == first > died else s.begins, _until(s, sightings)) for s in sightings)


def _until(one: Stay, sightings: tuple[Stay, ...]) -> Moment | None:
    """When the patient was next seen elsewhere; at once, when they were seen there before and after."""
    if one.ends is None:
        return None
    others = [other for other in sightings if other.unit != one.unit]
    if any(other.begins <= one.ends < (other.ends or other.begins) for other in others):
        return one.ends
    times = (at for other in others for at in (other.begins, other.ends) if at is not None and at > one.ends)
    return min(times, default=None)


def lasted(named: Named, at: Moment) -> tuple[Moment, Moment]:
    """From when to when, as Trace has it: a role that nobody ended goes on while it is said; an act is over when it is done."""
    begins = named.begins or named.ends or at
    goes_on = named.begins is None or _kind(named) in ("named", "admitting")
    return begins, max(begins, named.ends or (at if goes_on else begins))


def the_call(traces: Iterable[Trace], facts: Collection[str]) -> tuple[Presence, ...]:
    """The crew of a hard ambulance run, whether the patient lived or died: no death is asked for, so none can be told."""
    return _strongest((0, Presence(t.staff, t.why)) for t in traces if HARD & set(facts) and _kind(t) == "crew")


def call_ended(traces: Iterable[Trace]) -> Moment | None:
    """The end of the run by its own clock, from which its message is due."""
    return max((trace.ends for trace in traces if _kind(trace) == "crew"), default=None)


def on_shift(shifts: tuple[Shift, ...], staff: StaffId, at: Moment) -> bool:
    """Is this person at work at that moment, or only just not any more?"""
    return any(s.staff == staff and s.begins <= at <= s.ends + AROUND for s in shifts)


_Reason = tuple[int, Presence]  # the lower, the stronger
_SPAN = {  # of each kind of trace: how strong, how long before the death, how long after
    "named": (0, NAMED, ENTERED),
    "crew": (0, timedelta(0), FOUND),
    "operated": (1, OPERATED, AROUND),
    "did": (1, DID, AROUND),
}
_ACTS = frozenset({"operated", "did"})
_ROLES = {  # the words of feeds: HL7 v2 tables 0286 and 0443, FHIR v3-ParticipationType
    **dict.fromkeys(("attending", "atnd", "at", "consulting", "consultant", "con", "cp"), "named"),
    **dict.fromkeys(("admitting", "adm", "ad"), "admitting"),
    **dict.fromkeys(("referring", "referrer", "ref", "rp", "pp", "fhcp", "operator"), "hint"),
    **dict.fromkeys(("surgeon", "anaesthetist", "anesthetist", "anesthesiologist", "anaesthesiologist"), "operated"),
    SAID: "said",
}
_PLACES = (
    (re.compile(r"e[A-Z]"), "crew"),  # NEMSIS: who gave something on a run left with the run
    (re.compile(r"EVN-5|PV1-8\b|Patient\.generalPractitioner"), "hint"),
    (re.compile(r"PV1-17\b"), "admitting"),
    (re.compile(r"PR1-|Procedure\b"), "operated"),
    (re.compile(r"PV1-|ROL|PRT|Encounter|EpisodeOfCare|CareTeam|list\b|hand\b"), "named"),
)


def _kind(one: Trace | Named) -> str:
    """Which rule it falls under: by its place for ambulance runs, else by its role, else by its place."""
    return _kind_of(one.why, one.role)


@lru_cache(maxsize=1024)  # places and roles are words of few
def _kind_of(why: str, role: str) -> str:
    by_place = next((kind for place, kind in _PLACES if place.match(why)), "did")
    return by_place if by_place == "crew" else _ROLES.get(role.strip().casefold(), by_place)


def _by_trace(died: Moment, traces: tuple[Trace, ...]) -> Iterator[_Reason]:
    for trace in traces:
        kind = _kind(trace)
        if kind == "said":
            yield 2, Presence(trace.staff, trace.why)
        elif kind == "admitting" and died - NAMED <= trace.begins <= died + ENTERED:  # when first named, not for how long
            yield 0, Presence(trace.staff, trace.why)
        elif kind in _SPAN:
            strength, before, after = _SPAN[kind]
            if trace.begins <= died + after and trace.ends >= died - before:
                yield strength, Presence(trace.staff, trace.why)


def _by_rota(died: Moment, stays: tuple[Stay, ...], shifts: tuple[Shift, ...]) -> Iterator[_Reason]:
    """Ten minutes together in the last two hours, or on shift around the death on a unit where the patient lay then."""
    for shift in shifts:
        mine = [stay for stay in stays if stay.unit == shift.unit]
        at_the_end = shift.begins - AROUND <= died <= shift.ends + AROUND and any(_lay(stay, died) for stay in mine)
        if at_the_end or _together(died, shift, mine) >= ENOUGH:
            yield 3, Presence(shift.staff, f"rota of {shift.unit}")


def _by_work(died: Moment, stays: tuple[Stay, ...], shifts: tuple[Shift, ...], work: tuple[Work, ...]) -> Iterator[_Reason]:
    """Whoever came in another's place: did something for two patients of their own unit in this shift, which isn't theirs."""
    for unit in {stay.unit for stay in stays if _lay(stay, died)}:
        here, since = _this_shift(died, unit, shifts)
        came = _strangers(unit, since, died + AROUND, here, work) if since else {}
        yield from ((3, Presence(who, f"at work on {unit}")) for who in came)


def _worked_by_another(died: Moment, stays: tuple[Stay, ...], shifts: tuple[Shift, ...], work: tuple[Work, ...]) -> set[Shift]:
    """Shifts of those in whose place somebody came. Silence alone is no reason; all of this is (docs/decisions/012):

    a colleague of the same role who isn't on the rota does this shift's work; all others of that role are seen at work; and the
    one who is left, under whose own name things stand in the days before, is named nowhere in the hospital in this shift.
    """
    found = set[Shift]()
    for unit in {stay.unit for stay in stays if _lay(stay, died)}:
        here, since = _this_shift(died, unit, shifts)
        if since is None:
            continue
        came = _strangers(unit, since + LAY, died + AROUND, here, work)  # what is written earlier may be the last shift's work
        seen = {one.did.staff for one in work if one.did.ends >= since}
        write = {one.did.staff for one in work if one.did.begins < since and _kind(one.did) in _ACTS}
        silent = [shift for shift in here if shift.begins <= died <= shift.ends and shift.role and shift.staff not in seen]
        for role in {shift.role for shift in silent}:
            mine = [shift for shift in silent if shift.role == role]
            if len({shift.staff for shift in mine}) <= sum(one == role for one in came.values()):
                found.update(shift for shift in mine if shift.staff in write)
    return found


def _this_shift(died: Moment, unit: str, shifts: tuple[Shift, ...]) -> tuple[list[Shift], Moment | None]:
    """The shifts of a unit, and when the one began in which the patient died; None where nobody was to be there."""
    here = [shift for shift in shifts if shift.unit == unit]
    return here, min((shift.begins for shift in here if shift.begins <= died <= shift.ends), default=None)


def _strangers(unit: str, since: Moment, until: Moment, here: list[Shift], work: tuple[Work, ...]) -> dict[StaffId, str]:
    """Those of the unit's own staff, with their role, who did something for two of its patients then, in no shift of theirs."""
    patients: dict[tuple[StaffId, str], set[str]] = defaultdict(set)
    for one in work:
        times, own = (one.did.begins, one.did.ends), [shift for shift in here if shift.staff == one.did.staff]
        if one.did.unit == one.unit == unit and _kind(one.did) in _ACTS and any(_came(at, since, until, own) for at in times):
            patients[one.did.staff, one.role].add(one.patient)
    return {who: role for (who, role), some in patients.items() if len(some) >= TWO}


def _came(at: Moment, since: Moment, until: Moment, own: list[Shift]) -> bool:
    """Then, and not at the end of one's own shift: what was done is often written down an hour or two later."""
    return since <= at <= until and not any(shift.begins - AROUND <= at <= shift.ends + LAY for shift in own)


def _lay(stay: Stay, died: Moment) -> bool:
    """Who comes in dying is often registered after the death."""
    return stay.begins - AROUND <= died and (stay.ends is None or died <= stay.ends)


def _together(died: Moment, shift: Shift, stays: list[Stay]) -> timedelta:
    """How long this shift and the patient were on one unit in the last two hours. Stays that overlap count once."""
    begins, ends = max(died - LAY, shift.begins), min(died, shift.ends)
    whole, upto = timedelta(0), begins
    for stay in sorted(stays, key=lambda stay: stay.begins):
        until = ends if stay.ends is None else min(stay.ends, ends)
        since = max(stay.begins, upto)
        if until > since:
            whole, upto = whole + (until - since), until
    return whole


def _by_hint(died: Moment, traces: tuple[Trace, ...], stays: tuple[Stay, ...], shifts: tuple[Shift, ...]) -> Iterator[_Reason]:
    """Who typed it, or sent the patient, need not have been near: only with a shift on a unit where the patient lay then."""
    for trace in traces:
        if _kind(trace) != "hint":
            continue
        for shift in shifts:
            begins, ends = max(died - HINTED, shift.begins), min(died, shift.ends)
            lay = any(s.unit == shift.unit and s.begins <= ends and (s.ends is None or s.ends >= begins) for s in stays)
            if shift.staff == trace.staff and begins <= ends and lay:
                yield 4, Presence(trace.staff, f"{trace.why}, rota of {shift.unit}")


def _strongest(reasons: Iterable[_Reason]) -> tuple[Presence, ...]:
    """Each person once. The same for every order of the reasons."""
    found: dict[StaffId, _Reason] = {}
    for strength, one in sorted(reasons, key=lambda reason: (reason[0], reason[1].staff, reason[1].why)):
        found.setdefault(one.staff, (strength, one))
    return tuple(one for _, one in found.values())
