"""The figures of rates.toml, and the same where people answer half as often and half as long again."""

import math
import random
import tomllib
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "rates.toml"
WORSE = {
    "answer": (("by_day", "by_night", "in_a_talk", "duty_phone"), ("quick_minutes", "slow_minutes", "duty_phone_minutes")),
    "talk": (("greets_first",), ()),
    "bad_luck": (("comes_in", "off_duty"), ("comes_in_minutes", "off_duty_minutes")),
}


@dataclass(frozen=True)
class Rates:
    size: dict[str, Any]
    duty: dict[str, Any]
    allies: dict[str, Any]
    answer: dict[str, Any]
    talk: dict[str, Any]
    bad_luck: dict[str, Any]

    def alone(self) -> "Rates":
        """The same without a programme next door."""
        return replace(self, allies={**self.allies, "peers": 0})

    def worse(self) -> "Rates":
        """Half the chance of an answer, and half as long again until it comes."""
        changed = {}
        for part, (chances, delays) in WORSE.items():
            figures = getattr(self, part)
            halved = {name: figures[name] / 2 for name in chances}
            changed[part] = {**figures, **halved, **{name: [figures[name][0] * 1.5, figures[name][1]] for name in delays}}
        return replace(self, **changed)


def read() -> Rates:
    return Rates(**tomllib.loads(FILE.read_text("utf-8")))


def drawn(rand: random.Random, figure: list[float], unit: str = "minutes") -> timedelta:
    """A time whose median and spread are given."""
    median, spread = figure
    return timedelta(**{unit: rand.lognormvariate(math.log(median), spread)})
