"""A quarter of a hospital on the real rows of the care half, its clock moved by hand, and the copy of each night.

What is assumed of people stands here, and is nobody's measurement: how often there are losses, how readily people ask (most never,
a few often), how soon, how long they talk. `linkage` reads the copies.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall.outside import flow
from aftercall.outside.ladder import Rules
from aftercall.outside.road.box import Ask
from aftercall.outside.road.sheet import Counting, Period
from aftercall.outside.road.wave import Steps, in_sight
from aftercall.outside.store import boxes
from aftercall.outside.store.tables import peer, session, tables
from aftercall.words import Moment
from aftercall.workers import Low

BEGUN = datetime(2026, 10, 1, tzinfo=UTC)
ASKS = 0.13  # of those who were there, on average
SOON = 8.0  # hours from a loss to an ask, on average
UNASKED = 0.2  # asks a day that belong to no loss
CLOSED = 0.7  # of the talks end by the asker's word, after TALK hours on average; the others when their days are over
TALK = 12.0
NIGHT = 3  # o'clock, when the administrator's copy is made
STEPS = Steps(3, 5, timedelta(minutes=5), timedelta(minutes=2), timedelta(minutes=5), timedelta(minutes=2), 12)
PIDS = tuple(hashlib.sha256(bytes([n])).hexdigest()[:8] for n in range(9))

Table = tuple[list[str], list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Size:
    """Of a hospital, and how long it is looked at."""

    units: int = 20
    each: int = 40
    team: int = 6
    losses: float = 1.3  # a day
    days: int = 90

    @property
    def staff(self) -> int:
        return self.units * self.each


@dataclass
class Quarter:
    """What was: who was there when, who asked. And what the administrator has: a copy of each night. Hours since its beginning."""

    size: Size
    losses: list[tuple[float, tuple[int, ...]]]
    asked: list[tuple[float, int]]
    boxes: dict[str, int] = field(default_factory=dict)  # box -> who asked
    nights: list[tuple[float, dict[str, Table]]] = field(default_factory=list)


class Phones:
    """What the askers' phones send. A twin's phones say who they are."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.who = -1  # whose phone it is that asks now

    def order(self) -> tuple[str, ...]:
        return tuple(self.rng.sample(PIDS, len(PIDS)))

    def ask(self, who: int) -> tuple[Ask, bytes, dict[str, bytes]]:
        """The ask, its phone's capability and each peer's."""
        self.who, make = who, self.rng.randbytes
        cap, order = make(16), self.order()
        caps = {pid: make(16) for pid in order}
        copies = {pid: (hashlib.sha256(caps[pid]).hexdigest(), make(1105)) for pid in order}
        return Ask(make(16).hex(), hashlib.sha256(cap).hexdigest(), order, copies, make(284), all=False), cap, caps


def played(seed: int, size: Size, phones: type[Phones] = Phones) -> Quarter:
    rng = Random(seed)
    quarter = Quarter(size, *_people(rng, size))
    engine = sa.create_engine("sqlite://")
    tables.create_all(engine)
    rules = Rules("p", STEPS, frozenset(), Counting(size.staff, rng.randbytes))
    with engine.begin() as conn:
        _peers(conn)
        _through(conn, quarter, rules, phones(rng))
    engine.dispose()
    return quarter


def _people(rng: Random, size: Size) -> tuple[list[tuple[float, tuple[int, ...]]], list[tuple[float, int]]]:
    ready = [rng.betavariate(0.6, 4) for _ in range(size.staff)]
    losses, asked, at, end = list[tuple[float, tuple[int, ...]]](), list[tuple[float, int]](), 0.0, size.days * 24.0
    while (at := at + rng.expovariate(size.losses / 24)) < end:
        unit = rng.randrange(size.units)
        team = tuple(rng.sample(range(unit * size.each, (unit + 1) * size.each), size.team))
        losses.append((at, team))
        asked += [(at + rng.expovariate(1 / SOON), who) for who in team if rng.random() < ready[who]]
    at = 0.0
    while (at := at + rng.expovariate(UNASKED / 24)) < end:
        asked.append((at, rng.randrange(size.staff)))
    return losses, sorted(one for one in asked if one[0] < end)


def _peers(conn: Connection) -> None:
    """Nine, all on duty all the time."""
    names = dict.fromkeys(("idkey", "cert", "kem", "kem_sig"), "") | dict.fromkeys(("cert_after", "kem_after"), "2030-01-01")
    for pid in PIDS:
        entry, far = json.dumps({"pid": pid, "card": "{}", **names}), 2_000_000_000
        conn.execute(peer.insert().values(programme="p", pid=pid, entry=entry, duty_until=far, lapses=0))
        conn.execute(session.insert().values(programme="p", token=pid, pid=pid, ends=far))


def _through(conn: Connection, quarter: Quarter, rules: Rules, phones: Phones) -> None:
    """All that happens in the order of its time, each a verb of flow.py."""
    rng, end = phones.rng, quarter.size.days * 24
    things: list[tuple[float, str, Any]] = [(at, "ask", who) for at, who in quarter.asked]
    things += [(24.0 * n, "turn", None) for n in range(quarter.size.days)]
    things += [(24.0 * n + NIGHT, "copy", None) for n in range(1, quarter.size.days)]
    while things:
        things.sort(key=lambda thing: (-thing[0], thing[1]))
        at, what, more = things.pop()
        if at > end:
            break
        now = BEGUN + timedelta(hours=at)
        flow.tick(conn, now, rules, {}, Low())
        if what == "turn":
            flow.turn(conn, now, rules, _unsigned)
        elif what == "copy":
            quarter.nights.append((at, _copy(conn)))
        elif what == "ask":
            this, cap, caps = phones.ask(more)
            flow.ask(conn, this, rules, now)
            quarter.boxes[this.box] = more
            things.append((at + min(0.6, rng.expovariate(7)), "take", (this.box, cap, caps)))  # nine minutes on average
        elif what == "take":
            things += _taken(conn, more, rules, now, at, rng)
        else:
            flow.answer(conn, more, rules, now)


def _taken(conn: Connection, of: Any, rules: Rules, now: Moment, at: float, rng: Random) -> Iterator[tuple[float, str, Any]]:
    """By one for whom it rings; three minutes later the two have met."""
    box, cap, caps = of
    there = boxes.find(conn, "p", box)
    assert there is not None
    pid = rng.choice([copy.pid for copy in boxes.copies(conn, "p", box) if in_sight(there, copy)])
    assert flow.answer(conn, flow.Take(box, caps[pid]), rules, now).word == "ok"
    flow.answer(conn, flow.Letter(box, caps[pid], b"\0\0\0\1" + rng.randbytes(284)), rules, now)
    yield at + 0.05, "meet", flow.Fetch(box, cap, 1)
    if rng.random() < CLOSED:
        yield at + 0.1 + rng.expovariate(1 / TALK), "close", flow.Close(box, cap)


def _unsigned(_: Period, __: Any, ___: int) -> bytes:
    return b""


def _copy(conn: Connection) -> dict[str, Table]:
    """Every row of every table there is, whoever made it."""
    found = dict[str, Table]()
    for name in sa.inspect(conn).get_table_names():
        rows = conn.exec_driver_sql(f'SELECT * FROM "{name}"')
        found[name] = (list(rows.keys()), [tuple(row) for row in rows])
    return found
