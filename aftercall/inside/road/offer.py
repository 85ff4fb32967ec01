"""The same message to everybody who was there: when it may go, and when it may not."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from aftercall import retention
from aftercall.words import Moment

APART = retention.TOLD  # a person gets one offer in this time, whatever happens (FIELD R5)
SECOND = timedelta(hours=24)  # the first message and the one a day later are one offer


@dataclass(frozen=True)
class Quiet:
    """Hours in which nobody off shift is written to unasked, in the site's zone."""

    begins: time
    ends: time
    zone: ZoneInfo

    def over(self, at: Moment) -> Moment:
        """The moment itself, or the end of the quiet hours it lies in."""
        here = at.astimezone(self.zone)
        wall, late = here.time(), self.begins > self.ends
        inside = (wall >= self.begins or wall < self.ends) if late else self.begins <= wall < self.ends
        if not inside:
            return at
        day = here.date() + timedelta(days=1 if late and wall >= self.begins else 0)
        return datetime.combine(day, self.ends, self.zone).astimezone(at.tzinfo)


def when(at: Moment, at_work: bool, quiet: Quiet) -> Moment:
    """Who is at work gets it now; who has gone home is left to sleep."""
    return at if at_work else quiet.over(at)


def may_tell(told: tuple[str, Moment] | None, by: str, again: bool, now: Moment) -> tuple[str, Moment] | None:
    """May this offer go to a person who was told of `told` (an offer, and until when no other)? What to keep, or None.

    One that is tried again counts from now: else an offer that waited for its gateway would be followed by the next at once.
    """
    if told is None or told[1] <= now:
        return by, now + APART
    if told[0] != by:
        return None
    return (by, now + APART) if again else told


def key(event: str, staff: str, step: str) -> str:
    """The same for the same message, so that a provider can drop the second of two. It can't be read back."""
    return hashlib.sha256(f"{event}|{staff}|{step}".encode()).hexdigest()[:32]
