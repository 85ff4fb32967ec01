"""How patients came, and which run and stay a human said are one patient's: random names and minutes that live three days."""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall import retention
from aftercall.inside.road.join import Pair, Side, propose
from aftercall.inside.road.loss import CONFIRMED, HELD, SUSPECTED
from aftercall.inside.road.notice import Coming
from aftercall.inside.store.names import Names
from aftercall.inside.store.tables import attendance, coming, event, notice, pair
from aftercall.sql import many
from aftercall.words import Moment, moment, seconds

MINUTE = 60
KEPT = retention.JOIN
_NEW = (
    "INSERT INTO coming (org, record, visit, side, came, age, incident, numbers, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (org, record, visit) DO UPDATE SET"
    " came = CASE WHEN excluded.came < coming.came THEN excluded.came ELSE coming.came END,"
    " age = COALESCE(coming.age, excluded.age), incident = COALESCE(NULLIF(coming.incident, ''), excluded.incident),"
    " numbers = CASE WHEN excluded.numbers = '' THEN coming.numbers ELSE excluded.numbers END"
    " WHERE excluded.came < coming.came OR (coming.age IS NULL AND excluded.age IS NOT NULL)"
    " OR (coming.incident = '' AND excluded.incident != '') OR excluded.numbers NOT IN ('', coming.numbers)"
)


def keep(conn: Connection, org: str, came: Iterable[tuple[str, str, Coming]], names: Names, now: Moment) -> None:
    """Record, visit, and how they came. What is told again changes nothing."""
    rows = [(org, record, visit, *_row(one, names), seconds(now)) for record, visit, one in came if record]
    many(conn, _NEW, rows)


def _row(one: Coming, names: Names) -> tuple[object, ...]:
    numbers = " ".join(sorted({names.of(number) for number in one.numbers}))
    minute = int(one.at.timestamp()) // MINUTE * MINUTE
    return one.side, minute, one.age, names.of(one.incident), numbers


# what a human is asked, and what they said ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Said:
    """A run and a stay, with what the desk said of the two: "yes", "no", or "" where it has said nothing yet."""

    pair: Pair
    word: str


def pairs(conn: Connection, org: str) -> list[Said]:
    """What may be one patient's, and what was decided; a run or a stay that has its yes is not asked about again."""
    rows = conn.execute(sa.select(coming).where(coming.c.org == org)).all()
    runs, stays = [_side(row) for row in rows if row.side == "run"], [_side(row) for row in rows if row.side == "stay"]
    words = {(row.run, row.stay): row.said for row in conn.execute(sa.select(pair).where(pair.c.org == org))}
    done = {run for (run, _), word in words.items() if word == "yes"}
    found = propose(runs, stays, _lost(conn, org) | {name for both in words for name in both})
    asked = [Said(one, words.get((one.run.record, one.stay.record), "")) for one in found]
    return [one for one in asked if one.word or one.pair.run.record not in done]


def _side(row: sa.Row[tuple[object, ...]]) -> Side:
    numbers = {row.record, row.visit} - {""} if row.side == "stay" else set(row.numbers.split())
    return Side(row.record, moment(row.came), row.age, row.incident, frozenset(numbers))


def _lost(conn: Connection, org: str) -> set[str]:
    """Of whom it is said that they died, surely or not."""
    states = sa.select(event.c.event).where(event.c.org == org, event.c.state.in_((CONFIRMED, HELD, SUSPECTED)))
    mine = sa.select(notice.c.record).distinct().where(notice.c.org == org, notice.c.event != "", notice.c.event.in_(states))
    return set(conn.scalars(mine))


def came(conn: Connection, org: str, run: str, stay: str) -> bool:
    """Are both still known, and a run and a stay?"""
    mine = sa.select(coming.c.record, coming.c.side).where(coming.c.org == org, coming.c.record.in_((run, stay)))
    return {(run, "run"), (stay, "stay")} <= {(row.record, row.side) for row in conn.execute(mine)}


def said(conn: Connection, org: str, run: str, stay: str) -> str:
    return conn.scalar(sa.select(pair.c.said).where(_this(org, run, stay))) or ""


def say(conn: Connection, org: str, run: str, stay: str, word: str, now: Moment) -> None:
    """ "yes", "no", or "": nothing was said."""
    conn.execute(pair.delete().where(_this(org, run, stay)))
    if word:
        conn.execute(pair.insert().values(org=org, run=run, stay=stay, said=word, at=seconds(now)))


def _this(org: str, run: str, stay: str) -> sa.ColumnElement[bool]:
    return sa.and_(pair.c.org == org, pair.c.run == run, pair.c.stay == stay)


# one loss, and two again ---------------------------------------------------------------------------------------------------


def runs_in(conn: Connection, org: str, patient: frozenset[str]) -> dict[str, Moment]:
    """Which of a patient's records are ambulance runs, and when each handed over."""
    mine = sa.select(coming.c.record, coming.c.came).where(coming.c.org == org, coming.c.side == "run")
    rows = conn.execute(mine.where(coming.c.record.in_(patient)))
    return {row.record: moment(row.came) for row in rows}


def part(conn: Connection, org: str, one: str, fresh: str, stays: set[str], goes: set[str]) -> None:
    """Those on one list are on two again: who was there by neither is struck off, who was there by both waits on both
    lists, or has had their message: one goes out, whichever is due first (offer.may_tell)."""
    mine = sa.and_(attendance.c.org == org, attendance.c.event == one)
    for row in conn.execute(sa.select(attendance).where(mine)).all():
        this = sa.and_(mine, attendance.c.staff == row.staff)
        if row.staff not in stays | goes:
            conn.execute(attendance.delete().where(this))
        elif row.staff not in stays:
            conn.execute(attendance.update().where(this).values(event=fresh))
        elif row.staff in goes:
            had = {} if row.step == "first" else {"step": "done", "due": None}
            conn.execute(attendance.insert().values(**{**row._asdict(), "event": fresh, **had}))
    for name in {one, fresh}:
        there = sa.select(sa.func.count()).where(attendance.c.org == org, attendance.c.event == name).scalar_subquery()
        conn.execute(event.update().where(event.c.org == org, event.c.event == name).values(there=there))
