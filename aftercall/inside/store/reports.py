"""A colleague's word until a second one, or the desk, confirms it; of who told it a keyed hash. When the coordinator is called."""

import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall import retention
from aftercall.inside.road.crew import SAID
from aftercall.inside.road.loss import CONFIRMED
from aftercall.inside.road.report import (
    DESK_WAITS,
    LINK,
    LINKS,
    NEAR,
    REPORT_WAITS,
    WEEK,
    Report,
    call_of,
    may_tell,
    second,
)
from aftercall.inside.store import notices
from aftercall.inside.store.tables import attendance, event, report, staff, staff_id, trace
from aftercall.words import Moment, millis, moment, seconds
from aftercall.workers import alone

KEPT = retention.REPORT
HOLD = timedelta(seconds=60)  # a call in flight is looked at again after this
OPEN = ("waiting", "called")


# a colleague's word --------------------------------------------------------------------------------------------------------


def enrolled(conn: Connection, org: str, badge: str) -> str:
    """Whose badge that is: by our own id, or by a number of an authority where it is one person's. "" when nobody's."""
    typed = badge.strip().lower()
    own = conn.scalars(sa.select(staff.c.staff).where(staff.c.org == org, sa.func.lower(staff.c.staff) == typed))
    if found := set(own):
        return found.pop() if len(found) == 1 else ""
    numbers = conn.scalars(sa.select(staff_id.c.staff).where(staff_id.c.org == org, sa.func.lower(staff_id.c.number) == typed))
    return found.pop() if len(found := set(numbers)) == 1 else ""


def ask(conn: Connection, org: str, new: Report) -> bool:
    """Keep it until its link is opened. False where as many links as one person may have are still good."""
    alone(conn, "reports", org)
    _drop_links(conn, org, new.at)
    same = sa.and_(report.c.org == org, report.c.sender == new.sender, report.c.state == "sent")
    if conn.execute(sa.select(sa.func.count()).select_from(report).where(same)).scalar_one() >= LINKS:
        return False
    conn.execute(report.insert().values(org=org, **_values(new)))
    return True


def find(conn: Connection, org: str, name: str) -> Report | None:
    row = conn.execute(sa.select(report).where(report.c.org == org, report.c.report == name)).one_or_none()
    return None if row is None else _read(row)


def prove(conn: Connection, org: str, name: str, now: Moment) -> tuple[Report | None, Report | None]:
    """The link was opened: the report as it stands now (None: not kept), and the other person's word that it confirms."""
    alone(conn, "reports", org)
    _drop_links(conn, org, now)
    one = find(conn, org, name)
    if one is None or one.state != "sent":
        return one, None
    if one.what != "me" and not may_tell(_of(conn, org, one.sender), now):
        end(conn, org, [name])
        return None, None
    one = replace(one, state="waiting", due=now + REPORT_WAITS, at=now)
    conn.execute(report.update().where(report.c.org == org, report.c.report == name).values(**_values(one)))
    others = conn.execute(sa.select(report).where(report.c.org == org, report.c.unit == one.unit, report.c.state.in_(OPEN)))
    return one, second(one, [_read(row) for row in others])


def waiting(conn: Connection, org: str) -> list[Report]:
    """Words that wait for a second person or the desk, the oldest first."""
    open_ = sa.select(report).where(report.c.org == org, report.c.state.in_(OPEN), report.c.what.in_(("loss", "there")))
    return [_read(row) for row in conn.execute(open_.order_by(report.c.at, report.c.report))]


def end(conn: Connection, org: str, names: Iterable[str]) -> None:
    """They were confirmed, or needn't be: nothing of them is kept."""
    conn.execute(report.delete().where(report.c.org == org, report.c.report.in_(tuple(names))))


def say_no(conn: Connection, org: str, name: str) -> None:
    """The desk did not confirm it: of what was said nothing is kept, only that this sender spoke on that day."""
    one = find(conn, org, name)
    if one is not None and one.what in ("loss", "there"):
        _empty(conn, org, report.c.report == name)


def _of(conn: Connection, org: str, sender: str) -> list[Report]:
    return [_read(row) for row in conn.execute(sa.select(report).where(report.c.org == org, report.c.sender == sender))]


def _drop_links(conn: Connection, org: str, now: Moment) -> None:
    old = sa.and_(report.c.org == org, report.c.state == "sent", report.c.at <= seconds(now - LINK))
    conn.execute(report.delete().where(old))


def _empty(conn: Connection, org: str, which: sa.ColumnElement[bool]) -> None:
    day = report.c.at - report.c.at % 86400
    nothing = {"unit": "", "died_at": 0, "staff": "", "event": "", "due": None}
    conn.execute(report.update().where(report.c.org == org, which).values(state="no", at=day, **nothing))


def _values(one: Report) -> dict[str, object]:
    return {
        "report": one.name,
        "unit": one.unit,
        "died_at": seconds(one.died),
        "sender": one.sender,
        "what": one.what,
        "staff": one.staff,
        "event": one.event,
        "state": one.state,
        "due": None if one.due is None else seconds(one.due),
        "at": seconds(one.at),
    }


