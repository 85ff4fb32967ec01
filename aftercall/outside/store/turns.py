"""Standing duties as rows: those of the rota's files, and those that peers set on their own phones. Each goes when it is over."""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall.outside.road.duty import Turn
from aftercall.outside.store.tables import peer, turn
from aftercall.sql import many
from aftercall.words import Moment, moment, seconds

MOST = 60  # that one peer may set


@dataclass(frozen=True)
class Standing:
    """As the peer's own page lists it. `off`: they can't, this time."""

    begins: Moment
    ends: Moment
    own: bool
    off: bool


def mirror(conn: Connection, programme: str, wanted: Iterable[Turn], now: Moment) -> None:
    """Make the rows be what the files say. What a peer said of one that stays, stays; one that a peer set stays too."""
    want = {(t.pid, seconds(t.begins)): seconds(t.ends) for t in wanted if t.ends > now}
    there = conn.execute(sa.select(turn.c.pid, turn.c.begins, turn.c.ends, turn.c.own).where(turn.c.programme == programme)).all()
    for row in there:
        ends = want.pop((row.pid, row.begins), None)
        if ends is None and not row.own:
            conn.execute(turn.delete().where(_one(programme, row.pid, row.begins)))
        elif ends is not None and (ends, False) != (row.ends, row.own):
            conn.execute(turn.update().where(_one(programme, row.pid, row.begins)).values(ends=ends, own=False))
    _insert(conn, programme, [(pid, begins, ends, False) for (pid, begins), ends in want.items()])


def of(conn: Connection, programme: str, pid: str, now: Moment) -> list[Standing]:
    """This peer's, those first that come first."""
    found = conn.execute(sa.select(turn).where(_live(programme, now), turn.c.pid == pid).order_by(turn.c.begins))
    return [Standing(moment(r.begins), moment(r.ends), r.own, r.off) for r in found]


def put(conn: Connection, programme: str, new: Turn, now: Moment) -> bool:
    """I'll do it: one more, or one after all. False when there are too many."""
    back = turn.update().where(_one(programme, new.pid, seconds(new.begins))).values(off=False)
    if conn.execute(back).rowcount:
        return True
    mine = sa.select(sa.func.count()).select_from(turn).where(_live(programme, now), turn.c.pid == new.pid, turn.c.own)
    if (conn.scalar(mine) or 0) >= MOST:
        return False
    _insert(conn, programme, [(new.pid, seconds(new.begins), seconds(new.ends), True)])
    return True


def cant(conn: Connection, programme: str, pid: str, begins: Moment) -> None:
    """Not this one. One of one's own goes; one of the rota stays, marked."""
    this = _one(programme, pid, seconds(begins))
    conn.execute(turn.delete().where(this, turn.c.own))
    conn.execute(turn.update().where(this).values(off=True))


def leave(conn: Connection, programme: str, pid: str, now: Moment) -> None:
    """The one that runs now is not done any more."""
    conn.execute(turn.update().where(_running(programme, now), turn.c.pid == pid).values(off=True))


def asked(conn: Connection, programme: str, pid: str, now: Moment) -> bool:
    """Has the one that runs now had its test ring?"""
    return conn.scalar(sa.select(turn.c.pid).where(_running(programme, now), turn.c.pid == pid, turn.c.asked).limit(1)) is not None


def begun(conn: Connection, programme: str, pid: str, now: Moment, until: Moment | None) -> Turn | None:
    """The one that runs now and goes on for longer than the peer has said to be there."""
    beyond = turn.c.ends > (seconds(until) if until else 0)
    this = sa.select(turn).where(_running(programme, now), turn.c.pid == pid, ~turn.c.off, beyond).order_by(turn.c.ends.desc())
    row = conn.execute(this.limit(1)).one_or_none()
    return None if row is None else Turn(row.pid, moment(row.begins), moment(row.ends))


def to_come(conn: Connection, programme: str, since: Moment) -> list[Turn]:
    """Those that begin after that moment and that nobody called off."""
    this = sa.and_(turn.c.programme == programme, turn.c.begins > int(since.timestamp()), ~turn.c.off)
    return [Turn(r.pid, moment(r.begins), moment(r.ends)) for r in conn.execute(sa.select(turn).where(this))]


def claim(conn: Connection, programme: str, now: Moment) -> list[str]:
    """Whose duty has begun: each once, by writing. Who is there already for as long is not among them."""
    mine = []
    due = sa.select(turn.c.pid, turn.c.begins, turn.c.ends).where(_running(programme, now), ~turn.c.off, ~turn.c.asked)
    for row in conn.execute(due).all():
        this = turn.update().where(_one(programme, row.pid, row.begins), ~turn.c.asked)
        there = sa.select(peer.c.pid).where(peer.c.programme == programme, peer.c.pid == row.pid, peer.c.duty_until >= row.ends)
        if conn.execute(this.values(asked=True)).rowcount == 1 and conn.scalar(there) is None:
            mine.append(row.pid)
    return mine


def forget(conn: Connection, programme: str, now: Moment) -> None:
    many(conn, "DELETE FROM turn WHERE programme = ? AND ends <= ?", [(programme, int(now.timestamp()))])


def _insert(conn: Connection, programme: str, new: list[tuple[str, int, int, bool]]) -> None:
    rows = [
        {"programme": programme, "pid": pid, "begins": begins, "ends": ends, "own": own, "off": False, "asked": False}
        for pid, begins, ends, own in new
    ]
    if rows:
        conn.execute(turn.insert(), rows)


def _one(programme: str, pid: str, begins: int) -> sa.ColumnElement[bool]:
    return sa.and_(turn.c.programme == programme, turn.c.pid == pid, turn.c.begins == begins)


def _live(programme: str, now: Moment) -> sa.ColumnElement[bool]:
    return sa.and_(turn.c.programme == programme, turn.c.ends > int(now.timestamp()))


def _running(programme: str, now: Moment) -> sa.ColumnElement[bool]:
    return sa.and_(_live(programme, now), turn.c.begins <= int(now.timestamp()))
