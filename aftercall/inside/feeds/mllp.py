"""Take HL7 messages off a wire and answer each in its turn, once it is safe. A bad frame never spoils the next."""

import asyncio
import logging
import ssl
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import cast

from aftercall.inside.feeds.answer import Reading, acknowledge, header_of
from aftercall.inside.feeds.er7 import messages
from aftercall.inside.feeds.frames import CR, FS, SLOW, VT, Decoder, Event, Spoilt, Stranger
from aftercall.inside.feeds.porch import Limits, Network, Porch, keep_alive
from aftercall.inside.feeds.sender import send
from aftercall.inside.road.notice import Unread

__all__ = ["Call", "Hear", "Limits", "Network", "listen", "send", "unrecorded"]

_USUAL, _AT_ONCE = Limits(), 64 * 1024


class Call:
    """One frame that waits for its answer. Exactly one of `answer` and `fail` is called, at once or later, in the loop's thread."""

    __slots__ = ("_link", "body", "failed", "said", "weight")

    def __init__(self, link: "_Link", body: bytes) -> None:
        self._link, self.body, self.weight = link, body, len(body)
        self.said: bytes | None = None
        self.failed = ""

    def answer(self, said: bytes) -> None:
        """It is kept, or refused in so many words; b"" where the sender wants no answer."""
        self.said = said
        self._link.hall.ready(self._link)

    def fail(self, why: str) -> None:
        """It was not kept: nothing is answered, and the sender repeats it."""
        self.failed = why
        self.answer(b"")


Hear = Callable[[Call], None]
"""Keeps a message, and answers when it is safe. Nothing is waited for here, so that what comes together is kept together."""
Refuse = Callable[[Unread, bytes], Awaitable[bytes]]
"""Told of each frame that could not be taken, with its first 4 KB; gives the answer. A half frame's answer is never sent."""

log = logging.getLogger("aftercall.mllp")


async def unrecorded(why: Unread, head: bytes) -> bytes:
    """Refuse a frame without writing that down anywhere; MSH-7 stays empty, as there is no clock here."""
    header = next((header_of(m.coding, m.header()) for m in messages(head) if m.headed), None)
    return acknowledge(Reading(why, header) if header else Reading(why), "AR", "", None)


async def listen(
    host: str,
    port: int,
    hear: Hear,
    *,
    limits: Limits = _USUAL,
    refuse: Refuse = unrecorded,
    tls: ssl.SSLContext | None = None,
    allow: Sequence[Network] = (),
    rate: float | None = None,
) -> asyncio.Server:
    """Listen until the server is closed. Links are independent; within one link answers keep the order of the frames.

    `allow`: the networks that may call; none means all. `rate`: messages a second of one address; who is faster is read no
    faster, and nothing is dropped. With `tls` a context that asks for certificates (`porch.tls_context`) names the senders better.
    """
    loop = asyncio.get_running_loop()
    porch, hall = Porch(tuple(allow), rate, limits.links, limits.links_each), _Hall(loop)
    return await loop.create_server(
        lambda: _Link(hear, refuse, limits, porch, hall),
        host,
        port,
        ssl=tls,
        ssl_handshake_timeout=10 if tls else None,
        backlog=1024,
    )


