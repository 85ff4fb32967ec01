"""Where a half may break: before and after each commit and each send, by the name of what is committed or sent."""

import asyncio
import contextlib
import json
import os
import resource
import signal
import socket
from collections import Counter
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from aftercall.send import Roads
from aftercall.sql import Store
from aftercall.words import Message
from aftercall_stage.chaos.fault import Fault


class Points:
    """Counts what passes, and breaks where it was told to. Dying is SIGKILL: no handler, no flush, no goodbye (DECISIONS 37)."""

    def __init__(self, half: str, faults: tuple[Fault, ...], fired: Path, data: Path) -> None:
        self.half, self.faults, self.fired, self.data = half, faults, fired, data
        self.passings: Counter[str] = Counter()
        self.lines: list[Any] = []  # connections to a database that is another process

    def passed(self, where: str) -> None:
        self.passings[where] += 1
        for fault in self.faults:
            if fault.where == where and fault.nth == self.passings[where]:
                self._break(fault)

    def _break(self, fault: Fault) -> None:
        log = os.open(self.fired, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(log, json.dumps({"fault": str(fault), "pid": os.getpid()}).encode() + b"\n")
        os.close(log)
        match fault.kind:
            case "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            case "stop":
                os.kill(os.getpid(), signal.SIGSTOP)
            case "full":
                largest = max((path.stat().st_size for path in self.data.iterdir() if path.is_file()), default=0)
                resource.setrlimit(resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
            case "dbcut":
                for line in self.lines:
                    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(line.fileno())) as wire:
                        wire.shutdown(socket.SHUT_RDWR)


class PointStore(Store):
    """A store with a point on each side of every commit, once for each job in the group."""

    points: Points
    stirred: asyncio.Event  # set when something may have come to its end
    line: Counter[str]  # jobs that were asked for and are not answered, by name

    def __init__(self, engine: sa.Engine) -> None:
        self.line = Counter()
        if engine.dialect.name != "sqlite":
            sa.event.listen(engine, "checkout", self._know)
        super().__init__(engine)

    def _know(self, line: Any, *_: object) -> None:
        self.points.lines = [*(one for one in self.points.lines if not one.closed and one is not line), line]

    async def do(self, job: Any, *args: Any, **kwargs: Any) -> Any:
        name = getattr(job, "func", job).__name__
        self.line[name] += 1
        try:
            return await super().do(job, *args, **kwargs)
        finally:
            self.line[name] -= 1
            self.stirred.set()

    @property
    def waiting(self) -> int:
        return self.line.total()

    def before_commit(self, names: tuple[str, ...]) -> None:
        for name in names:
            self.points.passed(f"before-commit.{name}")

    def after_commit(self, names: tuple[str, ...]) -> None:
        for name in names:
            self.points.passed(f"after-commit.{name}")


class PointRoads(Roads):
    """The half's own roads, with a point before and after each message."""

    def __init__(self, real: Roads, points: Points, stirred: asyncio.Event) -> None:
        super().__init__()
        self._real, self._points, self._stirred = real, points, stirred
        self.in_the_air = 0

    def __contains__(self, name: str) -> bool:
        return name in self._real

    async def there(self, name: str) -> None:
        await self._real.there(name)

    async def send(self, message: Message) -> None:
        self.in_the_air += 1
        try:
            self._points.passed(f"before-send.{message.road}")
            await self._real.send(message)
            self._points.passed(f"after-send.{message.road}")
        finally:
            self.in_the_air -= 1
            self._stirred.set()
