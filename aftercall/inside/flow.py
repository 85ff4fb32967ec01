"""Three verbs move this half: a feed spoke, a human answered, time passed. Each is one transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

from sqlalchemy.engine import Connection

from aftercall.inside.road.crew import HINTED, Presence, call_ended, lain, on_shift, the_call, there
from aftercall.inside.road.loss import CALL, CONFIRMED, HAND, NONE, Loss, believe, in_scope, too_late
from aftercall.inside.road.notice import Notice, Sign
from aftercall.inside.road.offer import SECOND, Quiet, key, when
from aftercall.inside.road.stay import DAYS, SHIFT, stay
from aftercall.inside.road.weight import Rule, Weight, weigh
from aftercall.inside.store import ledger, notices, outbox, people
from aftercall.words import Moment, Randomness

LATELY = timedelta(hours=2)  # after a death: whoever was there is taken to be at work still
MORNING = time(10, 0)  # of the day a later message goes


@dataclass(frozen=True)
class Rules:
    """What the verbs have to know of the settings."""

    org: str
    settle: timedelta
    quiet: Quiet
    weights: tuple[Rule, ...]
    rand: Randomness


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


def hear(conn: Connection, new: Sequence[Notice], rules: Rules, now: Moment) -> list[str]:
    """Feeds spoke. What is believed after it of the patient of each: "none", "suspected", "confirmed", "held" or "withdrawn"."""
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


def answer(conn: Connection, press: Stop | Decide | Release, rules: Rules, now: Moment) -> str:
    """A human pressed. What is believed of the event after it; "gone" when there is no such event any more."""
    if isinstance(press, Stop):
        outbox.silence(conn, rules.org, press.contact)
        return NONE
    if isinstance(press, Release):
        return CONFIRMED if ledger.release(conn, rules.org, press.event, now) else "gone"
    patient = notices.patient_of(conn, rules.org, press.event)
    if not patient:
        return "gone"
    notices.say(conn, rules.org, min(patient), Sign(HAND, "told" if press.dead else "no"), now)
    return _consider(conn, patient, rules, now)


def tick(conn: Connection, now: Moment, rules: Rules, forget: bool = True) -> tuple[list[outbox.Due], Moment | None]:
    """Time passed: three-day rows become the later days and go; what is due is claimed. What to send, and when the next is due."""
    for who, died in ledger.leaving(conn, rules.org, now):
        moves = tuple(b % (2 * SHIFT + 1) - SHIFT for b in rules.rand(len(DAYS)))
        died_on = died.astimezone(rules.quiet.zone).date()
        days = stay(who, died_on.toordinal(), moves, outbox.waiting_days(conn, rules.org, who))
        if days:
            outbox.write_later(conn, rules.org, who, [(later.day, _morning(later.day, rules)) for later in days])
    if forget:
        notices.forget(conn, rules.org, now)
        ledger.forget(conn, rules.org, now)
    outbox.forget(conn, rules.org, now)
    mine = outbox.claim(conn, rules.org, now)
    return mine, outbox.next_due(conn, rules.org)


def prepare(conn: Connection, due: outbox.Due, rules: Rules, now: Moment) -> tuple[str, str, str] | None:
    """To whom a claimed message goes: phone, mail, language. None: taken back, gone from the staff, or written to lately."""
    if not outbox.stands(conn, rules.org, due):
        return None
    to = people.reach(conn, rules.org, due.staff)
    if to is None or not outbox.may_tell(conn, rules.org, due, now):
        return None
    return to


def sent(conn: Connection, due: outbox.Due, rules: Rules, now: Moment) -> None:
    """It went out, or needn't: what comes next for this person."""
    at_work = on_shift(people.shifts_around(conn, rules.org, now + SECOND, due.staff), due.staff, now + SECOND)
    outbox.done(conn, rules.org, due, now, when(now + SECOND, at_work, rules.quiet))


def _consider(conn: Connection, patient: frozenset[str], rules: Rules, now: Moment) -> str:
    """All that stands in the rows of one patient: what is believed, and who gets a message when it has settled."""
    heard, events = notices.said_of(conn, rules.org, patient)
    acts, stays = notices.traces_of(conn, rules.org, patient)
    loss = believe(in_scope(heard, (stay.ends for stay in stays if stay.ends)))
    event = ledger.unite(conn, rules.org, events) if events else ""
    if loss.state == NONE and not event:
        return NONE
    if any(sign.path == HAND for h in heard for sign in h.signs):
        rules = replace(rules, settle=timedelta(0))  # a human told it, and knows (DECISIONS 21)
    facts = frozenset(fact for h in heard for fact in h.facts)
    weight, site = weigh(facts, rules.weights), people.site_of(conn, rules.org, loss.unit)
    if event:
        ledger.now_believed(conn, rules.org, event, loss, weight, site)
    else:
        event = ledger.open_event(conn, rules.org, loss, weight, site)
    notices.belong(conn, rules.org, patient, event)
    if loss.state != CONFIRMED:
        ledger.take_back(conn, rules.org, event)
    elif not too_late(loss, now) and weight.points:
        died = loss.died or now
        shifts = people.shifts_around(conn, rules.org, died, reach=HINTED)
        _write_to(conn, event, there(died, acts, lain(died, stays), shifts), died, weight, rules, now)
    return loss.state


def _after_the_call(conn: Connection, run: Notice, record: str, rules: Rules, now: Moment) -> None:
    """A hard ambulance run: its crew is written to for the call, by the run's own clock, whatever came of it (DECISIONS 22)."""
    acts, _ = notices.traces_of(conn, rules.org, frozenset({record}))
    facts = frozenset(run.call.split(",")) | run.facts & {"crew death"}
    crew, ended = the_call(acts, facts), call_ended(acts)
    loss = Loss(CALL, ended, run.unit)
    if not crew or ended is None or run.doubt or too_late(loss, now):
        return
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
