"""Who is on duty, who is spared in the first waves, and the hours to come at which fewer than two would be there."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from aftercall.words import Moment

TWO = 2  # peers at any hour, so that one may be busy, or asleep
AHEAD = timedelta(days=14)
HOUR = timedelta(hours=1)
LONGEST = timedelta(hours=16)  # a duty: nobody is rung day and night
ANSWER = timedelta(minutes=10)  # in which this duty's test ring is answered (DECISIONS 4)
ACTIVE = 3  # talks at a time (FIELD R17)
SEVERAL = 12  # boxes of one peer who has a talk for several: a box for each who comes (decision 37)
GATHER = timedelta(minutes=90)  # for so long others may come to it


@dataclass(frozen=True)
class Turn:
    """One peer's duty, standing or running."""

    pid: str
    begins: Moment
    ends: Moment


@dataclass(frozen=True)
class Watch:
    """A peer who said they are on duty and is signed in. `heard`: this duty's test ring was answered."""

    pid: str
    heard: bool
    awake: bool  # did not take two boxes in this duty and let them lapse
    talks: int  # boxes this peer holds
    rests: bool
    allied: bool  # of an allied programme
    gathers: bool = False  # others may come to a talk for several
    professional: bool = False


@dataclass(frozen=True)
class Ready:
    """Whom a wave may ring. Caps and rest hold in waves 1 and 2 only (DECISIONS 7)."""

    gentle: frozenset[str]  # on duty, with room for one more talk, and rested
    all: frozenset[str]  # everyone on duty
    allied: frozenset[str]  # peers of allied programmes on duty: when nobody of ours is, and in a crowd
    busy: frozenset[str] = frozenset()  # of all of these, who is with somebody now
    spared: frozenset[str] = frozenset()  # of all of these, who is at their cap, rests, or has a talk for several
    gathering: frozenset[str] = frozenset()  # of all of these, to whose talk for several one more may come
    last: frozenset[str] = frozenset()  # professionals on duty: beside all, and no hands of waves 1 and 2


def ready(watches: Iterable[Watch]) -> Ready:
    here = [w for w in watches if w.heard and w.awake]
    ours = [w for w in here if not w.allied and not w.professional]
    spared = frozenset(w.pid for w in here if w.talks >= ACTIVE or w.rests or w.gathers)
    everyone = frozenset(w.pid for w in ours)
    busy = frozenset(w.pid for w in here if w.talks or w.gathers)
    gathering = frozenset(w.pid for w in here if w.gathers and w.talks < SEVERAL)
    allied, last = frozenset(w.pid for w in here if w.allied), frozenset(w.pid for w in here if w.professional and not w.allied)
    return Ready(everyone - spared, everyone, allied, busy, spared, gathering, last)


Gaps = tuple[tuple[Moment, Moment], ...]


def gaps(turns: Iterable[Turn], now: Moment) -> Gaps:
    """The whole hours (UTC) of the next fourteen days in which, for any part that is still to come, fewer than two are there."""
    until = _hour(now) + AHEAD
    steps = sorted([*_steps(turns), (now, 0), (until, 0)])
    there, hours = 0, set[Moment]()
    for (at, step), (after, _) in pairwise(steps):
        there += step
        if there < TWO and max(at, now) < min(after, until):
            hours |= set(_hours(max(at, now), min(after, until)))
    return _runs(hours)


def opened(before: Gaps, gaps: Gaps) -> Gaps:
    """Gaps that no gap before touches: only these are news. An old one that grows with the day is not."""
    return tuple((begins, ends) for begins, ends in gaps if not any(b <= ends and begins <= e for b, e in before))


def within(gaps: Gaps, begins: Moment, ends: Moment) -> Gaps:
    return tuple((max(b, begins), min(e, ends)) for b, e in gaps if b < ends and e > begins)


def _steps(turns: Iterable[Turn]) -> list[tuple[Moment, int]]:
    """One up where a peer comes, one down where they go; two turns of one peer that overlap are one peer still."""
    ends: dict[str, Moment] = {}
    steps: list[tuple[Moment, int]] = []
    for turn in sorted(turns, key=lambda t: (t.pid, t.begins)):
        begins = max(turn.begins, ends.get(turn.pid, turn.begins))
        if turn.ends > begins:
            steps += [(begins, 1), (turn.ends, -1)]
            ends[turn.pid] = turn.ends
    return steps


def _hour(at: Moment) -> Moment:
    return at.replace(minute=0, second=0, microsecond=0)


def _hours(begins: Moment, ends: Moment) -> Iterable[Moment]:
    at = _hour(begins)
    while at < ends:
        yield at
        at += HOUR


def _runs(hours: set[Moment]) -> Gaps:
    runs: list[tuple[Moment, Moment]] = []
    for at in sorted(hours):
        if runs and runs[-1][1] == at:
            runs[-1] = (runs[-1][0], at + HOUR)
        else:
            runs.append((at, at + HOUR))
    return tuple(runs)
