"""A slow and lossy line in front of a door, as a phone at the edge of a town has it."""

import asyncio
import random

GPRS = (50_000, 0.5)  # bits a second each way, seconds there and back (MEASURED 2h)
VERBS = (b"GET ", b"POST ", b"PUT ", b"PATCH ", b"DELETE ")


class Line:
    """Carries everything to the port `behind`; all calls share its width. Of the requests a part is `lost`: either it never
    arrives, or it arrives and its answer is lost; the connection breaks with it. Opened and closed in one event loop."""

    def __init__(self, behind: int, lost: float, seed: int, speed: tuple[int, float] = GPRS) -> None:
        self._behind, self._lost, self._chance = behind, lost, random.Random(seed)
        self._bits, self._round = speed
        self._free = {"up": 0.0, "down": 0.0}
        self._going: set[asyncio.Task[None]] = set()
        self.requests = self.broken = 0
        self.address = ""

    async def open(self) -> "Line":
        self._server = await asyncio.start_server(self._begin, "127.0.0.1", 0)
        self.address = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def close(self) -> None:
        self._server.close()
        for task in self._going:
            task.cancel()
        await asyncio.gather(*self._going, return_exceptions=True)

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._carry(reader, writer))
        self._going.add(task)
        task.add_done_callback(self._going.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._behind)
        deaf = asyncio.Event()
        up, down = self._up(reader, far_writer, deaf), self._down(far_reader, writer, deaf)
        ways = [asyncio.ensure_future(up), asyncio.ensure_future(down)]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            far_writer.close()
            writer.close()

    async def _up(self, near: asyncio.StreamReader, far: asyncio.StreamWriter, deaf: asyncio.Event) -> None:
        while data := await near.read(4096):
            if data.startswith(VERBS):
                self.requests += 1
                if self._chance.random() < self._lost:
                    self.broken += 1
                    if self._chance.random() < 0.5:
                        return
                    deaf.set()
            await self._passes("up", len(data))
            far.write(data)
            await far.drain()

    async def _down(self, far: asyncio.StreamReader, near: asyncio.StreamWriter, deaf: asyncio.Event) -> None:
        while data := await far.read(1400):
            if deaf.is_set():
                return
            await self._passes("down", len(data))
            near.write(data)
            await near.drain()

    async def _passes(self, way: str, size: int) -> None:
        now = asyncio.get_running_loop().time()
        self._free[way] = max(now, self._free[way]) + size * 8 / self._bits
        await asyncio.sleep(self._free[way] + self._round / 2 - now)
