"""What a look found, one line each: how it stands, what was seen, and what to do about it."""

import json
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

OK, LOOK, BROKEN = "ok", "look", "broken"
STATES = (OK, LOOK, BROKEN)
"""In the order of their exit codes: 0, 1, 2."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `do` is "" where nothing is to be done."""

    what: str
    state: str
    seen: str
    do: str = ""


def worst(found: Iterable[Finding]) -> str:
    return max((one.state for one in found), key=STATES.index, default=OK)


def exit_code(found: Iterable[Finding]) -> int:
    """0: all is well. 1: somebody should look. 2: something is broken."""
    return STATES.index(worst(found))


def table(half: str, found: Sequence[Finding]) -> str:
    """For a person to read, the worst first."""
    wide = max((len(one.what) for one in found), default=0)
    lines = []
    for one in sorted(found, key=lambda f: -STATES.index(f.state)):
        lines += textwrap.wrap(f"{one.state:6}  {one.what:{wide}}  {one.seen}", 118, subsequent_indent=" " * (wide + 10))
        if one.do:
            lines += textwrap.wrap(f"-> {one.do}", 118, initial_indent=" " * (wide + 10), subsequent_indent=" " * (wide + 13))
    counts = {state: sum(one.state == state for one in found) for state in STATES}
    return "\n".join([*lines, f"{half}: {counts[OK]} ok, {counts[LOOK]} to look at, {counts[BROKEN]} broken"])


def as_json(half: str, found: Sequence[Finding]) -> str:
    return json.dumps({"half": half, "state": worst(found), "findings": plain(found)}, ensure_ascii=False, indent=1)


def plain(found: Iterable[Finding]) -> list[dict[str, Any]]:
    return [asdict(one) for one in found]


def from_plain(found: Iterable[dict[str, Any]]) -> list[Finding]:
    """What another process told. Raises TypeError where it is of another version."""
    return [Finding(**one) for one in found]
