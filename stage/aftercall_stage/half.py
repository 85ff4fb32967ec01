"""One half, as the product starts it, with a clock that is moved by hand, a view of every row, and points where it dies.

Run as `python -m aftercall_stage.half inside|outside --config FILE --control SOCKET [--start ISO_TIME] [--leash] [--plant FAULT]`.
The control socket takes one JSON line and gives one: {"do": "rows" | "clock" | "arm" | "points" | "wake"}.
"""

import argparse
import asyncio
import contextlib
import importlib
import json
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall.config import Inside, Outside, read
from aftercall.send import Roads
from aftercall.sql import Lock, Store
from aftercall.words import Message, Moment, SteadyClock

SETTINGS: dict[str, type[Inside] | type[Outside]] = {"inside": Inside, "outside": Outside}
LOCKS = {"inside": "event.lock", "outside": "care.lock"}  # as each half's own main() names it

POINTS = {
    "inside.before-commit.hear:list": "the message was read and nothing of it is on the disk",
    "inside.after-commit.hear:list": "the loss is on the disk and the sender has no answer",
    "inside.after-commit.leave:datetime": "what went is marked, the next messages are claimed, and not sent",
    "inside.before-send.sms": "the message stands before the provider's door",
    "inside.after-send.sms": "the provider has it and the row does not know",
    "outside.before-commit.ask:ask": "an ask was read and is not on the disk",
    "outside.after-commit.ask:ask": "the ask is on the disk and the phone was not told",
    "outside.before-send.sms": "a ring is claimed and not sent",
    "outside.after-send.sms": "somebody was rung and the row does not know",
    "outside.before-commit.answer:take": "a peer said yes and it is not on the disk",
    "outside.after-commit.answer:take": "the take is on the disk and the peer was not told",
    "outside.before-commit.answer:letter": "a letter came and is not on the disk",
    "outside.after-commit.answer:letter": "the letter is on the disk and its writer was not told",
    "outside.before-commit.answer:fetch": "letters are asked for, and what was had is not yet deleted",
    "outside.after-commit.answer:fetch": "letters were looked up, what was had is deleted, and nothing was handed over",
    "outside.before-commit.answer:close": "it is over for a phone and all still lies here",
    "outside.after-commit.answer:close": "all is gone and the phone was not told",
}


class Points:
    """Where this process may be told to die. Dying is SIGKILL: no handler, no flush, no goodbye (DECISIONS 37)."""

    def __init__(self, half: str) -> None:
        self.half, self.armed = half, ""

    def passed(self, where: str, what: str) -> None:
        if self.armed == f"{self.half}.{where}.{what}":
            os.kill(os.getpid(), signal.SIGKILL)


