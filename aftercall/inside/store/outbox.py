"""Messages that wait to go: claimed by writing, sent, then marked. No event stands beside those of a week and later."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall import workers
from aftercall.inside.road.offer import key
from aftercall.inside.road.offer import may_tell as may_tell_now
from aftercall.inside.store.tables import attendance, outbox
from aftercall.sql import among, many
from aftercall.words import Moment, StaffId, from_millis, millis, moment, seconds
from aftercall.workers import Low, each_alone

HOLD = timedelta(seconds=30)  # one in flight is looked at again after this
_TOLD = 'SELECT staff, "by", until FROM told WHERE org = ? AND staff IN ?'
_TELL = (
    'INSERT INTO told (org, staff, "by", until) VALUES (?, ?, ?, ?)'
    ' ON CONFLICT (org, staff) DO UPDATE SET "by" = excluded."by", until = excluded.until'
)
_SILENCE = (
    "INSERT INTO quiet (org, contact, until) VALUES (?, ?, ?)"
    " ON CONFLICT (org, contact) DO UPDATE SET until = CASE WHEN excluded.until IS NULL OR quiet.until IS NULL THEN NULL"
    " WHEN excluded.until > quiet.until THEN excluded.until ELSE quiet.until END"
)
_SILENT = "SELECT contact FROM quiet WHERE org = ? AND contact IN ?"
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
    first = workers.claim(conn, attendance, {"org": org}, now, now + HOLD, most, low, unit=1000)
    after = workers.claim(conn, outbox, {"org": org}, now, now + HOLD, most - len(first), low, unit=1000)
    return [
        *(Due(StaffId(row.staff), row.event, row.step, row.tries + 1, row.ref) for row in first),
        *(Due(StaffId(row.staff), "", str(row.day), row.tries + 1, "") for row in after),
    ]


def forget(conn: Connection, org: str, now: Moment) -> None:
    """Two days after an offer nobody knows any more who had it; and a STOP for this time goes when its message would have gone."""
    many(conn, "DELETE FROM quiet WHERE org = ? AND until < ?", [(org, now.toordinal())])
    many(conn, "DELETE FROM told WHERE org = ? AND until <= ?", [(org, int(now.timestamp()))])


def may_tell(conn: Connection, org: str, these: Collection[Due], now: Moment) -> list[Due]:
    """One offer a person in 48 h: whoever writes the row first may send; the same offer may be sent again after a crash."""
    each_alone(conn, *(("told", org, staff) for staff in {due.staff for due in these}))
    have = {staff: (by, moment(until)) for staff, by, until in among(conn, _TOLD, org, {due.staff for due in these})}
    may, new = list[Due](), dict[str, tuple[str, Moment]]()
    for due in these:
        had = new.get(due.staff) or have.get(due.staff)
        tells = may_tell_now(had, key(due.ref, due.staff, "offer"), due.tries > 1, now)
        if tells:
            may.append(due)
            if tells != had:
                new[due.staff] = tells
    many(conn, _TELL, [(org, staff, by, seconds(until)) for staff, (by, until) in new.items()])
    return may


def done(conn: Connection, org: str, these: Iterable[tuple[Due, Moment | None]]) -> None:
    """They have gone, or needn't go. After the first message the one a day later is due, at the moment given."""
    after, first = list[tuple[object, ...]](), list[tuple[object, ...]]()
    for due, again in these:
        if due.event:
            goes_on = due.step == "first" and again is not None
            at = millis(again) if goes_on and again else None
            first.append(("day" if goes_on else "done", at, org, due.event, due.staff, due.step))
        else:
            after.append((org, due.staff, int(due.step)))
    many(conn, "UPDATE attendance SET step = ?, due = ?, tries = 0 WHERE org = ? AND event = ? AND staff = ? AND step = ?", first)
    many(conn, "DELETE FROM outbox WHERE org = ? AND staff = ? AND day = ?", after)


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
    first = [workers.after(conn, table, {"org": org}, now, unit=1000) for table in (attendance, outbox)]
    due = [at for at in first if at is not None]
    return from_millis(min(due)) if due else None


def silence(conn: Connection, org: str, contact: str) -> None:
    """STOP. Twice is the same as once."""
    many(conn, _SILENCE, [(org, contact, None)])


def hush(conn: Connection, org: str, marks: Mapping[str, int]) -> None:
    """STOP for this time: these messages, each until its day is over."""
    many(conn, _SILENCE, [(org, mark, until) for mark, until in marks.items()])


def unhush(conn: Connection, org: str, marks: Collection[str]) -> None:
    """What was said is taken back."""
    many(conn, "DELETE FROM quiet WHERE org = ? AND contact = ?", [(org, mark) for mark in marks])


def silent(conn: Connection, org: str, contacts: Collection[str]) -> set[str]:
    """Which of these said STOP."""
    return {contact for (contact,) in among(conn, _SILENT, org, contacts)}


def _there(org: str, due: Due) -> sa.ColumnElement[bool]:
    return sa.and_(attendance.c.org == org, attendance.c.event == due.event, attendance.c.staff == due.staff)


def _later(org: str, due: Due) -> sa.ColumnElement[bool]:
    return sa.and_(outbox.c.org == org, outbox.c.staff == due.staff, outbox.c.day == int(due.step))
