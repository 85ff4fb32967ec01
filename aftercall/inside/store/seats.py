"""Who may sit at the desk, and who sits there: passkeys, sessions, and the one-time links and codes that lead to one."""

import hashlib
import hmac

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall import retention
from aftercall.inside.store.tables import credential, session
from aftercall.signin.passkey import Passkey
from aftercall.signin.seat import COORDINATOR, Person, Session
from aftercall.words import Moment, day, moment, seconds
from aftercall.workers import alone

DESK, MINE, LINK, CODE, USED = "desk", "mine", "link", "code", "used"
"""What a row of `session` is: a seat at the desk, a look at one's own page, a link that makes one passkey, a code that opens one's
own page, and a challenge that was answered."""
LASTS = {DESK: retention.DESK, MINE: retention.MINE, LINK: retention.LINK, CODE: retention.CODE, USED: retention.CODE}
TRIES = 5  # of one code


# sessions, links and codes -------------------------------------------------------------------------------------------------


def begin(conn: Connection, org: str, kind: str, name: str, person: Person, now: Moment, proof: str = "") -> bool:
    """A row that opens something until its time is over. False where there is one of that name already."""
    at = {"began": seconds(now), "touched": seconds(now), "ends": seconds(now + LASTS[kind])}
    whose = {"who": person.who, "person": person.name, "role": person.role}
    alone(conn, "seats", org)
    if conn.scalar(sa.select(session.c.session).where(_this(org, name))) is not None:
        return False
    conn.execute(session.insert().values(org=org, session=name, kind=kind, tries=0, proof=proof, **whose, **at))
    return True


def once(conn: Connection, org: str, asked: bytes, now: Moment) -> bool:
    """That challenge was answered; False where it was before."""
    return begin(conn, org, USED, hashlib.sha256(asked).hexdigest()[:32], Person("", "", ""), now)


def find(conn: Connection, org: str, kind: str, name: str, now: Moment) -> Session | None:
    mine = sa.and_(_this(org, name), session.c.kind == kind, session.c.ends > int(now.timestamp()))
    row = conn.execute(sa.select(session).where(mine)).one_or_none()
    return None if row is None else _session(row)


def of(conn: Connection, org: str, kind: str, who: str, now: Moment) -> list[Session]:
    """All of one person, the newest first."""
    mine = sa.and_(session.c.org == org, session.c.kind == kind, session.c.who == who, session.c.ends > int(now.timestamp()))
    return [_session(row) for row in conn.execute(sa.select(session).where(mine).order_by(session.c.began.desc()))]


def touch(conn: Connection, org: str, name: str, now: Moment) -> None:
    conn.execute(session.update().where(_this(org, name)).values(touched=seconds(now)))


def take(conn: Connection, org: str, kind: str, name: str, now: Moment) -> Session | None:
    """Once: whoever takes it has it, and it is gone."""
    found = find(conn, org, kind, name, now)
    return found if found and end(conn, org, name) else None


def proof_of(conn: Connection, org: str, name: str) -> str:
    return conn.scalar(sa.select(session.c.proof).where(_this(org, name))) or ""


def type_code(conn: Connection, org: str, name: str, proof: str, now: Moment) -> Session | None:
    """The right code, once, within five tries; a wrong one and none at all look the same."""
    alone(conn, "seats", org)
    found = find(conn, org, CODE, name, now)
    if found is None:
        return None
    right = hmac.compare_digest(proof_of(conn, org, name), proof)
    tried = session.update().where(_this(org, name)).values(tries=session.c.tries + 1).returning(session.c.tries)
    if right or conn.execute(tried).scalar_one() >= TRIES:
        end(conn, org, name)
    return found if right else None


def end(conn: Connection, org: str, name: str, who: str = "") -> bool:
    """`who`: only where it is theirs."""
    mine = sa.and_(_this(org, name), session.c.who == who) if who else _this(org, name)
    return conn.execute(session.delete().where(mine)).rowcount == 1


def forget(conn: Connection, org: str, now: Moment) -> None:
    conn.execute(session.delete().where(session.c.org == org, session.c.ends <= int(now.timestamp())))


def _this(org: str, name: str) -> sa.ColumnElement[bool]:
    return sa.and_(session.c.org == org, session.c.session == name)


def _session(row: sa.Row[tuple[object, ...]]) -> Session:
    person = Person(row.who, row.person, row.role)
    return Session(row.session, person, moment(row.began), moment(row.ends), moment(row.touched))


# passkeys ------------------------------------------------------------------------------------------------------------------


def enrol(conn: Connection, org: str, new: Passkey, now: Moment) -> bool:
    """False where that passkey is known already."""
    if passkey(conn, org, new.name) is not None:
        return False
    whose = {"who": new.person.who, "person": new.person.name, "role": new.person.role}
    row = {"credential": new.name, "key": new.key, "uses": new.count, "day": day(now), "used": day(now)}
    conn.execute(credential.insert().values(org=org, **whose, **row))
    return True


def passkey(conn: Connection, org: str, name: str) -> Passkey | None:
    mine = sa.select(credential).where(credential.c.org == org, credential.c.credential == name)
    row = conn.execute(mine).one_or_none()
    return None if row is None else Passkey(row.credential, Person(row.who, row.person, row.role), row.key, row.uses)


def used(conn: Connection, org: str, name: str, count: int, now: Moment) -> None:
    mine = sa.and_(credential.c.org == org, credential.c.credential == name)
    conn.execute(credential.update().where(mine).values(uses=count, used=day(now)))


def people(conn: Connection, org: str) -> list[tuple[Person, int, int]]:
    """Everybody with a passkey: how many, and the day one was last used."""
    rows = conn.execute(
        sa.select(credential.c.who, credential.c.person, credential.c.role, sa.func.count(), sa.func.max(credential.c.used))
        .where(credential.c.org == org)
        .group_by(credential.c.who, credential.c.person, credential.c.role)
        .order_by(credential.c.person, credential.c.who)
    )
    return [(Person(who, name, role), many, used) for who, name, role, many, used in rows]


def passkeys_of(conn: Connection, org: str, who: str) -> list[str]:
    return list(conn.scalars(sa.select(credential.c.credential).where(credential.c.org == org, credential.c.who == who)))


def remove(conn: Connection, org: str, who: str) -> Person | None:
    """Their passkeys, sessions and links go. None, and nothing changes, for nobody, and for the last coordinator."""
    alone(conn, "seats", org)
    everybody = [person for person, *_ in people(conn, org)]
    them = next((person for person in everybody if person.who == who), None)
    if them is None or (them.role == COORDINATOR and sum(one.role == COORDINATOR for one in everybody) == 1):
        return None
    for table in (credential, session):
        conn.execute(table.delete().where(table.c.org == org, table.c.who == who))
    return them


def renew(conn: Connection, org: str, who: str, kept: str) -> None:
    """A person has a new passkey in place of all others they had; wherever they sat before, they don't any more."""
    conn.execute(credential.delete().where(credential.c.org == org, credential.c.who == who, credential.c.credential != kept))
    conn.execute(session.delete().where(session.c.org == org, session.c.who == who))
