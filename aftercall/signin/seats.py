"""Who may sit at a half's desk, and who sits there: passkeys, sessions, and the one-time links that lead to one. Of no half."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall import retention
from aftercall.signin.passkey import Passkey
from aftercall.signin.seat import Person, Session
from aftercall.words import Moment, day, moment, seconds
from aftercall.workers import alone

DESK, LINK, USED = "desk", "link", "used"
"""What a row of a session is: a seat at the desk, a link that makes one passkey, and a challenge that was answered."""
LASTS: Mapping[str, timedelta] = {DESK: retention.DESK, LINK: retention.LINK, USED: retention.CODE}


class Seats:
    """`whose` in each call: the half's organisation or programme, which both tables' first column names."""

    def __init__(self, session: sa.Table, credential: sa.Table, lead: str, lasts: Mapping[str, timedelta] = LASTS) -> None:
        """`lead`: the role of whom one must stay. `lasts`: how long a row of each kind is good."""
        self.session, self._credential, self._lead, self.lasts = session, credential, lead, lasts
        self._of = session.columns[0].name

    # sessions and links ------------------------------------------------------------------------------------------------------

    def begin(self, conn: Connection, whose: str, kind: str, name: str, person: Person, now: Moment, proof: str = "") -> bool:
        """A row that opens something until its time is over. False where there is one of that name already."""
        at = {"began": seconds(now), "touched": seconds(now), "ends": seconds(now + self.lasts[kind])}
        them = {"who": person.who, "person": person.name, "role": person.role}
        alone(conn, "seats", whose)
        if conn.scalar(sa.select(self.session.c.session).where(self.this(whose, name))) is not None:
            return False
        conn.execute(self.session.insert().values({self._of: whose}).values(session=name, kind=kind, proof=proof, **them, **at))
        return True

    def once(self, conn: Connection, whose: str, asked: bytes, now: Moment) -> bool:
        """That challenge was answered; False where it was before."""
        return self.begin(conn, whose, USED, hashlib.sha256(asked).hexdigest()[:32], Person("", "", ""), now)

    def find(self, conn: Connection, whose: str, kind: str, name: str, now: Moment) -> Session | None:
        mine = sa.and_(self.this(whose, name), self.session.c.kind == kind, self.session.c.ends > int(now.timestamp()))
        row = conn.execute(sa.select(self.session).where(mine)).one_or_none()
        return None if row is None else _session(row)

    def of(self, conn: Connection, whose: str, kind: str, who: str, now: Moment) -> list[Session]:
        """All of one person, the newest first."""
        s = self.session.c
        mine = sa.and_(s[self._of] == whose, s.kind == kind, s.who == who, s.ends > int(now.timestamp()))
        return [_session(row) for row in conn.execute(sa.select(self.session).where(mine).order_by(s.began.desc()))]

    def touch(self, conn: Connection, whose: str, name: str, now: Moment) -> None:
        conn.execute(self.session.update().where(self.this(whose, name)).values(touched=seconds(now)))

    def take(self, conn: Connection, whose: str, kind: str, name: str, now: Moment) -> Session | None:
        """Once: whoever takes it has it, and it is gone."""
        found = self.find(conn, whose, kind, name, now)
        return found if found and self.end(conn, whose, name) else None

    def proof_of(self, conn: Connection, whose: str, name: str) -> str:
        return conn.scalar(sa.select(self.session.c.proof).where(self.this(whose, name))) or ""

    def end(self, conn: Connection, whose: str, name: str, who: str = "") -> bool:
        """`who`: only where it is theirs."""
        mine = sa.and_(self.this(whose, name), self.session.c.who == who) if who else self.this(whose, name)
        return conn.execute(self.session.delete().where(mine)).rowcount == 1

    def forget(self, conn: Connection, whose: str, now: Moment) -> None:
        s = self.session.c
        conn.execute(self.session.delete().where(s[self._of] == whose, s.ends <= int(now.timestamp())))

    def this(self, whose: str, name: str) -> sa.ColumnElement[bool]:
        return sa.and_(self.session.c[self._of] == whose, self.session.c.session == name)

    # passkeys ----------------------------------------------------------------------------------------------------------------

    def enrol(self, conn: Connection, whose: str, new: Passkey, now: Moment) -> bool:
        """False where that passkey is known already."""
        if self.passkey(conn, whose, new.name) is not None:
            return False
        them = {"who": new.person.who, "person": new.person.name, "role": new.person.role}
        row = {"credential": new.name, "key": new.key, "uses": new.count, "day": day(now), "used": day(now)}
        conn.execute(self._credential.insert().values({self._of: whose}).values(**them, **row))
        return True

    def passkey(self, conn: Connection, whose: str, name: str) -> Passkey | None:
        row = conn.execute(
            sa.select(self._credential).where(self._their(whose), self._credential.c.credential == name)
        ).one_or_none()
        return None if row is None else Passkey(row.credential, Person(row.who, row.person, row.role), row.key, row.uses)

    def used(self, conn: Connection, whose: str, name: str, count: int, now: Moment) -> None:
        mine = sa.and_(self._their(whose), self._credential.c.credential == name)
        conn.execute(self._credential.update().where(mine).values(uses=count, used=day(now)))

    def people(self, conn: Connection, whose: str) -> list[tuple[Person, int, int]]:
        """Everybody with a passkey: how many, and the day one was last used."""
        c = self._credential.c
        rows = conn.execute(
            sa.select(c.who, c.person, c.role, sa.func.count(), sa.func.max(c.used))
            .where(self._their(whose))
            .group_by(c.who, c.person, c.role)
            .order_by(c.person, c.who)
        )
        return [(Person(who, name, role), many, used) for who, name, role, many, used in rows]

    def passkeys_of(self, conn: Connection, whose: str, who: str) -> list[str]:
        mine = sa.and_(self._their(whose), self._credential.c.who == who)
        return list(conn.scalars(sa.select(self._credential.c.credential).where(mine)))

    def remove(self, conn: Connection, whose: str, who: str) -> Person | None:
        """Their passkeys, sessions and links go. None, and nothing changes, for nobody, and for the last who leads."""
        alone(conn, "seats", whose)
        everybody = [person for person, *_ in self.people(conn, whose)]
        them = next((person for person in everybody if person.who == who), None)
        if them is None or (them.role == self._lead and sum(one.role == self._lead for one in everybody) == 1):
            return None
        for table in (self._credential, self.session):
            conn.execute(table.delete().where(table.c[self._of] == whose, table.c.who == who))
        return them

    def renew(self, conn: Connection, whose: str, who: str, kept: str) -> None:
        """A person has a new passkey in place of all others they had; wherever they sat before, they don't any more."""
        c, s = self._credential.c, self.session.c
        conn.execute(self._credential.delete().where(self._their(whose), c.who == who, c.credential != kept))
        conn.execute(self.session.delete().where(s[self._of] == whose, s.who == who))

    def _their(self, whose: str) -> sa.ColumnElement[bool]:
        return self._credential.c[self._of] == whose


def _session(row: sa.Row[tuple[object, ...]]) -> Session:
    person = Person(row.who, row.person, row.role)
    return Session(row.session, person, moment(row.began), moment(row.ends), moment(row.touched))
