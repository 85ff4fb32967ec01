"""A hospital's own pages behind a real port, with a clock moved by hand: for a browser to walk through."""

import asyncio
import secrets
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from aftercall.config import Inside
from aftercall.door import door
from aftercall.inside import run as inside_run
from aftercall.inside.doors import intake
from aftercall.inside.store import desk
from aftercall.send import Roads
from tests.feeds.test_schema import XSD
from tests.stories.ward import CONTACTS
from tests.world import LINK, ROTA, STAFF, UNITS, HandClock, Post

T = TypeVar("T")


class House:
    """The hospital's half in a thread of its own. `do` runs a part of the story there."""

    def __init__(self, folder: Path, **other: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.clock, self.post = HandClock(), Post()
        lists = {name: folder / f"{name}.csv" for name in ("staff", "units", "rota")}
        for name, text in (("staff", STAFF), ("units", UNITS), ("rota", ROTA)):
            lists[name].write_text(text)
        (folder / "EMSDataSet_v3.xsd").write_text(XSD)
        self.settings = Inside(
            data=folder / "hospital", zone="Africa/Nairobi", care_link=LINK, sms_url="x", settle=0,
            xsd=str(folder), staff=lists["staff"], units=lists["units"], rota=lists["rota"], **other,
        )  # fmt: skip
        self.store = inside_run.open_store(self.settings)
        self.url = self.do(self._open)

    async def _open(self) -> str:
        contacts = replace(CONTACTS, cover="https://care.example/cover")
        roads = Roads(sms=self.post, mail=self.post)
        self.inside = inside_run.build(self.settings, self.clock, roads, self.store, secrets.token_bytes, contacts)
        await self.inside.start()
        self._door = door(self.inside.app, "127.0.0.1", 0, larger=intake.LARGER)
        self._served = asyncio.create_task(self._door.serve())
        while not self._door.started:  # noqa: ASYNC110 - uvicorn tells it in no other way
            await asyncio.sleep(0.01)
        url = f"http://localhost:{self._door.servers[0].sockets[0].getsockname()[1]}"
        self.inside.office.contacts = replace(contacts, address=url)
        return url

    def do(self, part: Callable[..., Awaitable[T]], *given: Any, **more: Any) -> T:
        async def whole() -> T:
            return await part(*given, **more)

        return asyncio.run_coroutine_threadsafe(whole(), self._loop).result(60)

    def hear(self, body: bytes) -> None:
        self.do(self.inside.half.take_in, body)
        self.tick()

    def tick(self) -> None:
        self.do(self.inside.half.tick)
        self.do(self.inside.half.flight.landed)
        self.do(self.inside.office.tick)

    def move(self, **by: float) -> None:
        self.clock.move(**by)
        self.tick()

    def seen(self, *values: str) -> None:
        self.do(self.store.do, desk.seen, "hospital", [("PV1-36", value) for value in values])

    def losses(self) -> int:
        return len(self.do(self.store.do, desk.past, "hospital"))

    def weigh(self, fact: str) -> Callable[[], None]:
        """From now on a loss with that fact waits for a human. Gives what sets it back."""
        half, before = self.inside.half, self.inside.half.rules
        rules = tuple(replace(rule, human=rule.fact == fact) for rule in before.weights)
        half.rules = replace(before, weights=rules)
        return lambda: setattr(half, "rules", before)

    def close(self) -> None:
        self._door.should_exit = True
        self.do(asyncio.wait_for, self._served, 20)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self.store.close()


@contextmanager
def house(folder: Path, **other: Any) -> Iterator[House]:
    """`other`: settings beside those of every story."""
    this = House(folder, **other)
    try:
        yield this
    finally:
        this.close()
