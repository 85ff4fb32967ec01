"""How what leaves grows with workers: 5,000 messages due at one instant, by 1, 2 and 4 clocks of the hospital's half."""

import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import world

WORKERS, BURST = (1, 2, 4), 5000
READY, LAST = 14.0, 8.0  # seconds: for the workers to come up, and for what is due to leave


def measure(folder: Path, rows: int, url: str) -> None:
    door, gateway = world.free_ports(2)
    here = world.Place(folder, door, gateway, url)
    world.hospital(here, rows)
    print(f"\n{rows:,} messages wait; {BURST:,} due at one instant, by so many workers on one PostgreSQL")
    for n, workers in enumerate(WORKERS):
        with ExitStack() as stack:
            came = stack.enter_context(world.sink(gateway, folder / f"came-{workers}"))
            for _ in range(workers):
                stack.enter_context(world.running("inside", folder / "inside.toml", "--only", "clock"))
            due = datetime.now(UTC) + timedelta(seconds=READY)
            world.fire(here, [due] * BURST, n * BURST)
            time.sleep(READY + LAST)
            at = world.arrived(came, "to")
            told = [(due, at.get(world.phone(n * BURST + i))) for i in range(BURST)]
            world.late(f"{workers} worker{'s' * (workers > 1)}", told)
            last = max((came - due.timestamp() for _, came in told if came), default=float("nan"))
            print(f"    {len(at) / last:.0f} messages/s   came twice {world.twice(came)}", flush=True)
