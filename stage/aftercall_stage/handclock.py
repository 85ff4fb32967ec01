"""Time that stands still until it is set, for what runs through days in seconds."""

import asyncio

from aftercall.words import Moment


class HandClock:
    """Never goes back."""

    def __init__(self, now: Moment) -> None:
        self._now = now

    def now(self) -> Moment:
        return self._now

    def set(self, to: Moment) -> None:
        self._now = max(self._now, to)

    async def wait(self, until: Moment | None, wake: asyncio.Event) -> None:
        await wake.wait()
