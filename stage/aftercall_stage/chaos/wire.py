"""The wire before a half's door: it carries everything on, and breaks where it was told to."""

import asyncio
import contextlib
from collections.abc import Callable

from aftercall_stage.chaos.fault import Fault


class Wire:
    """A port of its own that never changes, however often the half behind it is started anew. `behind` gives the port there,
    `stirred` hears of each piece that goes in."""

    def __init__(
        self,
        name: str,
        faults: tuple[Fault, ...],
        behind: Callable[[], int],
        stirred: Callable[[], None],
        fired: Callable[[Fault], None],
    ) -> None:
        self._faults = {fault.nth: fault for fault in faults if f"{fault.half}.{fault.where}" == name}
        self._behind, self._stirred, self._fired, self._pieces = behind, stirred, fired, 0
        self._going: set[asyncio.Task[None]] = set()
        self.port = 0

    async def __aenter__(self) -> "Wire":
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._going:
            task.cancel()
        await asyncio.gather(*self._going, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._going.add(task)
        try:
            there = await asyncio.open_connection("127.0.0.1", self._behind())
            await _Call(self, reader, writer, *there).both()
        except OSError:
            pass
        finally:
            self._going.discard(task)
            writer.close()

    def struck(self) -> Fault | None:
        """One more piece came in: does it break here?"""
        self._stirred()
        self._pieces += 1
        fault = self._faults.get(self._pieces)
        if fault:
            self._fired(fault)
        return fault


class _Call:
    """One connection and the one behind it."""

    def __init__(
        self,
        wire: Wire,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        far_reader: asyncio.StreamReader,
        far_writer: asyncio.StreamWriter,
    ) -> None:
        self._wire, self._near, self._far = wire, (reader, writer), (far_reader, far_writer)
        self._mute = False

    async def both(self) -> None:
        ways = [asyncio.ensure_future(self._in()), asyncio.ensure_future(self._out())]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            with contextlib.suppress(OSError):
                self._far[1].close()

    async def _in(self) -> None:
        while data := await self._near[0].read(65536):
            fault = self._wire.struck()
            if fault and fault.kind == "cut":
                self._far[1].write(data[: len(data) // 2])
                await self._far[1].drain()
                return
            self._mute = self._mute or fault is not None
            self._far[1].write(data)
            await self._far[1].drain()

    async def _out(self) -> None:
        while data := await self._far[0].read(65536):
            if self._mute:
                return
            self._near[1].write(data)
            await self._near[1].drain()
