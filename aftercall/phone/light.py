"""A file as a phone gets it: without comments and indents, for each byte costs. Who wants to know why reads the repository."""

import re
from pathlib import Path

FOLDER = Path(__file__).parent
_UNSAID = re.compile(rb"^[ \t]*(?://[^\n]*|/\*.*?\*/[ \t]*)\n|^[ \t]+", re.MULTILINE | re.DOTALL)
TAIL = re.compile(rb"(?<=[;{},)\]]) // [^\n'\"`]*$", re.MULTILINE)  # one with a quote stays: it may stand within a string
_ROOM = re.compile(rb"\s*([{};,])\s*|(?<=:)\s+")  # of a style sheet; none of ours has a text with one of these in it
_EMPTY = re.compile(rb"\n{2,}")


def light(path: Path) -> bytes:
    """What is not ours (`vendor`) stays as it came."""
    plain = path.read_bytes()
    if path.parent != FOLDER or path.suffix not in (".mjs", ".js", ".css"):
        return plain
    return style(plain) if path.suffix == ".css" else _EMPTY.sub(b"\n", _UNSAID.sub(b"", TAIL.sub(b"", plain)))


def style(plain: bytes) -> bytes:
    """A style sheet of ours, on one line."""
    return _ROOM.sub(rb"\1", _UNSAID.sub(b"", plain))
