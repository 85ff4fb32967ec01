"""The other workers of this half: they hear what moved here, we hear what moved there, and each clears up behind itself."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import TypeVar

from sqlalchemy.engine import Connection

from aftercall.outside import flow, ladder
from aftercall.outside.bell import Bell
from aftercall.outside.ladder import Rules
from aftercall.outside.road.box import Ask
from aftercall.outside.store import days, rings
from aftercall.sql import Store
from aftercall.words import Clock, Moment, day
from aftercall.workers import Low, Wire, alone, several, tell

T = TypeVar("T")
R = TypeVar("R")
Verb = Callable[[Connection, T, Rules, Moment], R]

PAGES = "pages"
MOVED, ENDED = "care_moved", "care_ended"  # channels between workers; what goes over them is a keyed hash
LOGGED_EVERY = 12  # rounds of clearing up


def telling(verb: Verb[T, R], bell: Bell) -> Verb[T, R]:
    """The same verb; with its commit the other workers hear that this box has moved, or has ended."""

    @wraps(verb)
    def then(conn: Connection, what: T, rules: Rules, now: Moment) -> R:
        given = verb(conn, what, rules, now)
        if isinstance(what, Ask | flow.Held) and getattr(given, "moved", given is not None):
            tell(conn, MOVED, bell.mark(what.box), bell.mark(PAGES))
        if isinstance(what, flow.Close):
            tell(conn, ENDED, bell.mark(what.box))
        return given

    return then


def tick(
    conn: Connection,
    now: Moment,
    rules: Rules,
    room: Mapping[str, int],
    low: Low,
    bell: Bell,
    gone: Sequence[rings.Ring],
    in_haste: bool,
) -> flow.Passed:
    passed = flow.tick(conn, now, rules, room, low, gone, in_haste)
    tell_moved(conn, bell, passed.moved)
    return passed


def tell_moved(conn: Connection, bell: Bell, moved: list[str]) -> None:
    tell(conn, MOVED, *(bell.mark(name) for name in (PAGES, *moved) if moved))


def admitting(bell: Bell) -> Verb[ladder.Listed, list[str]]:
    """Make the rows be the certified peers, one worker at a time; the others hear of the boxes that moved."""

    def admit(conn: Connection, files: ladder.Listed, rules: Rules, now: Moment) -> list[str]:
        alone(conn, "directory", rules.programme)
        moved = ladder.admit(conn, files, rules, now)
        tell_moved(conn, bell, moved)
        return moved

    return admit


class Company:
    def __init__(self, store: Store, clock: Clock, bell: Bell, wake: asyncio.Event) -> None:
        self._store, self._clock, self._bell, self._wake = store, clock, bell, wake
        self._closed = set[tuple[int, str]]()  # boxes closed by their own phone today: a late copy of the ask rings nobody
        self.unswept = True  # also at first: the last run may have ended before its files were written anew

    def has_ended(self, box: str) -> bool:
        return (day(self._clock.now()), self._bell.mark(box)) in self._closed

    def ended(self, mark: str) -> None:
        today = day(self._clock.now())
        self._closed = {one for one in self._closed if one[0] == today} | {(today, mark)}

    @contextmanager
    def heard(self) -> Iterator[Wire | None]:
        """Wakes from other workers come in here. On SQLite there are none."""
        if not several(self._store.engine):
            yield None
            return
        wire = Wire(self._store.engine, {MOVED: self._heard, ENDED: self.ended}, self._missed)
        try:
            yield wire
        finally:
            wire.close()

    def _heard(self, mark: str) -> None:
        self._bell.rung(mark)
        self._wake.set()

    def _missed(self) -> None:
        self._bell.ring_all()
        self._wake.set()

    async def keep_clean(self, every: float = 5.0) -> None:
        """Write anew the files in which something lies that has gone: letters' at once, the others' once a minute."""
        rounds = 0
        while True:
            await asyncio.sleep(every)
            rounds += 1
            if self.unswept:
                logged = rounds % LOGGED_EVERY == 0
                files, self.unswept = (*days.LETTERS, *days.LOGGED) if logged else days.LETTERS, not logged
                self.unswept |= not await asyncio.to_thread(days.sweep, self._store.engine, files)
