"""Rings that wait to be sent. A row here is one try, and goes when it was sent or when somebody answered."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall import workers
from aftercall.outside.store.tables import ring
from aftercall.sql import many, plain
from aftercall.words import Moment, moment, seconds
from aftercall.workers import Low

_ADD = (
    "INSERT INTO ring (programme, box, pid, road, wave, due, tries) VALUES (?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (programme, box, pid, road) DO UPDATE"
    " SET wave = excluded.wave, due = {least}(ring.due, excluded.due), tries = excluded.tries"
)
MOST = 200  # claimed in one round
HOLD = timedelta(seconds=30)  # a ring in flight is looked at again after this; longer than any provider's patience here
TEST = "test"  # in the place of a box's number: this duty's test ring
MORE = "more"  # in its place as well: more wait than those on duty can answer
BACK_OFF = (5, 15, 45, 120, 300)  # seconds, when trying again helps
SILENT = 99  # in the place of tries: it can't go by this road. The row rests until the next wave or the answer
REST = timedelta(days=30)  # longer than any box lives


@dataclass(frozen=True)
class Ring:
    box: str
    pid: str
    road: str
    wave: int
    tries: int


def _of(programme: str, box: str, pid: str) -> sa.ColumnElement[bool]:
    return sa.and_(ring.c.programme == programme, ring.c.box == box, ring.c.pid == pid)


def _one(programme: str, r: Ring) -> sa.ColumnElement[bool]:
    return sa.and_(_of(programme, r.box, r.pid), ring.c.road == r.road)


def add(conn: Connection, programme: str, new: Collection[tuple[Ring, int]], now: Moment) -> None:
    """Each so many seconds from now. One that still waits from the wave before keeps its time: else it is put off for ever."""
    due = {after: seconds(now + timedelta(seconds=after)) if after else int(now.timestamp()) for _, after in new}
    least = "least" if workers.several(conn) else "min"
    rows = [(programme, r.box, r.pid, r.road, r.wave, due[after], r.tries) for r, after in new]
    many(conn, _ADD.format(least=least), rows)


def claim(conn: Connection, programme: str, road: str, now: Moment, low: Low, most: int = MOST) -> list[Ring]:
    """Take what is due by this road by writing: whoever moves the due forward sends it."""
    rows = workers.claim(conn, ring, {"programme": programme, "road": road}, now, now + HOLD, most, low)
    return [Ring(row.box, row.pid, row.road, row.wave, row.tries + 1) for row in rows]


def forget_roads(conn: Connection, programme: str, roads: Collection[str]) -> None:
    """Rings by roads that this half has no more."""
    conn.execute(ring.delete().where(ring.c.programme == programme, ring.c.road.not_in(roads)))


def stands(conn: Connection, programme: str, r: Ring) -> bool:
    """Is it still to be sent? Somebody may have answered while it waited for its turn."""
    return conn.scalar(sa.select(ring.c.pid).where(_one(programme, r), ring.c.wave == r.wave)) is not None


def sent(conn: Connection, programme: str, these: Iterable[Ring]) -> None:
    gone = "DELETE FROM ring WHERE programme = ? AND box = ? AND pid = ? AND road = ? AND wave = ?"
    many(conn, gone, [(programme, r.box, r.pid, r.road, r.wave) for r in these])


def later(conn: Connection, programme: str, r: Ring, now: Moment) -> None:
    """It did not go out and trying again helps; it is not the last try."""
    at = seconds(now + timedelta(seconds=BACK_OFF[r.tries - 1]))
    conn.execute(ring.update().where(_one(programme, r), ring.c.wave == r.wave).values(due=at))


def last(r: Ring) -> bool:
    """Was this its last try?"""
    return r.tries > len(BACK_OFF)


def fell_silent(conn: Connection, programme: str, r: Ring, now: Moment) -> bool:
    """It can't go out. That stays known while this wave lasts; of a test, or of a call for more hands, it goes. Was it there?"""
    if r.box in (TEST, MORE):
        sent(conn, programme, [r])
        return False
    this = ring.update().where(_one(programme, r), ring.c.wave == r.wave)
    return conn.execute(this.values(tries=SILENT, due=seconds(now + REST))).rowcount == 1


def silent(conn: Connection, programme: str, box: str) -> set[tuple[str, str]]:
    """Whom it can't reach, and by which road."""
    failed = "SELECT pid, road FROM ring WHERE programme = ? AND box = ? AND tries = ?"
    return {(pid, road) for pid, road in plain(conn, failed, programme, box, SILENT)}


def sooner(conn: Connection, programme: str, r: Ring, now: Moment) -> bool:
    """This one is wanted now, for another road has failed. False when it doesn't wait any more, and nothing is changed."""
    waits = sa.and_(_one(programme, r), ring.c.wave == r.wave)
    conn.execute(ring.update().where(waits, ring.c.tries == 0, ring.c.due > int(now.timestamp())).values(due=int(now.timestamp())))
    return conn.scalar(sa.select(ring.c.pid).where(waits)) is not None


def drop(conn: Connection, programme: str, box: str) -> None:
    conn.execute(ring.delete().where(ring.c.programme == programme, ring.c.box == box))


def drop_for(conn: Connection, programme: str, box: str, pid: str) -> None:
    conn.execute(ring.delete().where(_of(programme, box, pid)))


def next_due(conn: Connection, programme: str, roads: Iterable[str], now: Moment) -> Moment | None:
    """After those that are due now."""
    first = [workers.after(conn, ring, {"programme": programme, "road": road}, now) for road in roads]
    due = [at for at in first if at is not None]
    return moment(min(due)) if due else None
