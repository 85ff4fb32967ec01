"""The time of a night, in eight bytes that all its processes see at once: also one that was stopped, the moment it goes on.

Behind them, for each half: how many of its messages its provider keeps until the night goes on.
"""

import mmap
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aftercall.words import Moment
from aftercall_stage.chaos.fault import HALVES

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SIZE = 8 + 4 * len(HALVES)


class Hour:
    """Set by the night, read by the halves. `begin` makes the file."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._bytes = mmap.mmap(file.fileno(), SIZE)

    @classmethod
    def begin(cls, path: Path, now: Moment) -> "Hour":
        path.write_bytes(bytes(SIZE))
        hour = cls(path)
        hour.set(now)
        return hour

    def set(self, now: Moment) -> None:
        self._bytes[:8] = struct.pack("<q", (now - EPOCH) // MICROSECOND)

    def now(self) -> Moment:
        microseconds: int = struct.unpack("<q", self._bytes[:8])[0]
        return EPOCH + microseconds * MICROSECOND

    def hold(self, half: str, messages: int) -> None:
        self._bytes[_at(half)] = struct.pack("<i", messages)

    def held(self, half: str) -> int:
        messages: int = struct.unpack("<i", self._bytes[_at(half)])[0]
        return messages


def _at(half: str) -> slice:
    begins = 8 + 4 * HALVES.index(half)
    return slice(begins, begins + 4)
