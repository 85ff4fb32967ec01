"""Messages that wait to go: claimed by writing, sent, then marked. No event stands beside those of a week and later."""

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall import workers
from aftercall.inside.road.offer import key
from aftercall.inside.road.offer import may_tell as may_tell_now
from aftercall.inside.store.tables import attendance, outbox, quiet, told
from aftercall.sql import many
from aftercall.words import Moment, StaffId, from_millis, millis, moment, seconds
from aftercall.workers import Low, alone

HOLD = timedelta(seconds=30)  # one in flight is looked at again after this
BACK_OFF = (10, 30, 60, 120, 300, 600, 1800, 3600)  # seconds, when trying again helps


@dataclass(frozen=True)
class Due:
    """One message to one person. `event` is empty for those of a week and later."""

    staff: StaffId
    event: str
    step: str  # "first" | "day" | the number of the day
    tries: int
    ref: str  # random while it lives with an event, so that a provider's log can't be joined to it afterwards

    @property
    def key(self) -> str:
        return key(self.ref, self.staff, self.step)


def claim(conn: Connection, org: str, now: Moment, low: Low, most: int) -> list[Due]:
    """Whoever moves the due forward sends it."""
    first = workers.claim(conn, attendance, attendance.c.org == org, now, now + HOLD, most, low, unit=1000)
    after = workers.claim(conn, outbox, outbox.c.org == org, now, now + HOLD, most - len(first), low, unit=1000)
    return [
        *(Due(StaffId(row.staff), row.event, row.step, row.tries + 1, row.ref) for row in first),
        *(Due(StaffId(row.staff), "", str(row.day), row.tries + 1, "") for row in after),
    ]


def forget(conn: Connection, org: str, now: Moment) -> None:
    """Two days after an offer nobody knows any more who had it."""
    conn.execute(told.delete().where(told.c.org == org, told.c.until <= int(now.timestamp())))


def may_tell(conn: Connection, org: str, due: Due, now: Moment) -> bool:
    """One offer a person in 48 h: whoever writes the row first may send; the same offer may be sent again after a crash."""
    alone(conn, "told", org, due.staff)
    mine = sa.and_(told.c.org == org, told.c.staff == due.staff)
    row = conn.execute(sa.select(told.c.by, told.c.until).where(mine)).one_or_none()
    have = None if row is None else (row.by, moment(row.until))
    new = may_tell_now(have, key(due.ref, due.staff, "offer"), due.tries > 1, now)
    if new and new != have:
        conn.execute(told.delete().where(mine))
        conn.execute(told.insert().values(org=org, staff=due.staff, by=new[0], until=seconds(new[1])))
    return new is not None


def done(conn: Connection, org: str, due: Due, now: Moment, again: Moment | None) -> None:
    """It has gone, or needn't go. After the first message the one a day later is due, at `again`."""
    if not due.event:
        conn.execute(outbox.delete().where(_later(org, due)))
        return
    step, at = ("day", again) if due.step == "first" and again else ("done", None)
    same = attendance.update().where(_there(org, due), attendance.c.step == due.step)
    conn.execute(same.values(step=step, due=None if at is None else millis(at), tries=0))


def later(conn: Connection, org: str, due: Due, now: Moment) -> None:
    """It did not go and trying again helps."""
    at = millis(now + timedelta(seconds=BACK_OFF[min(due.tries, len(BACK_OFF)) - 1]))
    table, this = (attendance, _there(org, due)) if due.event else (outbox, _later(org, due))
    conn.execute(table.update().where(this).values(due=at))


def write_later(conn: Connection, org: str, who: StaffId, days: list[tuple[int, Moment]]) -> None:
    conn.execute(
        outbox.insert(),
        [{"org": org, "staff": who, "day": day, "template": "note", "due": millis(at), "tries": 0} for day, at in days],
    )


def waiting_days(conn: Connection, org: str, who: StaffId) -> tuple[int, ...]:
    return tuple(conn.scalars(sa.select(outbox.c.day).where(outbox.c.org == org, outbox.c.staff == who)))


def next_due(conn: Connection, org: str, now: Moment) -> Moment | None:
    """After those that are due now."""
    first = [workers.after(conn, table, table.c.org == org, now, unit=1000) for table in (attendance, outbox)]
    due = [at for at in first if at is not None]
    return from_millis(min(due)) if due else None


def silence(conn: Connection, org: str, contact: str) -> None:
    """STOP. Twice is the same as once."""
    many(conn, "INSERT INTO quiet (org, contact) VALUES (?, ?) ON CONFLICT (org, contact) DO NOTHING", [(org, contact)])


def silent(conn: Connection, org: str, contact: str) -> bool:
    return conn.scalar(sa.select(quiet.c.contact).where(quiet.c.org == org, quiet.c.contact == contact)) is not None


def _there(org: str, due: Due) -> sa.ColumnElement[bool]:
    return sa.and_(attendance.c.org == org, attendance.c.event == due.event, attendance.c.staff == due.staff)


def _later(org: str, due: Due) -> sa.ColumnElement[bool]:
    return sa.and_(outbox.c.org == org, outbox.c.staff == due.staff, outbox.c.day == int(due.step))
