"""Asks in very great number: how late their rings leave, and how quick the door answers meanwhile."""

import asyncio
import json
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import world
from aftercall_stage.peer import Peer
from machine import share

STEADY, SECONDS, BURST = 50, 15, 1667  # asks whose wave is due: a second, for so long, and at one instant; each rings three
POLLS, ASKS = 200, 20  # a second
READY, REST = 20.0, 8.0  # seconds


def measure(folder: Path, waiting: int, url: str) -> None:
    door, gateway = world.free_ports(2)
    here = world.Place(folder, door, gateway, url)
    begun = time.monotonic()
    care = world.care(here, waiting)
    print(f"\n{waiting:,} asks wait (filled in {time.monotonic() - begun:.0f} s)")
    first = (datetime.now(UTC) + timedelta(seconds=READY)).replace(microsecond=0)
    steady = [first + timedelta(seconds=n // STEADY) for n in range(STEADY * SECONDS)]
    burst = [steady[-1] + timedelta(seconds=REST)] * BURST
    world.ask_at(here, care.peers, [datetime.now(UTC)])
    overdue = dict(here.due)
    world.ask_at(here, care.peers, steady)
    in_steady = here.due.keys() - overdue.keys()
    world.ask_at(here, care.peers, burst)
    with world.sink(gateway, folder / "came") as came, world.running("outside", folder / "outside.toml"):
        spawned = time.time()
        asyncio.run(_on_duty(care.peers, here.port))
        if (late := (datetime.now(UTC) - first).total_seconds()) > 0:
            print(f"  NOT VALID: the peers came on duty {late:.0f} s after the first ask was due")
        _until(burst[-1] + timedelta(seconds=REST))
        at = world.arrived(came, "key")
        soonest = min(at[key] for key in overdue if key in at)
        print(f"  from the start to the first that was overdue: {soonest - spawned:.2f} s (asked: 3)")
        for what, keys, many in (
            (f"{STEADY} asks/s, three rings each", in_steady, len(steady) * 3),
            (f"{BURST * 3:,} rings at one instant", here.due.keys() - in_steady - overdue.keys(), BURST * 3),
        ):
            told = [(datetime.fromtimestamp(here.due[key], UTC), at[key]) for key in keys if key in at]
            world.late(what, [*told, *[(first, None)] * (many - len(told))])
        _door(care, here.port)


async def _on_duty(peers: list[Peer], port: int) -> None:
    """Signed in, on duty, and the test ring answered."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=20) as client:
        while True:
            try:
                await client.get("/")
                break
            except httpx.TransportError:
                await asyncio.sleep(0.05)
        for one in peers:
            one.line.client = client
            await one.duty(datetime.now(UTC) + timedelta(hours=8))
            await one.pages()


def _door(care: world.Care, port: int) -> None:
    asked = {
        "port": port, "code": care.code, "polls": POLLS, "asks": ASKS, "seconds": SECONDS,
        "boxes": [(box, cap.hex()) for box, cap in care.caps], "pids": [one.pid for one in care.peers],
    }  # fmt: skip
    command = [sys.executable, str(Path(__file__).parent / "askers.py")]
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=True)
    for what, took in json.loads(done.stdout).items():
        cuts = "   ".join(f"{name} {share(took['ms'], part):7.1f}" for name, part in (("p50", 0.5), ("p99", 0.99), ("max", 1.0)))
        print(f"  {what + ', answered':<32} {cuts} ms   {len(took['ms'])} of {took['sent']}   other than good {took['bad']}")


def _until(at: datetime) -> None:
    time.sleep(max(0.0, (at - datetime.now(UTC)).total_seconds()))
