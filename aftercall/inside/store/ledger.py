"""Notices, losses and who was there, as rows that live three days."""

import secrets
from collections.abc import Iterable
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall.inside.road.crew import Presence
from aftercall.inside.road.loss import Heard, Loss
from aftercall.inside.road.notice import Notice, Sign, Unread
from aftercall.inside.road.weight import Weight
from aftercall.inside.store.tables import attendance, event, notice, quarantine, told
from aftercall.words import Moment, StaffId, millis, moment, seconds

KEPT = timedelta(hours=72)
EVENT_KEPT = 13  # weeks, about 90 days
QUARANTINE_KEPT = timedelta(days=30)


def heard_before(conn: Connection, org: str, new: Notice) -> bool:
    """Is this a replay, under any of the keys still tried?"""
    found = sa.select(notice.c.body_hash).where(notice.c.org == org, notice.c.body_hash.in_(new.body.all)).limit(1)
    return conn.scalar(found) is not None


def keep(conn: Connection, org: str, new: Notice, now: Moment) -> None:
    """One row for each number of the patient, all under today's key."""
    row = {
        "org": org,
        "body_hash": new.body.today,
        "visit_hmac": new.visit.today if new.visit else "",
        "signal": " ".join(f"{s.path}={s.value}" for s in new.signs),
        "died_at": None if new.died is None else seconds(new.died),
        "sender_at": seconds(new.said_at),
        "unit": new.unit,
        "at": seconds(now),
        "event": "",
    }
    conn.execute(notice.insert(), [{**row, "person_hmac": marks.today} for marks in new.people])


def all_heard(conn: Connection, org: str, new: Notice) -> tuple[tuple[Heard, ...], str]:
    """Everything said of this patient in three days, and the event it belongs to ("" when there is none)."""
    known = {mark for person in new.people for mark in person.all}
    rows = conn.execute(sa.select(notice).where(notice.c.org == org, notice.c.person_hmac.in_(known))).all()
    heard = {
        row.body_hash: Heard(
            row.body_hash,
            tuple(Sign(*part.split("=")) for part in row.signal.split()),
            None if row.died_at is None else moment(row.died_at),
            moment(row.sender_at),
            row.unit,
        )
        for row in rows
    }
    return tuple(heard.values()), next((row.event for row in rows if row.event), "")


def belongs(conn: Connection, org: str, new: Notice, to: str) -> None:
    """All notices of this patient are of this event."""
    known = {mark for person in new.people for mark in person.all}
    conn.execute(notice.update().where(notice.c.org == org, notice.c.person_hmac.in_(known)).values(event=to))


def open_event(conn: Connection, org: str, loss: Loss, weight: Weight, site: str) -> str:
    """A new loss under a random name; what it was about is not in it."""
    name, died = secrets.token_hex(16), loss.died or moment(0)
    row = {"week": seconds(died) // 604800, "died_at": seconds(died), "unit": loss.unit, "site": site, "there": 0}
    conn.execute(
        event.insert().values(org=org, event=name, state=loss.state, weight=weight.points, rules=" ".join(weight.rules), **row)
    )
    return name


def state_of(conn: Connection, org: str, name: str) -> tuple[str, int]:
    """State and weight."""
    row = conn.execute(sa.select(event.c.state, event.c.weight).where(event.c.org == org, event.c.event == name)).one()
    return row.state, row.weight


def set_state(conn: Connection, org: str, name: str, state: str) -> None:
    conn.execute(event.update().where(event.c.org == org, event.c.event == name, event.c.state != state).values(state=state))


def was_there(conn: Connection, org: str, name: str, there: Iterable[Presence], due: Moment | None) -> int:
    """Those who are not on the list yet get their first message at `due`; None waits for a human. How many are new."""
    have = set(conn.scalars(sa.select(attendance.c.staff).where(attendance.c.org == org, attendance.c.event == name)))
    rows = [
        {
            "org": org,
            "event": name,
            "staff": p.staff,
            "why": p.why,
            "ref": secrets.token_hex(16),
            "step": "first",
            "due": None if due is None else millis(due),
            "tries": 0,
        }
        for p in there
        if p.staff not in have
    ]
    if rows:
        conn.execute(attendance.insert(), rows)
        conn.execute(event.update().where(event.c.org == org, event.c.event == name).values(there=len(have) + len(rows)))
    return len(rows)


def take_back(conn: Connection, org: str, name: str) -> int:
    """A loss was withdrawn: nobody is written to any more because of it. How many had not been written to yet."""
    first = conn.execute(
        attendance.delete().where(attendance.c.org == org, attendance.c.event == name, attendance.c.step == "first")
    ).rowcount
    conn.execute(attendance.delete().where(attendance.c.org == org, attendance.c.event == name))
    return first


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
    conn.execute(event.update().where(old).values(died_at=None, unit=None))
    return [(StaffId(row.staff), moment(row.died_at)) for row in rows]


def forget(conn: Connection, org: str, now: Moment) -> None:
    """What has had its time goes."""
    at = int((now - KEPT).timestamp())
    conn.execute(notice.delete().where(notice.c.org == org, notice.c.at <= at))
    conn.execute(told.delete().where(told.c.org == org, told.c.until <= int(now.timestamp())))
    conn.execute(event.delete().where(event.c.org == org, event.c.week < seconds(now) // 604800 - EVENT_KEPT))
    conn.execute(quarantine.delete().where(quarantine.c.org == org, quarantine.c.at <= int((now - QUARANTINE_KEPT).timestamp())))


def put_aside(conn: Connection, org: str, what: Unread, now: Moment) -> None:
    """What couldn't be read: kind, what, where, and what to do. None of its content."""
    row = {"kind": what.kind, "code": what.code, "place": what.where, "text": what.text}
    conn.execute(quarantine.insert().values(org=org, at=seconds(now), n=secrets.randbits(62), **row))
