"""Who did what for a patient, and who was there when they died: from the shifts that were worked, not from the rota file."""

import random
from collections.abc import Iterable, Iterator
from datetime import timedelta

from aftercall.words import Moment
from aftercall_stage.simulate.people import POOL, Rota
from aftercall_stage.simulate.truth import DOCTORS, NURSES, ZONE, Act, Encounter, Label, Run, Staff, Stay, There

HOUR = timedelta(hours=1)
CLOSE, NEAR, SAME_DAY = HOUR, 6 * HOUR, 24 * HOUR
HANDOVER, LAY = timedelta(minutes=30), 2 * HOUR
WATCHED = 8 * HOUR  # acts are made for the first and the last hours of a stay; the quiet days between tell nothing new
CALLED = (("porter", 0.12), ("security", 0.03), ("chaplain", 0.04))
CHARTED = 0.9  # the share of nurses' and doctors' acts under which their own name stands
CPR_CHARTED = 0.5


def tend(rng: random.Random, stay: Stay, rota: Rota) -> Iterator[Act]:
    """Nurses chart and give medicines, a doctor orders, the doctor of record makes a round at nine."""
    at = stay.begins + timedelta(minutes=rng.uniform(5, 40))
    while at < stay.ends:
        if at - stay.begins < WATCHED or stay.ends - at < WATCHED:
            yield from _one(rng, stay, rota, at)
            at += timedelta(hours=rng.uniform(1.5, 4.5))
        else:
            at = stay.ends - WATCHED + timedelta(hours=rng.uniform(0.1, 1))
    yield from _rounds(stay, rota)


def _one(rng: random.Random, stay: Stay, rota: Rota, at: Moment) -> Iterator[Act]:
    here = rota.working(stay.unit, at)
    nurses = [s for s in here if s.role in NURSES]
    doctors = [s for s in here if s.role in DOCTORS and s.role != "consultant"]
    if nurses:
        how = rng.choice(("charted", "charted", "gave medication"))
        yield Act(rng.choice(nurses), at, how, stay.unit, rng.random() < CHARTED)
    if doctors and rng.random() < 0.4:
        yield Act(rng.choice(doctors), at, "ordered", stay.unit, rng.random() < CHARTED)


def _rounds(stay: Stay, rota: Rota) -> Iterator[Act]:
    """A doctor of record on shift sees the patient on coming, and a consultant each morning that they work."""
    if stay.attending in rota.working(stay.unit, stay.begins):
        yield Act(stay.attending, stay.begins + timedelta(minutes=3), "attended", stay.unit, False)
    morning = stay.begins.astimezone(ZONE).replace(hour=9, minute=0, second=0, microsecond=0)
    while morning < stay.ends:
        if morning > stay.begins and stay.attending in rota.working(stay.unit, morning):
            yield Act(stay.attending, morning, "attended", stay.unit, False)
        morning += timedelta(days=1)


def last_hour(rng: random.Random, unit: str, died: Moment, expected: bool, rota: Rota) -> Iterator[Act]:
    """A resuscitation, unless the death was expected: hands on the chest, a tube, and the porter nobody writes down."""
    for role, chance in CALLED:
        people = [s for s in rota.working(POOL, died) if s.role == role and not unit.startswith("S-")]
        if people and rng.random() < chance:
            yield Act(rng.choice(people), died - timedelta(minutes=rng.uniform(1, 20)), "called", unit, False)
    if expected:
        return
    hands = [s for s in rota.working(unit, died) if s.role in NURSES | DOCTORS]
    for person in rng.sample(hands, min(3, len(hands))):
        at = died - timedelta(minutes=rng.uniform(5, 30))
        yield Act(person, at, "did CPR", unit, rng.random() < CPR_CHARTED)
    tubes = [s for s in rota.working("OT", died) if s.role == "anaesthetist"]
    if tubes and unit not in ("OT", "ICU") and not unit.startswith("S-") and rng.random() < 0.2:
        yield Act(tubes[0], died - timedelta(minutes=rng.uniform(5, 25)), "intubated", unit, rng.random() < 0.7)


def label(encounter: Encounter, rota: Rota) -> Label:
    """The truth of one visit. For who left the hospital alive nobody is ever written to."""
    died, unit = encounter.died, encounter.stays[-1].unit
    if died is None:
        return Label(encounter.key, "stay", None, unit, encounter.expected, False, (), ())
    how = _how(encounter, rota, unit, died)
    must = tuple(_there(encounter, rota, unit, died, who, acts) for who, acts in how.items() if who.enrolled)
    have = {t.staff for t in must}
    may = dict.fromkeys(s.staff for s in _maybe(encounter, rota, unit, died) if s.enrolled and s.staff not in have)
    wrongly = tuple(s.staff for s in rota.written(unit, died) if s.staff not in have | may.keys())
    return Label(encounter.key, "stay", died, unit, encounter.expected, False, must, tuple(may), wrongly)


def _how(encounter: Encounter, rota: Rota, unit: str, died: Moment) -> dict[Staff, list[Act]]:
    """Everybody on the unit at that minute, and everybody who did something for the patient in the last six hours."""
    found: dict[Staff, list[Act]] = {person: [] for person in rota.working(unit, died)}
    for act in encounter.acts:
        if died - NEAR <= act.at <= died:
            found.setdefault(act.staff, []).append(act)
    return found


def _there(encounter: Encounter, rota: Rota, unit: str, died: Moment, who: Staff, acts: list[Act]) -> There:
    how = tuple(dict.fromkeys([*(act.how for act in acts), *(["on shift"] if who in rota.working(unit, died) else [])]))
    weight = 1 if not acts else 3 if any(died - act.at <= CLOSE for act in acts) else 2
    return There(who.staff, how, tuple(_known(encounter, rota, unit, died, who, acts)), weight)


def _known(encounter: Encounter, rota: Rota, unit: str, died: Moment, who: Staff, acts: Iterable[Act]) -> Iterator[str]:
    of_record = {encounter.stays[-1].attending, encounter.admitting, encounter.consulting, *encounter.in_roles}
    if who in of_record and who.ids:
        yield "record"
    if any(act.told for act in acts) and who.ids:
        yield "charted"
    if who in rota.written(unit, died):
        yield "rota"


def _maybe(encounter: Encounter, rota: Rota, unit: str, died: Moment) -> Iterator[Staff]:
    """Cared for the patient earlier that day, or had them on their unit in the last two hours, or was about to begin (FEEDS 9)."""
    yield encounter.stays[-1].attending  # answers for the patient, wherever they were
    yield from (act.staff for act in encounter.acts if died - SAME_DAY <= act.at < died - NEAR)
    for stay in encounter.stays:
        for at in (max(stay.begins, died - LAY), min(stay.ends, died)):
            if stay.begins <= at <= stay.ends:
                yield from rota.working(stay.unit, at)
    for beside in (died - HANDOVER, died + HANDOVER):
        yield from rota.working(unit, beside)


def run_label(run: Run) -> Label:
    """The truth of one call: its crew, when somebody died with them or the call was hard."""
    crew = tuple(There(s.staff, ("crew",), ("ambulance",), 3) for s in run.crew if s.enrolled)
    return Label(run.key, "run", run.died, run.unit, False, run.hard, crew if run.died or run.hard else (), ())
