"""After a week, a month and three months, again to everyone who was there: a person, a day, and no event."""

from dataclasses import dataclass

from aftercall import retention
from aftercall.words import StaffId

DAYS = retention.LATER
SHIFT = 2  # each is moved by up to so many days either way, so that the day tells little (DECISIONS 28)
WEEK = 7


@dataclass(frozen=True)
class Later:
    staff: StaffId
    day: int  # since 1970, in the site's zone


def stay(staff: StaffId, died_on: int, moves: tuple[int, ...], waiting: tuple[int, ...]) -> tuple[Later, ...]:
    """The days to write again; `moves` are random from -2 to 2, one for each. None within a week of one that waits already."""
    days = [died_on + later + move for later, move in zip(DAYS, moves, strict=True)]
    return tuple(Later(staff, d) for d in days if all(abs(d - w) >= WEEK for w in waiting))
