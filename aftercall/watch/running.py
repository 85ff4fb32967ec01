"""All that looks at a half while it runs: the hatch, the look of every ten seconds, the canary, the heartbeat."""

import asyncio
import contextlib
from collections.abc import Awaitable, Iterator
from typing import Protocol

from aftercall.config import Settings
from aftercall.door import door
from aftercall.watch import hatch
from aftercall.watch.beat import keep_beating
from aftercall.watch.canary import Flights
from aftercall.watch.watched import Watched, keep_looking


class Watching(Watched, Protocol):
    flights: Flights

    def look(self) -> Awaitable[None]: ...

    def problems(self) -> tuple[str, ...]: ...


@contextlib.contextmanager
def looking(half: Watching, s: Settings) -> Iterator[list[asyncio.Task[None]]]:
    """The tasks, which end with whoever waits for them. Raises OSError when the hatch can't be opened."""
    with hatch.opened(s.data, hatch.name_of(s.url)) as sock:
        loops = [door(hatch.app(half), "", 1).serve(sockets=[sock]), keep_looking(half.look)]
        if half.flights.wanted:
            loops.append(half.flights.keep_on())
        if s.heartbeat_url:
            loops.append(keep_beating(s.heartbeat_url, half.problems))
        yield [asyncio.create_task(loop) for loop in loops]
