"""Ring until a human answers. The open box is the promise; a ring is only one try."""

from dataclasses import dataclass, replace
from datetime import timedelta

from aftercall.outside.road.box import Box, Copy
from aftercall.words import Moment

DUTY = "duty"  # the duty phone, in the place of a peer's number
LAST = 3
ROUNDS = 6  # times all are rung again; then the box stays open and in sight, and the number on the screen is what remains


@dataclass(frozen=True)
class Steps:
    """How many are rung in waves 1 and 2, and the times between (PRIVACY 5.4)."""

    first: int
    second: int
    every: timedelta
    again: timedelta
    lease: timedelta
    lease_all: timedelta


def climb(box: Box, copies: tuple[Copy, ...], on_duty: frozenset[str], now: Moment, steps: Steps) -> tuple[Box, tuple[str, ...]]:
    """The next wave, and whom it rings. Never early; nothing to do while somebody holds the box or the talk goes on.

    A wave that would ring nobody is passed over at once: nobody waits for an empty step.
    """
    if box.state != "open" or box.due is None or now < box.due or box.leased:
        return box, ()
    there = [c.pid for c in sorted(copies, key=lambda c: c.place) if c.pid in on_duty]
    fresh = [c.pid for c in sorted(copies, key=lambda c: c.place) if c.pid in on_duty and c.wave == 0]
    wave = LAST if box.all else box.wave + 1
    ring = {1: fresh[: steps.first], 2: fresh[: steps.second]}.get(wave, [])
    if not ring:
        wave, ring = max(wave, LAST), [*there, DUTY]
    more = wave < LAST + ROUNDS
    due = now + (steps.every if wave < LAST else steps.again) if more else None
    return replace(box, wave=wave, due=due, all=False), tuple(ring)


def shown(box: Box) -> int:
    """The wave as people are told it: 1, 2 or 3."""
    return max(1, min(box.wave, LAST))
