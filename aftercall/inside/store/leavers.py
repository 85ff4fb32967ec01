"""Who has left, as the directory said it last: for thirty days and its door alone. Whoever else reads the staff finds nobody."""

import json
from dataclasses import astuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall import retention
from aftercall.inside.road.crew import Member, Person
from aftercall.inside.store import roster
from aftercall.inside.store.tables import leaver, staff
from aftercall.sql import plain
from aftercall.words import Moment, StaffId, seconds
from aftercall.workers import alone


def leave(conn: Connection, org: str, person: Person, now: Moment) -> None:
    """They are gone with every message that waited for them, and are kept aside."""
    alone(conn, "people", org)
    remove(conn, org, person.staff)
    row = {"staff": person.staff, "said": json.dumps(astuple(person)), "until": seconds(now + retention.LEAVER)}
    conn.execute(leaver.insert().values(org=org, **row))


def remove(conn: Connection, org: str, who: StaffId) -> None:
    """They are gone, and nothing is kept."""
    roster.remove(conn, org, who)
    conn.execute(leaver.delete().where(leaver.c.org == org, leaver.c.staff == who))


def back(conn: Connection, org: str, person: Person) -> bool:
    """Somebody new, or who has left and is here again. False, and nothing is written, where one of their numbers is somebody's."""
    if not roster.put(conn, org, person, True):
        return False
    conn.execute(leaver.delete().where(leaver.c.org == org, leaver.c.staff == person.staff))
    return True


def get(conn: Connection, org: str, who: str) -> Member | None:
    if person := roster.get(conn, org, who):
        return Member(person, True)
    said = conn.scalar(sa.select(leaver.c.said).where(leaver.c.org == org, leaver.c.staff == who))
    return Member(_person(said), False) if said else None


def find(conn: Connection, org: str, authority: str, number: str) -> Member | None:
    """Whose number this is. Of those who have left all are read: there are few of them."""
    if person := roster.find(conn, org, authority, number):
        return Member(person, True)
    gone = (_person(said) for (said,) in plain(conn, "SELECT said FROM leaver WHERE org = ? ORDER BY staff", org))
    return next((Member(person, False) for person in gone if (authority, number) in person.ids), None)


def page(conn: Connection, org: str, start: int, count: int) -> tuple[int, list[Member]]:
    """How many there are, and some of them, in the order of their staff ids."""
    every = sa.union_all(*(sa.select(t.c.staff).where(t.c.org == org) for t in (staff, leaver))).subquery()
    names = conn.scalars(sa.select(every.c.staff).order_by(every.c.staff).offset(start).limit(count)).all()
    total = conn.scalar(sa.select(sa.func.count()).select_from(every)) or 0
    return total, [found for name in names if (found := get(conn, org, name))]


def forget(conn: Connection, org: str, now: Moment) -> None:
    conn.execute(leaver.delete().where(leaver.c.org == org, leaver.c.until <= seconds(now)))


def _person(said: str) -> Person:
    who, name, phone, mail, language, unit, role, ids = json.loads(said)
    return Person(StaffId(who), name, phone, mail, language, unit, role, tuple((authority, number) for authority, number in ids))
