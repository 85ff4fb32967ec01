"""Take HL7 messages off a wire, one after the other, and answer each once it is safe. A bad frame never spoils the next."""

import asyncio
import logging
import socket
import ssl
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import cast

from aftercall.inside.feeds.answer import Reading, acknowledge, header_of, wants_answer
from aftercall.inside.feeds.er7 import at, messages
from aftercall.inside.feeds.frames import CR, FS, SLOW, VT, Decoder, Event, Spoilt, Stranger
from aftercall.inside.road.notice import Unread

Hear = Callable[[bytes], Awaitable[bytes]]
"""Keeps a message and gives the answer to send (b"" for none). When it raises nothing is answered, and the sender repeats."""
Refuse = Callable[[Unread, bytes], Awaitable[bytes]]
"""Told of each frame that could not be taken, with its first 4 KB; gives the answer. A half frame's answer is never sent."""

log = logging.getLogger("aftercall.mllp")


@dataclass(frozen=True)
class Limits:
    """What one link may ask of us, in bytes and seconds. A link may rest all night: TCP keep-alive finds the dead ones."""

    size: int = 16 * 1024 * 1024
    dribble: float = 60.0  # a frame that began must end
    pause: float = 1.0  # silence after which an FS without its CR was the end
    idle: float | None = None
    queue: int = 32  # frames read ahead


async def unrecorded(why: Unread, head: bytes) -> bytes:
    """Refuse a frame without writing that down anywhere; MSH-7 stays empty, as there is no clock here."""
    header = next((header_of(m.coding, m.header()) for m in messages(head) if m.headed), None)
    return acknowledge(Reading(why, header) if header else Reading(why), "AR", "", None)


async def listen(
    host: str,
    port: int,
    hear: Hear,
    *,
    limits: Limits = Limits(),
    refuse: Refuse = unrecorded,
    tls: ssl.SSLContext | None = None,
) -> asyncio.Server:
    """Listen until the server is closed. Links are independent; within one link answers keep the order of the frames."""
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: _Link(hear, refuse, limits), host, port, ssl=tls)


class _Link(asyncio.Protocol):
    """One sender. Reading stops while too much waits to be heard, hearing stops while the sender doesn't take its answers."""

    def __init__(self, hear: Hear, refuse: Refuse, limits: Limits) -> None:
        self._hear, self._refuse, self._limits = hear, refuse, limits
        self._decoder = Decoder(limits.size)
        self._waiting: deque[Event] = deque()
        self._held = 0  # bytes in `_waiting`
        self._more, self._room = asyncio.Event(), asyncio.Event()
        self._room.set()
        self._clocks: dict[str, asyncio.TimerHandle] = {}
        self._lost = False
        self._frame = 0  # the frame that the dribble clock is running for

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if (sock := transport.get_extra_info("socket")) is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self._loop = asyncio.get_running_loop()
        self._task = self._loop.create_task(self._work())
        self._watch()

    def data_received(self, data: bytes) -> None:
        self._take(self._decoder.feed(data))

    def _take(self, events: Iterable[Event]) -> None:
        for event in events:
            self._waiting.append(event)
            self._held += len(event) if isinstance(event, bytes) else 0
        if self._waiting:
            self._more.set()
        if self._is_full():
            self._transport.pause_reading()
        self._watch()

    def _is_full(self) -> bool:
        return len(self._waiting) >= self._limits.queue or self._held > self._limits.size

    def _watch(self) -> None:
        """Set the clocks that what lies in the decoder asks for."""
        self._clock("pause", self._limits.pause if self._decoder.unsure else None, self._paused)
        self._clock("idle", self._limits.idle, lambda: self._close("idle"))
        if not self._decoder.inside:
            self._frame = 0
            self._clock("dribble", None, self._dribbled)
        elif self._frame != self._decoder.frames:  # a clock that each byte set anew would never end a dribble
            self._frame = self._decoder.frames
            self._clock("dribble", self._limits.dribble, self._dribbled)

    def _clock(self, name: str, after: float | None, then: Callable[[], None]) -> None:
        if name in self._clocks:
            self._clocks.pop(name).cancel()
        if after is not None and not self._transport.is_closing():
            self._clocks[name] = self._loop.call_later(after, then)

    def _paused(self) -> None:
        self._take(self._decoder.pause())

    def _dribbled(self) -> None:
        if self._is_full():  # it is we who stopped reading
            self._frame = 0
            self._watch()
            return
        self._take([Spoilt(SLOW, b"", answered=False), Stranger("too slowly")])

    async def _work(self) -> None:
        while not self._lost:
            await self._more.wait()
            if not self._waiting:
                self._more.clear()
                continue
            event = self._waiting.popleft()
            self._held -= len(event) if isinstance(event, bytes) else 0
            if isinstance(event, Stranger):
                self._close(event.speaks)
                return
            try:
                answer = await self._answer(event)
            except Exception as error:  # what was not kept is not answered: the sender sends it again
                self._close(type(error).__name__)
                return
            await self._room.wait()
            if answer and not self._transport.is_closing():
                self._transport.write(VT + answer + FS + CR)
            if not self._is_full():
                self._transport.resume_reading()

    async def _answer(self, event: bytes | Spoilt) -> bytes:
        if isinstance(event, bytes):
            return await self._hear(event)
        answer = await self._refuse(event.why, event.head)
        return answer if event.answered else b""

    def _close(self, why: str) -> None:
        log.warning("link closed: %s", why)  # the type alone: who called and what they sent is not written down
        self._transport.close()

    def pause_writing(self) -> None:
        self._room.clear()

    def resume_writing(self) -> None:
        self._room.set()

    def connection_lost(self, exc: Exception | None) -> None:
        for clock in self._clocks.values():
            clock.cancel()
        # What was read but not yet heard is not answered, so it comes again; what is being heard is heard to its end.
        self._waiting.clear()
        self._lost = True
        self._more.set()
        self._room.set()


