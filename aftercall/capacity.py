"""How many peers a programme needs: the people who are asked, how many of them say yes, and the hours that takes."""

from argparse import ArgumentTypeError
from dataclasses import dataclass
from math import ceil, nan

DAYS = 30  # of a month
SOURCE = """Each yes is {contacts} contacts of {minutes:g} minutes; each peer gives {hours:g} hours a month of {days} days.
Where this comes from: forYOU (Missouri) has 1 to 3 contacts of 15 to 45 minutes; the Betsy Lehman Center asks its
peers for 2 to 4 hours a month. How many say yes is your guess: WashU saw nine in ten of those whom a peer rang by themselves,
and in programmes that wait to be called it is fewer than one in twenty. Time on call without a talk is not counted."""
KNOWN = ((1, 6, 0.1), (1, 10, 0.3), (3, 10, 0.3))
"""The three figures that the field's page has (FIELD 2), as lines to compare with: 6, 30 and 90 peers."""


@dataclass(frozen=True)
class Load:
    """`deaths` a day, `team`: people at each, `accept`: the part of them who say yes, from 0 to 1."""

    deaths: float
    team: float
    accept: float
    contacts: float = 2
    minutes: float = 30
    hours: float = 3  # a month, of each peer

    @property
    def needed(self) -> float:
        """Hours of talk a month."""
        return self.deaths * DAYS * self.team * self.accept * self.contacts * self.minutes / 60

    @property
    def peers(self) -> int:
        """At least two: one alone is always on duty."""
        return max(2, ceil(round(self.needed / self.hours, 6)))


def share(text: str) -> float:
    """10% or 0.1. Raises ArgumentTypeError, with what to write."""
    part = _number(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    if not 0 <= part <= 1:
        raise ArgumentTypeError(f"{text}: write how many of those who are asked say yes, as 10%")
    return part


def positive(text: str) -> float:
    """Raises ArgumentTypeError, with what to write."""
    number = _number(text)
    if not 0 < number < 1e6:
        raise ArgumentTypeError(f"{text}: write a number above 0")
    return number


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return nan


def table(load: Load) -> str:
    """The answer, the three known lines, and where they come from."""
    known = [Load(*one) for one in KNOWN]
    return "\n".join(
        [
            _line(load),
            "",
            "To compare (2 contacts of 30 minutes, 3 hours a month):",
            *map(_line, known),
            "",
            SOURCE.format(contacts=f"{load.contacts:g}", minutes=load.minutes, hours=load.hours, days=DAYS),
        ]
    )


def _line(load: Load) -> str:
    asked = f"{load.deaths:g} deaths a day x {load.team:g} people, {load.accept:.0%} say yes"
    return f"{asked:<48} {load.needed:6.0f} hours a month  {load.peers:4} peers"
