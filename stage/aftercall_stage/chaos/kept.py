"""One half's process, kept alive as systemd would: what was killed comes back, what was stopped goes on, a full disk is freed."""

import asyncio
import contextlib
import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from resource import RLIM_INFINITY, RLIMIT_FSIZE, prlimit
from typing import Any

from aftercall.words import Moment
from aftercall_stage.chaos.fault import POINT_KINDS, Fault
from aftercall_stage.chaos.fault import read as read_fault
from aftercall_stage.chaos.history import History, lines_of
from aftercall_stage.chaos.hour import Hour
from aftercall_stage.chaos.nursery import Nursery
from aftercall_stage.troupe import Stuck, free_ports

STOPPED = 5.0  # real seconds of a SIGSTOP
STOP_MOVES = timedelta(seconds=40)  # of the night that pass meanwhile
FULL = timedelta(seconds=60)
MOST_STARTS = 25
LOOK = 0.2  # seconds until it is looked whether a half that doesn't answer is still there
PATIENCE = 60.0  # real seconds for anything to come about here


@dataclass
class Process:
    pid: int
    control: Path
    port: int
    mllp: int

    def __post_init__(self) -> None:
        self._fd = os.pidfd_open(self.pid)
        self._line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    @property
    def alive(self) -> bool:
        try:
            signal.pidfd_send_signal(self._fd, 0)
        except ProcessLookupError:
            return False
        return True

    def send(self, what: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._fd, what)

    async def ask(self) -> dict[str, Any]:
        """Over its control socket: what it has to say when nothing goes on there any more.

        Raises OSError or ValueError when nobody answers there.
        """
        if self._line is None:
            self._line = await asyncio.open_unix_connection(self.control, limit=1024 * 1024)
        self._line[1].write(b"\n")
        answer: dict[str, Any] = json.loads(await self._line[0].readline())
        return answer

    def hang_up(self) -> None:
        """What was asked there has no answer any more, and the next one is asked anew."""
        if self._line:
            self._line[1].close()
        self._line = None

    def forget(self) -> None:
        os.close(self._fd)
        self.hang_up()


