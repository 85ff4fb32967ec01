"""The care half behind a real port, with a clock moved by hand and the root far from it: for a browser at its desk."""

import asyncio
import threading
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from aftercall.door import door
from aftercall.outside import keys
from tests.stories.bureau import asked
from tests.world import START, Night

T = TypeVar("T")


class Bureau(Night):
    """A night whose halves run in a thread of their own; `run` runs a part of the story there."""

    def __init__(self, folder: Path) -> None:
        self._own = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._own.run_forever, daemon=True)
        self._thread.start()
        super().__init__(folder)
        self.url = self.run(self._open())
        reception = self.outside.reception
        reception.room = replace(reception.room, address=lambda: self.url)

    async def _open(self) -> str:
        self._door = door(self.outside.app, "127.0.0.1", 0)
        self._served = asyncio.create_task(self._door.serve())
        while not self._door.started:  # noqa: ASYNC110 - uvicorn tells it in no other way
            await asyncio.sleep(0.01)
        return f"http://localhost:{self._door.servers[0].sockets[0].getsockname()[1]}"

    def run(self, part: Awaitable[T]) -> T:
        async def whole() -> T:
            return await part

        return asyncio.run_coroutine_threadsafe(whole(), self._own).result(60)

    def link(self) -> str:
        return self.run(self.outside.reception.link_from_the_machine("Njeri Wambui"))

    def card(self, name: str) -> Path:
        """What the root has signed, on a machine far from here."""
        entry = keys.admit(self.root, "kisumu", asked(self, name), self.folder / "stick" / "peers", START.date())
        return self.folder / "stick" / "peers" / f"{entry.pid}.json"

    def close(self) -> None:
        async def shut() -> None:
            self._door.should_exit = True
            await asyncio.wait_for(self._served, 20)

        self.run(shut())
        super().close()
        self._own.call_soon_threadsafe(self._own.stop)
        self._thread.join()
        self._own.close()


@contextmanager
def bureau(folder: Path) -> Iterator[Bureau]:
    this = Bureau(folder)
    try:
        yield this
    finally:
        this.close()
