"""A file as a phone gets it: without comments and indents, for each byte costs. Who wants to know why reads the repository."""

import re
from pathlib import Path

FOLDER = Path(__file__).parent
_UNSAID = re.compile(rb"^[ \t]*(?://[^\n]*|/\*.*?\*/[ \t]*)\n|^[ \t]+", re.MULTILINE | re.DOTALL)
TAIL = re.compile(rb"(?<=[;{},)\]]) // [^\n'\"`]*$", re.MULTILINE)  # one with a quote stays: it may stand within a string


def light(path: Path) -> bytes:
    """What is not ours (`vendor`) stays as it came."""
    plain = path.read_bytes()
    if path.parent != FOLDER or path.suffix not in (".mjs", ".js", ".css"):
        return plain
    return _UNSAID.sub(b"", plain if path.suffix == ".css" else TAIL.sub(b"", plain))
