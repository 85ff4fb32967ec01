"""The scripted night, played once as the program is and once for each planted leak, two at a time."""

import asyncio
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from aftercall_stage import troupe
from aftercall_stage.troupe import HALVES

from tests.promises.recorded import Night
from tests.promises.script import play
from tests.promises.twins import TWINS, Twin

AT_ONCE = 2
troupe.PATIENCE = 60.0  # four processes start at once on two cores


class Nights:
    """Two halves that leak, each once, share one night: a leak is one change in one process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pool = ThreadPoolExecutor(AT_ONCE)
        self._played: dict[frozenset[tuple[str, str]], Future[Night]] = {}

    def _play(self, leaks: dict[str, str]) -> Future[Night]:
        key = frozenset(leaks.items())
        if key not in self._played:
            folder = self._folder / f"night-{len(self._played)}"
            folder.mkdir()
            self._played[key] = self._pool.submit(asyncio.run, play(folder, leaks, crash=not leaks))
        return self._played[key]

    def begin(self, twins: Iterable[Twin]) -> None:
        """What will be asked for, so that one night is played while another is searched."""
        self._play({})
        for twin in twins:
            self._play(_shared(twin))

    def plain(self) -> Night:
        return self._play({}).result()

    def of(self, twin: Twin) -> Night:
        return self._play(_shared(twin)).result()

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)


def _shared(twin: Twin) -> dict[str, str]:
    mine = {half: list(dict.fromkeys(other.leak for other in TWINS if other.half == half)) for half in HALVES}
    number = mine[twin.half].index(twin.leak)
    return {half: leaks[number] for half, leaks in mine.items() if number < len(leaks)}
