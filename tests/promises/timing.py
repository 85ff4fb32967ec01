"""P13 by the clock: how long it takes to say that a box is unknown, not yours, or over. `python -m tests.promises.timing CALLS`.

The care half as a process of its own, asked over one line in an order made by chance; Welch's t between any two kinds, of all calls
and of the faster nine tenths. Times are reported (DECISIONS 36): what fails is a control that is not seen.
"""

import asyncio
import http.client
import math
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from urllib.parse import urlsplit

from aftercall_stage.phones import Asker

from tests.promises.recorded import Care

FAR = 4.5  # Welch's t, beyond which chance does not explain it
CONTROL = "a wrong capability is noted down"
WRONG = "ab" * 16


@dataclass(frozen=True)
class Timed:
    """Seconds of each call, by what was knocked at."""

    took: dict[str, list[float]]

    def lines(self) -> list[str]:
        return [f"  {what:40} {statistics.median(times) * 1e6:8.0f} us, {len(times)} calls" for what, times in self.took.items()]

    def apart(self) -> list[str]:
        """Which two kinds can be told apart, and by how much."""
        cut = sorted(time for times in self.took.values() for time in times)[sum(map(len, self.took.values())) * 9 // 10]
        found = []
        for (one, a), (other, b) in combinations(self.took.items(), 2):
            t = max(welch(a, b), welch([x for x in a if x <= cut], [x for x in b if x <= cut]), key=abs)
            found += [f"{one} and {other}: t = {t:+.1f}"] if abs(t) >= FAR else []
        return found


def welch(a: Sequence[float], b: Sequence[float]) -> float:
    error = statistics.variance(a) / len(a) + statistics.variance(b) / len(b)
    return (statistics.fmean(a) - statistics.fmean(b)) / math.sqrt(error)


async def timed(folder: Path, calls: int, leak: str = "") -> Timed:
    async with Care(folder, leak) as t:
        await t.on_duty()
        waits, ended = (Asker(t.phone("Juma"), t.code, t.now) for _ in range(2))
        await waits.ask()
        await ended.ask()
        there, over = waits.held(), ended.held()
        await ended.close()
        knocks = {
            "an unknown box": ("cd" * 16, WRONG),
            "a wrong capability": (there.box, WRONG),
            "an ended talk, its own capability": (over.box, over.cap.hex()),
        }
        return await asyncio.to_thread(_knock, t.outside_url, knocks, calls)


def _knock(url: str, knocks: dict[str, tuple[str, str]], calls: int) -> Timed:
    line, took = http.client.HTTPConnection(urlsplit(url).netloc), {what: list[float]() for what in knocks}
    order = [what for what in knocks for _ in range(calls // len(knocks))]
    random.SystemRandom().shuffle(order)
    for n, what in enumerate(order):
        box, cap = knocks[what]
        began = time.perf_counter()
        line.request("GET", "/care/v1/box/state", headers={"X-Box": box, "X-Cap": cap})
        answer = line.getresponse()
        body = answer.read()
        end = time.perf_counter()
        assert (answer.status, len(body)) == (404, 256)
        if n > 100:  # until it is warm
            took[what].append(end - began)
    line.close()
    return Timed(took)


def main() -> int:
    calls = int(sys.argv[1])
    caught = False
    for leak in ("", CONTROL):
        with tempfile.TemporaryDirectory() as folder:
            seen = asyncio.run(timed(Path(folder), calls, leak))
        apart = seen.apart()
        print(f"P13, {calls} calls{', where ' + CONTROL if leak else ''}: {'; '.join(apart) or 'nothing tells them apart'}")
        print("\n".join(seen.lines()))
        caught = bool(apart)
    if not caught:
        print("THE CONTROL WAS NOT SEEN: more calls, or a quieter machine")
    return 0 if caught else 1


if __name__ == "__main__":
    sys.exit(main())
