"""How long from the last byte of an HL7 message to the first text leaving for a phone? Settle 0, fsync before the ACK.

`python bench/first_message.py [DEATHS]`: real processes; deaths one after the other, each of other people, over one MLLP link.
The clock starts when the message is handed to the socket and stops when the fake provider on this machine has the first text.
"""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from aftercall_stage.night import death, people
from aftercall_stage.troupe import Troupe
from feeds.machine import fdatasync

from aftercall.inside.feeds.mllp import send

MOST = 100  # nights have that many different rooms and people


async def run(deaths: int) -> tuple[list[float], list[float]]:
    """Milliseconds to the ACK, and to the first text."""
    acks, texts = [], []
    with tempfile.TemporaryDirectory() as folder:
        async with Troupe(Path(folder), start=datetime(2026, 11, 22, 19, 46, tzinfo=UTC), settle=0, nights=deaths) as t:
            provider = t.providers["inside"]
            for night in range(deaths):
                numbers = {p.phone for p in people(night)}
                message = death(t.now(), night)

                def came(numbers: set[str] = numbers) -> bool:
                    return any(provider.handset(number).texts for number in numbers)

                begun = time.perf_counter()
                async for _ in send("127.0.0.1", t.mllp_port, [message], 10):
                    acks.append((time.perf_counter() - begun) * 1000)
                async with provider.taken:
                    await asyncio.wait_for(provider.taken.wait_for(came), 10)
                texts.append((time.perf_counter() - begun) * 1000)
                await asyncio.sleep(0.05)  # let the others of this night go out
    return acks, texts


def line(name: str, took: list[float]) -> str:
    cuts = statistics.quantiles(took, n=100, method="inclusive")
    return f"{name:<34} p50 {cuts[49]:7.1f}   p95 {cuts[94]:7.1f}   p99 {cuts[98]:7.1f}   max {max(took):7.1f}"


def main() -> None:
    deaths = min(MOST, int(sys.argv[1])) if len(sys.argv) > 1 else MOST
    acks, texts = asyncio.run(run(deaths))
    disk = fdatasync(Path(tempfile.gettempdir()))
    print(f"{deaths} deaths; milliseconds; fdatasync of 4 kB here: {disk:.2f}; load {os.getloadavg()[0]:.1f}")
    print(line("to the ACK (after the commit)", acks))
    print(line("to the first text at the provider", texts))


if __name__ == "__main__":
    main()
