"""One half as the product builds it, in a process of its own, whose time stands still until the night says that it goes on."""

import asyncio
import contextlib
import importlib
import json
import os
import resource
import secrets
import signal
import sys
import time
from collections import Counter
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

TURNS = 4  # of the loop in which nothing stirs: whoever is about to begin something has begun it by then
LOOK = 0.05  # seconds after which it is looked at what the provider keeps: nothing stirs here by that
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

    def __init__(self, now: Callable[[], Moment], stirred: asyncio.Event) -> None:
        self.now, self._moved, self._most, self._stirred = now, asyncio.Event(), 0, stirred
        self._waits: dict[object, tuple[Moment | None, asyncio.Event]] = {}

    def moved(self) -> None:
        """It is another time: whoever waits looks at it again."""
        self._moved.set()
        self._moved = asyncio.Event()

    async def wait(self, until: Moment | None, wake: asyncio.Event) -> None:
        me = object()
        self._waits[me] = until, wake
        self._most = max(self._most, len(self._waits))
        self._stirred.set()
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
    def at_it(self) -> str:
        """Why it is not idle, as a person reads it."""
        waits, now = list(self._waits.values()), self.now()
        away = [f"{self._most - len(waits)} of its {self._most} clocks are on their round"] if len(waits) < self._most else []
        woken = ["a clock was woken and has not gone round"] if any(wake.is_set() for _, wake in waits) else []
        late = [f"something is due since {at:%H:%M:%S.%f}" for at, _ in waits if at and at <= now]
        return ", ".join([*away, *woken, *late] if self._most else ["no clock of it has begun"])

    @property
    def next(self) -> Moment | None:
        return min((at for at, _ in self._waits.values() if at), default=None)


class Hand:
    """What the night may do to this half while it runs."""

    def __init__(
        self, clock: StillClock, store: PointStore, roads: PointRoads, stirred: asyncio.Event, held: Callable[[], int]
    ) -> None:
        """`held`: messages that the provider keeps until the night goes on."""
        self._clock, self._store, self._roads, self._stirred, self._held = clock, store, roads, stirred, held
        self._told = Counter[str]()

    async def answer(self) -> dict[str, Any]:
        """When nothing goes on any more at this hour, but for messages that the provider keeps."""
        self._clock.moved()
        end = time.monotonic() + QUIET
        seen = 0
        while seen < TURNS and (left := end - time.monotonic()) > 0:
            if self._still():
                seen += 1
                await asyncio.sleep(0)
                continue
            seen = 0
            self._stirred.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(left, LOOK)):  # wait_for may swallow that this half ends
                    await self._stirred.wait()
        following, passings = self._clock.next, self._store.points.passings
        fresh, self._told = passings - self._told, passings.copy()
        next_at = following.isoformat() if following else ""
        at_it = "" if seen == TURNS else self._at_it()
        return {"quiet": seen == TURNS, "at it": at_it, "next": next_at, "passings": fresh, "cpu": time.process_time()}

    def _still(self) -> bool:
        return self._clock.idle and self._store.waiting == 0 and self._roads.in_the_air <= self._held()

    def _at_it(self) -> str:
        """What still went on when the time for it was over."""
        jobs = [f"{n} {name} in the writer's line" for name, n in sorted((+self._store.line).items())]
        sent = [f"{self._roads.in_the_air} messages in the air"] if self._roads.in_the_air else []
        return ", ".join(one for one in (self._clock.at_it, *jobs, *sent) if one) or "stirs again and again"

    async def hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(ConnectionError, asyncio.CancelledError):
            while await reader.readline():
                writer.write(json.dumps(await self.answer()).encode() + b"\n")
                await writer.drain()


async def perform(this: Start) -> None:
    run = RUNS[this.half]
    settings: Inside | Outside = read(SETTINGS[this.half], this.config)
    run.check_settings(settings)
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    points = Points(this.half, tuple(read_fault(text) for text in this.faults), this.fired, settings.data)
    lock = None if settings.url else Lock(settings.data / LOCKS[this.half])
    stirred = asyncio.Event()
    hour = Hour(this.hour)
    clock = StillClock(hour.now, stirred)
    store = run.open_store(settings, _kind(points, this.plant, stirred))
    roads = plants.ROADS.get(this.plant, PointRoads)(run.roads_of(settings), points, stirred)
    try:
        running = run.build(settings, clock, roads, store, secrets.token_bytes)
        hand = Hand(clock, store, roads, stirred, lambda: hour.held(this.half))
        this.control.unlink(missing_ok=True)  # a killed half leaves its socket behind
        async with await asyncio.start_unix_server(hand.hear, this.control):
            leash()
            await run.serve(running, settings)
    finally:
        store.close()
        if lock:
            lock.close()


def _kind(points_: Points, plant: str, stirred_: asyncio.Event) -> type[PointStore]:
    class Kind(plants.STORES.get(plant, PointStore)):  # type: ignore[misc]
        points, stirred = points_, stirred_

    return Kind


def live(this: Start) -> None:
    """The whole life of a child just made: its output goes to its log, and it ends with its work."""
    log = os.open(this.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    plants.sow(this.plant)
    asyncio.run(perform(this))
    sys.stdout.flush()
