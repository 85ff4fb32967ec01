"""Three verbs move this half: a feed spoke, a human answered, time passed. Each is one transaction."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from sqlalchemy.engine import Connection

from aftercall.inside.road.crew import crew, on_shift
from aftercall.inside.road.loss import CONFIRMED, Loss, believe, too_late
from aftercall.inside.road.notice import Notice
from aftercall.inside.road.offer import SECOND, Quiet, when
from aftercall.inside.road.stay import DAYS, SHIFT, stay
from aftercall.inside.road.weight import Rule, weigh
from aftercall.inside.store import ledger, outbox, people
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


def hear(conn: Connection, notice: Notice, rules: Rules, now: Moment) -> str:
    """A feed spoke. What is believed after it: "none", "confirmed", "held", "withdrawn"; "again" for a replay."""
    if ledger.heard_before(conn, rules.org, notice):
        return "again"
    ledger.keep(conn, rules.org, notice, now)
    heard, event = ledger.all_heard(conn, rules.org, notice)
    loss = believe(heard)
    if loss.state == CONFIRMED:
        _confirm(conn, notice, loss, event, rules, now)
    elif event:
        ledger.set_state(conn, rules.org, event, loss.state)
        ledger.take_back(conn, rules.org, event)
    return loss.state


def answer(conn: Connection, press: Stop, rules: Rules) -> None:
    """A human pressed."""
    outbox.silence(conn, rules.org, press.contact)


def tick(conn: Connection, now: Moment, rules: Rules) -> tuple[list[outbox.Due], Moment | None]:
    """Time passed: three-day rows become the later days and go; what is due is claimed. What to send, and when the next is due."""
    for who, died in ledger.leaving(conn, rules.org, now):
        moves = tuple(b % (2 * SHIFT + 1) - SHIFT for b in rules.rand(len(DAYS)))
        died_on = died.astimezone(rules.quiet.zone).date()
        days = stay(who, died_on.toordinal(), moves, outbox.waiting_days(conn, rules.org, who))
        if days:
            outbox.write_later(conn, rules.org, who, [(later.day, _morning(later.day, rules)) for later in days])
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


def _confirm(conn: Connection, notice: Notice, loss: Loss, event: str, rules: Rules, now: Moment) -> None:
    """A loss stands: who was there gets a message when it has settled, unless it was expected or is old news."""
    died = loss.died or now
    weight = weigh(notice.facts, rules.weights)
    if not event:
        event = ledger.open_event(conn, rules.org, loss, weight, people.site_of(conn, rules.org, loss.unit))
    ledger.belongs(conn, rules.org, notice, event)
    ledger.set_state(conn, rules.org, event, CONFIRMED)
    if too_late(loss, now) or not ledger.state_of(conn, rules.org, event)[1]:
        return
    named = people.enrolled(conn, rules.org, notice.named)
    there = crew(named, people.shifts_around(conn, rules.org, died), loss.unit, died)
    shifts, lately = people.shifts_around(conn, rules.org, now), now - died < LATELY
    for at_work in (True, False):
        these = [p for p in there if (lately or on_shift(shifts, p.staff, now)) is at_work]
        ledger.was_there(conn, rules.org, event, these, when(now + rules.settle, at_work, rules.quiet))


def _morning(day: int, rules: Rules) -> Moment:
    return datetime.combine(datetime.fromordinal(day).date(), MORNING, rules.quiet.zone).astimezone(UTC)
