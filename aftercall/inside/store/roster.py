"""The staff as rows, one person at a time: for a directory that says who joins, changes and leaves."""

from collections import defaultdict

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall.inside.road.crew import Person
from aftercall.inside.store.people import CREW
from aftercall.inside.store.tables import attendance, outbox, rota, staff, staff_id, told
from aftercall.sql import plain
from aftercall.words import StaffId
from aftercall.workers import alone


def put(conn: Connection, org: str, person: Person, new: bool) -> bool:
    """The rows of this person are exactly this. False, and nothing is written, when there is one already (`new`), none (not
    `new`), or when one of the ids is somebody else's."""
    alone(conn, "people", org)
    there = conn.scalar(sa.select(staff.c.staff).where(staff.c.org == org, staff.c.staff == person.staff)) is not None
    owners = {find_id(conn, org, authority, number) for authority, number in person.ids} - {"", person.staff}
    if there is new or owners:
        return False
    conn.execute(staff.delete().where(staff.c.org == org, staff.c.staff == person.staff))
    mine = sa.select(staff_id).where(staff_id.c.org == org, staff_id.c.staff == person.staff)
    for row in conn.execute(mine).all():
        if row.origin != CREW or (row.authority, row.number) in person.ids:
            same = sa.and_(staff_id.c.authority == row.authority, staff_id.c.number == row.number)
            conn.execute(staff_id.delete().where(staff_id.c.org == org, same))
    fields = {name: getattr(person, name) for name in ("staff", "name", "phone", "mail", "language", "unit", "role")}
    conn.execute(staff.insert().values(org=org, **fields))
    if person.ids:
        conn.execute(
            staff_id.insert(),
            [{"org": org, "authority": a, "number": n, "staff": person.staff} for a, n in dict.fromkeys(person.ids)],
        )
    return True


def remove(conn: Connection, org: str, who: StaffId) -> bool:
    """They are gone, and every message that waited for them with them."""
    for table in (attendance, outbox, told, rota, staff_id):
        conn.execute(table.delete().where(table.c.org == org, table.c.staff == who))
    return conn.execute(staff.delete().where(staff.c.org == org, staff.c.staff == who)).rowcount == 1


def find_id(conn: Connection, org: str, authority: str, number: str) -> str:
    """Whose number this is; "" when it is nobody's."""
    mine = (staff_id.c.org == org, staff_id.c.authority == authority, staff_id.c.number == number)
    return conn.scalar(sa.select(staff_id.c.staff).where(*mine)) or ""


def get(conn: Connection, org: str, who: str) -> Person | None:
    row = conn.execute(sa.select(staff).where(staff.c.org == org, staff.c.staff == who)).one_or_none()
    return None if row is None else _person(conn, org, row)


def find(conn: Connection, org: str, authority: str, number: str) -> Person | None:
    return get(conn, org, find_id(conn, org, authority, number))


def everybody(conn: Connection, org: str) -> list[Person]:
    pairs = defaultdict[str, list[tuple[str, str]]](list)
    for authority, number, who in plain(
        conn, "SELECT authority, number, staff FROM staff_id WHERE org = ? AND origin != ?", org, CREW
    ):
        pairs[who].append((authority, number))
    rows = plain(conn, "SELECT staff, name, phone, mail, language, unit, role FROM staff WHERE org = ?", org)
    return [Person(StaffId(who), n, phone, mail, lang, at, role, tuple(pairs[who])) for who, n, phone, mail, lang, at, role in rows]


def _person(conn: Connection, org: str, row: sa.Row[tuple[object, ...]]) -> Person:
    ids = conn.execute(
        sa.select(staff_id.c.authority, staff_id.c.number).where(
            staff_id.c.org == org, staff_id.c.staff == row.staff, staff_id.c.origin != CREW
        )
    )
    pairs = tuple((r.authority, r.number) for r in ids.all())
    return Person(StaffId(row.staff), row.name, row.phone, row.mail, row.language, row.unit, row.role, pairs)
