"""What the hospital's own database still tells, four days after a loss, of who was there: `python -m tests.promises.day_four N`.

A figure, not a promise (DECISIONS 30). By then attendance is gone, and so are the loss's day and unit; the rows of the notes still
to come are there, each moved by up to two days, and so is the rota. The reader of the database has nothing else, and knows how it
works. Of each person who was there they guess the shift, and with whom; beside it stands the same guess from the rota alone.
"""

import statistics
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall.inside import flow
from aftercall.inside.road.crew import Presence
from aftercall.inside.road.loss import CONFIRMED, Loss
from aftercall.inside.road.offer import Quiet
from aftercall.inside.road.stay import DAYS, SHIFT
from aftercall.inside.road.weight import Weight
from aftercall.inside.store import ledger
from aftercall.inside.store.tables import attendance, event, outbox, rota, staff, tables
from aftercall.words import StaffId
from aftercall.workers import Low
from tests.promises.quarter import Size

BEGUN = datetime(2026, 10, 1, 4, tzinfo=UTC)  # 07:00 in Nairobi, when shifts change
ZONE = ZoneInfo("Africa/Nairobi")
CREWS = 5  # of a unit; each works twelve hours and rests for four times as long
TURN = timedelta(hours=12)
AFTER = timedelta(days=4)
RULES = flow.Rules("h", timedelta(0), Quiet(time(22), time(7), ZONE), (), Random(0).randbytes)


@dataclass(frozen=True)
class Shift:
    """One crew's turn in one unit."""

    number: int
    unit: int

    @property
    def begins(self) -> datetime:
        return BEGUN + self.number * TURN

    @property
    def day(self) -> int:
        return self.begins.astimezone(ZONE).date().toordinal()


@dataclass(frozen=True)
class Happened:
    """One loss: when, on whose shift, and who of it was there."""

    at: datetime
    shift: Shift
    team: frozenset[str]


@dataclass
class Guessed:
    """Of one person who was there."""

    shift: float  # was the shift right? (how likely, where several are as good)
    named: int  # whom the guess puts there with them
    right: int  # of these, who was
    chance: float  # the shift from the rota and the week alone


def crew(size: Size, shift: Shift) -> list[str]:
    return [f"s{n}" for n in range(shift.unit * size.each, (shift.unit + 1) * size.each) if n % CREWS == shift.number % CREWS]


