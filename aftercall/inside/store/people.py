"""Staff, units and rota as rows: a mirror of what the hospital's own files say."""

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall.inside.road.crew import AROUND, LATELY, Person, Place, Shift, Stay, Trace, Work
from aftercall.inside.road.notice import Named
from aftercall.inside.store.tables import rota, staff, staff_id, unit
from aftercall.sql import among, many, plain
from aftercall.words import Moment, StaffId, moment, seconds
from aftercall.workers import alone

CREW = "crew"
_AROUND = (
    "SELECT r.staff, r.unit, r.begins, r.ends, s.role FROM rota r LEFT JOIN staff s ON s.org = r.org AND s.staff = r.staff"
    " WHERE r.org = ? AND r.begins <= ? AND r.ends >= ?"
)
_WORK = (
    "SELECT t.record, t.staff, t.why, t.role, t.begins, t.ends, t.unit, s.unit, s.role FROM staff s"
    " JOIN trace t ON t.org = s.org AND t.staff = s.staff AND t.staff != ''"
    " WHERE s.org = ? AND s.unit IN ? AND t.ends >= ? AND t.begins <= ?"
)
_ENROLLED = "SELECT authority, number, staff FROM staff_id WHERE org = ? AND number IN ?"
_REACH = "SELECT staff, phone, mail, language FROM staff WHERE org = ? AND staff IN ?"
_SHIFTS = "SELECT staff, unit, begins, ends FROM rota WHERE org = ? AND staff IN ?"


def mirror(conn: Connection, org: str, people: list[Person], places: list[Place], shifts: list[Shift]) -> None:
    """The rows are exactly what the files say; who is not in them any more is gone, with what an agency's list said of them.

    Only what differs is written: a start must not write a large hospital's lists anew, nor each worker after the other.
    """
    alone(conn, "people", org)
    crew = plain(conn, "SELECT authority, number, staff FROM staff_id WHERE org = ? AND origin = ?", org, CREW)
    own, here = {pair for p in people for pair in p.ids}, {p.staff for p in people}
    ids = [(a, n, p.staff, "") for p in people for a, n in p.ids]
    ids += [(a, n, who, CREW) for a, n, who in crew if who in here and (a, n) not in own]
    _become(conn, staff, org, [(p.staff, p.name, p.phone, p.mail, p.language, p.unit, p.role) for p in people])
    _become(conn, staff_id, org, ids)
    _become(conn, unit, org, [(p.unit, p.name, p.site, p.phone, p.mail, p.language) for p in places])
    _become(conn, rota, org, [(s.unit, s.staff, seconds(s.begins), seconds(s.ends)) for s in shifts])


def _become(conn: Connection, table: sa.Table, org: str, wanted: Sequence[tuple[object, ...]]) -> None:
    """Make the rows of a table be these, without their organisation."""
    names = [column.name for column in table.columns][1:]
    keys = [names.index(column.name) for column in table.primary_key if column.name != "org"]
    have = set(plain(conn, f"SELECT {', '.join(names)} FROM {table.name} WHERE org = ?", org))  # noqa: S608 - our own names
    this = " AND ".join(f"{names[key]} = ?" for key in keys)
    gone = [(org, *(row[key] for key in keys)) for row in have.difference(wanted)]
    many(conn, f"DELETE FROM {table.name} WHERE org = ? AND {this}", gone)  # noqa: S608
    new = f"INSERT INTO {table.name} (org, {', '.join(names)}) VALUES (?{', ?' * len(names)})"  # noqa: S608
    many(conn, new, [(org, *row) for row in wanted if row not in have])


def all_shifts(conn: Connection, org: str) -> list[Shift]:
    rows = plain(conn, "SELECT staff, unit, begins, ends FROM rota WHERE org = ?", org)
    return [Shift(StaffId(who), at, moment(begins), moment(ends)) for who, at, begins, ends in rows]


def all_units(conn: Connection, org: str) -> list[Place]:
    return [Place(*row) for row in plain(conn, "SELECT unit, name, site, phone, mail, language FROM unit WHERE org = ?", org)]


def add_crew(conn: Connection, org: str, members: Iterable[tuple[tuple[str, str], ...]]) -> list[int]:
    """Other numbers of people on the staff list, by any one of theirs; a number that is on the list stays its owner's.

    How many of the staff each member is: of none, and nothing is kept of them; of more than one, and nothing is changed.
    """
    counts = []
    for ids in members:
        owners = {pair: enrolled(conn, org, [Named(*pair, "")]).get(pair) for pair in ids}
        whose = {owner for owner in owners.values() if owner}
        counts.append(len(whose))
        if len(whose) == 1:
            new = [pair for pair, owner in owners.items() if not owner]
            _fill(conn, staff_id, [{"org": org, "authority": a, "number": n, "staff": min(whose), "origin": CREW} for a, n in new])
    return counts


def _fill(conn: Connection, table: sa.Table, rows: list[dict[str, object]]) -> None:
    if rows:
        conn.execute(table.insert(), rows)


def enrolled(conn: Connection, org: str, named: Iterable[Named]) -> dict[tuple[str, str], StaffId]:
    """Those among the named who are staff here, by authority and number; the others are dropped unread."""
    wanted = {(n.authority, n.number) for n in named}
    rows = among(conn, _ENROLLED, org, {number for _, number in wanted})
    return {(authority, number): StaffId(staff) for authority, number, staff in rows if (authority, number) in wanted}


def shifts_of(conn: Connection, org: str, at: Moment, who: Collection[str]) -> tuple[Shift, ...]:
    """The same as `shifts_around`, of several people."""
    begins, ends = int((at + AROUND).timestamp()), int((at - AROUND).timestamp())
    found = among(conn, _SHIFTS, org, who)
    return tuple(Shift(StaffId(s), u, moment(b), moment(e)) for s, u, b, e in found if b <= begins and e >= ends)


def shifts_around(conn: Connection, org: str, at: Moment, of: str = "", reach: timedelta = AROUND) -> tuple[Shift, ...]:
    """Shifts that end no earlier than `reach` before a moment and have begun by then, or nearly; of one person if one is given."""
    begins, ends = int((at + AROUND).timestamp()), int((at - reach).timestamp())
    rows = plain(conn, f"{_AROUND} AND r.staff = ?", org, begins, ends, of) if of else plain(conn, _AROUND, org, begins, ends)
    return tuple(Shift(StaffId(who), at, moment(since), moment(until), role or "") for who, at, since, until, role in rows)


def work_around(conn: Connection, org: str, at: Moment, stays: Iterable[Stay]) -> tuple[Work, ...]:
    """What the own staff of these units did in the three days before a moment, there or elsewhere, for whomever."""
    units = {stay.unit for stay in stays} - {""}
    rows = plain(conn, _WORK, org, units, seconds(at - LATELY), seconds(at + AROUND))
    return tuple(
        Work(record, Trace(StaffId(who), why, did, moment(since), moment(until), unit), of, role)
        for record, who, why, did, since, until, unit, of, role in rows
    )


def site_of(conn: Connection, org: str, of: str) -> str:
    return conn.scalar(sa.select(unit.c.site).where(unit.c.org == org, unit.c.unit == of)) or ""


def reach(conn: Connection, org: str, who: Collection[str]) -> dict[str, tuple[str, str, str]]:
    """Phone, mail and language; of those who have left nothing."""
    return {staff: (phone, mail, language) for staff, phone, mail, language in among(conn, _REACH, org, who)}
