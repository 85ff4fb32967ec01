"""Up to where a feed was read, and which worker reads it now: a lease, so that two don't ask one server for the same."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall.inside.store.tables import cursor
from aftercall.sql import many
from aftercall.words import Moment, seconds

_THERE = "INSERT INTO cursor (org, feed, place, holder, until) VALUES (?, ?, '', '', 0) ON CONFLICT (org, feed) DO NOTHING"


def _of(org: str, feed: str) -> sa.ColumnElement[bool]:
    return sa.and_(cursor.c.org == org, cursor.c.feed == feed)


def load(conn: Connection, org: str, feed: str) -> str | None:
    return conn.scalar(sa.select(cursor.c.place).where(_of(org, feed), cursor.c.place != ""))


def save(conn: Connection, org: str, feed: str, place: str) -> None:
    many(conn, _THERE, [(org, feed)])
    conn.execute(cursor.update().where(_of(org, feed)).values(place=place))


def mine(conn: Connection, org: str, feed: str, worker: str, now: Moment, lease: timedelta) -> bool:
    """Does this worker read it now? Whoever writes its name first, and again before the lease is over; then another may."""
    many(conn, _THERE, [(org, feed)])
    free = sa.or_(cursor.c.holder == worker, cursor.c.until <= int(now.timestamp()))
    until = seconds(now + lease)
    return conn.execute(cursor.update().where(_of(org, feed), free).values(holder=worker, until=until)).rowcount == 1
