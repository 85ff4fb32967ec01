"""A sealed letter from one phone to the other, kept only until the other phone says it has it."""

import struct

from aftercall.outside.road.seal import LETTERS

LANES = {"c": "p", "p": "c"}  # who reads what the other wrote


class NotALetter(Exception):
    """Bytes that can't be a letter."""


def number(letter: bytes) -> int:
    """The letter's number in its lane, from 1. Raises NotALetter when the size is none of the three."""
    if len(letter) not in LETTERS:
        raise NotALetter(f"a letter has {', '.join(map(str, LETTERS))} bytes; this has {len(letter)}")
    n: int = struct.unpack(">I", letter[:4])[0]
    if n == 0:
        raise NotALetter("letters are counted from 1")
    return n
