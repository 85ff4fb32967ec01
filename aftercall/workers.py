"""Several workers on one PostgreSQL: who does what is settled by writing it, and what one of them changed wakes the others.

On SQLite a half is one process, and all of this is nothing.
"""

import asyncio
import contextlib
import hashlib
import logging
import threading
from collections import namedtuple
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from aftercall.sql import Away, many, plain
from aftercall.words import Clock, Moment

log = logging.getLogger("aftercall")

AGAIN = timedelta(seconds=1)  # until a database that is away is tried again
LOOK = 0.5  # seconds after which a listener that is to end notices it


def several(conn: Connection | Engine) -> bool:
    return conn.dialect.name == "postgresql"


def _number(what: tuple[str, ...]) -> int:
    return int.from_bytes(hashlib.sha256("|".join(what).encode()).digest()[:8], "big", signed=True)


def alone(conn: Connection, *what: str) -> None:
    """From here to the end of the transaction no other worker is past this point with the same words. Waits; the first goes on."""
    if several(conn):
        conn.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_number(what),))


def each_alone(conn: Connection, *these: tuple[str, ...]) -> None:
    """The same with each of several words; in the same order everywhere, so that two workers don't wait for each other."""
    if several(conn) and these:
        numbers = sorted(_number(what) for what in these)
        conn.exec_driver_sql("SELECT pg_advisory_xact_lock(n) FROM unnest(%s::bigint[]) AS n", (numbers,))


def first(conn: Connection, *what: str) -> bool:
    """The same without waiting: is nobody else there? For work that is done when anybody does it."""
    return not several(conn) or bool(conn.exec_driver_sql("SELECT pg_try_advisory_xact_lock(%s)", (_number(what),)).scalar())


# what is due ---------------------------------------------------------------------------------------------------------------


class Low:
    """Up to where what is due has been claimed, with some slack: behind it stand the dead rows of an index, which a forgotten
    transaction or a backup keeps from being cleared away, and reading them again at each claim costs 10 times the claim
    (MEASURED 2b). Every ten seconds it is forgotten, so that a row written with an older time is late by that at most.
    """

    SWEEP, SLACK = timedelta(seconds=10), timedelta(seconds=5)

    def __init__(self) -> None:
        self._marks, self._since = dict[str, int](), dict[str, Moment]()

    def of(self, name: str, now: Moment) -> int:
        if name not in self._since or not timedelta(0) <= now - self._since[name] < self.SWEEP:
            self._marks[name], self._since[name] = 0, now
        return self._marks[name]

    def reached(self, name: str, due: int) -> None:
        self._marks[name] = max(self._marks.get(name, 0), due)


def claim(
    conn: Connection, table: sa.Table, mine: Mapping[str, str], now: Moment, hold: Moment, most: int, low: Low, unit: int = 1
) -> list[Any]:
    """The rows of a table that are due, the longest due first, as they were. Whoever moves their due forward to `hold`, and
    counts one try more, sends them; a row that another worker is at is passed by. `mine`: what stands in some of its columns.
    `unit`: parts of a second that due counts in.
    """
    name, columns = " ".join((table.name, *mine.values())), _columns(table)
    at, since = int(now.timestamp() * unit), low.of(name, now) - int(Low.SLACK.total_seconds() * unit)
    where = f"{_and(mine)} AND due <= ? AND due >= ? ORDER BY due LIMIT ?"
    these = f"SELECT {', '.join(columns._fields)} FROM {table.name} WHERE {where}"  # noqa: S608 - our own names, as below
    given = (*mine.values(), at, since, most)
    until, keys = -int(-hold.timestamp() * unit // 1), [column.name for column in table.primary_key]
    if several(conn):  # in one statement: a third of the time of one for each row
        same = " AND ".join(f"t.{key} = mine_now.{key}" for key in keys)
        moved = f"UPDATE {table.name} AS t SET due = ?, tries = t.tries + 1 FROM mine_now WHERE {same} RETURNING mine_now.*"  # noqa: S608
        rows = plain(conn, f"WITH mine_now AS ({these} FOR UPDATE SKIP LOCKED) {moved}", *given, until)
    else:
        rows = plain(conn, these, *given)
    found = sorted((columns(*row) for row in rows), key=lambda row: row.due)
    if not several(conn):
        where = " AND ".join(f"{key} = ?" for key in (*keys, "due"))
        each = [(until, *(getattr(row, key) for key in keys), row.due) for row in found]
        many(conn, f"UPDATE {table.name} SET due = ?, tries = tries + 1 WHERE {where}", each)  # noqa: S608 - our own names
    if found:
        low.reached(name, found[-1].due)
    return found


def after(conn: Connection, table: sa.Table, mine: Mapping[str, str], now: Moment, unit: int = 1) -> int | None:
    """When the next row is due that isn't yet. It begins where the dead rows of the index end."""
    later = f"SELECT min(due) FROM {table.name} WHERE {_and(mine)} AND due > ?"  # noqa: S608 - our own names
    ((found,),) = plain(conn, later, *mine.values(), int(now.timestamp() * unit))
    return None if found is None else int(found)


@lru_cache
def _columns(table: sa.Table) -> Any:
    return namedtuple("Row", [column.name for column in table.columns])


def _and(these: Iterable[str]) -> str:
    return " AND ".join(f"{name} = ?" for name in these)


def patient(tick: Callable[[], Awaitable[Moment | None]], clock: Clock) -> Callable[[], Awaitable[Moment | None]]:
    """A round of the clock that outlives a database that is away: it is said once, and tried again each second."""
    away = False

    async def patiently() -> Moment | None:
        nonlocal away
        try:
            due = await tick()
        except Away:
            if not away:
                log.error("the database is away; it is tried again each second, and until then nothing is acknowledged")
            away = True
            return clock.now() + AGAIN
        if away:
            log.warning("the database is back")
        away = False
        return due

    return patiently


# waking --------------------------------------------------------------------------------------------------------------------


def tell(conn: Connection, channel: str, *marks: str) -> None:
    """With this commit every worker that listens on the channel hears these marks. A mark tells nothing to anybody else."""
    if several(conn):
        for mark in marks:
            conn.exec_driver_sql("SELECT pg_notify(%s, %s)", (channel, mark))


class Wire:
    """Hears what workers tell, in a thread of its own, and begins again by itself when the database was away."""

    def __init__(self, engine: Engine, heard: dict[str, Callable[[str], None]], began: Callable[[], None]) -> None:
        """`heard`: what to do with a mark on a channel, in the event loop. `began`: at each beginning, for what was missed."""
        self._engine, self._heard, self._began = engine, heard, began
        self._loop, self._end = asyncio.get_running_loop(), threading.Event()
        self.ready = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="wire", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._end.is_set():
            try:
                self._listen()
            except Exception as problem:  # whatever it is, it is begun again; until then a sweep finds what others wrote
                log.debug("not listening: %s", type(problem).__name__)
                self._end.wait(AGAIN.total_seconds())

    def _listen(self) -> None:
        raw = self._engine.raw_connection()
        try:
            line = raw.driver_connection
            assert line is not None
            line.autocommit = True
            for channel in self._heard:
                line.execute(f"LISTEN {channel}")
            self._call(self._begin)
            while not self._end.is_set():
                for note in line.notifies(timeout=LOOK):
                    self._call(self._heard[note.channel], note.payload)
        finally:
            raw.invalidate()  # it listens: nobody else may have it

    def _begin(self) -> None:
        self.ready.set()
        self._began()

    def _call(self, what: Callable[..., None], *args: str) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended before us
            self._loop.call_soon_threadsafe(what, *args)
