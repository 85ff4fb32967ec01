"""Who sits at a desk, since when, and what may be done from there."""

from dataclasses import dataclass
from datetime import timedelta

from aftercall.words import Moment

CARE = "care"
"""The one role at the care half's desk: its coordinator, who is never the hospital's (DECISIONS 14)."""
COORDINATOR, IT = "coordinator", "it"
ROLES = (COORDINATOR, IT)
"""A coordinator decides and may look at who was there; IT sees whether the half is well, and no row. A leader needs no seat: the
sheet is for everybody."""

FRESH = timedelta(minutes=5)
"""Since the passkey was last touched: for names, and for letting somebody in."""

VOUCHED = "oidc-"


@dataclass(frozen=True)
class Person:
    """Somebody with a named role. `who` is random, so that two of one name are two; of whom the hospital's own sign-in
    vouches for, a keyed hash behind VOUCHED, the same each time.
    """

    who: str
    name: str
    role: str

    @property
    def is_vouched(self) -> bool:
        return self.who.startswith(VOUCHED)


MACHINE = Person("machine", "-", IT)
"""Whoever can start this half's programs on its machine."""


@dataclass(frozen=True)
class Session:
    """`name` is a hash of what the browser holds. `touched`: when the passkey was last used in it."""

    name: str
    person: Person
    began: Moment
    ends: Moment
    touched: Moment

    def is_fresh(self, now: Moment) -> bool:
        return now - self.touched < FRESH
