"""What is held about one of the staff, in all rows there are, for them alone."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall.inside.store import audit, reports
from aftercall.inside.store.tables import attendance, event, outbox, rota, staff, staff_id, told, trace
from aftercall.signin.chain import Act
from aftercall.words import Moment, moment


@dataclass(frozen=True)
class There:
    """A loss at which they are taken to have been. `why`: where that was read. `step`: what goes next."""

    event: str
    unit: str
    died: Moment
    why: str
    step: str


@dataclass(frozen=True)
class Held:
    name: str
    phone: str
    mail: str
    language: str
    unit: str
    role: str
    ids: tuple[str, ...]
    losses: tuple[There, ...]
    days: tuple[int, ...]  # of later messages, as `date.toordinal`
    told: Moment | None  # until when no other offer goes to them
    shifts: int
    acts: int
    looks: tuple[Act, ...]

    @property
    def contacts(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.phone, self.mail)))


def whose(conn: Connection, org: str, typed: str, number: str) -> str:
    """By badge, number or address, where it is one person's; else "". `number`: what was typed, as a telephone number."""
    if found := reports.enrolled(conn, org, typed):
        return found
    mine = sa.or_(staff.c.phone.in_((typed, number or typed)), sa.func.lower(staff.c.mail) == typed.lower())
    them = list(conn.scalars(sa.select(staff.c.staff).where(staff.c.org == org, mine)))
    return them[0] if len(them) == 1 else ""


def about(conn: Connection, org: str, who: str) -> Held | None:
    """None when they have left the staff list."""
    row = conn.execute(sa.select(staff).where(staff.c.org == org, staff.c.staff == who)).one_or_none()
    if row is None:
        return None
    ids = conn.execute(sa.select(staff_id.c.authority, staff_id.c.number).where(staff_id.c.org == org, staff_id.c.staff == who))
    at = sa.select(attendance.c.event, event.c.unit, event.c.died_at, attendance.c.why, attendance.c.step).join(
        event, (event.c.org == attendance.c.org) & (event.c.event == attendance.c.event)
    )
    losses = conn.execute(at.where(attendance.c.org == org, attendance.c.staff == who).order_by(event.c.died_at.desc())).all()
    days = conn.scalars(sa.select(outbox.c.day).where(outbox.c.org == org, outbox.c.staff == who).order_by(outbox.c.day))
    until = conn.scalar(sa.select(told.c.until).where(told.c.org == org, told.c.staff == who))
    counts = [
        conn.execute(sa.select(sa.func.count()).select_from(t).where(t.c.org == org, t.c.staff == who)).scalar_one()
        for t in (rota, trace)
    ]
    return Held(
        *(row.name, row.phone, row.mail, row.language, row.unit, row.role),
        ids=tuple(f"{one.authority}:{one.number}" for one in ids),
        losses=tuple(There(one.event, one.unit or "", moment(one.died_at or 0), one.why, one.step) for one in losses),
        days=tuple(days),
        told=None if until is None else moment(until),
        shifts=counts[0],
        acts=counts[1],
        looks=tuple(audit.looked_at(conn, org, who)),
    )
