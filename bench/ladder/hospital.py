"""Messages of weeks later: how late each leaves, alone, with others sending, and when very many are due at once."""

import json
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import world

STEADY, SECONDS, BURST = 200, 15, 5000  # a second, for so long, and at one instant
BEHIND = 1000  # HL7 messages a second meanwhile
READY, REST, LAST = 8.0, 5.0, 8.0  # seconds: until the first that is due, between the parts, and for the last part


def measure(folder: Path, rows: int, url: str) -> None:
    door, mllp, gateway = world.free_ports(3)
    here = world.Place(folder, door, gateway, url, mllp)
    begun = datetime.now(UTC)
    world.hospital(here, rows)
    print(f"\n{rows:,} messages wait (filled in {(datetime.now(UTC) - begun).total_seconds():.0f} s)")
    first = datetime.now(UTC) + timedelta(seconds=READY)
    steady = [first + timedelta(seconds=n / STEADY) for n in range(STEADY * SECONDS)]
    behind = [at + timedelta(seconds=SECONDS + REST) for at in steady]
    burst = [behind[-1] + timedelta(seconds=REST)] * BURST
    world.fire(here, [datetime.now(UTC), *steady, *behind, *burst])
    with world.sink(gateway, folder / "came") as came, world.running("inside", folder / "inside.toml"):
        spawned = time.time()
        _until(behind[0])
        load = subprocess.Popen(
            [sys.executable, str(Path(__file__).parents[1] / "feeds" / "senders.py"), json.dumps(_others(mllp))],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        said = json.loads(load.communicate()[0])
        _until(burst[-1] + timedelta(seconds=LAST))
    at = world.arrived(came, "to")
    n = len(steady)
    print(f"  from the start to the first that was overdue: {at[world.phone(0)] - spawned:.2f} s (asked: 3)")
    if at[world.phone(0)] > first.timestamp():
        print("  NOT VALID: it was not up when the first of the next part was due")
    world.late("200/s, nothing else", [(d, at.get(world.phone(1 + i))) for i, d in enumerate(steady)])
    world.late(f"200/s, {BEHIND}/s HL7 behind it", [(d, at.get(world.phone(1 + n + i))) for i, d in enumerate(behind)])
    print(f"    meanwhile HL7: {said['rate']:.0f}/s answered, p99 {said['p99']:.0f} ms")
    world.late(f"{BURST:,} at one instant", [(d, at.get(world.phone(1 + 2 * n + i))) for i, d in enumerate(burst)])


def _others(port: int) -> dict[str, object]:
    return {"port": port, "links": 16, "rate": BEHIND, "seconds": SECONDS, "mix": {"living": 1}, "from": 5_000_000}


def _until(at: datetime) -> None:
    time.sleep(max(0.0, (at - datetime.now(UTC)).total_seconds()))
