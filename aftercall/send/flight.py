"""Messages in the air: so many at once by one road, none twice. A slow provider keeps no clock and no other road waiting."""

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

from aftercall.send import Later, Never, Roads
from aftercall.words import Message

log = logging.getLogger("aftercall.send")
T = TypeVar("T")


async def _nothing(_: Any) -> None:
    """When it is sent it is done with."""


SOON = 0.02  # seconds in which more lands, where much is in the air: each commit costs as much as several sends


class Flight:
    def __init__(self, most: int, wake: asyncio.Event | None = None) -> None:
        """`most`: messages that one road carries at once. `wake`: that of the clock which launches them, where one does."""
        self._slots = defaultdict[str, asyncio.Semaphore](lambda: asyncio.Semaphore(most))
        self._flying, self._on = dict[str, asyncio.Task[None]](), Counter[str]()
        self._most, self._wake = most, wake or asyncio.Event()
        self._crowded, self._soon = frozenset[str](), list[asyncio.TimerHandle]()

    @property
    def crowded(self) -> bool:
        """Is there more to go than there was room for?"""
        return bool(self._crowded)

    def filled(self, roads: Iterable[str]) -> None:
        """More is due by these roads than they had room for: the clock is woken when half of one is free, or soon, for the rest."""
        self._crowded = frozenset(roads)

    def room(self, road: str = "", most: int = 0) -> int:
        """How many more can go by this road without waiting; with `most`, how many until so many are on it or wait for it."""
        return max(0, (most or self._most) - self._on[road])

    def launch(
        self, key: str, send: Callable[[], Awaitable[T]], road: str = "", then: Callable[[T], Awaitable[None]] = _nothing
    ) -> None:
        """Begin, and don't wait. What is in the air already is not begun again; its row is what remembers it.

        `then`: what is to be done with the result when the road is free again for the next.
        """
        if key not in self._flying:
            self._on[road] += 1
            self._flying[key] = asyncio.create_task(self._fly(key, send, road, then))

    async def _fly(self, key: str, send: Callable[[], Awaitable[T]], road: str, then: Callable[[T], Awaitable[None]]) -> None:
        try:
            try:
                async with self._slots[road]:
                    said = await send()
            finally:
                self._on[road] -= 1
                self._landed_one(road)
            await then(said)
        except Exception as problem:  # its row still stands, and is looked at again when its hold is over
            log.error("a message could not be handled: %s", type(problem).__name__)
        finally:
            del self._flying[key]

    def _landed_one(self, road: str) -> None:
        if road in self._crowded:
            if 2 * self.room(road) >= self._most:
                self._wake.set()
            elif not self._soon:
                self._soon.append(asyncio.get_running_loop().call_later(SOON, self._wake_soon))

    def _wake_soon(self) -> None:
        self._soon.clear()
        self._wake.set()

    async def lull(self) -> None:
        """Before marks go to the disk: until nothing is in the air, or for a moment."""
        if any(self._on.values()):
            await asyncio.sleep(SOON)

    async def landed(self) -> None:
        """Until nothing is in the air."""
        while self._flying:
            await asyncio.wait(self._flying.values())


TRIES = (2.0, 10.0, 30.0)  # seconds until it is sent again, where that helps


async def insist(roads: Roads, message: Message, what: str) -> None:
    """Send what waits in memory alone, a few times if it must be. `what`: "an answer", for the log."""
    for pause in (*TRIES, None):
        try:
            await roads.send(message)
            return
        except Never as problem:
            log.error("%s can't go out: %s", what, problem)
            return
        except Later as problem:
            log.warning("%s did not go out: %s", what, problem)
        if pause:
            await asyncio.sleep(pause)
