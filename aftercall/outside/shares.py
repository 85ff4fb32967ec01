"""A root that no one person can open: what opens it is split into shares, and any two of them are enough.

Shamir's scheme as PyCryptodome has it (GF(2^128)); docs/decisions/019 says why this and no other.
"""

import hashlib
import secrets

from Crypto.Protocol.SecretSharing import Shamir

from aftercall.words import heard, spoken

NEEDED = 2
HEAD = b"Opened by any 2 of its shares.\n"
"""Stands before the key in the file, so that whoever has the stick is asked for shares and not for a passphrase."""


class NoShare(Exception):
    """A share that can't be one. Says what is wrong with it, and never what it is."""


def split(holders: int) -> tuple[str, tuple[str, ...]]:
    """A new passphrase that nobody will ever see, and a share of it for each holder: a number and nine words."""
    if not NEEDED <= holders <= 9:
        raise NoShare(f"a root has 2 to 9 holders, not {holders}")
    key = secrets.token_bytes(16)
    return key.hex(), tuple(f"{n}-{spoken(part + _sum(n, part))}" for n, part in Shamir.split(NEEDED, holders, key))


def join(shares: list[str]) -> str:
    """The passphrase, from two shares of one root. Raises NoShare for a slip of the pen; a share of another root opens nothing."""
    known = dict(_read(share) for share in shares)
    if len(known) != NEEDED:
        raise NoShare("two different shares are needed")
    return Shamir.combine(list(known.items())).hex()


def _read(share: str) -> tuple[int, bytes]:
    number, _, words = share.strip().lower().replace(" ", "-").partition("-")
    try:
        data = heard(words)
    except ValueError as problem:
        raise NoShare(f"share {number[:1]}: {problem}") from None
    if not number.isdecimal() or len(data) != 18 or _sum(int(number), data[:16]) != data[16:]:
        raise NoShare("that is no share: a number and nine words, and one of them is not as it was given out")
    return int(number), data[:16]


def _sum(number: int, part: bytes) -> bytes:
    """Two bytes by which a slip is noticed before the key is tried; they tell nothing that the share doesn't."""
    return hashlib.sha256(bytes([number]) + part).digest()[:2]
