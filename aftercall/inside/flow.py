"""Three verbs move this half: a feed spoke, a human answered, time passed. Each is one transaction."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

from sqlalchemy.engine import Connection

from aftercall.inside.road import hush
from aftercall.inside.road.crew import SHIFTS, Presence, call_ended, lain, on_shift, the_call, there
from aftercall.inside.road.join import asked, once
from aftercall.inside.road.loss import CALL, CONFIRMED, HAND, NONE, Heard, Loss, believe, in_scope, too_late
from aftercall.inside.road.notice import Notice, Sign
from aftercall.inside.road.offer import SECOND, Quiet, key, when
from aftercall.inside.road.stay import DAYS, SHIFT, stay
from aftercall.inside.road.weight import Rule, Weight, weigh
from aftercall.inside.store import joins, leavers, ledger, notices, outbox, people, prompts
from aftercall.words import Moment, Randomness
from aftercall.workers import Low, alone

LATELY = timedelta(hours=2)  # after a death: whoever was there is taken to be at work still
MORNING = time(10, 0)  # of the day a later message goes
UNIT = 2  # from this weight on the unit itself is prompted as well
LOSSES = "losses"  # one worker at a time has an organisation's


@dataclass(frozen=True)
class Rules:
    """What the verbs have to know of the settings."""

    org: str
    settle: timedelta
    quiet: Quiet
    weights: tuple[Rule, ...]
    rand: Randomness


@dataclass(frozen=True)
class Way:
    """One way to one person, and the keyed hash under which STOP is remembered."""

    road: str
    to: str
    mark: str


Ways = Callable[[str, str], list[Way]]
"""Of a phone and a mail address those that are open, the best first."""


@dataclass(frozen=True)
class Leaving:
    """A message that is claimed and goes now. `held`: to somebody who said STOP; it goes nowhere, and nothing must show that."""

    due: outbox.Due
    ways: tuple[Way, ...]
    language: str
    held: bool = False


@dataclass(frozen=True)
class Stop:
    """A person wants no more of these. `contact` is the keyed hash of where it came from."""

    contact: str


@dataclass(frozen=True)
class Decide:
    """The desk says what became of the patient of an event that a feed told twice over, or only hinted at."""

    event: str
    dead: bool


@dataclass(frozen=True)
class Release:
    """The desk says that those who were there may be written to: weight 3 waits for this (DECISIONS 23)."""

    event: str


@dataclass(frozen=True)
class Join:
    """The desk says of an ambulance run and a hospital stay that they are one patient's ("yes"), that they aren't ("no"), or
    takes back what it said ("undo")."""

    run: str
    stay: str
    say: str


def hear(conn: Connection, new: Sequence[Notice], rules: Rules, now: Moment) -> list[str]:
    """Feeds spoke. What is believed after it of the patient of each: "none", "suspected", "confirmed", "held" or "withdrawn"."""
    alone(conn, LOSSES, rules.org)  # what is said of one patient may come in by several workers at once
    staff = people.enrolled(conn, rules.org, (named for one in new for named in one.named))
    kept = notices.keep(conn, rules.org, new, staff, now)
    believed = dict[str, str]()
    for patient in notices.one_patient(conn, rules.org, notices.spoken_of(conn, rules.org, kept)):
        state = _consider(conn, patient, rules, now)
        believed |= dict.fromkeys(patient, state)
    for one, record in zip(new, kept.records, strict=True):
        if one.call and record:
            _after_the_call(conn, one, record, rules, now)
    return [believed.get(record, NONE) for record in kept.records]


def answer(conn: Connection, press: Stop | Decide | Release | Join, rules: Rules, now: Moment) -> str:
    """A human pressed. What is believed of the event after it; "gone" when there is no such event any more."""
    if isinstance(press, Stop):
        outbox.silence(conn, rules.org, press.contact)
        return NONE
    if isinstance(press, Release):
        return CONFIRMED if ledger.release(conn, rules.org, press.event, now) else "gone"
    alone(conn, LOSSES, rules.org)
    if isinstance(press, Join):
        return _join(conn, press, rules, now)
    patient = notices.patient_of(conn, rules.org, press.event)
    if not patient:
        return "gone"
    for record in notices.speaking(conn, rules.org, patient) or [min(patient)]:
        notices.say(conn, rules.org, record, Sign(HAND, "told" if press.dead else "no"), now)
    return _consider(conn, patient, rules, now)


def _join(conn: Connection, press: Join, rules: Rules, now: Moment) -> str:
    """Pressed twice is pressed once. A yes taken back makes two losses of the one again, and writes to nobody."""
    org, run, stay = rules.org, press.run, press.stay
    if not joins.came(conn, org, run, stay):
        return "gone"
    before = joins.said(conn, org, run, stay)
    word = press.say if press.say in ("yes", "no") else ""
    joins.say(conn, org, run, stay, word, now)
    if before == "yes" != word:
        _part(conn, run, stay, rules, now)
    if word == "yes" != before:
        notices.together(conn, org, run, stay, now)
        (patient,) = notices.one_patient(conn, org, [run])
        return _consider(conn, patient, rules, now)
    return NONE


def _part(conn: Connection, run: str, stay: str, rules: Rules, now: Moment) -> None:
    """The loss stays with the stay, where that tells of one by itself, else with the run; the other gets one of its own."""
    org = rules.org
    (whole,) = notices.one_patient(conn, org, [run])
    _, events = notices.said_of(conn, org, whole)
    notices.apart(conn, org, run, stay)
    sides = sorted(notices.one_patient(conn, org, [run, stay]), key=lambda side: stay not in side)
    if len(sides) == 2 and events:
        one, believed = min(events), [_believed(conn, org, side)[0] for side in sides]
        keeps, goes = sides if believed[0].state != NONE else reversed(sides)
        fresh, loss = "", believed[sides.index(goes)]
        if loss.state != NONE:
            fresh = ledger.open_event(conn, org, loss, weigh(frozenset(), rules.weights), "")
        notices.belong(conn, org, goes, fresh, now)
        stays, leaves = ({str(p.staff) for p in _those_there(conn, side, rules, now)} for side in (keeps, goes))
        joins.part(conn, org, one, fresh, stays, leaves)
    for side in sides:
        _consider(conn, side, rules, now)


def tick(conn: Connection, now: Moment, rules: Rules, forget: bool = True) -> None:
    """Time passed: three-day rows become the later days and go."""
    if forget or ledger.some_leave(conn, rules.org, now):
        alone(conn, LOSSES, rules.org)
    for who, died in ledger.leaving(conn, rules.org, now):
        moves = tuple(b % (2 * SHIFT + 1) - SHIFT for b in rules.rand(len(DAYS)))
        died_on = died.astimezone(rules.quiet.zone).date()
        days = stay(who, died_on.toordinal(), moves, outbox.waiting_days(conn, rules.org, who))
        if days:
            outbox.write_later(conn, rules.org, who, [(later.day, _morning(later.day, rules)) for later in days])
    if forget:
        notices.forget(conn, rules.org, now)
        ledger.forget(conn, rules.org, now)
        leavers.forget(conn, rules.org, now)
    outbox.forget(conn, rules.org, now)


def leave(
    conn: Connection, now: Moment, rules: Rules, room: int, ways: Ways, low: Low, gone: Sequence[outbox.Due] = ()
) -> tuple[list[Leaving], Moment | None]:
    """Mark what is `gone`; claim what is due and can go at once, and be done with what needn't go. What to send, and when the
    next is due.

    Silence is decided here, a moment before the sending (DECISIONS 16): STOP by one road is STOP by all. What is held back comes
    last, so that it finds others to share a fate with.
    """
    sent(conn, gone, rules, now)
    claimed = outbox.claim(conn, rules.org, now, low, room)
    due = now if len(claimed) >= room else outbox.next_due(conn, rules.org, now)
    if not claimed:
        return [], due
    to = people.reach(conn, rules.org, {one.staff for one in claimed})
    may = outbox.may_tell(conn, rules.org, [one for one in claimed if one.staff in to], now)
    open_ways = {staff: tuple(ways(phone, mail)) for staff, (phone, mail, _) in to.items()}
    marks = {one.key: _marks(one, open_ways[one.staff]) for one in may}
    silent = outbox.silent(conn, rules.org, set[str]().union(*marks.values()))
    going = [
        Leaving(one, open_ways[one.staff], to[one.staff][2], held=not silent.isdisjoint(marks[one.key]))
        for one in may
        if open_ways[one.staff]
    ]
    going.sort(key=lambda one: one.held)
    goes = {one.due.key for one in going}
    sent(conn, [one for one in claimed if one.key not in goes], rules, now)
    return going, due


def _marks(one: outbox.Due, ways: Iterable[Way]) -> set[str]:
    """Under which this person may have said STOP: for good, or for this time."""
    about = one.event or hush.about_day(one.step)
    return {mark for way in ways for mark in (way.mark, hush.mark(way.mark, about))}


def sent(conn: Connection, these: Sequence[outbox.Due], rules: Rules, now: Moment) -> list[None]:
    """They went out, or needn't: what comes next for these people."""
    first = {due.staff for due in these if due.step == "first"}
    shifts = people.shifts_of(conn, rules.org, now + SECOND, first)
    again = {staff: when(now + SECOND, on_shift(shifts, staff, now + SECOND), rules.quiet) for staff in first}
    outbox.done(conn, rules.org, [(due, again.get(due.staff)) for due in these])
    return [None] * len(these)


