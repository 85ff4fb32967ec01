"""Messages in the air: at most so many at once, none twice, and a slow provider keeps nobody's clock from ticking."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger("aftercall.send")


class Flight:
    def __init__(self, most: int) -> None:
        self._slots, self._flying = asyncio.Semaphore(most), dict[str, asyncio.Task[None]]()

    def launch(self, key: str, send: Callable[[], Awaitable[None]]) -> None:
        """Begin, and don't wait. What is in the air already is not begun again; its row is what remembers it."""
        if key not in self._flying:
            self._flying[key] = asyncio.create_task(self._fly(key, send))

    async def _fly(self, key: str, send: Callable[[], Awaitable[None]]) -> None:
        try:
            async with self._slots:
                await send()
        except Exception as problem:  # its row still stands, and is looked at again when its hold is over
            log.error("a message could not be handled: %s", type(problem).__name__)
        finally:
            del self._flying[key]

    async def landed(self) -> None:
        """Until nothing is in the air."""
        while self._flying:
            await asyncio.wait(self._flying.values())