def _read(row: sa.Row[tuple[object, ...]]) -> Report:
    due = None if row.due is None else moment(row.due)
    died, at = moment(row.died_at), moment(row.at)
    return Report(row.report, row.unit, died, row.sender, row.what, row.state, at, row.staff, row.event, due)


# who else was there --------------------------------------------------------------------------------------------------------


def nearest(conn: Connection, org: str, where: str, at: Moment) -> str:
    """The confirmed loss of that unit nearest to that time; "" when there is none within six hours."""
    confirmed = sa.and_(event.c.org == org, event.c.state == CONFIRMED, event.c.unit == where, event.c.weight > 0)
    rows = conn.execute(sa.select(event.c.event, event.c.died_at).where(confirmed, event.c.died_at.isnot(None))).all()
    apart = [(abs(row.died_at - seconds(at)), row.event) for row in rows]
    return min((one for one in apart if one[0] <= NEAR.total_seconds()), default=(0, ""))[1]


def add(conn: Connection, org: str, of: str, who: str, why: str, due: Moment | None, now: Moment) -> bool:
    """One more was there, and stays there whatever a feed says later of the others. False where they are on the list already."""
    alone(conn, "losses", org)
    have = sa.select(attendance.c.staff).where(attendance.c.org == org, attendance.c.event == of, attendance.c.staff == who)
    if conn.scalar(have) is not None:
        return False
    row = {"why": why, "ref": secrets.token_hex(16), "step": "first", "due": None if due is None else millis(due), "tries": 0}
    conn.execute(attendance.insert().values(org=org, event=of, staff=who, **row))
    conn.execute(event.update().where(event.c.org == org, event.c.event == of).values(there=event.c.there + 1))
    for record in sorted(notices.patient_of(conn, org, of))[:1]:
        same = sa.and_(trace.c.org == org, trace.c.record == record, trace.c.staff == who, trace.c.why == why, trace.c.unit == "")
        conn.execute(trace.delete().where(same))
        at = {"begins": seconds(now), "ends": seconds(now), "at": seconds(now)}
        conn.execute(trace.insert().values(org=org, record=record, staff=who, why=why, unit="", role=SAID, **at))
    return True


def role_of(conn: Connection, org: str, who: str) -> str:
    """Role and unit, never a name: enough for the desk to see whether it can be."""
    row = conn.execute(sa.select(staff.c.role, staff.c.unit).where(staff.c.org == org, staff.c.staff == who)).one_or_none()
    return "" if row is None else f"{row.role}, {row.unit}"


# when the coordinator is called ---------------------------------------------------------------------------------------------


def watch(conn: Connection, org: str, mine: set[str], now: Moment) -> None:
    """These events wait for the desk: each gets a row that says when the coordinator is called; what was decided loses its row."""
    alone(conn, "reports", org)
    rows = conn.scalars(sa.select(report.c.report).where(report.c.org == org, report.c.what == "desk"))
    have = set(rows)
    end(conn, org, have - mine)
    for name in sorted(mine - have):
        one = Report(name, "", moment(0), "", "desk", "waiting", now, event=name, due=now + DESK_WAITS)
        conn.execute(report.insert().values(org=org, **_values(one)))


def claim(conn: Connection, org: str, now: Moment) -> list[Report]:
    """Those for which the coordinator is called now. Whoever moves the due forward calls."""
    due = sa.and_(report.c.org == org, report.c.state.in_(OPEN), report.c.due <= int(now.timestamp()))
    mine = []
    for row in conn.execute(sa.select(report).where(due).with_for_update(skip_locked=True)).all():
        moved = report.update().where(due, report.c.report == row.report, report.c.due == row.due)
        if conn.execute(moved.values(due=seconds(now + HOLD))).rowcount == 1:
            mine.append(_read(row))
    return mine


def called(conn: Connection, org: str, these: Iterable[Report], now: Moment) -> None:
    """The coordinator has been called; while it waits they are called again."""
    for one in these:
        _, due = call_of(one, now)
        mine = sa.and_(report.c.org == org, report.c.report == one.name, report.c.state.in_(OPEN))
        conn.execute(report.update().where(mine).values(state="called", due=None if due is None else seconds(due)))


def next_call(conn: Connection, org: str) -> Moment | None:
    due = conn.scalar(sa.select(sa.func.min(report.c.due)).where(report.c.org == org, report.c.state.in_(OPEN)))
    return None if due is None else moment(due)


def forget(conn: Connection, org: str, now: Moment) -> None:
    """After three days nothing of what was said is kept, after a week nothing at all."""
    _drop_links(conn, org, now)
    words = report.c.what.in_(("loss", "there"))
    _empty(conn, org, sa.and_(words, report.c.state.in_(OPEN), report.c.at <= seconds(now - KEPT)))
    gone = sa.or_(report.c.at <= seconds(now - WEEK), sa.and_(report.c.what == "me", report.c.at <= seconds(now - LINK)))
    conn.execute(report.delete().where(report.c.org == org, gone))
