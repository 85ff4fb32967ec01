"""Duty as rows: who said so until when, whether the test ring was answered, and who rests. Nothing of it counts what they did."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall.outside.road.directory import entry_from, expired
from aftercall.outside.road.duty import ANSWER, TWO, Gaps, Ready, Turn, Watch
from aftercall.outside.road.duty import gaps as missing
from aftercall.outside.road.duty import ready as chosen
from aftercall.outside.road.take import LAPSES
from aftercall.outside.road.wave import DUTY
from aftercall.outside.store import peers, reminders, rings, turns
from aftercall.outside.store.tables import peer
from aftercall.sql import many, plain
from aftercall.words import Moment, day, from_utc, moment, seconds, utc

PHONE_DUE = "phone due"  # of the reminders: until when today's test of the duty phone is to be answered

_SIGNED_IN = (
    "SELECT pid, test_until, lapses, rest_until, gathers_until, entry FROM peer WHERE programme = ? AND duty_until > ?"
    " AND pid IN (SELECT pid FROM session WHERE programme = ? AND ends > ?)"
)
RoadsOf = Callable[[Connection, str], Iterable[str]]
"""By which roads a peer, or the duty phone, is rung besides their own page."""


@dataclass(frozen=True)
class Said:
    """What the peer's own page shows. `turn` has begun, and is not yet said yes or no to."""

    until: Moment | None
    rest: Moment | None
    turn: Turn | None


def begin(conn: Connection, programme: str, pid: str, until: Moment, roads: RoadsOf, now: Moment) -> None:
    """On duty until then. A new duty has its test ring; the same duty for longer, or shorter, has none."""
    at = int(now.timestamp())
    off = sa.or_(peer.c.duty_until.is_(None), peer.c.duty_until <= at, peer.c.lapses >= LAPSES)
    fresh = {"duty_until": seconds(until), "lapses": 0, "test_until": seconds(now + ANSWER)}
    new = conn.execute(peer.update().where(_one(programme, pid), off).values(**fresh)).rowcount
    if not new:
        conn.execute(peer.update().where(_one(programme, pid)).values(duty_until=seconds(until)))
    elif not turns.asked(conn, programme, pid, now):  # else the ring of the standing duty was it
        test(conn, programme, pid, roads, now)
    peers.stay_signed_in(conn, programme, pid, until)


def end(conn: Connection, programme: str, pid: str, now: Moment) -> None:
    """Off duty, also from the standing duty that runs now. Nobody asks why."""
    conn.execute(peer.update().where(_one(programme, pid)).values(duty_until=None, lapses=0, test_until=None, gathers_until=None))
    rings.drop_for(conn, programme, rings.TEST, pid)
    turns.leave(conn, programme, pid, now)


def heard(conn: Connection, programme: str, pid: str, now: Moment) -> bool:
    """This peer's page asks who waits: so it is open, and this duty's test ring is answered. Was it not yet?"""
    unanswered = sa.and_(_on(programme, now), peer.c.pid == pid, peer.c.test_until.isnot(None))
    return conn.execute(peer.update().where(unanswered).values(test_until=None)).rowcount == 1


def said(conn: Connection, programme: str, pid: str, now: Moment) -> Said:
    columns = (peer.c.duty_until, peer.c.lapses, peer.c.rest_until)
    row = conn.execute(sa.select(*columns).where(_one(programme, pid))).one_or_none()
    if row is None:
        return Said(None, None, None)
    until = moment(row.duty_until) if row.duty_until and row.lapses < LAPSES and row.duty_until > now.timestamp() else None
    rest = moment(row.rest_until) if row.rest_until and row.rest_until > now.timestamp() else None
    return Said(until, rest, turns.begun(conn, programme, pid, now, until))