class _Hall:
    """The links that have something to say: each writes once for all that was answered in one turn of the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop, self._links = loop, dict[_Link, None]()
        self.tasks = set[asyncio.Task[None]]()
        # One for all: what comes is taken out at once. With one of its own asyncio asks for 256 KB for each message.
        self.buffer = memoryview(bytearray(64 * 1024))

    def ready(self, link: "_Link") -> None:
        if not self._links:
            self._loop.call_soon(self._write)
        self._links[link] = None

    def _write(self) -> None:
        links, self._links = self._links, {}
        for link in links:
            link.landed()


class _Link(asyncio.BufferedProtocol):
    """One sender. Frames are heard together, up to `limits.queue`, and answered in their order.

    Reading stops while too much waits to be heard, hearing stops while the sender doesn't take its answers. A link at rest
    has no task and no clock.
    """

    def __init__(self, hear: Hear, refuse: Refuse, limits: Limits, porch: Porch, hall: _Hall) -> None:
        self._hear, self._refuse, self._limits, self._porch, self.hall = hear, refuse, limits, porch, hall
        self._decoder = Decoder(limits.size)
        self._waiting: deque[Event] = deque()
        self._flying: deque[Call] = deque()
        self._held = 0  # bytes in both
        self._clocks: dict[str, asyncio.TimerHandle] = {}
        self._writable, self._slowed, self._reading = True, False, True
        self._frame = 0  # the frame that the dribble clock is running for
        self._counted = 0  # frames that the rate has counted

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._loop = asyncio.get_running_loop()
        if not self._porch.enter(self, self._transport.get_extra_info("peername")):
            self._close("refused")
            self._transport.abort()
            return
        if (sock := transport.get_extra_info("socket")) is not None:
            keep_alive(sock)
        self._watch()

    @property
    def is_resting(self) -> bool:
        return not (self._waiting or self._flying or self._decoder.inside)

    def end(self) -> None:
        """Make room for another link of the same sender, who has forgotten this one."""
        self._close("replaced")

    def get_buffer(self, sizehint: int) -> memoryview:
        return self.hall.buffer

    def buffer_updated(self, nbytes: int) -> None:
        self._take(self._decoder.feed(bytes(self.hall.buffer[:nbytes])))
        self._porch.stir(self)
        wait = self._porch.wait(self, self._decoder.frames - self._counted)
        self._counted = self._decoder.frames
        if wait > 0:
            self._slowed = True
            self._clock("rate", wait, self._at_rate)
            self._steer()

    def _at_rate(self) -> None:
        self._slowed = False
        self._steer()

    def _take(self, events: Iterable[Event]) -> None:
        for event in events:
            self._waiting.append(event)
            if isinstance(event, bytes):
                self._held += len(event)
        self._go()
        self._watch()

    def _is_full(self) -> bool:
        return len(self._waiting) + len(self._flying) >= self._limits.queue or self._held > self._limits.size

    def _steer(self) -> None:
        """Read on, or don't, as there is room."""
        wanted = not (self._slowed or self._is_full())
        if wanted != self._reading and not self._transport.is_closing():
            self._reading = wanted
            if wanted:
                self._transport.resume_reading()
            else:
                self._transport.pause_reading()

    def _watch(self) -> None:
        """Set the clocks that what lies in the decoder asks for."""
        if self._limits.idle is not None:
            self._clock("idle", self._limits.idle, self._idled)
        if self._decoder.empty and not self._clocks:
            return  # nearly always: whole frames came, and nothing lies here
        self._clock("pause", self._limits.pause if self._decoder.unsure else None, self._paused)
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

    def _idled(self) -> None:
        if self._waiting or self._flying or self._slowed:  # it is we who are slow
            self._clock("idle", self._limits.idle, self._idled)
        else:
            self._close("idle")

    def _dribbled(self) -> None:
        if self._slowed or self._is_full():  # it is we who stopped reading
            self._frame = 0
            self._watch()
            return
        self._take([Spoilt(SLOW, b"", answered=False), Stranger("too slowly")])

    def _go(self) -> None:
        """Begin to hear what waits, as far as the sender takes answers."""
        while self._waiting and self._writable and len(self._flying) < self._limits.queue:
            event = self._waiting[0]
            if isinstance(event, Stranger):
                if not self._flying:
                    self._close(event.speaks)
                break
            self._waiting.popleft()
            if isinstance(event, bytes):
                self._heard(event)
            else:
                self._spoilt(event)
        self._steer()

    def _heard(self, body: bytes) -> None:
        self._flying.append(call := Call(self, body))
        try:
            self._hear(call)
        except Exception as problem:
            call.fail(type(problem).__name__)

    def _spoilt(self, event: Spoilt) -> None:
        self._flying.append(call := Call(self, b""))
        task = self._loop.create_task(self._refused(event, call))
        self.hall.tasks.add(task)
        task.add_done_callback(self.hall.tasks.discard)

    async def _refused(self, event: Spoilt, call: Call) -> None:
        try:
            answer = await self._refuse(event.why, event.head)
        except Exception as problem:
            call.fail(type(problem).__name__)
            return
        call.answer(answer if event.answered else b"")

    def landed(self) -> None:
        """Write every answer whose turn has come."""
        out = bytearray()
        while self._flying and self._writable and self._flying[0].said is not None:
            call = self._flying.popleft()
            self._held -= call.weight
            if call.failed:  # what was not kept is not answered: the sender sends it again, and what came after it
                self._write(out)
                self._close(call.failed)
                self._forget()
                return
            if call.said:
                out += VT + call.said + FS + CR
            if len(out) > _AT_ONCE:
                self._write(out)
                out = bytearray()
        self._write(out)
        self._go()

    def _write(self, out: bytearray) -> None:
        if out and not self._transport.is_closing():
            self._transport.write(out)  # nothing is changed in it from here on: what can't go at once is kept

    def _forget(self) -> None:
        """Nothing more is answered; what is being heard is heard to its end."""
        self._waiting.clear()
        self._flying.clear()

    def _close(self, why: str) -> None:
        if not self._transport.is_closing():
            log.warning("link closed: %s", why)  # the type alone: who called and what they sent is not written down
            self._transport.close()

    def pause_writing(self) -> None:
        self._writable = False

    def resume_writing(self) -> None:
        self._writable = True
        self.hall.ready(self)

    def connection_lost(self, exc: Exception | None) -> None:
        for clock in self._clocks.values():
            clock.cancel()
        self._porch.leave(self)
        self._forget()  # what was read but not yet heard is not answered, so it comes again
