"""Sealed letters as rows, each deleted when the phone it is for says it has it."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall.outside.store.tables import msg


def _of(programme: str, box: str, lane: str) -> sa.ColumnElement[bool]:
    return sa.and_(msg.c.programme == programme, msg.c.box == box, msg.c.lane == lane)


def same(conn: Connection, programme: str, box: str, lane: str, n: int) -> bytes | None:
    found: bytes | None = conn.scalar(sa.select(msg.c.ct).where(_of(programme, box, lane), msg.c.n == n))
    return found


def waiting(conn: Connection, programme: str, box: str, lane: str) -> int:
    return conn.scalar(sa.select(sa.func.count()).select_from(msg).where(_of(programme, box, lane))) or 0


def put(conn: Connection, programme: str, box: str, lane: str, n: int, ct: bytes, day: int) -> None:
    """`day`: the last one of its box."""
    conn.execute(msg.insert().values(programme=programme, box=box, lane=lane, n=n, ct=ct, day=day))


def after(conn: Connection, programme: str, box: str, lane: str, n: int) -> list[bytes]:
    return list(conn.scalars(sa.select(msg.c.ct).where(_of(programme, box, lane), msg.c.n > n).order_by(msg.c.n)))


def had(conn: Connection, programme: str, box: str, lane: str, n: int) -> None:
    """The other phone has all up to n: they go."""
    conn.execute(msg.delete().where(_of(programme, box, lane), msg.c.n <= n))
