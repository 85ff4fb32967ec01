"""Messages in the air: so many at once by one road, none twice. A slow provider keeps no clock and no other road waiting."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable

from aftercall.send import Later, Never, Roads
from aftercall.words import Message

log = logging.getLogger("aftercall.send")


class Flight:
    def __init__(self, most: int) -> None:
        self._slots = defaultdict[str, asyncio.Semaphore](lambda: asyncio.Semaphore(most))
        self._flying = dict[str, asyncio.Task[None]]()
        self._most = most

    @property
    def room(self) -> int:
        """How many more can begin without waiting, where all go by one road."""
        return max(0, self._most - len(self._flying))

    def launch(self, key: str, send: Callable[[], Awaitable[None]], road: str = "") -> None:
        """Begin, and don't wait. What is in the air already is not begun again; its row is what remembers it."""
        if key not in self._flying:
            self._flying[key] = asyncio.create_task(self._fly(key, send, road))

    async def _fly(self, key: str, send: Callable[[], Awaitable[None]], road: str) -> None:
        try:
            async with self._slots[road]:
                await send()
        except Exception as problem:  # its row still stands, and is looked at again when its hold is over
            log.error("a message could not be handled: %s", type(problem).__name__)
        finally:
            del self._flying[key]

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
