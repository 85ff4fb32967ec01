"""One kind of transaction: everything that waits is done together, and nobody is told before it is on the disk."""

import asyncio
import contextlib
import fcntl
import json
import os
import queue
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Collection, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, cast

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Connection, Engine

T = TypeVar("T")
P = ParamSpec("P")

GROUP = 512  # the most jobs that share one commit (MEASURED 2a: no gain beyond)

INSIDE = ("journal_mode=WAL", "synchronous=FULL", "wal_autocheckpoint=0", "secure_delete=ON")
"""NORMAL lost acknowledged messages in 40 of 40 power cuts, FULL in none."""
OUTSIDE = ("auto_vacuum=FULL", "journal_mode=TRUNCATE", "secure_delete=ON", "synchronous=FULL")
"""The one setting tried that leaves nothing of a deleted row in the file (PRIVACY 3)."""


def many(conn: Connection, statement: str, rows: list[tuple[Any, ...]]) -> None:
    """One plain statement for all rows, with ? where a value goes: a third of the time of a built one (MEASURED 2c)."""
    if not rows:
        return
    if conn.dialect.name == "sqlite":
        _driver(conn).executemany(statement, rows)
    else:
        conn.exec_driver_sql(_plain(conn, statement), rows)


def among(conn: Connection, statement: str, org: str, *lists: Collection[str]) -> list[tuple[Any, ...]]:
    """The rows of a plain statement in which `org = ?` and `IN ?` stand by turns: an organisation, and a list of any length."""
    if not any(lists):
        return []
    if conn.dialect.name == "sqlite":
        wanted: tuple[object, ...] = tuple(one for values in lists for one in (org, json.dumps(list(values))))
        return _driver(conn).execute(statement.replace("IN ?", "IN (SELECT value FROM json_each(?))"), wanted).fetchall()
    wanted = tuple(one for values in lists for one in (org, list(values)))
    rows = conn.exec_driver_sql(_plain(conn, statement.replace("IN ?", "= ANY(?)")), wanted)
    return [tuple(row) for row in rows]


def _driver(conn: Connection) -> sqlite3.Connection:
    """SQLite's own connection, inside the same transaction: a small group spends most of its time on the way to it."""
    return cast(sqlite3.Connection, conn.connection.driver_connection)


def _plain(conn: Connection, statement: str) -> str:
    return statement if conn.dialect.name == "sqlite" else statement.replace("?", "%s")


class Refused(Exception):
    """The database said no. Carries its kind of error and nothing of the values, which PostgreSQL would put into the text."""


class Taken(Exception):
    """Another process holds this half's database."""


def open_engine(url: str, pragmas: tuple[str, ...]) -> Engine:
    """An engine that puts no value into an error's text and begins at once: SQLite as the pragmas say, else PostgreSQL."""
    if not url.startswith("sqlite"):
        return sa.create_engine(url, pool_size=2, hide_parameters=True)
    engine = sa.create_engine(url, connect_args={"isolation_level": None, "check_same_thread": False}, hide_parameters=True)

    def prepare(raw: Any, _: object) -> None:
        for pragma in (*pragmas, "busy_timeout=5000", "foreign_keys=ON", "temp_store=MEMORY"):
            raw.execute(f"PRAGMA {pragma}").close()

    def begin(conn: Connection) -> None:
        conn.exec_driver_sql("BEGIN IMMEDIATE")

    sa.event.listen(engine, "connect", prepare)
    sa.event.listen(engine, "begin", begin)
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


