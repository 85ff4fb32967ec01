"""What a passkey is asked to sign: random, for one purpose, good for ten minutes, and kept nowhere until it has been used."""

import hmac
from datetime import timedelta

from aftercall.words import Moment, Randomness

GOOD = timedelta(minutes=10)
_RANDOM, _TIME, _SEAL = 16, 8, 16


def fresh(key: bytes, purpose: str, now: Moment, rand: Randomness) -> bytes:
    """Making one costs nothing, so that nobody can fill a table, or shut others out, by asking for many."""
    said = rand(_RANDOM) + int(now.timestamp()).to_bytes(_TIME, "big")
    return said + _seal(key, purpose, said)


def holds(key: bytes, purpose: str, challenge: bytes, now: Moment) -> bool:
    """Is it ours, for this purpose, and not too old? Whether it was used already stands in the rows."""
    said, seal = challenge[:-_SEAL], challenge[-_SEAL:]
    if len(challenge) != _RANDOM + _TIME + _SEAL or not hmac.compare_digest(seal, _seal(key, purpose, said)):
        return False
    age = int(now.timestamp()) - int.from_bytes(said[_RANDOM:], "big")
    return 0 <= age <= GOOD.total_seconds()


def _seal(key: bytes, purpose: str, said: bytes) -> bytes:
    return hmac.digest(key, purpose.encode() + b"|" + said, "sha256")[:_SEAL]
