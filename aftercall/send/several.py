"""Several providers for one road, tried in order: an outage of the first is not an outage of ours."""

import logging
import time
from collections.abc import Callable

from aftercall.send import Later, Refused, Road, close, there
from aftercall.words import Message

log = logging.getLogger("aftercall.send")
NONE_TOOK = "every provider of this road failed"
REST = 60.0  # seconds in which one that failed is asked last: else each message would wait for its silence again


class Several:
    """Two or more roads as one. A number that one provider refuses is refused; anything else goes to the next.

    After a silence nobody knows whether the first took it, so a message may come twice: harmless, and better than not at all.
    """

    def __init__(self, roads: tuple[tuple[str, Road], ...], steady: Callable[[], float] = time.monotonic) -> None:
        self._roads, self._steady = roads, steady
        self._tired: dict[str, float] = {}

    async def send(self, message: Message) -> None:
        """Raises Later when trying again may help with any of them, else Refused."""
        problems: list[Later | Refused] = []
        for name, road in self._in_order():
            try:
                await road.send(message)
            except (Later, Refused) as problem:
                self._tired[name] = self._steady() + REST
                log.error("%s is passed over for a while: %s", name, problem)
                problems.append(problem)
            else:
                self._tired.pop(name, None)
                return
        if any(isinstance(problem, Later) for problem in problems):
            raise Later(NONE_TOOK)
        raise Refused("every provider of this road refuses us; check the settings")

    async def there(self) -> None:
        """Raises Later when none of them can be reached."""
        for _, road in self._in_order():
            try:
                await there(road)
            except Later:
                continue
            return
        raise Later(NONE_TOOK)

    def _in_order(self) -> list[tuple[str, Road]]:
        now = self._steady()
        return sorted(self._roads, key=lambda one: self._tired.get(one[0], 0.0) > now)

    async def close(self) -> None:
        await close(*(road for _, road in self._roads))
