"""By which roads each peer is to be rung, as rows that their own phone writes. None: by the number on their card."""

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall.outside.road.reach import Way
from aftercall.outside.store.tables import reach


def of(conn: Connection, programme: str, pids: Collection[str]) -> dict[str, tuple[Way, ...]]:
    """What these peers have set. Who has set nothing is not in it."""
    mine = sa.and_(reach.c.programme == programme, reach.c.pid.in_(pids))
    found: dict[str, tuple[Way, ...]] = {}
    for row in conn.execute(sa.select(reach).where(mine).order_by(reach.c.road)):
        found[row.pid] = (*found.get(row.pid, ()), Way(row.road, row.to, row.after, row.came))
    return found


def put(conn: Connection, programme: str, pid: str, ways: tuple[Way, ...]) -> None:
    """In place of what was set before."""
    forget(conn, programme, pid)
    for way in ways:
        conn.execute(reach.insert().values(programme=programme, pid=pid, **way.__dict__))


def forget(conn: Connection, programme: str, pid: str) -> None:
    conn.execute(reach.delete().where(reach.c.programme == programme, reach.c.pid == pid))
