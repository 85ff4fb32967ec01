"""Wakes whoever holds a call open, after the commit. It remembers nothing, and forgets whoever went away."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterator

SWEEP = 5.0  # seconds; what another worker wrote is found by looking again


class Ear:
    def __init__(self) -> None:
        self.event = asyncio.Event()

    async def wait(self, patience: float) -> None:
        """Until it rings, or patience (at most the sweep) is over. A ring since the last wait counts: none is missed."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.event.wait(), min(patience, SWEEP))
        self.event.clear()


class Bell:
    def __init__(self) -> None:
        self._ears: defaultdict[str, set[Ear]] = defaultdict(set)

    def ring(self, *names: str) -> None:
        for name in names:
            for ear in self._ears.get(name, ()):
                ear.event.set()

    @contextlib.contextmanager
    def listen(self, name: str) -> Iterator[Ear]:
        """Listen before looking, so that nothing rings between the look and the wait."""
        ear = Ear()
        self._ears[name].add(ear)
        try:
            yield ear
        finally:
            self._ears[name].discard(ear)
            if not self._ears[name]:
                del self._ears[name]
