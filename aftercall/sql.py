"""One kind of transaction: everything that waits is done together, and nobody is told before it is on the disk."""

import asyncio
import contextlib
import fcntl
import json
import os
import queue
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import Future
from functools import lru_cache
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Connection, Engine

from aftercall.work import GROUP, Job, Work, lost
from aftercall.work import Away as Away
from aftercall.work import Refused as Refused

T = TypeVar("T")
P = ParamSpec("P")

PAUSES = (0.0, 0.01, 0.03, 0.1, 0.3)  # seconds between the tries of what another worker was in the way of

INSIDE = (
    *("journal_mode=WAL", "synchronous=FULL", "wal_autocheckpoint=0", "secure_delete=ON"),
    *("temp_store=FILE", "temp.journal_mode=MEMORY", "temp.cache_size=-32768", "cache_size=-16384"),
)
"""NORMAL lost acknowledged messages in 40 of 40 power cuts, FULL in none. What is kept in memory (store/known.py) may take 32 MB;
what goes beyond lies in a file that has no name."""
OUTSIDE = ("auto_vacuum=FULL", "journal_mode=TRUNCATE", "secure_delete=ON", "synchronous=FULL", "temp_store=MEMORY")
"""The one setting tried that leaves nothing of a deleted row in the file (PRIVACY 3)."""


def many(conn: Connection, statement: str, rows: list[tuple[Any, ...]]) -> int:
    """One plain statement for all rows, with ? where a value goes: a third of the time of a built one (MEASURED 2c).

    How many rows it changed."""
    if not rows:
        return 0
    if conn.dialect.name == "sqlite":
        return _several(_driver(conn), statement, rows)
    return conn.exec_driver_sql(_plain(conn, statement), rows).rowcount


WIDE = (64, 16, 4)
"""Rows of one statement. Python's lock is let go and asked for again around each statement, and where the other threads are busy
that is what a group waits for: 450 times for 64 messages."""


def _several(driver: sqlite3.Connection, statement: str, rows: list[tuple[Any, ...]]) -> int:
    done = changed = 0
    if statement.startswith("INSERT"):
        for size in WIDE:
            while len(rows) - done >= size:
                values = [value for row in rows[done : done + size] for value in row]
                changed += driver.execute(_wide(statement, size), values).rowcount
                done += size
    if done < len(rows):
        changed += driver.executemany(statement, rows[done:] if done else rows).rowcount
    return changed


@lru_cache(maxsize=128)
def _wide(statement: str, rows: int) -> str:
    """The same INSERT, of so many rows at once."""
    before, values, after = re.split(r"(?<=VALUES )(\([?, ]+\))", statement, maxsplit=1)
    return f"{before}{', '.join([values] * rows)}{after}"


def among(conn: Connection, statement: str, org: str, *lists: Collection[str]) -> list[tuple[Any, ...]]:
    """The rows of a plain statement in which `org = ?` and `IN ?` stand by turns: an organisation, and a list of any length."""
    return plain(conn, statement, *(one for values in lists for one in (org, values))) if any(lists) else []


