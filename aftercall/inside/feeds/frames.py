"""Find where each HL7 message on a wire begins and ends (MLLP), however the bytes arrive, and lose none without saying so."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from aftercall.inside.road.notice import Unread

VT, FS, CR = b"\x0b", b"\x1c", b"\r"
_HEAD = 4096  # enough of a spoilt frame to read its MSH and answer it


@dataclass(frozen=True)
class Spoilt:
    """A frame that can't be read: why, its beginning, and whether its sender waits for an answer."""

    why: Unread
    head: bytes
    answered: bool


@dataclass(frozen=True)
class Stranger:
    """Whoever called speaks something else."""

    speaks: str  # "http" | "tls"


Event = bytes | Spoilt | Stranger

_HALF = Unread("", "half-frame", "MSH-1", "A frame began and another began before its end. Check the sender's link.")
_BARE = Unread("", "half-frame", "MSH-1", "A message came without its frame. Put each message between VT and FS CR.")
SLOW = Unread("", "half-frame", "MSH-1", "A frame began and did not end in time. The link was closed; send it again.")
_MSH = re.compile(rb"MSH[^\w\s]", re.IGNORECASE)
_HTTP = re.compile(rb"(?:GET|POST|HEAD|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE|PRI) ")


class Decoder:
    """Bytes in, frames out, the same however the bytes are cut. It knows no time: `pause` says that the sender fell silent."""

    def __init__(self, size: int = 16 * 1024 * 1024) -> None:
        self.size = size
        self.frames = 0  # frames begun so far
        self.inside = False
        self._buffer = bytearray()
        self._seen = 0  # up to here the buffer holds no end
        self._skipped = b""  # the head of a frame over the cap, whose rest is thrown away
        self._closed = False

    @property
    def unsure(self) -> bool:
        """Something lies here that a silence would decide."""
        if self.inside:
            return self._buffer.endswith(FS)
        return _MSH.search(self._buffer) is not None

    @property
    def empty(self) -> bool:
        """Nothing lies here, and no frame is open."""
        return not (self._buffer or self.inside)

    def feed(self, data: bytes) -> Iterable[Event]:
        """Every frame that these bytes complete. After a Stranger nothing more is read."""
        if self.empty and not self._closed and self._is_one_frame(data):
            self.frames += 1
            return (data[1:-2],)
        return self._feed(data)

    def _is_one_frame(self, data: bytes) -> bool:
        """One, and nothing else: as nearly every message of a sender who waits for answers comes."""
        end = len(data) - 2
        return data[:1] == VT and 0 < end <= self.size and data.find(FS) == end and data[-1:] == CR and data.find(VT, 1) < 0

    def _feed(self, data: bytes) -> Iterator[Event]:
        if not self._closed:
            self._buffer += data
        while not self._closed:
            done, event = self._inside() if self.inside else self._outside()
            if event is not None:
                yield event
            if done:
                return

    def pause(self) -> Iterator[Event]:
        """The sender is silent: an FS at the end was the end, and a message outside any frame gets none."""
        if not self.unsure:
            return
        if self.inside:
            yield self._ended(len(self._buffer) - 1, len(self._buffer))
        else:
            yield Spoilt(_BARE, self._take(len(self._buffer), len(self._buffer))[:_HEAD], answered=True)

    def _take(self, end: int, after: int) -> bytes:
        """The bytes before `end`; the buffer goes on at `after`."""
        taken = bytes(self._buffer[:end])
        del self._buffer[:after]
        self._seen = 0
        return taken

    def _next(self, start: int, stop: int) -> int:
        """Where the next VT or FS is, or -1."""
        fs = self._buffer.find(FS, start, stop)
        vt = self._buffer.find(VT, start, stop if fs < 0 else fs)
        return vt if vt >= 0 else fs

    def _outside(self) -> tuple[bool, Event | None]:
        if self.frames == 0 and (stranger := _stranger(self._buffer)):
            self._closed = True
            self._buffer.clear()
            return True, stranger
        end = self._next(self._seen, self.size)
        if end < 0 and len(self._buffer) < self.size:
            self._seen = len(self._buffer)
            return True, None
        if end < 0:  # junk, or a message that has no frame and is over the cap
            junk = _MSH.search(head := self._take(self.size, self.size))
            return False, self._too_large(head[junk.start() :][:_HEAD]) if junk else None
        begins = self._buffer[end : end + 1] == VT
        between = self._take(end, end + 1)
        found = _MSH.search(between)
        if begins:
            self._begin()
            return False, Spoilt(_BARE, between[found.start() :][:_HEAD], answered=False) if found else None
        return False, between[found.start() :] if found else None  # no VT, but its end was marked

    def _begin(self) -> None:
        self.inside, self.frames = True, self.frames + 1

    def _inside(self) -> tuple[bool, Event | None]:
        end = self._next(self._seen, len(self._buffer))
        if (len(self._buffer) if end < 0 else end) > self.size:
            self._skipped = self._skipped or bytes(self._buffer[:_HEAD])
        if end < 0:
            if self._skipped:
                self._buffer.clear()
            self._seen = len(self._buffer)
            return True, None
        if self._buffer[end : end + 1] == VT:
            whole = self._buffer[:end].rstrip(b" \t\x00\n")
            if whole.endswith(FS):
                event: Event | None = self._ended(len(whole) - 1, end + 1)
            else:
                event = self._half(end)
            self._begin()
            return False, event
        follows = self._buffer[end + 1 : end + 2]
        if not follows:
            self._seen = end
            return True, None
        if follows in (CR, b"\n"):
            return False, self._ended(end, end + 2)
        self._seen = end + 1  # an FS inside the text: it ends nothing unless a VT follows
        return False, None

    def _ended(self, end: int, after: int) -> Event:
        body = self._take(end, after)
        skipped, self._skipped, self.inside = self._skipped, b"", False
        return self._too_large(skipped) if skipped else body

    def _half(self, end: int) -> Event | None:
        body = self._take(end, end + 1)
        skipped, self._skipped = self._skipped, b""
        if skipped:
            return self._too_large(skipped)
        return Spoilt(_HALF, body[:_HEAD], answered=False) if body.strip() else None

    def _too_large(self, head: bytes) -> Spoilt:
        text = f"The message is larger than {self.size // 1024} KiB. Send it without its documents."
        return Spoilt(Unread("", "too-large", "MSH-1", text), head, answered=True)


def _stranger(begin: bytearray) -> Stranger | None:
    if begin[:2] == b"\x16\x03":
        return Stranger("tls")
    return Stranger("http") if _HTTP.match(begin) else None
