"""A group of jobs on its way through one transaction: each fails alone, and nobody is told before the end."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection

T = TypeVar("T")
R = TypeVar("R")

GROUP = 512  # the most jobs that share one commit (MEASURED 2a: no gain beyond)


class Refused(Exception):
    """The database said no. Carries its kind of error and nothing of the values, which PostgreSQL would put into the text."""


class Away(Refused):
    """The database does not answer. Whether what was begun stands is not known; saying it again is safe everywhere here."""


class Undone(Exception):
    """SQLite rolled back the whole transaction, the savepoints of those who were done with it, because of one job."""


@dataclass(frozen=True)
class Job:
    """Work for the writer, and who waits for it."""

    work: Callable[[Connection], Any]
    done: Future[Any]


class Work:
    """A group on its way through one transaction."""

    def __init__(self, group: list[Job]) -> None:
        self.group, self.sent = group, False
        self._ready, self._again, self._fell = list[tuple[Job, Any]](), list[Job](), list[tuple[Job, Exception]]()

    def run(self, job: Job, conn: Connection) -> None:
        """A job that fails is rolled back alone, where it isn't alone anyway."""
        try:
            with conn.begin_nested() if len(self.group) > 1 else contextlib.nullcontext():
                self._ready.append((job, job.work(conn)))
        except Exception as problem:
            if len(self.group) == 1 or lost(problem):
                raise
            if in_the_way(problem):
                self._again.append(job)
                return
            self._fell.append((job, problem))
            if undone(conn):
                raise Undone from None

    def done(self) -> list[Job]:
        for job, result in self._ready:
            job.done.set_result(result)
        self._tell(self._fell)
        return self._again

    def failed(self, problem: Exception) -> list[Job]:
        """Nothing of the group stands. Who was only taken along comes back, to be done alone."""
        if isinstance(problem, Undone) or (in_the_way(problem) and not lost(problem)):
            self._tell(self._fell)
            return [job for job in self.group if not job.done.done()]
        self._tell([*self._fell, *((job, problem) for job in self.group if job not in [job for job, _ in self._fell])])
        return []

    def _tell(self, fell: list[tuple[Job, Exception]]) -> None:
        for job, problem in fell:
            job.done.set_exception(bare(problem))


def in_the_way(problem: Exception) -> bool:
    """Another worker held what this needed: deadlock, serialization, a lock it waited for too long."""
    return isinstance(problem, sa.exc.DBAPIError) and getattr(problem.orig, "sqlstate", "") in ("40P01", "40001", "55P03")


def undone(conn: Connection) -> bool:
    """A full or failing disk ends a transaction: what came after would stand by itself, and its COMMIT say yes to nothing."""
    return conn.dialect.name == "sqlite" and not cast(sqlite3.Connection, conn.connection.driver_connection).in_transaction


def lost(problem: Exception) -> bool:
    """The line to the database is dead, or there never was one."""
    if not isinstance(problem, sa.exc.DBAPIError) or isinstance(problem.orig, sqlite3.Error):
        return False
    if problem.connection_invalidated:
        return True
    state = getattr(problem.orig, "sqlstate", "")
    return isinstance(problem, sa.exc.OperationalError) and (state is None or state.startswith(("08", "57P", "25P03")))


def bare(problem: Exception) -> Exception:
    """What a caller may see of it."""
    if lost(problem):
        return Away("the database does not answer")
    if isinstance(problem, sa.exc.DBAPIError):
        return Refused(f"{type(problem.orig).__name__} {getattr(problem.orig, 'sqlstate', '')}".strip())
    return problem


class Together(Generic[T, R]):
    """What waits while one group is on its way to the disk goes in the next, as one job."""

    def __init__(
        self, job: Callable[[Sequence[T]], Awaitable[list[R]]], gather: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        """`gather` is waited for before each group, so that more come together."""
        self._job, self._gather, self._waiting = job, gather, list[tuple[T, Callable[[R | Exception], None]]]()
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

    @contextlib.contextmanager
    def taken(self, result: R) -> Iterator[list[T]]:
        """What waits is done within, by a job that is on its way anyway, with this result. Where that fails it waits again."""
        taken, self._waiting = self._waiting, []
        try:
            yield [one for one, _ in taken]
        except BaseException:
            for one, then in taken:
                self.add(one, then)
            raise
        for _, then in taken:
            then(result)

    async def _go(self) -> None:
        while self._waiting:
            if self._gather:
                await self._gather()
            group, self._waiting = self._waiting[:GROUP], self._waiting[GROUP:]
            if not group:
                break  # taken meanwhile
            results = await self._all([one for one, _ in group])
            for (_, then), result in zip(group, results, strict=True):
                then(result)
        self._going = None

    async def _all(self, group: list[T]) -> list[R | Exception]:
        try:
            return list(await self._job(group))
        except Exception as problem:
            if len(group) == 1 or isinstance(problem, Away):
                return [problem] * len(group)
            return [result for one in group for result in await self._all([one])]  # one bad one must not spoil the rest


def _tell(done: asyncio.Future[R], result: R | Exception) -> None:
    if done.done():
        return
    if isinstance(result, Exception):
        done.set_exception(result)
    else:
        done.set_result(result)