class Store:
    """One database and its one writer thread. A job is a function of a connection; its result comes after COMMIT."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._jobs: queue.SimpleQueue[tuple[Callable[[Connection], Any], Future[Any]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    async def do(self, job: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run the job in the next group. Raises what the job raised (it alone is rolled back), or what COMMIT raised."""
        done: Future[T] = Future()

        def work(conn: Connection) -> T:
            return job(conn, *args, **kwargs)

        work.__name__ = ":".join([job.__name__, *(type(a).__name__.lower() for a in args[:1])])  # "answer:take"
        self._jobs.put((work, done))
        return await asyncio.wrap_future(done)

    def close(self) -> None:
        self._jobs.put(None)
        self._thread.join()
        self.engine.dispose()

    def _run(self) -> None:
        with self.engine.connect() as conn:
            while (first := self._jobs.get()) is not None:
                group, last = [first], False
                while len(group) < GROUP and not self._jobs.empty():
                    job = self._jobs.get()
                    if job is None:
                        last = True
                        break
                    group.append(job)
                self._together(conn, group)
                if last:
                    return

    def _together(self, conn: Connection, group: list[tuple[Callable[[Connection], Any], Future[Any]]]) -> None:
        ready: list[tuple[Future[Any], Any]] = []
        try:
            with conn.begin():
                for job, done in group:
                    if not done.set_running_or_notify_cancel():
                        continue  # whoever asked has gone; nothing was begun
                    try:
                        with conn.begin_nested() if len(group) > 1 else contextlib.nullcontext():
                            ready.append((done, job(conn)))
                    except Exception as problem:  # this job alone is rolled back; its caller is told
                        done.set_exception(_bare(problem))
                        if len(group) == 1:
                            raise
                self.before_commit(tuple(job.__name__ for job, _ in group))
            self.after_commit(tuple(job.__name__ for job, _ in group))
        except Exception as problem:  # nothing of the group stands; everybody is told
            for done, _ in ready:
                done.set_exception(_bare(problem))
            return
        for done, result in ready:
            done.set_result(result)

    def before_commit(self, names: tuple[str, ...]) -> None:
        """Nothing here; a test's store may stop the world between the work and its commit."""

    def after_commit(self, names: tuple[str, ...]) -> None:
        """Nothing here; a test's store may stop the world between the commit and its telling."""


def _bare(problem: Exception) -> Exception:
    if isinstance(problem, sa.exc.DBAPIError):
        return Refused(f"{type(problem.orig).__name__} {getattr(problem.orig, 'sqlstate', '')}".strip())
    return problem


R = TypeVar("R")


class Together(Generic[T, R]):
    """What waits while one group is on its way to the disk goes in the next, as one job."""

    def __init__(self, job: Callable[[Sequence[T]], Awaitable[list[R]]]) -> None:
        self._job, self._waiting = job, list[tuple[T, Callable[[R | Exception], None]]]()
        self._going: asyncio.Task[None] | None = None

    def add(self, one: T, then: Callable[[R | Exception], None]) -> None:
        """`then` is called with the result for this one, or with what the job raised for it alone. It must not raise."""
        self._waiting.append((one, then))
        if self._going is None:
            self._going = asyncio.create_task(self._go())

    async def do(self, one: T) -> R:
        """The result for this one. Raises what the job raised for it alone."""
        done: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self.add(one, partial(_tell, done))
        return await done

    async def _go(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting[:GROUP], self._waiting[GROUP:]
            results = await self._all([one for one, _ in group])
            for (_, then), result in zip(group, results, strict=True):
                then(result)
        self._going = None

    async def _all(self, group: list[T]) -> list[R | Exception]:
        try:
            return list(await self._job(group))
        except Exception as problem:
            if len(group) == 1:
                return [problem]
            return [result for one in group for result in await self._all([one])]  # one bad one must not spoil the rest


def _tell(done: asyncio.Future[R], result: R | Exception) -> None:
    if done.done():
        return
    if isinstance(result, Exception):
        done.set_exception(result)
    else:
        done.set_result(result)


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
    with engine.connect() as conn:
        config.attributes["connection"] = conn
        command.upgrade(config, "head")
        conn.commit()


def expect_one_org(engine: Engine) -> None:
    """Tell SQLite that an organisation alone finds everything: it stands first in every key, and without this a whole table is
    read for one patient. SQLite keeps such figures in a table of its own; these are estimates, and count nothing.
    """
    if engine.dialect.name != "sqlite":
        return
    with engine.begin() as conn:
        conn.exec_driver_sql("ANALYZE")
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
