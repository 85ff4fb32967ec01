"""The keys that turn a patient's number into a mark: files outside the database and its backup, one a day, gone in three days."""

import hashlib
from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from aftercall import retention, whole
from aftercall.inside.road.notice import Marks
from aftercall.words import Moment, Randomness

Hash = Any  # what hashlib makes has no public name
BYTES = 32
KEPT = retention.JOIN_KEYS


class BadKey(Exception):
    """A key file that holds no key."""


class JoinKeys:
    """Marks under today's key, and under those of the three days before."""

    def __init__(self, folder: Path, randomness: Randomness) -> None:
        self._folder, self._rand = folder, randomness
        self._today, self._begun, self._before = date.min, _begun(bytes(BYTES)), list[Hash]()

    def on(self, now: Moment) -> "JoinKeys":
        """Make today's key and destroy the old ones. Call it before marking."""
        if now.date() != self._today:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._today = now.date()
            for path in self._folder.glob("*.key"):
                if path.stem <= (self._today - timedelta(days=KEPT)).isoformat():
                    path.write_bytes(bytes(32))
                    path.unlink(missing_ok=True)  # another worker may be at it, too
            before = sorted((p for p in self._folder.glob("*.key") if p.stem < self._today.isoformat()), reverse=True)
            today = key_file(self._folder / f"{self._today.isoformat()}.key", self._rand)
            self._begun, self._before = _begun(today), [_begun(key_file(path, self._rand)) for path in before]
        return self

    def mark(self, text: str) -> Marks:
        raw, one = text.encode(), self._begun.copy()
        one.update(raw)
        return Marks(one.hexdigest(), partial(_under, self._before, raw))


def _under(begun: Sequence[Hash], raw: bytes) -> tuple[str, ...]:
    made = []
    for keyed in begun:
        one = keyed.copy()
        one.update(raw)
        made.append(one.hexdigest())
    return tuple(made)


def _begun(key: bytes) -> Hash:
    """Keyed BLAKE2s (RFC 7693) with the key taken in already: each message has four marks, under each key that is kept."""
    return hashlib.blake2s(key=key, digest_size=16)


class Stray:
    """Marks under one key that is nowhere written: for a dry run."""

    def __init__(self, randomness: Randomness) -> None:
        self._key = randomness(BYTES)

    def mark(self, text: str) -> Marks:
        made = hashlib.blake2s(text.encode(), key=self._key, digest_size=16).hexdigest()
        return Marks(made)


def key_file(path: Path, randomness: Randomness) -> bytes:
    """The key in that file, made when it isn't there; only its owner may read it. Raises BadKey when what is there is no key.

    Written beside and then linked: a process that dies in between leaves no empty key, under which marks would be nobody's secret.
    """
    if not path.exists():
        whole.make(path, randomness(BYTES))
    key = path.read_bytes()
    if len(key) != BYTES:
        raise BadKey(f"{path} has {len(key)} bytes, not {BYTES}; delete it, and what was heard under it can't be joined any more")
    return key
