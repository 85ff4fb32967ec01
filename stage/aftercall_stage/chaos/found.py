"""What one night left behind, as the checker reads it: files alone, nothing that a running half says of itself (DECISIONS 37)."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from aftercall_stage.chaos.history import lines_of

Line = dict[str, Any]


@dataclass(frozen=True)
class Broken:
    """A promise that did not hold: which, and how it was seen."""

    name: str
    what: str


@dataclass(frozen=True)
class Found:
    folder: Path
    deaths: int
    end: float  # second at which the night was over

    @cached_property
    def history(self) -> list[Line]:
        return lines_of(self.folder / "history.jsonl")

    @cached_property
    def faults(self) -> list[str]:
        return [line["fault"] for line in self.history if line["what"] == "fault"]

    def rows(self, half: str, table: str) -> list[dict[str, Any]]:
        return list(self._rows[half].get(table, []))

    @cached_property
    def _rows(self) -> dict[str, dict[str, Any]]:
        return {half: json.loads((self.folder / f"rows-{half}.json").read_text("utf-8")) for half in ("inside", "outside")}

    def of(self, *what: str, **same: Any) -> list[Line]:
        """Lines of these kinds in which these things stand."""
        return [line for line in self.history if line["what"] in what and all(line.get(k) == v for k, v in same.items())]

    def sms(self, half: str) -> list[Line]:
        return self.of("sms", half=half)

    @property
    def files(self) -> list[Path]:
        """Everything that the halves keep, and what they log."""
        kept = [path for half in ("inside", "outside") for path in (self.folder / half / "data").rglob("*") if path.is_file()]
        return [*kept, *self.folder.glob("*.log")]