async def send(host: str, port: int, bodies: Iterable[bytes], patience: float) -> AsyncIterator[bytes]:
    """Send one message after the other, each after the answer to the one before; b"" where the message asks for none.

    A link that breaks is opened again once for each message. Raises OSError (TimeoutError with it) when that fails too.
    """
    link: _Caller | None = None
    try:
        for body in bodies:
            try:
                link = link or await _call(host, port, patience)
                answer = await link.ask(body, patience)
            except OSError:
                if link:
                    link.close()
                link = await _call(host, port, patience)
                answer = await link.ask(body, patience)
            yield answer
    finally:
        if link:
            link.close()


async def _call(host: str, port: int, patience: float) -> "_Caller":
    async with asyncio.timeout(patience):
        return _Caller(*await asyncio.open_connection(host, port))


class _Caller:
    """Our end of a link to somebody else's listener."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer, self._decoder = reader, writer, Decoder()

    async def ask(self, body: bytes, patience: float) -> bytes:
        """The answer to this body. One to an earlier message, come too late, is passed over."""
        self._writer.write(VT + body + FS + CR)
        asked = wants_answer(body)
        try:
            async with asyncio.timeout(patience if asked else min(patience, 0.2)):
                await self._writer.drain()
                while True:
                    for event in await self._events():
                        if isinstance(event, bytes) and _answers(event, body):
                            return event
        except TimeoutError:
            if asked:
                raise
            return b""

    async def _events(self) -> list[Event]:
        try:
            async with asyncio.timeout(Limits.pause if self._decoder.unsure else None):
                data = await self._reader.read(65536)
        except TimeoutError:
            return list(self._decoder.pause())
        if not data:
            raise ConnectionResetError("the listener closed the link")
        return list(self._decoder.feed(data))

    def close(self) -> None:
        self._writer.close()


def _control(body: bytes, segment: bytes, number: int) -> bytes:
    for message in messages(body):
        if segment == b"MSH":
            return at(message.header(), number) or b""
        for line in message.lines:
            if line[:3] == segment:
                return at(line.split(message.coding.field), number) or b""
    return b""


def _answers(answer: bytes, body: bytes) -> bool:
    echoed = _control(answer, b"MSA", 2)
    return not echoed or echoed == _control(body, b"MSH", 10)
