"""Rings that wait to be sent. A row here is one try, and goes when it was sent or when somebody answered."""

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall.outside.store.tables import ring
from aftercall.words import Moment, moment, seconds

HOLD = timedelta(seconds=30)  # a ring in flight is looked at again after this; longer than any provider's patience here
BACK_OFF = (5, 15, 45, 120, 300)  # seconds, when trying again helps


@dataclass(frozen=True)
class Ring:
    box: str
    pid: str
    road: str
    wave: int
    tries: int


def _one(programme: str, r: Ring) -> sa.ColumnElement[bool]:
    return sa.and_(ring.c.programme == programme, ring.c.box == r.box, ring.c.pid == r.pid, ring.c.road == r.road)


def add(conn: Connection, programme: str, new: list[Ring], now: Moment) -> None:
    for r in new:
        conn.execute(ring.delete().where(_one(programme, r)))
        conn.execute(ring.insert().values(programme=programme, due=int(now.timestamp()), **r.__dict__))


def claim(conn: Connection, programme: str, now: Moment, most: int = 200) -> list[Ring]:
    """Take what is due by writing: whoever moves the due forward sends it."""
    at = int(now.timestamp())
    found = conn.execute(
        sa.select(ring).where(ring.c.programme == programme, ring.c.due <= at).order_by(ring.c.due).limit(most)
    ).all()
    mine = []
    for row in found:
        r = Ring(row.box, row.pid, row.road, row.wave, row.tries + 1)
        moved = ring.update().where(_one(programme, r), ring.c.due == row.due, ring.c.tries == row.tries)
        if conn.execute(moved.values(due=seconds(now + HOLD), tries=r.tries)).rowcount == 1:
            mine.append(r)
    return mine


def stands(conn: Connection, programme: str, r: Ring) -> bool:
    """Is it still to be sent? Somebody may have answered while it waited for its turn."""
    return conn.scalar(sa.select(ring.c.pid).where(_one(programme, r), ring.c.wave == r.wave)) is not None


def sent(conn: Connection, programme: str, r: Ring) -> None:
    conn.execute(ring.delete().where(_one(programme, r), ring.c.wave == r.wave))


def later(conn: Connection, programme: str, r: Ring, now: Moment) -> None:
    """It did not go out and trying again helps; after the last try the row goes, and the next wave is what remains."""
    if r.tries > len(BACK_OFF):
        return sent(conn, programme, r)
    at = seconds(now + timedelta(seconds=BACK_OFF[r.tries - 1]))
    conn.execute(ring.update().where(_one(programme, r), ring.c.wave == r.wave).values(due=at))
    return None


def drop(conn: Connection, programme: str, box: str) -> None:
    conn.execute(ring.delete().where(ring.c.programme == programme, ring.c.box == box))


def next_due(conn: Connection, programme: str) -> Moment | None:
    first = conn.scalar(sa.select(sa.func.min(ring.c.due)).where(ring.c.programme == programme))
    return None if first is None else moment(first)
