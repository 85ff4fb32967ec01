"""A canary flies through the whole half every few minutes, and is gone afterwards. What counts is that it came back."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from aftercall.send import Never
from aftercall.words import Clock, Message, Moment

log = logging.getLogger("aftercall.watch")

FIRST = 1.0  # seconds after the start
AGAIN = 30.0  # seconds after one that did not come back
PATIENCE = 20.0  # seconds for each part of the way


class Fallen(Exception):
    """It did not come back: says how far it came."""


class Nobody:
    """A road that leads to nobody's phone. It takes what is for nobody, and refuses everything else."""

    TO = "nobody"

    def __init__(self) -> None:
        self._came = asyncio.Event()

    async def send(self, message: Message) -> None:
        if message.to != self.TO:
            raise Never("this road leads to nobody, and the message is for somebody")
        self._came.set()

    def forget(self) -> None:
        self._came.clear()

    async def came(self) -> None:
        """Until something has come since `forget`. Raises Fallen."""
        try:
            await asyncio.wait_for(self._came.wait(), PATIENCE)
        except TimeoutError:
            raise Fallen("nothing was sent") from None


class Flights:
    """When one came back last, and what became of the last one."""

    def __init__(self, fly: Callable[[], Awaitable[None]], clock: Clock, every: float) -> None:
        """`fly`: one whole way; raises Fallen. `every`: seconds; 0 is never."""
        self._fly, self._clock, self._every = fly, clock, every
        self._back: Moment | None = None
        self._fell = ""

    @property
    def wanted(self) -> bool:
        return self._every > 0

    @property
    def lease(self) -> timedelta:
        """How long one worker has the canary, where there are several."""
        return timedelta(seconds=2 * self._every + 60)

    @property
    def told(self) -> str:
        """ "" when the last one came back in its time, or none is wanted; else what became of it."""
        if not self.wanted or self._fell:
            return self._fell
        if self._back is None:
            return "none has flown yet"
        late = timedelta(seconds=2 * self._every + 4 * PATIENCE)
        return "none has flown for too long" if self._clock.now() - self._back > late else ""

    async def keep_on(self) -> None:
        """For ever. What goes wrong here stops no half."""
        pause = FIRST
        while True:
            await asyncio.sleep(pause)
            await self.once()
            pause = min(AGAIN, self._every) if self._fell else self._every

    async def once(self) -> None:
        before = self._fell
        try:
            await asyncio.wait_for(self._fly(), 3 * PATIENCE)
            self._back, self._fell = self._clock.now(), ""
        except Fallen as problem:
            self._fell = str(problem)
        except Exception as problem:
            self._fell = f"something failed on the way ({type(problem).__name__})"
        if self._fell and not before:
            log.error("the canary did not come back: %s", self._fell)
        elif before and not self._fell:
            log.warning("the canary comes back again")