class Kept:
    """One worker of one half. `write` writes its settings for the ports it is to have and gives the file."""

    def __init__(
        self,
        name: str,
        half: str,
        folder: Path,
        sockets: Path,
        faults: tuple[Fault, ...],
        plant: str,
        nursery: Nursery,
        history: History,
        hour: Hour,
        write: Callable[[int, int], Path],
    ) -> None:
        self.name, self.half, self._folder, self._sockets, self._plant = name, half, folder, sockets, plant
        self._faults = [fault for fault in faults if fault.half == half and fault.kind in POINT_KINDS]
        self._nursery, self._history, self._hour, self._write = nursery, history, hour, write
        self._fired, self._size, self._read, self._starts = folder / f"fired-{name}.jsonl", 0, 0, 0
        self.process: Process | None = None
        self.back_at: Moment | None = None
        self._full_until: Moment | None = None
        self._stopped_at, self._stopped_now = 0.0, datetime.min
        self._passed: dict[int, Counter[str]] = {}  # of each process that it was
        self._cpu: dict[int, float] = {}
        self.next: Moment | None = None
        self._calm = False  # it was quiet when it was last asked, and nobody spoke to it since
        self._said = ""  # what it was at when it was last asked

    # starting and ending -----------------------------------------------------------------------------------------------------

    def start(self, now: Moment) -> None:
        self._starts += 1
        if self._starts > MOST_STARTS:
            raise Stuck(f"{self.name} ends again and again by itself:\n{self.log[-3000:]}")
        port, mllp = free_ports(2)
        control = self._sockets / f"{self.name}-{self._starts}"
        told = {
            "half": self.half, "config": str(self._write(port, mllp)), "control": str(control), "fired": str(self._fired),
            "log": str(self._folder / f"{self.name}.log"), "hour": str(self._folder / "hour"), "plant": self._plant,
            "faults": [str(fault) for fault in self._faults],
        }  # fmt: skip
        self.process, self.back_at, self._calm = Process(self._nursery.child(told), control, port, mllp), None, False

    def end(self) -> None:
        if self.process:
            self.process.send(signal.SIGCONT)
            self.process.send(signal.SIGTERM)

    async def ended(self) -> None:
        end = time.monotonic() + 5.0
        while self.process and self.process.alive:
            self.process.send(signal.SIGCONT)
            if time.monotonic() > end:
                self.process.send(signal.SIGKILL)
            await asyncio.sleep(0.005)
        if self.process:
            self.process.forget()

    @property
    def cpu(self) -> float:
        """Seconds of a processor that all its processes had, as far as they said."""
        return sum(self._cpu.values())

    @property
    def passings(self) -> Counter[str]:
        """How often each point was passed, as far as was said: what came between the last word and a death is not in it."""
        return sum(self._passed.values(), Counter())

    @property
    def log(self) -> str:
        path = self._folder / f"{self.name}.log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    # the course of its troubles ----------------------------------------------------------------------------------------------

    @property
    def in_trouble(self) -> bool:
        """It can't do what it should, and time may go on without it."""
        return bool(self.back_at or self._full_until or self._stopped_at)

    @property
    def at_it(self) -> str:
        """What goes on with it, as a person reads it. "" when nothing does."""
        if self.process is None:
            return f"is down until {self.back_at:%H:%M:%S}" if self.back_at else "is down"
        return "stands still" if self._stopped_at else self._said

    def may_move(self, now: Moment) -> bool:
        return not self._stopped_at or now - self._stopped_now < STOP_MOVES

    def look(self, now: Moment) -> None:
        """What has become of it, and what is to be done."""
        self._hear_of_faults(now)
        if self._stopped_at and time.monotonic() - self._stopped_at > STOPPED and self.process:
            self._history.note(self.name, "goes on")
            self.process.send(signal.SIGCONT)
            self._stopped_at = 0.0
        if self._full_until and now >= self._full_until:
            self._history.note(self.name, "disk free")
            self._full_until = None
            if self.process and self.process.alive:
                prlimit(self.process.pid, RLIMIT_FSIZE, (RLIM_INFINITY, RLIM_INFINITY))
        if self.process and not self.process.alive:
            self._fell(now)
        if self.process is None and self.back_at and now >= self.back_at and not self._full_until:
            self._history.note(self.name, "back")
            self.start(now)

    def _fell(self, now: Moment) -> None:
        assert self.process
        self.process.forget()
        self.process = None
        if not self.back_at:
            self._history.note(self.name, "fell")
            self.back_at = now + timedelta(seconds=1)

    def _hear_of_faults(self, now: Moment) -> None:
        size = self._fired.stat().st_size if self._fired.exists() else 0
        if size == self._size:
            return
        self._size, lines = size, lines_of(self._fired)
        for line in lines[self._read :]:
            fault = read_fault(line["fault"])
            self._calm = False
            self._history.note(self.name, "fault", fault=str(fault))
            self._faults = [one for one in self._faults if one != fault]
            match fault.kind:
                case "kill":
                    self.back_at = now + timedelta(seconds=fault.down)
                case "stop":
                    self._stopped_at, self._stopped_now = time.monotonic(), now
                case "full":
                    self._full_until = now + FULL
        self._read = len(lines)

    # time --------------------------------------------------------------------------------------------------------------------

    def stir(self) -> None:
        """Somebody speaks to it."""
        self._calm = False

    def rests(self, now: Moment) -> bool:
        """It need not be asked whether it is quiet: nothing is due, nobody spoke to it, and nothing is wrong with it."""
        return self._calm and self.process is not None and self.process.alive and (self.next is None or self.next > now)

    async def settle(self, now: Moment) -> bool:
        """Wait until it has done what is due at this hour. False: not quiet yet, or it has fallen."""
        if not self.process or self._stopped_at:
            return True
        asked, begun = asyncio.ensure_future(self.process.ask()), time.monotonic()
        while not asked.done() and self.process.alive and not self._stopped_at and time.monotonic() - begun < PATIENCE:
            await asyncio.wait({asked}, timeout=LOOK)
            self._hear_of_faults(now)
        if not asked.done():
            asked.cancel()
            self.process.hang_up()
            self._said = "does not answer the night"
            return bool(self._stopped_at)
        if isinstance(asked.exception(), OSError | ValueError):
            self.process.hang_up()
            self._said = "is not open to the night"
            return False
        return self._quiet(asked.result())

    def _quiet(self, answer: dict[str, Any]) -> bool:
        assert self.process
        self._cpu[self.process.pid] = answer["cpu"]
        self._passed.setdefault(self.process.pid, Counter()).update(answer["passings"])
        self.next = datetime.fromisoformat(answer["next"]) if answer["next"] else None
        self._said = f"is not quiet: {answer['at it']}" if answer["at it"] else ""
        self._calm = bool(answer["quiet"]) and not self._hour.held(self.half) and not self.in_trouble
        return bool(answer["quiet"])
