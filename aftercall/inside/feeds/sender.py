"""Send HL7 messages to somebody else's listener, each after the answer to the one before."""

import asyncio
from collections.abc import AsyncIterator, Iterable

from aftercall.inside.feeds.answer import wants_answer
from aftercall.inside.feeds.er7 import at, messages
from aftercall.inside.feeds.frames import CR, FS, VT, Decoder, Event
from aftercall.inside.feeds.porch import Limits


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
