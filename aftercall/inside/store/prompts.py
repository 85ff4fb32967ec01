"""A unit's own prompt: cover, a pause, a talk before home. One for a loss, to the unit and to nobody by name."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall.inside.road.offer import key
from aftercall.inside.store.outbox import BACK_OFF, HOLD
from aftercall.inside.store.tables import prompt, unit
from aftercall.words import Moment, from_millis, millis


@dataclass(frozen=True)
class Prompt:
    """One message to one unit, and where it goes: phone and mail."""

    event: str
    ref: str  # random while it lives, so that a provider's log can't be joined to it afterwards
    tries: int
    phone: str
    mail: str
    language: str

    @property
    def key(self) -> str:
        return key(self.ref, "unit", "first")


def open_for(conn: Connection, org: str, event: str, of: str, due: Moment | None) -> None:
    """Once for each loss, and only where the unit has a number or an address. None waits for a human."""
    there = sa.select(prompt.c.event).where(prompt.c.org == org, prompt.c.event == event)
    if conn.scalar(there) is None and any(_reach(conn, org, of)[:2]):
        row = {"event": event, "unit": of, "ref": secrets.token_hex(16), "step": "first", "tries": 0}
        conn.execute(prompt.insert().values(org=org, due=None if due is None else millis(due), **row))


def claim(conn: Connection, org: str, now: Moment) -> list[Prompt]:
    """Whoever moves the due forward sends it."""
    mine = []
    due = sa.select(prompt).where(prompt.c.org == org, prompt.c.due <= int(now.timestamp() * 1000))
    for row in conn.execute(due.with_for_update(skip_locked=True)).all():
        moved = prompt.update().where(_one(org, row.event), prompt.c.due == row.due, prompt.c.tries == row.tries)
        if conn.execute(moved.values(due=millis(now + HOLD), tries=row.tries + 1)).rowcount == 1:
            mine.append(Prompt(row.event, row.ref, row.tries + 1, *_reach(conn, org, row.unit)))
    return mine


def done(conn: Connection, org: str, this: Prompt) -> None:
    """It has gone, or needn't. What stands until the loss is three days old is only that there was one."""
    conn.execute(prompt.update().where(_one(org, this.event)).values(step="done", due=None))


def later(conn: Connection, org: str, this: Prompt, now: Moment) -> None:
    at = millis(now + timedelta(seconds=BACK_OFF[min(this.tries, len(BACK_OFF)) - 1]))
    conn.execute(prompt.update().where(_one(org, this.event), prompt.c.step == "first").values(due=at))


def next_due(conn: Connection, org: str) -> Moment | None:
    first = conn.scalar(sa.select(sa.func.min(prompt.c.due)).where(prompt.c.org == org))
    return None if first is None else from_millis(first)


def _one(org: str, event: str) -> sa.ColumnElement[bool]:
    return sa.and_(prompt.c.org == org, prompt.c.event == event)


def _reach(conn: Connection, org: str, of: str) -> tuple[str, str, str]:
    row = conn.execute(
        sa.select(unit.c.phone, unit.c.mail, unit.c.language).where(unit.c.org == org, unit.c.unit == of)
    ).one_or_none()
    return (row.phone, row.mail, row.language) if row else ("", "", "")
