"""P3: what an administrator with every night's copy of the care half can tell of who asked.

`python -m tests.promises.linkage QUARTERS`

They know who was at which loss and when, as the hospital does without Aftercall; how people ask, exactly as the quarter was made;
and the rows. They tie boxes together by any value that stands in two of them, and guess.
"""

import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from math import exp, prod
from typing import Any

from aftercall.outside.road.box import IDLE_DAYS, PROMPT
from aftercall.outside.road.wave import LAST, pause
from tests.promises.quarter import ASKS, BEGUN, PIDS, SOON, STEPS, UNASKED, Phones, Quarter, Size, Table, played

MORE = 0.03  # by so much a copy may be better at telling who asked than the mere number of losses a person was at
FEW = 8  # bytes of a value that ties two boxes together: shorter ones are states and numbers
COMMON = 0.2  # of all boxes: what stands in more of them ties nobody to anybody

KNOWN = ("due", "prompt")  # when something is to be done; any other second is taken for that of the ask

Guess = dict[int, float]  # who -> how likely; what is left is spread over everybody


@dataclass
class Seen:
    """What the copies say of one box: between which hours it was asked, and its values."""

    since: float
    until: float
    values: set[bytes] = field(default_factory=set)


def seen(nights: Iterable[tuple[float, dict[str, Table]]], before: float | None = 0.0) -> dict[str, Seen]:
    """`before`: the hour of the copy before the first; None: there is none, and a box may be as old as its rows allow."""
    found = dict[str, Seen]()
    for at, tables in nights:
        new = dict[str, Seen]()
        for names, rows in tables.values():
            for row in map(dict, (zip(names, row, strict=True) for row in rows)) if "box" in names else ():
                this = found.get(row["box"]) or new.setdefault(row["box"], Seen(before if before is not None else 0.0, at))
                _times(this, row)
                this.values |= set(_values(row))
        for box, order in _orders(tables).items():
            (found.get(box) or new[box]).values.add("".join(order).encode())
        found |= new
        before = at if before is not None else None
    return found


def _times(this: Seen, row: dict[str, Any]) -> None:
    """Until which day it may live says on which it was asked; while it rings its ladder says the second."""
    if isinstance(row.get("day"), int) and "hc" in row:
        first = (row["day"] - IDLE_DAYS) * 24 - BEGUN.timestamp() / 3600
        this.since, this.until = max(this.since, first), min(this.until, first + 24)
    exact = None
    if row.get("prompt"):
        exact = row["prompt"] - PROMPT.total_seconds()
    elif row.get("due") and not row["lapsed"] and not row["holder"] and 0 < row["wave"] < LAST + STEPS.rounds:
        exact = row["due"] - sum((pause(wave, STEPS) for wave in range(1, row["wave"] + 1)), timedelta(0)).total_seconds()
    exact = next((value for name, value in row.items() if name not in KNOWN and _is_a_second(value)), exact)
    if exact is not None:
        at = (exact - BEGUN.timestamp()) / 3600
        this.since, this.until = max(this.since, at - 0.01), min(this.until, at + 0.01)


def _is_a_second(value: object) -> bool:
    return isinstance(value, int) and 0 <= value - BEGUN.timestamp() < 366 * 86_400


def _values(row: dict[str, Any]) -> Iterator[bytes]:
    for name, value in row.items():
        data = value.encode() if isinstance(value, str) else value if isinstance(value, bytes) else b""
        if name not in ("box", "programme", "pid", "holder") and len(data) >= FEW:  # peers are known, and in every box
            yield data[:32]


def _orders(tables: dict[str, Table]) -> dict[str, list[str]]:
    """In which order the phone named the peers."""
    names, rows = tables["page_copy"]
    found = defaultdict[str, list[tuple[int, str]]](list)
    for row in rows:
        here = dict(zip(names, row, strict=True))
        found[here["box"]].append((here["place"], here["pid"]))
    return {box: [pid for _, pid in sorted(order)] for box, order in found.items() if len(order) == len(PIDS)}


def tied(boxes: dict[str, Seen]) -> list[list[str]]:
    """Boxes that have a value in common stand together; each other stands alone."""
    holders = defaultdict[bytes, list[str]](list)
    for box, this in boxes.items():
        for value in this.values:
            holders[value].append(box)
    group = {box: {box} for box in boxes}
    for these in holders.values():
        if 1 < len(these) <= max(2, COMMON * len(boxes)):
            whole = set().union(*(group[box] for box in these))
            for box in whole:
                group[box] = whole
    return [sorted(whole) for whole in {id(whole): whole for whole in group.values()}.values()]


def likely(quarter: Quarter, this: Seen) -> Guess:
    """Who may have asked this, and how likely each is: by the losses before it, and how soon after one people ask."""
    found = defaultdict[int, float](float)
    for at, team in quarter.losses:
        lo, hi = max(this.since - at, 0.0), this.until - at
        if hi > 0 and lo < 96:
            for who in team:
                found[who] += ASKS * (exp(-lo / SOON) - exp(-hi / SOON))
    any_of_them = UNASKED / 24 * (this.until - this.since) / quarter.size.staff
    return {who: more + any_of_them for who, more in found.items()} | {-1: any_of_them}


def together(guesses: Sequence[Guess]) -> Guess:
    """The same person asked all of these. Adds up to one, over everybody; -1 stands for each who is not named."""
    named = set().union(*guesses)
    return {who: prod(guess.get(who, guess[-1]) * 1e3 for guess in guesses) for who in named}


