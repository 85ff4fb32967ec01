"""How the hospital's half stands: what is overdue, what waits, what could not be read. Numbers of rows, never of whom."""

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall.inside.store.tables import attendance, outbox, prompt, quarantine
from aftercall.words import Moment, millis, seconds

OLD = 3  # tries: it has waited for 40 s, and the next comes when it is older than a minute
AHEAD = timedelta(hours=2)  # longer than any pause between two tries
WAITING = (attendance, outbox, prompt)


@dataclass(frozen=True)
class Standing:
    overdue: float  # seconds; of what is due, the oldest
    old: bool  # something has been tried three times, and waits
    quarantine: int
    lately: int  # of it, within a day
    outbox: dict[str, int]  # by template: what waits to be sent, today or in months


def standing(conn: Connection, org: str, now: Moment, known: dict[str, int] | None = None) -> Standing:
    """`known`: what waited a little while ago; else it is counted anew: a million rows take 0.2 s, not in the writer's line."""
    due = [conn.scalar(sa.select(sa.func.min(t.c.due)).where(t.c.org == org, t.c.due.isnot(None))) for t in WAITING]
    first = min((at for at in due if at is not None), default=None)
    soon = [sa.and_(t.c.org == org, t.c.due <= millis(now + AHEAD), t.c.tries >= OLD) for t in WAITING]
    old = any(conn.scalar(sa.select(t.c.tries).where(which).limit(1)) for t, which in zip(WAITING, soon, strict=True))
    aside = sa.select(sa.func.count()).select_from(quarantine).where(quarantine.c.org == org)
    lately = aside.where(quarantine.c.at > seconds(now - timedelta(days=1)))
    return Standing(
        0.0 if first is None else max(0.0, now.timestamp() - first / 1000),
        old,
        conn.scalar(aside) or 0,
        conn.scalar(lately) or 0,
        waiting(conn, org) if known is None else known,
    )


def waiting(conn: Connection, org: str) -> dict[str, int]:
    return {**_by(conn, org, attendance, attendance.c.step), **_by(conn, org, outbox, outbox.c.template)}


def _by(conn: Connection, org: str, table: sa.Table, what: sa.Column[str]) -> dict[str, int]:
    waits = sa.and_(table.c.org == org, table.c.due.isnot(None))
    return {name: n for name, n in conn.execute(sa.select(what, sa.func.count()).where(waits).group_by(what))}