def _consider(conn: Connection, patient: frozenset[str], rules: Rules, now: Moment) -> str:
    """All that stands in the rows of one patient: what is believed, and who gets a message when it has settled."""
    loss, heard, events = _believed(conn, rules.org, patient)
    event = ledger.unite(conn, rules.org, events) if events else ""
    if loss.state == NONE and not event:
        return NONE
    if any(sign.path == HAND for h in heard for sign in h.signs):
        rules = replace(rules, settle=timedelta(0))  # a human told it, and knows (DECISIONS 21)
    weight, site = _weight(heard, rules), people.site_of(conn, rules.org, loss.unit)
    if event:
        ledger.now_believed(conn, rules.org, event, loss, weight, site)
    else:
        event = ledger.open_event(conn, rules.org, loss, weight, site)
    notices.belong(conn, rules.org, patient, event, now)
    if loss.state != CONFIRMED:
        ledger.take_back(conn, rules.org, event)
    elif not too_late(loss, now) and weight.points:
        died = loss.died or now
        _write_to(conn, event, _there(conn, rules.org, patient, died), died, weight, rules, now)
        if weight.points >= UNIT and now - died < LATELY:
            prompts.open_for(conn, rules.org, event, loss.unit, None if weight.human else now + rules.settle)
    return loss.state


