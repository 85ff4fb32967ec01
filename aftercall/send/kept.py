"""Lines to a provider that are kept open: one call at a time on each, and a new one where all are busy.

A client of many uses, as httpx, took 19 times the processor for each call with 16 of them in the air (2,617 us, this 120; the
answer is read by httptools, which uvicorn reads its requests with). At 5,000 messages in two seconds there are 400 us for each.
"""

import asyncio
import re
import ssl
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import cast
from urllib.parse import SplitResult, urlsplit

import certifi
import httptools

IDLE = 5.0  # seconds after which a line is not used again: the provider, or a router on the way, may have dropped it in silence
MOST = 256 * 1024  # bytes of an answer; nobody who takes a text message says more
UNWANTED = re.compile("[\r\n\0]")
PORTS = {"http": 80, "https": 443}

Place = tuple[str, str, int]  # scheme, host, port


class Broken(Exception):
    """The call did not come back, or not as HTTP. Says what kind of failure it was, and nothing of the call."""


@dataclass(frozen=True)
class Answer:
    status_code: int
    body: bytes

    @property
    def is_success(self) -> bool:
        return 200 <= self.status_code < 300

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


class _Line(asyncio.Protocol):
    """One line. `call` may be called again when the answer before has come, while `open`."""

    def __init__(self) -> None:
        self.open, self.since = True, 0.0
        self._answer: asyncio.Future[Answer] | None = None

    async def call(self, request: bytes) -> Answer:
        self._parser = httptools.HttpResponseParser(self)
        self._body, self._headed, self._sized = b"", False, False
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        try:
            return await self._answer
        finally:
            if not self._answer.done() or self._answer.cancelled() or self._answer.exception():
                self.end()
            self._answer = None

    def end(self) -> None:
        self.open = False
        self._transport.abort()

    # asyncio says ----------------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self._answer is None or self._answer.done():
            self.end()  # nothing was asked
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as problem:
            self._fail(type(problem).__name__)

    def connection_lost(self, problem: Exception | None) -> None:
        self.open = False
        if self._headed and not self._sized and problem is None:
            self.on_message_complete()  # it ends where the line ends
        self._fail("the provider hung up")

    # httptools says --------------------------------------------------------------------------------------------------------

    def on_header(self, name: bytes, value: bytes) -> None:
        self._sized |= name.lower() in (b"content-length", b"transfer-encoding")

    def on_headers_complete(self) -> None:
        self._headed = True

    def on_body(self, part: bytes) -> None:
        self._body += part
        if len(self._body) > MOST:
            self._fail("an answer without end")

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:  # "continue", "early hints": the answer comes after it
            self._headed = self._sized = False
            return
        self.open = self.open and self._sized_or_empty(status) and self._parser.should_keep_alive()
        if self._answer and not self._answer.done():
            self._answer.set_result(Answer(status, self._body))

    def _sized_or_empty(self, status: int) -> bool:
        return self._sized or status in (204, 304)

    def _fail(self, why: str) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(Broken(why))


class Kept:
    """Calls to anywhere; each within `patience` seconds, the time to connect included."""

    def __init__(self, patience: float, trust: Callable[[], ssl.SSLContext] | None = None) -> None:
        """`trust`: whose certificates are believed; those of certifi unless a test says otherwise."""
        self._patience, self._trust = patience, trust or _certifi
        self._idle = defaultdict[Place, list[_Line]](list)
        self._tls: ssl.SSLContext | None = None

    async def call(self, method: str, url: str, head: Mapping[str, str], body: bytes) -> Answer:
        """The answer, whatever its status. Raises Broken."""
        at, place = _split(url)
        request = _request(method, at, head, body)
        try:
            async with asyncio.timeout(self._patience):
                line = self._free(place) or await self._new(place)
                answer = await line.call(request)
        except (OSError, TimeoutError) as problem:  # names what failed (ConnectionRefusedError), and no address
            raise Broken(type(problem).__name__) from None
        self._keep(place, line)
        return answer

    async def there(self, url: str) -> None:
        """Does anybody take a call there? Raises Broken."""
        _, place = _split(url)
        try:
            async with asyncio.timeout(self._patience):
                line = self._free(place) or await self._new(place)
        except (OSError, TimeoutError) as problem:
            raise Broken(type(problem).__name__) from None
        self._keep(place, line)

    def _free(self, place: Place) -> _Line | None:
        lines = self._idle[place]
        while lines:
            line = lines.pop()
            if line.open and time.monotonic() - line.since < IDLE:
                return line
            line.end()
        return None

    def _keep(self, place: Place, line: _Line) -> None:
        line.since = time.monotonic()
        if line.open:
            self._idle[place].append(line)
        else:
            line.end()

    async def _new(self, place: Place) -> _Line:
        scheme, host, port = place
        if scheme == "https" and self._tls is None:
            self._tls = self._trust()
        tls = self._tls if scheme == "https" else None
        _, line = await asyncio.get_running_loop().create_connection(_Line, host, port, ssl=tls)
        return line

    async def close(self) -> None:
        for lines in self._idle.values():
            for line in lines:
                line.end()
        self._idle.clear()


def _certifi() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certifi.where())


@lru_cache(64)
def _split(url: str) -> tuple[SplitResult, Place]:
    try:
        at = urlsplit(url)
        port = at.port
    except ValueError:
        raise Broken("the address is none") from None
    if at.scheme not in PORTS or not at.hostname or not url.isascii() or any(ord(c) <= 32 for c in url):
        raise Broken("the address is none")
    return at, (at.scheme, at.hostname, port or PORTS[at.scheme])


def _request(method: str, at: SplitResult, head: Mapping[str, str], body: bytes) -> bytes:
    """What goes over the line. A header that would end its own line is refused: it could say what we never meant."""
    target = (at.path or "/") + (f"?{at.query}" if at.query else "")
    fields = {"Host": at.netloc.rpartition("@")[2], "Accept": "*/*", **head, "Content-Length": str(len(body))}
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    if UNWANTED.search("".join(lines)):
        raise Broken("a header with the end of a line in it")
    return "\r\n".join([*lines, "\r\n"]).encode() + body
