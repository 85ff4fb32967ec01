"""One half as the product builds it, in a process of its own, whose time stands still until the night says that it goes on."""

import asyncio
import contextlib
import gc
import importlib
import json
import os
import resource
import secrets
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aftercall.config import Inside, Outside, read
from aftercall.sql import Lock
from aftercall.words import Moment
from aftercall_stage.chaos import plants
from aftercall_stage.chaos.fault import read as read_fault
from aftercall_stage.chaos.hour import Hour
from aftercall_stage.chaos.points import PointRoads, Points, PointStore
from aftercall_stage.half import LOCKS, SETTINGS, leash

QUIET = 1.5  # seconds in which what is going on at one moment should be over
RUNS = {half: importlib.import_module(f"aftercall.{half}.run") for half in SETTINGS}


@dataclass(frozen=True)
class Start:
    """What a child is told when it is made."""

    half: str
    config: Path
    control: Path
    log: Path
    fired: Path
    hour: Path
    faults: tuple[str, ...]
    plant: str


class StillClock:
    """Time that moves when the night says so. It knows who waits for it, so that it can be seen when nothing more goes on."""

    def __init__(self, now: Callable[[], Moment]) -> None:
        self.now, self._moved, self._most = now, asyncio.Event(), 0
        self._waits: dict[object, tuple[Moment | None, asyncio.Event]] = {}

    def moved(self) -> None:
        """It is another time: whoever waits looks at it again."""
        self._moved.set()
        self._moved = asyncio.Event()

    async def wait(self, until: Moment | None, wake: asyncio.Event) -> None:
        me = object()
        self._waits[me] = until, wake
        self._most = max(self._most, len(self._waits))
        try:
            while not wake.is_set() and (until is None or until > self.now()):
                either = [asyncio.ensure_future(event.wait()) for event in (wake, self._moved)]
                await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
                for one in either:
                    one.cancel()
        finally:
            del self._waits[me]

    @property
    def idle(self) -> bool:
        """Everybody who ever waited waits now, and for something that is still to come."""
        waits = self._waits.values()
        return len(waits) == self._most > 0 and not any(wake.is_set() or (at and at <= self.now()) for at, wake in waits)

    @property
    def next(self) -> Moment | None:
        return min((at for at, _ in self._waits.values() if at), default=None)


class Hand:
    """What the night may do to this half while it runs."""

    def __init__(self, clock: StillClock, store: PointStore, roads: PointRoads) -> None:
        self._clock, self._store, self._roads = clock, store, roads

    async def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """{"held": n}: answers when nothing goes on any more at this hour, but for n messages a provider holds."""
        self._clock.moved()
        end = time.monotonic() + QUIET
        seen = 0
        while seen < 3 and time.monotonic() < end:
            await asyncio.sleep(0 if seen else 0.001)
            seen = seen + 1 if self._still(asked["held"]) else 0
        following = self._clock.next
        passings, cpu = self._store.points.passings, time.process_time()
        return {"quiet": seen == 3, "next": following.isoformat() if following else "", "passings": passings, "cpu": cpu}

    def _still(self, held: int) -> bool:
        return self._clock.idle and self._store.waiting == 0 and self._roads.in_the_air <= held

    async def hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(ConnectionError, asyncio.CancelledError):
            while line := await reader.readline():
                writer.write(json.dumps(await self.answer(json.loads(line))).encode() + b"\n")
                await writer.drain()


async def perform(this: Start) -> None:
    run = RUNS[this.half]
    settings: Inside | Outside = read(SETTINGS[this.half], this.config)
    run.check_settings(settings)
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    points = Points(this.half, tuple(read_fault(text) for text in this.faults), this.fired, settings.data)
    lock = None if settings.url else Lock(settings.data / LOCKS[this.half])
    clock = StillClock(Hour(this.hour).now)
    store = run.open_store(settings, _kind(points, this.plant))
    roads = plants.ROADS.get(this.plant, PointRoads)(run.roads_of(settings), points)
    try:
        running = run.build(settings, clock, roads, store, secrets.token_bytes)
        this.control.unlink(missing_ok=True)  # a killed half leaves its socket behind
        async with await asyncio.start_unix_server(Hand(clock, store, roads).hear, this.control):
            leash()
            await run.serve(running, settings)
    finally:
        store.close()
        if lock:
            lock.close()


def _kind(points_: Points, plant: str) -> type[PointStore]:
    class Kind(plants.STORES.get(plant, PointStore)):  # type: ignore[misc]
        points = points_

    return Kind


def live(this: Start) -> None:
    """The whole life of a child just made: its output goes to its log, and it ends with its work."""
    log = os.open(this.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    gc.unfreeze()
    plants.sow(this.plant)
    asyncio.run(perform(this))
    sys.stdout.flush()
