"""Ring until a human answers. The open box is the promise; a ring is only one try."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

from aftercall.outside.road.box import PASSED, Box, Copy
from aftercall.words import Moment

DUTY = "duty"  # the duty phone, in the place of a peer's number
LAST = 3


@dataclass(frozen=True)
class Steps:
    """How many are rung in waves 1 and 2, the times between (PRIVACY 5.4), and how often all are rung again (decision 7)."""

    first: int
    second: int
    every: timedelta
    again: timedelta
    lease: timedelta
    lease_all: timedelta
    rounds: int


class Ready(Protocol):
    """Who may be rung now. Each is a set of peers' numbers."""

    @property
    def gentle(self) -> frozenset[str]:
        """Ours, under their caps and rested: waves 1 and 2."""

    @property
    def all(self) -> frozenset[str]:
        """Ours who are on duty: wave 3, and everyone at once (DECISIONS 7)."""

    @property
    def allied(self) -> frozenset[str]:
        """Of allied programmes, on duty: when none of ours can be rung."""


def climb(box: Box, copies: tuple[Copy, ...], ready: Ready, now: Moment, steps: Steps) -> tuple[Box, tuple[str, ...]]:
    """The next wave, and whom it rings. Never early; nothing to do while somebody holds the box or the talk goes on.

    A wave that would ring nobody is passed over at once: nobody waits for an empty step.
    """
    if box.state != "open" or box.due is None or now < box.due or box.leased:
        return box, ()
    wave = LAST if box.all else box.wave + 1
    calm = _calm(copies, ready)
    ring = {1: calm[: steps.first], 2: calm[: steps.second]}.get(wave, [])
    if not ring:
        wave, ring = max(wave, LAST), [*_everybody(copies, ready), DUTY]
    more = wave < LAST + steps.rounds
    due = now + (steps.every if wave < LAST else steps.again) if more else None
    return replace(box, wave=wave, due=due, all=False), tuple(ring)


def _calm(copies: tuple[Copy, ...], ready: Ready) -> list[str]:
    """Who is left for waves 1 and 2, in the asker's order."""
    pool = ready.gentle if _of(copies, ready.all) else ready.allied
    return [c.pid for c in sorted(copies, key=lambda c: c.place) if c.pid in pool and c.wave == 0]


def _everybody(copies: tuple[Copy, ...], ready: Ready) -> list[str]:
    """All of ours who have not said no, else all of our allies. Without any copies (they are lost): whoever is on duty."""
    if not copies:
        return sorted(ready.all or ready.allied)
    return _of(copies, ready.all) or _of(copies, ready.allied)


def _of(copies: tuple[Copy, ...], pool: frozenset[str]) -> list[str]:
    return [c.pid for c in sorted(copies, key=lambda c: c.place) if c.pid in pool and c.wave != PASSED]


def rung(copies: tuple[Copy, ...]) -> tuple[str, ...]:
    """Who has been rung for it, and has not said no."""
    return tuple(sorted(c.pid for c in copies if c.wave > 0))


def in_sight(box: Box, copy: Copy) -> bool:
    """May this peer see it, and take it? Whoever was rung, and after the last wave everybody who has not said no."""
    return copy.wave > 0 or (copy.wave == 0 and box.wave >= LAST)


def unheard(box: Box, copies: tuple[Copy, ...], ready: Ready) -> bool:
    """Everybody rung so far has said no, or is on duty no more: the next wave need not wait for its time."""
    waits = 0 < box.wave < LAST and box.state == "open" and not box.leased
    return waits and (ready.all | ready.allied).isdisjoint(rung(copies))


def shown(box: Box) -> int:
    """The wave as people are told it: 1, 2 or 3."""
    return max(1, min(box.wave, LAST))
