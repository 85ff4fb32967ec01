"""Losses, and who was there, as rows that live three days; and what could not be read."""

import secrets
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall import retention
from aftercall.inside.road.crew import Presence
from aftercall.inside.road.loss import NONE, SUSPECTED, Loss
from aftercall.inside.road.notice import Unread
from aftercall.inside.road.weight import Weight
from aftercall.inside.store.tables import attendance, event, prompt, quarantine, told
from aftercall.words import Moment, StaffId, millis, moment, seconds

KEPT, EVENT_KEPT, QUARANTINE_KEPT = retention.ATTENDANCE, retention.EVENT, retention.QUARANTINE


def open_event(conn: Connection, org: str, loss: Loss, weight: Weight, site: str, name: str = "") -> str:
    """A new loss under a random name; what it was about is not in it."""
    name, died = name or secrets.token_hex(16), loss.died or moment(0)
    row = {"week": seconds(died) // 604800, "died_at": seconds(died), "unit": loss.unit, "site": site, "there": 0}
    conn.execute(
        event.insert().values(org=org, event=name, state=loss.state, weight=weight.points, rules=",".join(weight.rules), **row)
    )
    return name


def now_believed(conn: Connection, org: str, name: str, loss: Loss, weight: Weight, site: str) -> None:
    """What is known of an event after something more was said. Nothing is written where nothing changed."""
    died = seconds(loss.died) if loss.died else None
    new: dict[str, object] = {"state": loss.state}
    if died is not None:
        new |= {"week": died // 604800, "died_at": died, "unit": loss.unit, "site": site}
        new |= {"weight": weight.points, "rules": ",".join(weight.rules)}
    differs = sa.or_(*(event.c[column].is_distinct_from(value) for column, value in new.items()))
    conn.execute(event.update().where(event.c.org == org, event.c.event == name, differs).values(**new))


def unite(conn: Connection, org: str, names: set[str]) -> str:
    """Two losses were one: the first stays, and who was written to for the other counts as written to for it."""
    keep, *others = sorted(names)
    for other in others:
        have = sa.select(attendance.c.staff).where(attendance.c.org == org, attendance.c.event == keep)
        theirs = sa.and_(attendance.c.org == org, attendance.c.event == other)
        for ahead, behind in (("done", ("first",)), ("day", ("first", "done"))):  # who has had the first gets no other first
            had = sa.select(attendance.c.staff).where(theirs, attendance.c.step == ahead)
            mine = sa.and_(attendance.c.org == org, attendance.c.event == keep, attendance.c.step.in_(behind))
            conn.execute(attendance.delete().where(mine, attendance.c.staff.in_(had)))
        conn.execute(attendance.update().where(theirs, attendance.c.staff.not_in(have)).values(event=keep))
        conn.execute(attendance.delete().where(theirs))
        conn.execute(prompt.delete().where(prompt.c.org == org, prompt.c.event == other))
        conn.execute(event.delete().where(event.c.org == org, event.c.event == other))
    return keep


def there_is(conn: Connection, org: str, name: str) -> bool:
    return conn.scalar(sa.select(event.c.event).where(event.c.org == org, event.c.event == name)) is not None


def was_there(conn: Connection, org: str, name: str, there: Iterable[tuple[Presence, Moment | None]]) -> None:
    """Those who are not on the list yet get their first message at the moment given (None waits for a human).

    Who is on the list, is not among these any more and has not been written to, is struck off.
    """
    mine = sa.and_(attendance.c.org == org, attendance.c.event == name)
    have = dict(conn.execute(sa.select(attendance.c.staff, attendance.c.step).where(mine)).all())
    wanted = {p.staff: (p, due) for p, due in there}
    rows = [
        {
            "org": org,
            "event": name,
            "staff": staff,
            "why": p.why,
            "ref": secrets.token_hex(16),
            "step": "first",
            "due": None if due is None else millis(due),
            "tries": 0,
        }
        for staff, (p, due) in wanted.items()
        if staff not in have
    ]
    gone = [staff for staff, step in have.items() if staff not in wanted and step == "first"]
    if rows:
        conn.execute(attendance.insert(), rows)
    if gone:
        conn.execute(attendance.delete().where(mine, attendance.c.staff.in_(gone), attendance.c.step == "first"))
    count = len(have) + len(rows) - len(gone)
    conn.execute(event.update().where(event.c.org == org, event.c.event == name, event.c.there != count).values(there=count))


def attending(conn: Connection, org: str, name: str) -> list[tuple[StaffId, str]]:
    """Who was there, and why we think so."""
    found = sa.select(attendance.c.staff, attendance.c.why).where(attendance.c.org == org, attendance.c.event == name)
    return [(StaffId(row.staff), row.why) for row in conn.execute(found.order_by(attendance.c.staff))]


def release(conn: Connection, org: str, name: str, now: Moment) -> bool:
    """Whoever waits for a human gets their message now."""
    waits = sa.and_(attendance.c.org == org, attendance.c.event == name, attendance.c.step == "first", attendance.c.due.is_(None))
    conn.execute(attendance.update().where(waits).values(due=millis(now)))
    unit = sa.and_(prompt.c.org == org, prompt.c.event == name, prompt.c.step == "first", prompt.c.due.is_(None))
    conn.execute(prompt.update().where(unit).values(due=millis(now)))
    return there_is(conn, org, name)


def take_back(conn: Connection, org: str, name: str) -> int:
    """A loss was withdrawn: nobody is written to any more because of it. How many had not been written to yet."""
    first = conn.execute(
        attendance.delete().where(attendance.c.org == org, attendance.c.event == name, attendance.c.step == "first")
    ).rowcount
    conn.execute(attendance.delete().where(attendance.c.org == org, attendance.c.event == name))
    conn.execute(prompt.delete().where(prompt.c.org == org, prompt.c.event == name))
    conn.execute(event.update().where(event.c.org == org, event.c.event == name, event.c.there != 0).values(there=0))
    return first


def some_leave(conn: Connection, org: str, now: Moment) -> bool:
    """Does any attendance die now?"""
    old = sa.and_(event.c.org == org, event.c.died_at <= int((now - KEPT).timestamp()))
    return conn.scalar(sa.select(event.c.event).where(old).limit(1)) is not None


def leaving(conn: Connection, org: str, now: Moment) -> list[tuple[StaffId, Moment]]:
    """Attendance that dies now: who, and when the loss was. It is gone with this call."""
    old = sa.and_(event.c.org == org, event.c.died_at <= int((now - KEPT).timestamp()))
    rows = conn.execute(
        sa.select(attendance.c.staff, event.c.died_at, event.c.event)
        .join(event, (event.c.org == attendance.c.org) & (event.c.event == attendance.c.event))
        .where(old)
    ).all()
    for name in {row.event for row in rows}:
        conn.execute(attendance.delete().where(attendance.c.org == org, attendance.c.event == name))
    gone = sa.select(event.c.event).where(old)
    conn.execute(prompt.delete().where(prompt.c.org == org, prompt.c.event.in_(gone)))
    conn.execute(event.update().where(old).values(died_at=None, unit=None))
    return [(StaffId(row.staff), moment(row.died_at)) for row in rows]


def forget(conn: Connection, org: str, now: Moment) -> None:
    """What has had its time goes."""
    at = int((now - KEPT).timestamp())
    unproven = sa.and_(event.c.state.in_((SUSPECTED, NONE)), event.c.died_at.is_(None) | (event.c.died_at <= at))
    conn.execute(event.delete().where(event.c.org == org, unproven))
    conn.execute(told.delete().where(told.c.org == org, told.c.until <= int(now.timestamp())))
    conn.execute(event.delete().where(event.c.org == org, event.c.week < seconds(now) // 604800 - EVENT_KEPT))
    conn.execute(quarantine.delete().where(quarantine.c.org == org, quarantine.c.at <= int((now - QUARANTINE_KEPT).timestamp())))


def put_aside(conn: Connection, org: str, what: Unread, now: Moment) -> None:
    """What couldn't be read: kind, what, where, and what to do. None of its content."""
    row = {"kind": what.kind, "code": what.code, "place": what.where, "text": what.text}
    conn.execute(quarantine.insert().values(org=org, at=seconds(now), n=secrets.randbits(62), **row))
