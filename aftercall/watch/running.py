"""All that looks at a half while it runs: the hatch, the look of every ten seconds, the canary, the heartbeat."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Iterator
from typing import Protocol

from starlette.routing import Route

from aftercall.config import Settings
from aftercall.door import door
from aftercall.watch import hatch
from aftercall.watch.beat import keep_beating
from aftercall.watch.canary import Flights
from aftercall.watch.watched import Watched, keep_looking

log = logging.getLogger("aftercall.watch")


class Watching(Watched, Protocol):
    flights: Flights

    def look(self) -> Awaitable[None]: ...

    def problems(self) -> tuple[str, ...]: ...


@contextlib.contextmanager
def looking(half: Watching, s: Settings, *more: Route) -> Iterator[list[asyncio.Task[None]]]:
    """The tasks, which end with whoever waits for them. `more`: what else may be asked through the hatch."""
    with contextlib.ExitStack() as stack:
        loops = [keep_looking(half.look)]
        try:
            sock = stack.enter_context(hatch.opened(s.data, hatch.name_of(s.url)))
        except OSError as problem:  # no reason to leave anybody without this half
            log.error("no socket for `aftercall doctor` in the data folder: %s", problem)
        else:
            loops.append(door(hatch.app(half, *more), "", 1).serve(sockets=[sock]))
        if half.flights.wanted:
            loops.append(half.flights.keep_on())
        if s.heartbeat_url:
            loops.append(keep_beating(s.heartbeat_url, half.problems))
        yield [asyncio.create_task(loop) for loop in loops]
