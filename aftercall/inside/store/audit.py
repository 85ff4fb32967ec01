"""The chain of what named people did here (signin/kept.py), and who looked at whom."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall.inside.store.tables import attendance, audit
from aftercall.signin.chain import Act as Act
from aftercall.signin.chain import Head as Head
from aftercall.signin.kept import Rows
from aftercall.signin.seat import Person
from aftercall.sql import plain
from aftercall.words import Moment

ROWS = Rows(audit)
note, acts, newest, forget = ROWS.note, ROWS.acts, ROWS.newest, ROWS.forget


def look(
    conn: Connection, org: str, key: bytes, person: Person, event: str, now: Moment
) -> tuple[Head, list[tuple[str, str, str]]]:
    """Who was at a loss (name, role, why), read in one transaction with the row that says who looked. Those looked at see it."""
    head = note(conn, org, key, person, "looked", "", now)
    mine = sa.and_(attendance.c.org == org, attendance.c.event == event)
    conn.execute(attendance.update().where(mine).values(seen=attendance.c.seen + f"{head.n} "))
    rows = plain(
        conn,
        "SELECT s.name, s.role, a.why FROM attendance a LEFT JOIN staff s ON s.org = a.org AND s.staff = a.staff"
        " WHERE a.org = ? AND a.event = ? ORDER BY s.name, a.staff",
        org,
        event,
    )
    return head, [(name or "", role or "", why) for name, role, why in rows]


def looked_at(conn: Connection, org: str, staff: str) -> list[Act]:
    """Who looked at a list on which this person stands, the newest first. It goes with the list, after three days."""
    mine = sa.select(attendance.c.seen).where(attendance.c.org == org, attendance.c.staff == staff)
    numbers = {int(n) for seen in conn.scalars(mine) for n in seen.split()}
    return [act for n in sorted(numbers, reverse=True) for act in ROWS.one(conn, org, n)]
