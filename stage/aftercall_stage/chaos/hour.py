"""The time of a night, in eight bytes that all its processes see at once: also one that was stopped, the moment it goes on."""

import mmap
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aftercall.words import Moment

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Hour:
    """Set by the night, read by the halves. `begin` makes the file."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._bytes = mmap.mmap(file.fileno(), 8)

    @classmethod
    def begin(cls, path: Path, now: Moment) -> "Hour":
        path.write_bytes(bytes(8))
        hour = cls(path)
        hour.set(now)
        return hour

    def set(self, now: Moment) -> None:
        self._bytes[:] = struct.pack("<q", (now - EPOCH) // MICROSECOND)

    def now(self) -> Moment:
        microseconds: int = struct.unpack("<q", self._bytes[:])[0]
        return EPOCH + microseconds * MICROSECOND
