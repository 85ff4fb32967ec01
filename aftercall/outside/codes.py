"""The staff code: four words on a poster that prove "works here" and nothing else. The two latest are good."""

import asyncio
import hashlib
import hmac
import re
import secrets
from datetime import date, timedelta

from aftercall.words import b64, spoken, unb64

_N, _R, _P = 2**14, 8, 1  # 16 MB and about 40 ms
MOST_WAITING = 16
QUARTER = timedelta(days=92)


def plain(code: str) -> str:
    """As it is compared: small letters, words joined by one hyphen, however it was typed."""
    return "-".join(re.findall(r"\w+", code.lower()))


def new_code() -> str:
    """Four pronounceable words, 64 bits."""
    return spoken(secrets.token_bytes(8))


def sealed(code: str, on: str = "") -> str:
    """What stands in the settings: salted scrypt, from which the code can't be read; and the day it was made, as 2026-11-30."""
    salt = secrets.token_bytes(16)
    return f"scrypt:{b64(salt)}:{b64(_stretch(code, salt))}{on and ':' + on}"


def made_on(stored: str) -> date | None:
    """None where it doesn't say."""
    try:
        return date.fromisoformat(stored.split(":")[3])
    except (IndexError, ValueError):
        return None


def _stretch(code: str, salt: bytes) -> bytes:
    return hashlib.scrypt(plain(code).encode(), salt=salt, n=_N, r=_R, p=_P, dklen=32)


class Codes:
    """Remembers a right code as a keyed hash; scrypt runs for unknown ones only, one at a time, off the loop (DECISIONS 32)."""

    def __init__(self, stored: list[str], own: str = "") -> None:
        """`own`: a code for this process alone, that nobody else can know; for its canary."""
        self._stored = [self._parts(text) for text in stored[-2:]]
        self._key = secrets.token_bytes(32)
        self._right = {self._mark(own)} if own else set[bytes]()
        self._turn, self._waiting = asyncio.Lock(), 0

    @staticmethod
    def _parts(text: str) -> tuple[bytes, bytes]:
        try:
            kind, salt, stretched = text.split(":")[:3]
            if kind != "scrypt":
                raise ValueError
            return unb64(salt), unb64(stretched)
        except ValueError:
            raise ValueError("codes: each must be a line as `aftercall keys code` prints it") from None

    def _mark(self, code: str) -> bytes:
        return hmac.digest(self._key, plain(code)[:200].encode(), "sha256")

    async def right(self, code: str) -> bool:
        """Is this one of the two latest? When too many unknown ones wait, no: the page then shows the numbers at once."""
        mark = self._mark(code)
        if mark in self._right:
            return True
        if self._waiting >= MOST_WAITING or not code:
            return False
        self._waiting += 1
        try:
            async with self._turn:
                good = await asyncio.to_thread(self._slow, plain(code)[:200])
        finally:
            self._waiting -= 1
        if good:
            self._right.add(mark)
        return good

    def _slow(self, code: str) -> bool:
        return any([hmac.compare_digest(_stretch(code, salt), stretched) for salt, stretched in self._stored])
