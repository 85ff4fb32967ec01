"""The chain of what named people did here, as rows: one more with each act, and a year later none."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall import retention
from aftercall.inside.store.tables import attendance, audit
from aftercall.signin import chain
from aftercall.signin.chain import Act as Act
from aftercall.signin.chain import Head as Head
from aftercall.signin.seat import Person
from aftercall.sql import many, plain
from aftercall.words import Moment
from aftercall.workers import alone

_ALL = "SELECT n, hour, who, name, role, act, about, seal FROM audit WHERE org = ?"
_PRUNE = "DELETE FROM audit WHERE org = ? AND n <= ?"


def note(conn: Connection, org: str, key: bytes, person: Person, what: str, about: str, now: Moment) -> Head:
    """The head after it."""
    alone(conn, "audit", org)
    new = chain.act(key, chain.head_of(_last(conn, org)), person, what, about, now)
    _add(conn, org, new)
    return Head(new.n, new.seal)


def acts(conn: Connection, org: str) -> list[Act]:
    """All there are, the oldest first; row 0 stands for those that have had their time."""
    return [Act(*row) for row in plain(conn, f"{_ALL} ORDER BY n", org)]


def newest(conn: Connection, org: str, most: int) -> list[Act]:
    return [Act(*row) for row in plain(conn, f"{_ALL} AND n > 0 ORDER BY n DESC LIMIT {int(most)}", org)]


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
    rows = [row for n in sorted(numbers, reverse=True) for row in plain(conn, f"{_ALL} AND n = ?", org, n)]
    return [Act(*row) for row in rows]


def forget(conn: Connection, org: str, key: bytes, now: Moment) -> None:
    """Acts of more than a year ago go, and row 0 carries the chain on without them."""
    old = int((now - retention.AUDIT).timestamp()) // chain.HOUR
    oldest = plain(conn, "SELECT hour FROM audit WHERE org = ? AND n > 0 ORDER BY n LIMIT 1", org)
    if oldest and oldest[0][0] < old:  # looked at every ten seconds: not a whole year of rows each time
        gone = plain(conn, f"{_ALL} AND n > 0 AND hour < ? ORDER BY n DESC LIMIT 1", org, old)
        alone(conn, "audit", org)
        last = Act(*gone[0])
        many(conn, _PRUNE, [(org, last.n)])
        _add(conn, org, chain.pruned(key, last))


def _last(conn: Connection, org: str) -> Act | None:
    rows = plain(conn, f"{_ALL} ORDER BY n DESC LIMIT 1", org)
    return Act(*rows[0]) if rows else None


def _add(conn: Connection, org: str, one: Act) -> None:
    conn.execute(audit.insert().values(org=org, **vars(one)))
