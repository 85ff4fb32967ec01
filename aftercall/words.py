"""The words both halves share: who, where, when, and a message on its way to a phone."""

import asyncio
import base64
import hashlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NewType, Protocol

Org = NewType("Org", str)
"""A hospital, an ambulance service or a peer programme: first in every unique key."""
StaffId = NewType("StaffId", str)
Unit = NewType("Unit", str)
Moment = datetime
"""An instant, always with its zone; stored as whole seconds UTC."""

Randomness = Callable[[int], bytes]
"""A function that gives n random bytes (``secrets.token_bytes`` unless a test says otherwise)."""


@dataclass(frozen=True)
class Message:
    """One message to one address by one road. `key` is the same when it is sent twice, so that a provider can drop the second."""

    road: str  # "sms" | "voice" | "push" | "mail"
    to: str
    text: str
    key: str
    subject: str = ""
    language: str = "en"  # of the text, for what reads it out


class Sealed:
    """A secret that prints as nothing, so that it can't reach a log by accident."""

    def __init__(self, value: str) -> None:
        self._value = value

    def open(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Sealed(...)"

    def __bool__(self) -> bool:
        return bool(self._value)


class Clock(Protocol):
    """Time as an argument. `wait` ends at the moment, or when `wake` is set, whichever is first."""

    def now(self) -> Moment: ...

    async def wait(self, until: Moment | None, wake: asyncio.Event) -> None: ...


class SteadyClock:
    """The real clock: set once by the wall, then monotonic, so that a step of the wall clock makes nobody wait (DECISIONS A3)."""

    def __init__(self) -> None:
        self._base = datetime.now(UTC) - timedelta(seconds=time.monotonic())

    def now(self) -> Moment:
        return self._base + timedelta(seconds=time.monotonic())

    async def wait(self, until: Moment | None, wake: asyncio.Event) -> None:
        left = None if until is None else max(0.0, (until - self.now()).total_seconds())
        try:
            await asyncio.wait_for(wake.wait(), left)
        except TimeoutError:
            return


SWEEP = timedelta(seconds=10)


async def keep_time(clock: Clock, wake: asyncio.Event, tick: Callable[[], Awaitable[Moment | None]]) -> None:
    """Tick for ever: exactly when something is due, when something new came, and once in 10 s anyway, for what others wrote."""
    while True:
        wake.clear()
        sweep = clock.now() + SWEEP
        due = await tick()
        await clock.wait(min(due, sweep) if due else sweep, wake)


def seconds(moment: Moment) -> int:
    """Whole seconds since 1970, rounded up: nothing is ever due early."""
    return -int(-moment.timestamp() // 1)


def moment(at: int) -> Moment:
    return datetime.fromtimestamp(at, UTC)


def millis(moment: Moment) -> int:
    """Whole milliseconds since 1970, rounded up: for what is due, where nobody shall wait for a second to be over."""
    return -int(-moment.timestamp() * 1000 // 1)


def from_millis(at: int) -> Moment:
    return datetime.fromtimestamp(at / 1000, UTC)


def day(at: Moment) -> int:
    """Days since 1970 in UTC: the finest time a row on the care side may keep for long."""
    return int(at.timestamp()) // 86400


def from_day(days: int) -> Moment:
    """Noon of that day, so that it is the same day in every zone we know."""
    return moment(days * 86400 + 43200)


def utc(at: Moment) -> str:
    """As it stands on the wire: 2026-11-23T06:00:00Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_utc(text: str) -> Moment:
    """Any ISO time that has its offset; Python 3.11 knows the Z too. Raises ValueError, or OverflowError at the ends of time."""
    at = datetime.fromisoformat(text)
    if not at.tzinfo:
        raise ValueError("a time without an offset")
    return at.astimezone(UTC)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def unb64(text: str) -> bytes:
    """Strict base64, as the phones read it: one thing has one spelling. Raises ValueError when the text is anything else."""
    data = base64.b64decode(text, validate=True)
    if b64(data) != text:
        raise ValueError("base64 in another spelling than its own")
    return data


_CONSONANTS, _VOWELS = "bdfghjklmnprstvz", "aiou"


def spoken(data: bytes) -> str:
    """Bytes as pronounceable words of five letters, 16 bits each (proquints, arXiv:0901.4016): no list, no language."""
    words = []
    for i in range(0, len(data), 2):
        n = int.from_bytes(data[i : i + 2], "big")
        words.append(
            _CONSONANTS[n >> 12 & 15] + _VOWELS[n >> 10 & 3] + _CONSONANTS[n >> 6 & 15] + _VOWELS[n >> 4 & 3] + _CONSONANTS[n & 15]
        )
    return "-".join(words)


def heard(text: str) -> bytes:
    """The bytes of `spoken` words. Raises ValueError, naming by its place the word that is none."""
    data = b""
    for n, word in enumerate(text.split("-"), 1):
        try:
            a, b, c, d, e = list(word)
            bits = [_CONSONANTS.index(a), _VOWELS.index(b), _CONSONANTS.index(c), _VOWELS.index(d), _CONSONANTS.index(e)]
        except ValueError:
            raise ValueError(f"word {n} is not one of ours: five letters, as in babad") from None
        data += (bits[0] << 12 | bits[1] << 10 | bits[2] << 6 | bits[3] << 4 | bits[4]).to_bytes(2, "big")
    return data


def print_of(root: bytes) -> str:
    """The six words of a programme's root key that stand on the poster."""
    return spoken(hashlib.sha256(root).digest()[:12])