def _believed(conn: Connection, org: str, patient: frozenset[str]) -> tuple[Loss, tuple[Heard, ...], set[str]]:
    """What is believed, from what, and of which events it is."""
    heard, events = notices.said_of(conn, org, patient)
    _, stays = notices.traces_of(conn, org, patient)
    return believe(in_scope(heard, (stay.ends for stay in stays if stay.ends))), heard, events


def _weight(heard: Iterable[Heard], rules: Rules) -> Weight:
    return weigh(frozenset(fact for h in heard for fact in h.facts), rules.weights)


def _there(conn: Connection, org: str, patient: frozenset[str], died: Moment) -> tuple[Presence, ...]:
    """Where a human joined a run and a stay: those of the stay, and the run's crew for what they themselves were there for."""
    runs = joins.runs_in(conn, org, patient) if len(patient) > 1 else {}
    parts = [_at(conn, org, patient - runs.keys(), died)]
    for run, handed_over in sorted(runs.items()):
        own, _, _ = _believed(conn, org, frozenset({run}))
        if (then := asked(died, own, handed_over)) is not None:
            parts.append(_at(conn, org, frozenset({run}), then))
    return once(parts)


def _at(conn: Connection, org: str, records: frozenset[str], died: Moment) -> tuple[Presence, ...]:
    acts, stays = notices.traces_of(conn, org, records)
    places, shifts = lain(died, stays), people.shifts_around(conn, org, died, reach=SHIFTS)
    return there(died, acts, places, shifts, people.work_around(conn, org, died, places))


def _those_there(conn: Connection, patient: frozenset[str], rules: Rules, now: Moment) -> tuple[Presence, ...]:
    """Who is written to because of this patient, nobody where it is no loss."""
    loss, heard, _ = _believed(conn, rules.org, patient)
    if loss.state != CONFIRMED or too_late(loss, now) or not _weight(heard, rules).points:
        return ()
    return _there(conn, rules.org, patient, loss.died or now)


def _after_the_call(conn: Connection, run: Notice, record: str, rules: Rules, now: Moment) -> None:
    """A hard ambulance run: its crew is written to for the call, by the run's own clock, whatever came of it (DECISIONS 22)."""
    acts, _ = notices.traces_of(conn, rules.org, frozenset({record}))
    facts = frozenset(run.call.split(",")) | run.facts & {"crew death"}
    crew, ended = the_call(acts, facts), call_ended(acts)
    loss = Loss(CALL, ended, run.unit)
    if not crew or ended is None or run.doubt or too_late(loss, now):
        return
    notices.still_named(conn, rules.org, {record}, now)
    weight, event = weigh(facts | {CALL}, rules.weights), key(record, CALL, "event")
    if not ledger.there_is(conn, rules.org, event):
        ledger.open_event(conn, rules.org, loss, weight, people.site_of(conn, rules.org, loss.unit), event)
    _write_to(conn, event, crew, ended, weight, rules, now)


def _write_to(
    conn: Connection, event: str, these: Iterable[Presence], died: Moment, weight: Weight, rules: Rules, now: Moment
) -> None:
    """Those at work still get it when it has settled, who has gone home not in the quiet hours; weight 3 waits for a human."""
    shifts, lately = people.shifts_around(conn, rules.org, now), now - died < LATELY
    due = now + rules.settle
    ledger.was_there(
        conn,
        rules.org,
        event,
        [(p, None if weight.human else when(due, lately or on_shift(shifts, p.staff, now), rules.quiet)) for p in these],
    )


def _morning(day: int, rules: Rules) -> Moment:
    return datetime.combine(datetime.fromordinal(day).date(), MORNING, rules.quiet.zone).astimezone(UTC)
