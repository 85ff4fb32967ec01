"""Wakes whoever holds a call open, after the commit. It remembers nothing, and forgets whoever went away.

Boxes stand in it under a keyed hash: the same in every worker of this half, so that one can wake those of another, and nothing
to anybody else who hears it.
"""

import asyncio
import contextlib
import hmac
from collections import defaultdict
from collections.abc import Iterator

SWEEP = 5.0  # seconds; what another worker wrote is found by looking again, where no wake came


class Ear:
    def __init__(self) -> None:
        self.event = asyncio.Event()

    async def wait(self, patience: float) -> None:
        """Until it rings, or patience (at most the sweep) is over. A ring since the last wait counts: none is missed."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.event.wait(), min(patience, SWEEP))
        self.event.clear()


class Bell:
    def __init__(self, key: bytes) -> None:
        self._key, self._ears = key, defaultdict[str, set[Ear]](set)

    def mark(self, name: str) -> str:
        return hmac.digest(self._key, name.encode(), "sha256").hex()[:32]

    def ring(self, *names: str) -> None:
        for name in names:
            self.rung(self.mark(name))

    def rung(self, mark: str) -> None:
        """The same, by a mark; it may have come from another worker."""
        for ear in self._ears.get(mark, ()):
            ear.event.set()

    def ring_all(self) -> None:
        """Something may have been missed: everybody looks again."""
        for mark in tuple(self._ears):
            self.rung(mark)

    @contextlib.contextmanager
    def listen(self, name: str) -> Iterator[Ear]:
        """Listen before looking, so that nothing rings between the look and the wait."""
        ear, mark = Ear(), self.mark(name)
        self._ears[mark].add(ear)
        try:
            yield ear
        finally:
            self._ears[mark].discard(ear)
            if not self._ears[mark]:
                del self._ears[mark]