def happened(rng: Random, size: Size) -> Iterator[Happened]:
    at = 0.0
    while (at := at + rng.expovariate(size.losses / 24)) < size.days * 24:
        shift = Shift(int(at // 12), rng.randrange(size.units))
        yield Happened(BEGUN + timedelta(hours=at), shift, frozenset(rng.sample(crew(size, shift), size.team)))


def played(seed: int, size: Size, dealt: bool = False) -> list[Guessed]:
    """Half a year on the real rows, read four days after each loss of its second half, when notes of months wait.

    `dealt`: for a control the waiting notes are dealt anew among the staff before they are read.
    """
    rng = Random(seed)
    losses = list(happened(rng, size))
    engine = sa.create_engine("sqlite://")
    tables.create_all(engine)
    rules = replace(RULES, rand=rng.randbytes)
    found = list[Guessed]()
    with engine.begin() as conn:
        _hospital(conn, size)
        things = [(loss.at, 0, loss) for loss in losses] + [(loss.at + AFTER, 1, loss) for loss in losses]
        for at, what, loss in sorted(things, key=lambda thing: (thing[0], thing[1])):
            _time_passes(conn, at, rules)
            if what == 0:
                dead = Loss(CONFIRMED, at, f"u{loss.shift.unit}")
                name = ledger.open_event(conn, "h", dead, Weight(2, (), ("death",)), "site")
                ledger.was_there(conn, "h", name, [(Presence(StaffId(who), "rota"), at) for who in sorted(loss.team)])
            elif at > BEGUN + timedelta(days=size.days / 2):
                _nothing_else(conn, at)
                found += read(_waiting(conn, rng if dealt else None), _turns(conn, at), loss)
    engine.dispose()
    return found


def _hospital(conn: Connection, size: Size) -> None:
    for n in range(size.staff):
        row = {"name": f"n{n}", "phone": f"+2547{n:08}", "mail": "", "language": "en", "unit": f"u{n // size.each}", "role": ""}
        conn.execute(staff.insert().values(org="h", staff=f"s{n}", **row))
    turns = [Shift(number, unit) for number in range(2 * size.days + 10) for unit in range(size.units)]
    rows = [
        {
            "org": "h",
            "unit": f"u{t.unit}",
            "staff": who,
            "begins": int(t.begins.timestamp()),
            "ends": int((t.begins + TURN).timestamp()),
        }
        for t in turns
        for who in crew(size, t)
    ]
    conn.execute(rota.insert(), rows)


def _time_passes(conn: Connection, now: datetime, rules: flow.Rules) -> None:
    flow.tick(conn, now, rules)
    for _ in range(3):  # a first note, and what has become due meanwhile
        going, _due = flow.leave(conn, now, rules, 10_000, lambda phone, _: [flow.Way("sms", phone, phone)], Low())
        flow.sent(conn, [one.due for one in going], rules, now)


def read(known: dict[str, set[int]], on: dict[str, list[Shift]], loss: Happened) -> list[Guessed]:
    """What somebody with this database alone makes of it. Of `loss` they know nothing but that its week has one."""
    return [_guess(who, loss, known, on) for who in sorted(loss.team)]


def _nothing_else(conn: Connection, now: datetime) -> None:
    """Else this would be a game with open cards."""
    old = int((now - AFTER + timedelta(minutes=1)).timestamp())
    assert not conn.execute(sa.select(event.c.unit).where(event.c.died_at <= old)).all()
    there = sa.select(attendance.c.staff).join(event, event.c.event == attendance.c.event).where(event.c.died_at.is_(None))
    assert not conn.execute(there).all()


def _waiting(conn: Connection, rng: Random | None) -> dict[str, set[int]]:
    found = defaultdict[str, set[int]](set)
    for who, day in conn.execute(sa.select(outbox.c.staff, outbox.c.day)):
        found[who].add(day)
    if rng:
        everybody = list(conn.scalars(sa.select(staff.c.staff).order_by(staff.c.staff)))
        return defaultdict(set, zip(rng.sample(everybody, len(found)), found.values(), strict=True))
    return found


def _turns(conn: Connection, now: datetime) -> dict[str, list[Shift]]:
    """Who worked when in the days that a loss of this week may have been: from the rota's rows."""
    found = defaultdict[str, list[Shift]](list)
    since, until = ((now - timedelta(days=days)).timestamp() for days in (7, 3))
    for who, unit, begins in conn.execute(sa.select(rota.c.staff, rota.c.unit, rota.c.begins)):
        if since <= begins <= until:
            found[who].append(Shift(round((begins - BEGUN.timestamp()) / TURN.total_seconds()), int(unit[1:])))
    return found


def fits(days: set[int], day: int) -> bool:
    """May notes on these days be those of a loss on that day? One of the three may have been left out for another (stay.py)."""
    return sum(any(abs(waits - day - later) <= SHIFT for waits in days) for later in DAYS) >= len(DAYS) - 1


def _guess(who: str, loss: Happened, known: dict[str, set[int]], on: dict[str, list[Shift]]) -> Guessed:
    mine = [shift for shift in on[who] if fits(known[who], shift.day)]
    with_me = {shift: {other for other in on if shift in on[other] and fits(known[other], shift.day)} for shift in mine}
    most = max(map(len, with_me.values()), default=0)
    best = [shift for shift, them in with_me.items() if len(them) == most]
    named = with_me[best[0]] - {who} if best else set[str]()
    return Guessed(
        1 / len(best) if loss.shift in best else 0.0, len(named), len(named & loss.team), 1 / len(on[who]) if on[who] else 0.0
    )


def main() -> int:
    times, size = int(sys.argv[1]), Size(days=180)
    found = [one for seed in range(times) for one in played(seed, size)]
    named, right = sum(one.named for one in found), sum(one.right for one in found)
    print(f"event.db at day 4, {len(found)} people who were at a loss, {times} half-years of {size.staff} staff:")
    print(f"  the shift on which they were there is guessed   {statistics.fmean(one.shift for one in found):.0%}")
    print(f"  by the rota alone, knowing that they were       {statistics.fmean(one.chance for one in found):.0%}")
    print(f"  of those named as there with them, were         {right / max(1, named):.0%}")
    print(f"  by the rota alone, knowing the shift            {(size.team - 1) / (size.each // CREWS - 1):.0%}")
    print(f"  of those who were there with them, are named    {right / (len(found) * (size.team - 1)):.0%}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
