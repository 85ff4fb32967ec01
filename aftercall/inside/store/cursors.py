"""Up to where a feed was read."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall.inside.store.tables import cursor


def load(conn: Connection, org: str, feed: str) -> str | None:
    return conn.scalar(sa.select(cursor.c.place).where(cursor.c.org == org, cursor.c.feed == feed))


def save(conn: Connection, org: str, feed: str, place: str) -> None:
    conn.execute(cursor.delete().where(cursor.c.org == org, cursor.c.feed == feed))
    conn.execute(cursor.insert().values(org=org, feed=feed, place=place))
