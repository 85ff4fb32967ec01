"""What breaks, where, and at which passing: a fault is one line of text, so that a night can be told again."""

import re
from dataclasses import dataclass

HALVES = ("inside", "outside")
POINT_KINDS = ("kill", "stop", "full", "dbcut")  # done by the half itself, at a point of its own
ROAD_KINDS = ("slow", "after", "lost", "down", "drags", "never")  # done by the provider, to its nth message
WIRE_KINDS = ("cut", "mute")  # done by the wire in front of a door, at the nth piece that comes in

MEANS = {
    "kill": "SIGKILL",
    "stop": "SIGSTOP, and 5 seconds later on again",
    "full": "no file may grow any more, for a minute of the night",
    "dbcut": "the connection to the database breaks",
    "slow": "the provider keeps its answer back for 40 seconds of the night",
    "after": "the provider takes it and says that it failed",
    "lost": "the provider takes it and its answer is lost",
    "down": "the provider refuses everything for 100 seconds of the night",
    "drags": "the provider lets each message wait for 5 seconds of the night and refuses it then, for 100 seconds",
    "never": "the provider says that there is no such number",
    "cut": "the connection is cut before the call is through",
    "mute": "the call comes through and its answer is lost",
}
_SPEC = re.compile(r"(\w+)@(inside|outside)\.([^#+]+)#(\d+)(?:\+(\d+))?")


@dataclass(frozen=True)
class Fault:
    """`down`: seconds of the night until a killed half is started again, or a provider that is down is up."""

    kind: str
    half: str
    where: str  # "after-commit.ask:ask" | "before-send.sms" | "sms" | "door" | "mllp"
    nth: int
    down: int = 0

    def __str__(self) -> str:
        return f"{self.kind}@{self.half}.{self.where}#{self.nth}" + (f"+{self.down}" if self.down else "")


def read(text: str) -> Fault:
    """Raises ValueError."""
    found = _SPEC.fullmatch(text)
    if not found or found[1] not in MEANS:
        raise ValueError(f"{text}: a fault is written as kill@outside.after-commit.ask:ask#1+45; kinds are {', '.join(MEANS)}")
    return Fault(found[1], found[2], found[3], int(found[4]), int(found[5] or 0))
