"""What everybody saw, line by line, in the order in which it came about: the only thing the checker reads besides the rows."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from aftercall.words import Moment

SECOND = timedelta(seconds=1)


class History:
    """A file of JSON lines. `at` is in seconds of the night."""

    def __init__(self, path: Path, since: Moment, now: Callable[[], Moment]) -> None:
        self.path, self._since, self._now = path, since, now
        self.lines = 0

    def note(self, who: str, what: str, **more: Any) -> None:
        self.lines += 1
        line = {"n": self.lines, "at": (self._now() - self._since) / SECOND, "who": who, "what": what, **more}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def shown(lines: list[dict[str, Any]]) -> str:
    """As a person reads it."""
    out = []
    for line in lines:
        more = {name: value for name, value in line.items() if name not in ("n", "at", "who", "what")}
        out.append(f"{line['at']:7.1f}  {line['who']:<12} {line['what']:<10} " + " ".join(f"{k}={v}" for k, v in more.items()))
    return "\n".join(out)