def plain(conn: Connection, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """The rows of a plain statement, with `?` where a value goes and `IN ?` where a list of any length does."""
    given = [value if isinstance(value, str) or not isinstance(value, Collection) else list(value) for value in values]
    if conn.dialect.name == "sqlite":
        listed = statement.replace("IN ?", "IN (SELECT value FROM json_each(?))")
        wanted = tuple(json.dumps(value) if isinstance(value, list) else value for value in given)
        return _driver(conn).execute(listed, wanted).fetchall()
    rows = conn.exec_driver_sql(_plain(conn, statement.replace("IN ?", "= ANY(?)")), tuple(given))
    return [tuple(row) for row in rows] if rows.returns_rows else []


def _driver(conn: Connection) -> sqlite3.Connection:
    """SQLite's own connection, inside the same transaction: a small group spends most of its time on the way to it."""
    return cast(sqlite3.Connection, conn.connection.driver_connection)


def _plain(conn: Connection, statement: str) -> str:
    return statement if conn.dialect.name == "sqlite" else statement.replace("?", "%s")


class Taken(Exception):
    """Another process holds this half's database."""


def open_engine(url: str, pragmas: tuple[str, ...]) -> Engine:
    """An engine that puts no value into an error's text and begins at once: SQLite as the pragmas say, else PostgreSQL."""
    if not url.startswith("sqlite"):
        return _postgres(url)
    engine = sa.create_engine(url, connect_args={"isolation_level": None, "check_same_thread": False}, hide_parameters=True)

    def prepare(raw: Any, _: object) -> None:
        for pragma in (*pragmas, "busy_timeout=5000", "foreign_keys=ON"):
            raw.execute(f"PRAGMA {pragma}").close()

    def begin(conn: Connection) -> None:
        conn.exec_driver_sql("BEGIN IMMEDIATE")

    sa.event.listen(engine, "connect", prepare)
    sa.event.listen(engine, "begin", begin)
    return engine


def reading(engine: Engine) -> Engine:
    """For looks that count whole tables: in SQLite's WAL a reader keeps no writer waiting. Whoever gets it disposes of it."""
    if engine.dialect.name != "sqlite":
        return sa.create_engine(engine.url, pool_size=1, max_overflow=0, hide_parameters=True, connect_args=PATIENCE)
    return read_only(Path(engine.url.database or ""))


def read_only(file: Path) -> Engine:
    return sa.create_engine(f"sqlite:///file:{file}?mode=ro&uri=true", poolclass=sa.NullPool, hide_parameters=True)


PATIENCE = {"connect_timeout": 5, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 10_000}
"""A cut line is noticed within ten seconds or so; the defaults are two hours."""


def _postgres(url: str) -> Engine:
    """Nobody waits longer than 5 s for another's row, and a process that stopped in the middle keeps its rows for 10 s at most."""
    engine = sa.create_engine(url, pool_size=3, max_overflow=1, hide_parameters=True, connect_args=PATIENCE)

    def prepare(raw: Any, _: object) -> None:
        raw.autocommit = True
        raw.execute("SET lock_timeout = '5s'; SET idle_in_transaction_session_timeout = '10s'")
        raw.autocommit = False

    sa.event.listen(engine, "connect", prepare)
    return engine


class Lock:
    """On SQLite a half is exactly one process (DECISIONS 35). Raises Taken, with the other's process id."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            pid = os.read(self._file, 20).decode() or "unknown"
            os.close(self._file)
            raise Taken(f"{path}: process {pid} holds this database; end it first, or ask it") from None
        os.ftruncate(self._file, 0)
        os.write(self._file, str(os.getpid()).encode())

    def close(self) -> None:
        os.close(self._file)


class Pulse:
    """How many commits there were, and how long they took: on SQLite that is the time of the disk's own promise (fsync)."""

    def __init__(self) -> None:
        self.commits, self.seconds, self.slowest = 0, 0.0, 0.0

    def beat(self, took: float) -> None:
        self.commits, self.seconds, self.slowest = self.commits + 1, self.seconds + took, max(self.slowest, took)

    def slowest_since(self) -> float:
        """The slowest since this was asked last."""
        slowest, self.slowest = self.slowest, 0.0
        return slowest


class Store:
    """One database and its one writer thread. A job is a function of a connection; its result comes after COMMIT.

    Several processes may each have one on the same PostgreSQL. A job that fell because of another's is done again, by itself.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._conn: Connection | None = None
        self.pulse = Pulse()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    async def do(self, job: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run the job in the next group. Raises what the job raised (it alone is rolled back), or what COMMIT raised."""
        done: Future[T] = Future()

        def work(conn: Connection) -> T:
            return job(conn, *args, **kwargs)

        name = getattr(job, "func", job).__name__  # of a partial, its function's
        work.__name__ = ":".join([name, *(type(a).__name__.lower() for a in args[:1])])  # "answer:take"
        self._jobs.put(Job(work, done))
        return await asyncio.wrap_future(done)

    @property
    def waiting(self) -> int:
        """Jobs in the writer's line."""
        return self._jobs.qsize()

    def close(self) -> None:
        self._jobs.put(None)
        self._thread.join()
        self.engine.dispose()

    def _run(self) -> None:
        last = False
        while not last and (one := self._jobs.get()) is not None:
            group = [one]
            while len(group) < GROUP and not self._jobs.empty():
                if (more := self._jobs.get()) is None:
                    last = True
                    break
                group.append(more)
            group = [job for job in group if job.done.set_running_or_notify_cancel()]  # of the others whoever asked has gone
            for job in self._together(group) if group else ():
                self._by_itself(job)
        self._hang_up()

    def _by_itself(self, job: Job) -> None:
        for pause in PAUSES:
            if not self._together([job]):
                return
            time.sleep(pause)
        job.done.set_exception(Refused("another worker was in the way each time"))

    def _together(self, group: list[Job]) -> list[Job]:
        """One transaction. Gives back what has to be done again: what another worker was in the way of."""
        for fresh in (False, True):
            work = Work(group)
            try:
                self._commit(work)
            except Exception as problem:
                dead = lost(problem)
                if dead:
                    self._hang_up()
                if dead and not work.sent and not fresh:
                    continue  # the line was dead before anything could stand: once more, on a new one
                return work.failed(problem)
            return work.done()
        return []

    def _commit(self, work: Work) -> None:
        if self._conn is None:
            self._conn = self.engine.connect()
        conn, names = self._conn, tuple(job.work.__name__ for job in work.group)
        with conn.begin():
            if len(work.group) > 1 and conn.dialect.name != "sqlite":
                conn.exec_driver_sql("SET LOCAL lock_timeout = '100ms'")  # others wait for what this group holds already
            for job in work.group:
                work.run(job, conn)
            self.before_commit(names)
            work.sent, began = True, time.monotonic()
        self.pulse.beat(time.monotonic() - began)
        self.after_commit(names)

    def _hang_up(self) -> None:
        if self._conn is not None:
            with contextlib.suppress(sa.exc.SQLAlchemyError):
                self._conn.close()
        self._conn = None

    def before_commit(self, names: tuple[str, ...]) -> None:
        """Nothing here; a test's store may stop the world between the work and its commit."""

    def after_commit(self, names: tuple[str, ...]) -> None:
        """Nothing here; a test's store may stop the world between the commit and its telling."""


async def keep_small(engine: Engine, every: float = 1.0) -> None:
    """Fold the write-ahead log into the database away from the writer: in its path it stalls it 50-200 ms (MEASURED 2a).

    When a second has passed in which nothing was written the log is emptied, for what was deleted still stands in it.
    """

    def fold(before: int) -> int:
        raw = engine.raw_connection()  # no transaction: a checkpoint inside one is refused
        try:
            _, pages, folded = raw.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            if 0 < pages == folded == before:
                raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
                return 0
            return int(pages)
        finally:
            raw.close()

    pages = 0
    while True:
        await asyncio.sleep(every)
        pages = await asyncio.to_thread(fold, pages)


def upgrade(engine: Engine, folder: Path) -> None:
    """Bring the tables to the newest form, with the migrations in that folder. What is there already is left as it is."""
    config = Config()
    config.set_main_option("script_location", str(folder))
    try:
        with engine.connect() as conn:
            if conn.dialect.name != "sqlite":  # one worker brings them up, the others wait for it
                conn.exec_driver_sql("SET LOCAL lock_timeout = 0")
                conn.exec_driver_sql("SELECT pg_advisory_xact_lock(8402)")
            config.attributes["connection"] = conn
            command.upgrade(config, "head")
            conn.commit()
    except sa.exc.OperationalError as problem:
        if lost(problem):
            raise Away("the database does not answer; is it running, and is `url` right?") from None
        raise


def expect_one_org(engine: Engine) -> None:
    """Tell SQLite that an organisation, or a programme, alone finds everything: it stands first in every key, and without this a
    whole table is read for one patient or one peer. SQLite keeps such figures in a table of its own; these are estimates, and
    count nothing.
    """
    if engine.dialect.name != "sqlite":
        return
    with engine.begin() as conn:
        conn.exec_driver_sql("ANALYZE sqlite_schema")  # makes that table, and counts nothing: a million rows took a second
        conn.exec_driver_sql("DELETE FROM sqlite_stat1")
        named = conn.exec_driver_sql("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        for (table,) in named.all():
            for _, index, unique, origin, _ in conn.exec_driver_sql(f"PRAGMA index_list({table})").all():
                width = len(conn.exec_driver_sql(f"PRAGMA index_info({index})").all())
                figures = " ".join(
                    ["1000000", "1000000", *["10"] * (width - 2), *(["1"] if unique and width > 1 else ["10"])][: width + 1]
                )
                row = (table, table if origin == "pk" else index, figures)
                conn.exec_driver_sql("INSERT INTO sqlite_stat1 VALUES (?, ?, ?)", row)
    engine.dispose()
