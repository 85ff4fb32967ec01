"""A ward's listener on the loopback, and a sender that remembers the answers it got."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from aftercall.inside.feeds.frames import Decoder
from aftercall.inside.feeds.hl7 import Site, acknowledge, read
from aftercall.inside.feeds.mllp import Call, Hear, Limits, listen, unrecorded
from aftercall.inside.feeds.porch import Network
from aftercall.inside.road.notice import Marks, Notice, Unread

NOW = datetime(2026, 3, 11, 9, tzinfo=UTC)
SOON = Limits(pause=0.1)
SITE = Site(zone=ZoneInfo("Africa/Nairobi"))
GOOD = b"MSH|^~\\&|A|B|C|D|20260310150000||ADT^A08|%s|P|2.5\rPID|1||42^^^K||MFANO" + b"|" * 25 + b"Y\rPV1|1|I|ICU\r"


def good(control: str) -> bytes:
    return GOOD % control.encode()


def frame(body: bytes) -> bytes:
    return b"\x0b" + body + b"\x1c\r"


def singly(hear: Callable[[bytes], Awaitable[bytes]]) -> Hear:
    """A listener's other side that hears each message by itself; what it can't keep, it raises."""
    tasks = set[asyncio.Task[None]]()

    async def one(call: Call) -> None:
        try:
            call.answer(await hear(call.body))
        except Exception as problem:
            call.fail(type(problem).__name__)

    def begin(call: Call) -> None:
        tasks.add(task := asyncio.create_task(one(call)))
        task.add_done_callback(tasks.discard)

    return begin


@dataclass
class Ward:
    """A listener's other side: remembers what it heard, how many deaths there were, and what was refused."""

    heard: list[bytes] = field(default_factory=list)
    deaths: int = 0
    refused: list[Unread] = field(default_factory=list)
    gate: asyncio.Event | None = None

    async def hear(self, body: bytes) -> bytes:
        if self.gate:
            await self.gate.wait()
        self.heard.append(body)
        (reading,) = read(body, SITE, lambda text: Marks(""), NOW)
        self.deaths += isinstance(reading.heard, Notice) and bool(reading.heard.signs)
        return acknowledge(reading, "AA" if isinstance(reading.heard, Notice) else "AR", "", NOW)

    async def refuse(self, why: Unread, head: bytes) -> bytes:
        self.refused.append(why)
        return await unrecorded(why, head)


class Phone:
    """A sender that writes what it is told and collects the answers as code and control id."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer, self.decoder = reader, writer, Decoder()
        self.answers: list[str] = []

    def write(self, data: bytes) -> None:
        self.writer.write(data)

    async def hear(self, count: int) -> list[str]:
        async with asyncio.timeout(10):
            while len(self.answers) < count:
                data = await self.reader.read(65536)
                if not data:
                    break
                for event in self.decoder.feed(data):
                    assert isinstance(event, bytes)
                    msa = event.split(b"\r")[1].decode().split("|")
                    self.answers.append(f"{msa[1]} {msa[2]}".strip())
        return self.answers

    async def is_hung_up(self) -> bool:
        async with asyncio.timeout(5):
            with suppress(ConnectionError):
                return await self.reader.read(1) == b""
        return True


@asynccontextmanager
async def link(
    ward: Ward, limits: Limits = SOON, allow: tuple[Network, ...] = (), rate: float | None = None
) -> AsyncIterator[Callable[[], Awaitable[Phone]]]:
    server = await listen("127.0.0.1", 0, singly(ward.hear), limits=limits, refuse=ward.refuse, allow=allow, rate=rate)
    port: int = server.sockets[0].getsockname()[1]
    phones: list[Phone] = []

    async def call() -> Phone:
        phones.append(Phone(*await asyncio.open_connection("127.0.0.1", port)))
        return phones[-1]

    try:
        yield call
    finally:
        for phone in phones:
            phone.writer.close()
        server.close()
        await asyncio.sleep(0.02)  # the listener's side sees the links go
