"""The other workers of this half: they hear that something may be due, and who reads which feed is settled between them."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import wraps
from typing import ParamSpec, TypeVar

from sqlalchemy.engine import Connection

from aftercall.inside.road.loss import CONFIRMED
from aftercall.inside.store import cursors
from aftercall.sql import Refused, Store
from aftercall.words import Clock
from aftercall.workers import Wire, several, tell

P = ParamSpec("P")
R = TypeVar("R")
DUE = "inside_due"  # the channel between workers


def telling(verb: Callable[P, R]) -> Callable[P, R]:
    """The same verb; with its commit the other workers hear that something may be due. What they hear is the same each time."""

    @wraps(verb)
    def then(*args: P.args, **kwargs: P.kwargs) -> R:
        believed, conn = verb(*args, **kwargs), args[0]
        assert isinstance(conn, Connection)
        if CONFIRMED in (believed if isinstance(believed, list) else [believed]):
            tell(conn, DUE, "")
        return believed

    return then


class Company:
    def __init__(self, store: Store, clock: Clock, wake: asyncio.Event, org: str, name: str) -> None:
        self._store, self._clock, self._wake, self._org, self._name = store, clock, wake, org, name

    @contextmanager
    def heard(self) -> Iterator[Wire | None]:
        """Wakes from other workers come in here. On SQLite there are none."""
        if not several(self._store.engine):
            yield None
            return
        wire = Wire(self._store.engine, {DUE: lambda _: self._wake.set()}, self._wake.set)
        try:
            yield wire
        finally:
            wire.close()

    async def reads(self, feed: str, lease: timedelta) -> bool:
        """Is it this worker that reads that feed now? Two would ask one server for the same."""
        if not several(self._store.engine):
            return True
        try:
            return await self._store.do(cursors.mine, self._org, feed, self._name, self._clock.now(), lease)
        except Refused:
            return False
