"""The scripted night, played once as the program is and once for each planted leak, two at a time."""

import asyncio
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path

from aftercall_stage import troupe
from aftercall_stage.troupe import HALVES

from tests.promises.recorded import Night
from tests.promises.script import play
from tests.promises.twins import TWINS, Twin

AT_ONCE = 2
troupe.PATIENCE = 60.0  # four processes start at once on two cores


class Nights:
    """Leaks share nights: of each half at most one for each promise, so that what a check finds is that leak's doing."""

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
    """The night of this twin: what leaks in each half."""
    number = next(n for n, night in enumerate(_together()) if twin.leak in night[twin.half])
    return {half: "; ".join(leaks) for half, leaks in _together()[number].items() if leaks}


@cache
def _together() -> list[dict[str, list[str]]]:
    """What leaks in each night. A leak that two promises must find takes the place of both."""
    nights, taken = list[dict[str, list[str]]](), list[set[tuple[str, str]]]()
    for half, leak in dict.fromkeys((twin.half, twin.leak) for twin in TWINS):
        places = {(half, twin.promise) for twin in TWINS if twin.leak == leak}
        number = next((n for n, full in enumerate(taken) if not full & places), len(nights))
        if number == len(nights):
            nights.append({half: [] for half in HALVES})
            taken.append(set())
        nights[number][half].append(leak)
        taken[number] |= places
    return nights
