"""The losses of ninety days as the desk lists them, and one by itself: what was, how much it weighs, how far its notes are."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall.inside.road.loss import CALL, CONFIRMED, HELD, NONE, SUSPECTED, WITHDRAWN
from aftercall.inside.store import desk, notices
from aftercall.inside.store.tables import attendance, event, prompt
from aftercall.sql import plain
from aftercall.words import Moment, from_millis, millis, moment, seconds

PAGE = 50
WEEK = timedelta(days=7)
STATES = (CONFIRMED, CALL, HELD, SUSPECTED, WITHDRAWN)
"""Those that can be asked for. A loss of which nothing is left to believe counts as withdrawn."""
_NEWEST = (event.c.week.desc(), event.c.died_at.desc().nulls_last(), event.c.event)
ORDERS: dict[str, tuple[sa.ColumnElement[object], ...]] = {
    "newest": _NEWEST,
    "oldest": (event.c.week, event.c.died_at.nulls_last(), event.c.event),
    "weight": (event.c.weight.desc(), *_NEWEST),
    "there": (event.c.there.desc(), *_NEWEST),
}


@dataclass(frozen=True)
class Wish:
    """Which losses, and in which order. Empty: all. A unit is known for three days only, a day likewise: then its week."""

    unit: str = ""
    state: str = ""
    since: Moment | None = None
    until: Moment | None = None  # not included
    order: str = "newest"


@dataclass(frozen=True)
class Listed:
    """One loss. `died` and `unit` go after three days; `week` is its first moment."""

    event: str
    state: str
    week: Moment
    site: str
    weight: int
    there: int
    died: Moment | None
    unit: str


def listed(conn: Connection, org: str, wish: Wish, start: int) -> tuple[int, list[Listed]]:
    """How many there are, and one page of them from `start` on."""
    mine = [event.c.org == org]
    if wish.unit:
        mine.append(event.c.unit == wish.unit)
    if wish.state:
        mine.append(event.c.state.in_((WITHDRAWN, NONE) if wish.state == WITHDRAWN else (wish.state,)))
    if wish.since:
        mine.append(sa.or_(event.c.died_at >= seconds(wish.since), _gone(event.c.week >= _week(wish.since))))
    if wish.until:
        mine.append(sa.or_(event.c.died_at < seconds(wish.until), _gone(event.c.week <= _week(wish.until - timedelta(seconds=1)))))
    count = conn.scalar(sa.select(sa.func.count()).select_from(event).where(*mine)) or 0
    rows = conn.execute(sa.select(event).where(*mine).order_by(*ORDERS[wish.order]).offset(start).limit(PAGE))
    return count, [_listed(row) for row in rows]


def _gone(week: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Of those whose day is not known any more."""
    return sa.and_(event.c.died_at.is_(None), week)


def _week(at: Moment) -> int:
    return seconds(at) // int(WEEK.total_seconds())


def _listed(row: sa.Row[tuple[object, ...]]) -> Listed:
    week = moment(row.week * int(WEEK.total_seconds()))
    died = None if row.died_at is None else moment(row.died_at)
    return Listed(row.event, row.state, week, row.site, row.weight, row.there, died, row.unit or "")


# one loss ------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Notes:
    """How far the first notes of a loss are: `asks` wait for a human's yes, `later` have their moment still to come, `turn` have
    had it.

    Whether one went, failed, or was kept back by a STOP is not told: a row that has had its turn counts alike, whatever became of
    it. The second note is not counted at all: its moment follows from when the first one was done with, and that a STOP is done
    with while a provider is away could be read from it.
    """

    asks: int
    later: tuple[tuple[Moment, int], ...]  # to the minute
    turn: int
    unit: str  # its own prompt: "" none, "asks", "later", "turn"


@dataclass(frozen=True)
class One:
    loss: Listed
    seen: desk.Undecided  # what was told, and the facts of the rules that matched
    notes: Notes
    may_decide: bool  # what was said of it is kept still, and it is no call

    @property
    def open(self) -> bool:
        """Its three days are not over."""
        return self.loss.died is not None


def one(conn: Connection, org: str, name: str, now: Moment) -> One | None:
    row = conn.execute(sa.select(event).where(event.c.org == org, event.c.event == name)).one_or_none()
    if row is None:
        return None
    decide = row.state != CALL and bool(notices.patient_of(conn, org, name))
    return One(_listed(row), desk.undecided_of(conn, org, row), _notes(conn, org, name, now), decide)


def _notes(conn: Connection, org: str, name: str, now: Moment) -> Notes:
    table = attendance.name
    rows = plain(conn, f"SELECT step, due, tries FROM {table} WHERE org = ? AND event = ?", org, name)  # noqa: S608 - our own name
    stands = [_stands(step, due, tries, now) for step, due, tries in rows]
    minutes = Counter(_minute(due) for one, (_, due, _) in zip(stands, rows, strict=True) if one == "later")
    of_unit = conn.execute(
        sa.select(prompt.c.step, prompt.c.due, prompt.c.tries).where(prompt.c.org == org, prompt.c.event == name)
    )
    unit = next((_stands(row.step, row.due, row.tries, now) for row in of_unit), "")
    return Notes(stands.count("asks"), tuple(sorted(minutes.items())), stands.count("turn"), unit)


def _stands(step: str, due: int | None, tries: int, now: Moment) -> str:
    if step != "first":
        return "turn"
    if due is None:
        return "asks"
    return "later" if not tries and due > millis(now) else "turn"


def _minute(due: int) -> Moment:
    return from_millis(due // 60_000 * 60_000)
