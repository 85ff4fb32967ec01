"""Ring until a human answers. The open box is the promise; a ring is only one try."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

from aftercall.outside.road.box import PASSED, Box, Copy
from aftercall.words import Moment

DUTY = "duty"  # the duty phone, in the place of a peer's number
LAST = 3
IN_TURN = 6  # talks, in writing, each in its turn: beyond their cap, a peer may take one for whom all were rung, and nobody came
LONGEST = timedelta(minutes=10)  # between two rings of one who waits
ALONE = timedelta(
    seconds=90
)  # in which a talk for several has let somebody in, or said no; its page, in the background, looks once a minute
CALL_IN = timedelta(minutes=5)  # between two rings of those off duty, while too many wait


@dataclass(frozen=True)
class Steps:
    """How many are rung in waves 1 and 2, the times between (PRIVACY 5.4), and how often all are rung again (decision 7)."""

    first: int
    second: int
    every: timedelta
    again: timedelta  # the first pause; each is twice as long as the one before, until LONGEST
    lease: timedelta
    lease_all: timedelta
    rounds: int
    many: int = 4  # so many who wait, and more than are free, are too many for those on duty


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

    @property
    def busy(self) -> frozenset[str]:
        """Of all these, who is with somebody now: rung after those who are free."""

    @property
    def spared(self) -> frozenset[str]:
        """Of all these, who is at their cap, rests, or has a talk for several."""

    @property
    def gathering(self) -> frozenset[str]:
        """Of all these, to whose talk for several one more may come."""

    @property
    def last(self) -> frozenset[str]:
        """The named professionals on duty: rung with everyone and in the last wave, beside whoever else is (DECISIONS 12)."""


def climb(
    box: Box, copies: tuple[Copy, ...], ready: Ready, now: Moment, steps: Steps, crowd: bool = False
) -> tuple[Box, tuple[str, ...]]:
    """The next wave, and whom it rings. Never early; nothing to do while somebody holds the box or the talk goes on.

    A wave that would ring nobody is passed over at once: nobody waits for an empty step. In a crowd our allies are rung with ours.
    Where the first in the order has a talk for several, they alone are rung at first, and not for long.
    """
    if box.state != "open" or box.due is None or now < box.due or box.leased:
        return box, ()
    if host := awaited(box, copies, ready):
        return replace(box, wave=1, due=now + min(ALONE, steps.every)), (host,)
    wave = LAST if box.all else box.wave + 1
    calm = _calm(copies, ready, crowd)
    ring = {1: calm[: steps.first], 2: calm[: steps.second]}.get(wave, [])
    if not ring:
        wave, ring = max(wave, LAST), [*_everybody(copies, ready, crowd), DUTY]
    due = now + pause(wave, steps) if wave < LAST + steps.rounds else None
    return replace(box, wave=wave, due=due, all=False), tuple(ring)


def awaited(box: Box, copies: tuple[Copy, ...], ready: Ready) -> str:
    """Who is rung alone in the first wave: the first in the asker's order, while they have a talk for several. "": nobody is."""
    if not box.standing or box.all:
        return ""
    return next((c.pid for c in copies if c.place == 0 and c.wave == 0 and c.pid in ready.gathering), "")


def pause(wave: int, steps: Steps) -> timedelta:
    """Until the next wave. Soon at first, for who missed a ring may hear the next; then ever more seldom."""
    if wave < LAST:
        return steps.every
    return min(LONGEST, steps.again * float(2 ** (wave - LAST)))


def rests(box: Box, steps: Steps) -> bool:
    """All have been rung as often as they are, and nobody answered."""
    return box.state == "open" and not box.holder and box.due is None and box.wave >= LAST + steps.rounds


def stirred(box: Box, now: Moment) -> Box:
    """It rested, and the asker's phone still asks: somebody waits there. All are rung once more, in their time.

    By one wave more: a ring of a wave that was is the same message to a provider, and is dropped.
    """
    return replace(box, due=now + LONGEST)


def too_many(hands: frozenset[str], ready: Ready, steps: Steps) -> int:
    """So many who wait are more than these, on duty, can soon answer. More than ours can: our allies are rung with them. More than
    all can: others are asked to come."""
    return max(steps.many, len(hands - ready.busy) + 1)


def _calm(copies: tuple[Copy, ...], ready: Ready, crowd: bool) -> list[str]:
    """Who is left for waves 1 and 2, in the asker's order; but for the first, who may be wished for, those first who are free."""
    pool = ready.gentle if _of(copies, ready.all) else ready.allied
    if crowd:
        pool |= ready.allied - ready.spared
    order = sorted(copies, key=lambda c: (c.place > 0 and c.pid in ready.busy, c.place))
    return [c.pid for c in order if c.pid in pool and c.wave == 0]


def _everybody(copies: tuple[Copy, ...], ready: Ready, crowd: bool) -> list[str]:
    """All of ours who have not said no, and in a crowd our allies; without any of ours, these alone. Without any copies (they are
    lost): whoever is on duty."""
    if not copies:
        return sorted((ready.all or ready.allied) | ready.last)
    pool = ready.all | ready.allied if crowd or not _of(copies, ready.all) else ready.all
    return _of(copies, pool | ready.last)


def _of(copies: tuple[Copy, ...], pool: frozenset[str]) -> list[str]:
    return [c.pid for c in sorted(copies, key=lambda c: c.place) if c.pid in pool and c.wave != PASSED]


def rung(copies: tuple[Copy, ...]) -> tuple[str, ...]:
    """Who has been rung for it, and has not said no."""
    return tuple(sorted(c.pid for c in copies if c.wave > 0))


def in_sight(box: Box, copy: Copy) -> bool:
    """May this peer see it, and take it? Whoever was rung, and after the last wave everybody who has not said no."""
    return copy.wave > 0 or (copy.wave == 0 and box.wave >= LAST)


def in_turn(wave: int, talks: int) -> bool:
    """May a peer who is with so many take one more, beyond their cap? One for whom all have been rung (DECISIONS 7)."""
    return wave >= LAST and talks < IN_TURN


def unheard(box: Box, copies: tuple[Copy, ...], ready: Ready, deaf: frozenset[str] = frozenset()) -> bool:
    """Of those rung so far each has said no, is off duty, or was reached by no road: the next wave need not wait for its time."""
    waits = 0 < box.wave < LAST and box.state == "open" and not box.leased
    return waits and ((ready.all | ready.allied | ready.last) - deaf).isdisjoint(rung(copies))


def shown(box: Box) -> int:
    """The wave as people are told it: 1, 2 or 3."""
    return max(1, min(box.wave, LAST))
