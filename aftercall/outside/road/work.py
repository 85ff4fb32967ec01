"""A second of a cheap phone's work goes with each ask: nothing to a person, much to whoever would send thousands."""

import hashlib
import itertools
import struct

from aftercall.outside.road.seal import lv

PIECES = 16
"""Small puzzles in place of one: luck evens out, so that hardly any phone takes twice as long as another."""
HARDEST = 20


def done(programme: str, box: str, bits: int) -> str:
    """The work for this box (hex), as it goes into X-Work: for each piece a number whose hash begins with so many zeros."""
    seed = _seed(programme, box)
    return "".join(next(f"{n:08x}" for n in itertools.count() if _good(seed, piece, n, bits)) for piece in range(PIECES))


def holds(programme: str, box: str, bits: int, told: str) -> bool:
    """Bound to the box: what was done for one ask is worth nothing for another."""
    try:
        numbers = struct.unpack(f">{PIECES}I", bytes.fromhex(told))
    except (ValueError, struct.error):
        return False
    seed = _seed(programme, box)
    return all(_good(seed, piece, n, bits) for piece, n in enumerate(numbers))


def _seed(programme: str, box: str) -> bytes:
    return hashlib.sha256(lv("ac1/work", programme, bytes.fromhex(box))).digest()


def _good(seed: bytes, piece: int, n: int, bits: int) -> bool:
    return int.from_bytes(hashlib.sha256(seed + struct.pack(">II", piece, n)).digest()[:4], "big") >> (32 - bits) == 0