def rest(conn: Connection, programme: str, pid: str, until: Moment | None) -> None:
    """Others are rung first until that hour."""
    at = None if until is None else -(-seconds(until) // 3600) * 3600
    conn.execute(peer.update().where(_one(programme, pid)).values(rest_until=at))


def gather(conn: Connection, programme: str, pid: str, until: Moment | None, now: Moment) -> bool:
    """Until then others may come to this peer's talk for several. False when they are not on duty."""
    at = None if until is None else -(-seconds(until) // 60) * 60
    done = conn.execute(peer.update().where(_one(programme, pid), _on(programme, now)).values(gathers_until=at)).rowcount
    return done == 1 or until is None


def may_come(conn: Connection, programme: str, pid: str, agreed: bool) -> None:
    """This peer may, or may not, be rung off duty when more wait than those on duty can answer."""
    conn.execute(peer.update().where(_one(programme, pid)).values(reserve=agreed))


def agreed(conn: Connection, programme: str, pid: str) -> bool:
    return bool(conn.scalar(sa.select(peer.c.reserve).where(_one(programme, pid))))


def reserve(conn: Connection, programme: str, now: Moment) -> tuple[str, ...]:
    """Who agreed to it, is off duty and does not rest, and could open what waits."""
    off = sa.or_(peer.c.duty_until.is_(None), peer.c.duty_until <= int(now.timestamp()))
    rested = sa.or_(peer.c.rest_until.is_(None), peer.c.rest_until <= int(now.timestamp()))
    found = conn.execute(sa.select(peer.c.pid, peer.c.entry).where(peer.c.programme == programme, peer.c.reserve, off, rested))
    return tuple(sorted(row.pid for row in found if not expired(entry_from(row.entry).kem_after, now)))


def ready(conn: Connection, programme: str, now: Moment) -> Ready:
    """Whom a wave may ring now (DECISIONS 4 and 7)."""
    talks = _talks(conn, programme)
    at = now.timestamp()
    return chosen(
        Watch(
            p.pid,
            heard=p.test_until is None,
            awake=p.lapses < LAPSES,
            talks=talks.get(p.pid, 0),
            rests=(p.rest_until or 0) > at,
            allied=_allied(p.entry),
            gathers=(p.gathers_until or 0) > at,
            professional=_professional(p.entry),
        )
        for p in _signed_in(conn, programme, now)
    )


def two(conn: Connection, programme: str, now: Moment) -> bool:
    """Are at least two on duty? Says nothing that moves on an ask: a peer who slept, talks or rests still counts (DECISIONS 13)."""
    return here(conn, programme, now) >= TWO


def here(conn: Connection, programme: str, now: Moment) -> int:
    """How many of ours are, in the same sense; the named professional is no cover."""
    return sum(
        p.test_until is None and not _allied(p.entry) and not _professional(p.entry) for p in _signed_in(conn, programme, now)
    )


def there(conn: Connection, programme: str, now: Moment) -> frozenset[str]:
    """Who is, in the same sense, of ours and of our allies."""
    return frozenset(p.pid for p in _signed_in(conn, programme, now) if p.test_until is None)


def gaps(conn: Connection, programme: str, now: Moment) -> Gaps:
    """The hours at which fewer than two will be there, from what stands in the rota and who is there; the same after any ask.

    A standing duty counts until ten minutes after its beginning; from then on only whoever came does.
    """
    late = sa.or_(peer.c.test_until.is_(None), peer.c.test_until > int(now.timestamp()))
    there = conn.execute(sa.select(peer.c.pid, peer.c.duty_until).where(_on(programme, now), late))
    running = [Turn(p.pid, now, moment(p.duty_until)) for p in there]
    ours = {entry.pid for entry in peers.all_of(conn, programme) if not (entry.allied or entry.professional)}
    return missing([t for t in (*running, *turns.to_come(conn, programme, now - ANSWER)) if t.pid in ours], now)


def pass_time(conn: Connection, programme: str, roads: RoadsOf, now: Moment) -> None:
    """What is over goes. A standing duty that begins has its test ring."""
    at = int(now.timestamp())
    over = (
        "UPDATE peer SET duty_until = NULL, lapses = 0, test_until = NULL, gathers_until = NULL"
        " WHERE programme = ? AND duty_until <= ?"
    )
    many(conn, over, [(programme, at)])
    many(conn, "UPDATE peer SET rest_until = NULL WHERE programme = ? AND rest_until <= ?", [(programme, at)])
    many(conn, "UPDATE peer SET gathers_until = NULL WHERE programme = ? AND gathers_until <= ?", [(programme, at)])
    turns.forget(conn, programme, now)
    for pid in turns.claim(conn, programme, now):
        test(conn, programme, pid, roads, now)


def test(conn: Connection, programme: str, pid: str, roads: RoadsOf, now: Moment) -> None:
    """A ring that says "test", by every road of this peer; and by those of the duty phone with the first one of a day."""
    phone = [DUTY] if reminders.claim(conn, programme, "phone", str(day(now))) else []
    if phone:
        reminders.claim(conn, programme, PHONE_DUE, utc(now + ANSWER))
    minute = int(now.timestamp()) // 60  # so that the next duty's test is another message to the provider
    for one in (pid, *phone):
        rings.add(conn, programme, [(rings.Ring(rings.TEST, one, road, minute, 0), 0) for road in roads(conn, one)], now)


def phone_heard(conn: Connection, programme: str) -> bool:
    """Somebody called or wrote from the duty phone. Was its test of today not yet answered?"""
    waits = bool(reminders.told(conn, programme, PHONE_DUE))
    reminders.forget(conn, programme, PHONE_DUE)
    return waits


def phone_late(conn: Connection, programme: str, now: Moment) -> Moment | None:
    """Until when the duty phone's test was to be answered, where it was not."""
    due = reminders.told(conn, programme, PHONE_DUE)
    return from_utc(due) if due and from_utc(due) <= now else None


def lapsed(conn: Connection, programme: str, pid: str) -> None:
    """One more lease that ended without a word; at the second the peer is off duty, until they say again that they are on."""
    conn.execute(peer.update().where(_one(programme, pid)).values(lapses=peer.c.lapses + 1))


def _one(programme: str, pid: str) -> sa.ColumnElement[bool]:
    return sa.and_(peer.c.programme == programme, peer.c.pid == pid)


def _on(programme: str, now: Moment) -> sa.ColumnElement[bool]:
    return sa.and_(peer.c.programme == programme, peer.c.duty_until > int(now.timestamp()))


class _Watched(NamedTuple):
    pid: str
    test_until: int | None
    lapses: int
    rest_until: int | None
    gathers_until: int | None
    entry: str


def _signed_in(conn: Connection, programme: str, now: Moment) -> list[_Watched]:
    """Peers who said they are on duty, and whose phone may still come in."""
    at = int(now.timestamp())
    return [_Watched(*row) for row in plain(conn, _SIGNED_IN, programme, at, programme, at)]


@lru_cache(1024)  # looked at with every ring, and the same text for weeks
def _allied(entry: str) -> bool:
    return entry_from(entry).allied


@lru_cache(1024)
def _professional(entry: str) -> bool:
    return entry_from(entry).professional


def _talks(conn: Connection, programme: str) -> dict[str, int]:
    held = "SELECT holder, count(*) FROM box WHERE programme = ? AND holder != '' GROUP BY holder"  # '' as the index has it
    return {holder: n for holder, n in plain(conn, held, programme)}