class StageClock(SteadyClock):
    """Steady, from any moment, and moved by hand. A move wakes whoever waits; they look at the time again."""

    def __init__(self, start: Moment | None) -> None:
        super().__init__()
        self._by = start - super().now() if start else timedelta(0)
        self._moved = asyncio.Event()

    def now(self) -> Moment:
        return super().now() + self._by

    def move(self, by: timedelta) -> None:
        self._by += by
        self._moved.set()
        self._moved = asyncio.Event()

    async def wait(self, until: Moment | None, wake: asyncio.Event) -> None:
        left = None if until is None else max(0.0, (until - self.now()).total_seconds())
        either = [asyncio.ensure_future(event.wait()) for event in (wake, self._moved)]
        try:
            await asyncio.wait(either, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in either:
                one.cancel()


class StageRoads(Roads):
    """The half's own roads, with a point before and after each message."""

    def __init__(self, real: Roads, points: Points) -> None:
        super().__init__()
        self._real, self._points = real, points

    def __contains__(self, name: str) -> bool:
        return name in self._real

    async def there(self, name: str) -> None:
        await self._real.there(name)

    async def send(self, message: Message) -> None:
        self._points.passed("before-send", message.road)
        await self._real.send(message)
        self._points.passed("after-send", message.road)


class HastyRoads(StageRoads):
    """A planted fault: says that a message went out, and only then sends it. A check that doesn't notice is worth nothing."""

    async def send(self, message: Message) -> None:
        self._late = asyncio.create_task(self._later(message))

    async def _later(self, message: Message) -> None:
        await asyncio.sleep(0.3)
        await super().send(message)


PLANTS = {"": StageRoads, "hasty": HastyRoads}


def store_with(points: Points) -> type[Store]:
    """A store that passes a point on each side of every commit, once for each job in the group."""

    class StageStore(Store):
        def before_commit(self, names: tuple[str, ...]) -> None:
            for name in names:
                points.passed("before-commit", name)

        def after_commit(self, names: tuple[str, ...]) -> None:
            for name in names:
                points.passed("after-commit", name)

    return StageStore


def rows(conn: Connection) -> dict[str, dict[str, list[Any]]]:
    """Every row of every table there is, whoever made it."""
    names = sorted(sa.inspect(conn).get_table_names())
    tables = {}
    for name in names:
        found = conn.execute(sa.text(f'SELECT * FROM "{name}"'))
        tables[name] = {"columns": list(found.keys()), "rows": [[_shown(value) for value in row] for row in found]}
    return tables


def _shown(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        data = bytes(value)
        return f"{len(data)} bytes {data[:6].hex()}…"
    return value if isinstance(value, str | int | float | bool | None) else str(value)


class Control:
    """What the troupe may do to this half while it runs."""

    def __init__(self, store: Store, clock: StageClock, points: Points, wake: asyncio.Event) -> None:
        self._store, self._clock, self._points, self._wake = store, clock, points, wake

    async def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        match asked.get("do"):
            case "rows":
                return {"tables": await self._store.do(rows)}
            case "clock":
                if by := asked.get("by"):
                    self._clock.move(timedelta(seconds=by))
                return {"now": self._clock.now().isoformat()}
            case "arm":
                self._points.armed = str(asked["point"])
                return {"armed": self._points.armed}
            case "points":
                return {"points": {name: what for name, what in POINTS.items() if name.startswith(f"{self._points.half}.")}}
            case "wake":
                self._wake.set()
                return {}
        return {"error": f"nothing is called {asked.get('do')}"}

    async def hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                writer.write(json.dumps(await self.answer(json.loads(line))).encode() + b"\n")
                await writer.drain()


@contextlib.asynccontextmanager
async def heard(control: Control, path: Path) -> AsyncIterator[None]:
    """A socket that only this user can open, as long as the half runs."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)  # a killed half leaves its socket behind
    before = os.umask(0o177)
    try:
        server = await asyncio.start_unix_server(control.hear, path)
    finally:
        os.umask(before)
    async with server:
        yield


def leash() -> None:
    """End when standard input does: a half never outlives whoever started it."""

    def pulled() -> None:
        if not os.read(0, 1024):
            asyncio.get_running_loop().remove_reader(0)
            os.kill(os.getpid(), signal.SIGTERM)

    asyncio.get_running_loop().add_reader(0, pulled)


async def perform(which: str, config: Path, socket: Path, start: Moment | None, leashed: bool, plant: str) -> None:
    run = importlib.import_module(f"aftercall.{which}.run")  # only this half's code comes into this process
    settings: Inside | Outside = read(SETTINGS[which], config)
    run.check_settings(settings)
    points, clock = Points(which), StageClock(start)
    lock = None if settings.url else Lock(settings.data / LOCKS[which])
    store = run.open_store(settings, store_with(points))
    try:
        running = run.build(settings, clock, PLANTS[plant](run.roads_of(settings), points), store, secrets.token_bytes)
        async with heard(Control(store, clock, points, running.half.wake), socket):
            if leashed:
                leash()
            await run.serve(running, settings)
    finally:
        store.close()
        if lock:
            lock.close()


def main() -> int:
    want = argparse.ArgumentParser(description=__doc__)
    want.add_argument("half", choices=sorted(SETTINGS))
    want.add_argument("--config", type=Path, required=True)
    want.add_argument("--control", type=Path, required=True)
    want.add_argument("--start", type=datetime.fromisoformat)
    want.add_argument("--leash", action="store_true", help="end when standard input does")
    want.add_argument("--plant", choices=sorted(PLANTS), default="", help="a fault that a check must find")
    given = want.parse_args()
    start = given.start and given.start.astimezone(UTC)
    asyncio.run(perform(given.half, given.config, given.control, start, given.leash, given.plant))
    return 0


if __name__ == "__main__":
    sys.exit(main())