def whole(quarter: Quarter, guess: Guess) -> Guess:
    total = sum(guess.values()) + guess[-1] * (quarter.size.staff - len(guess))
    return {who: share / total for who, share in guess.items()}


@dataclass(frozen=True)
class Game:
    """How well the administrator did in one quarter."""

    asks: int
    visible: float  # of all asks: how many stood in any night's copy
    pairs: int  # of two asks of one person, both seen
    tied: int  # of these: which a value in common tied together
    first_guess: float  # of those seen: whose asker was guessed
    exposure: float  # AUC of "did they ask?" by the number of losses alone
    one_copy: float  # with one night's copy
    all_copies: float  # with every night's copy


def game(quarter: Quarter) -> Game:
    known = seen(quarter.nights)
    groups = [(these, whole(quarter, together([likely(quarter, known[box]) for box in these]))) for these in tied(known)]
    alone = Counter(quarter.boxes[box] for box in known)
    pairs = sum(n * (n - 1) // 2 for n in alone.values())
    right = sum(_right(guess, quarter.boxes[box], quarter.size.staff) for these, guess in groups for box in these)
    y = {who for _, who in quarter.asked}
    expo = Counter(who for _, team in quarter.losses for who in team)
    late = quarter.nights[-3:]  # what is kept for long has come together by then
    return Game(
        len(quarter.asked),
        len(known) / len(quarter.asked),
        pairs,
        sum(_pairs(quarter, these) for these, _ in groups),
        right / max(1, len(known)),
        auc([expo[who] for who in range(quarter.size.staff)], y),
        sum(_with_copies(quarter, seen([night], None), expo, y) for night in late) / len(late),
        _with_copies(quarter, known, expo, y),
    )


def _pairs(quarter: Quarter, these: Sequence[str]) -> int:
    mine = Counter(quarter.boxes[box] for box in these)
    return sum(n * (n - 1) // 2 for n in mine.values())


def _right(guess: Guess, who: int, staff: int) -> float:
    """Is the best guess right? Of several that are equally good one is drawn."""
    best = max(guess.values())
    among = [one for one, share in guess.items() if share > best * 0.999999 and one >= 0]
    return 1 / (len(among) or staff) if who in among or not among else 0.0


def _with_copies(quarter: Quarter, known: dict[str, Seen], expo: Counter[int], y: set[int]) -> float:
    never = dict.fromkeys(range(quarter.size.staff), 1.0)
    for these in tied(known):
        guess = whole(quarter, together([likely(quarter, known[box]) for box in these]))
        for who, share in guess.items():
            if who >= 0:
                never[who] *= 1 - share * 0.999999
    return auc([1 - (1 - ASKS) ** expo[who] * never[who] for who in range(quarter.size.staff)], y)


def auc(scores: Sequence[float], y: set[int]) -> float:
    """How likely one who asked has a higher score than one who did not; a half where the score tells nothing."""
    order = sorted(range(len(scores)), key=lambda who: scores[who])
    ranks, at = 0.0, 0
    while at < len(order):
        end = at
        while end < len(order) and scores[order[end]] == scores[order[at]]:
            end += 1
        ranks += sum(who in y for who in order[at:end]) * (at + 1 + end) / 2
        at = end
    return (ranks - len(y) * (len(y) + 1) / 2) / (len(y) * (len(scores) - len(y)))


def games(seeds: Iterable[int], size: Size, phones: type[Phones] = Phones) -> list[Game]:
    return [game(played(seed, size, phones)) for seed in seeds]


def mean(these: Sequence[Game], of: str) -> float:
    return float(sum(getattr(one, of) for one in these)) / len(these)


def told_apart(these: Sequence[Game], team: int) -> list[str]:
    """What tells more than it may; [] is kept."""
    guess, more = mean(these, "first_guess"), mean(these, "one_copy") - mean(these, "exposure")
    ties = sum(one.tied for one in these)
    found = [f"{ties} of {sum(one.pairs for one in these)} pairs of asks of one person can be tied together"] * (ties > 0)
    found += [f"the first guess is right for {guess:.0%} of the asks seen, above one in a team of {team}"] * (guess > 1 / team)
    return found + [f"one copy says who asked by {more:+.3f} better than the number of losses does"] * (more > MORE)


def main() -> int:
    quarters, size, began = int(sys.argv[1]), Size(), time.monotonic()
    these = games(range(quarters), size)
    print(f"P3, {quarters} quarters of {size.staff} staff, {mean(these, 'asks'):.0f} asks each, {time.monotonic() - began:.0f} s")
    print(f"  of all asks in some night's copy              {mean(these, 'visible'):.0%}")
    print(f"  pairs of asks of one person, tied together    {sum(g.tied for g in these)} of {sum(g.pairs for g in these)}")
    print(f"  of those seen guessed at the first try        {mean(these, 'first_guess'):.1%}  (at most {1 / size.team:.1%})")
    print(f"  AUC, by the number of losses alone            {mean(these, 'exposure'):.3f}")
    print(f"  AUC, with one night's copy                    {mean(these, 'one_copy'):.3f}  (at most {MORE} more)")
    print(f"  AUC, with a copy of every night of a quarter  {mean(these, 'all_copies'):.3f}")
    found = told_apart(these, size.team)
    print("\n".join(found) or "nothing ties two of them together")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
