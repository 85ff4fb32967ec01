"""The canary's rows: put there for one flight, and gone after it."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall.inside.road.crew import Person, Place
from aftercall.inside.store import people
from aftercall.inside.store.tables import attendance, tables


def settle(conn: Connection, org: str, nobody: Person, place: Place) -> None:
    clear(conn, org)
    people.mirror(conn, org, [nobody], [place], [])


def is_marked(conn: Connection, org: str) -> bool:
    """Has the first message gone, and is the next one due a day later?"""
    steps = sa.select(attendance.c.step).where(attendance.c.org == org)
    return list(conn.scalars(steps)) == ["day"]


def clear(conn: Connection, org: str) -> None:
    """Whatever stands under this organisation, whoever left it there."""
    for table in tables.sorted_tables:
        conn.execute(table.delete().where(table.c.org == org))
