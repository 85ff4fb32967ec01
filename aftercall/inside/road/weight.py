"""How much a loss weighs, 0 to 3, with a reason in words for each point; from facts of the event, never of a person."""

from collections.abc import Sequence
from dataclasses import dataclass

MOST = 2  # by itself; 3 is a human's word (DECISIONS 23)
HUMAN = 3
MESSAGES = 2  # for each person: the first and the one a day later. Those of later weeks belong to no event
FACTS = frozenset(
    [
        "death",
        "call",
        "emergency",
        "short stay",
        "child",
        "young",
        "newborn",
        "maternal",
        "expected",
        "arrest",
        "many hurt",
        "critical trauma",
        "crew hurt",
        "crew death",
        "known to us",
        "suicide",
        "several dead",
    ]
)
"""All that a feed or a human may say of an event. "death" is true of every loss but a call's, which may not know of one."""


@dataclass(frozen=True)
class Rule:
    """One line of weights.toml. `points` may be 0: a trigger that is shown but adds nothing."""

    fact: str
    points: int
    why: str
    source: str
    human: bool = False  # nobody is written to before the desk has said yes


@dataclass(frozen=True)
class Weight:
    points: int
    reasons: tuple[str, ...]
    rules: tuple[str, ...]  # the facts of all rules that matched: what a preview can be made from
    human: bool = False


def weigh(facts: frozenset[str], rules: tuple[Rule, ...]) -> Weight:
    """3 when a rule for a human matches, else 0 when one is negative (an expected death), else the sum, at most 2."""
    always = "call" if "call" in facts else "death"
    matched = tuple(rule for rule in rules if rule.fact in facts - {"death"} | {always})
    names = tuple(rule.fact for rule in matched)
    human = tuple(rule for rule in matched if rule.human)
    if human:
        return Weight(HUMAN, tuple(r.why for r in human), names, human=True)
    expected = tuple(rule for rule in matched if rule.points < 0)
    if expected:
        return Weight(0, tuple(r.why for r in expected), names)
    return Weight(min(MOST, sum(r.points for r in matched)), tuple(r.why for r in matched), names)


@dataclass(frozen=True)
class Past:
    """One loss of the last 90 days as its row has it: which rules matched, its weight, how many were there."""

    rules: tuple[str, ...]
    weight: int
    there: int


@dataclass(frozen=True)
class Line:
    """Of one weight, before the change and after it."""

    weight: int
    losses: tuple[int, int]
    messages: tuple[int, int]  # at most: who had one within 48 h gets no second


@dataclass(frozen=True)
class Preview:
    lines: tuple[Line, ...]
    uncounted: int  # losses that would send messages now and sent none then, so that nobody knows how many were there
    cannot: tuple[str, ...]  # what can't be previewed, and why


def preview(past: Sequence[Past], before: Sequence[Rule], after: Sequence[Rule]) -> Preview:
    """What a change of rules would have done to the last 90 days (DECISIONS 39). Of a loss only the facts of rules were kept."""
    kept = frozenset(rule.fact for rule in before)
    usable = tuple(rule for rule in after if rule.fact in kept)
    then = [(one.weight, one.there) for one in past]
    now = [(weigh(frozenset(one.rules), usable).points, one.there) for one in past]
    lines = tuple(Line(w, (_losses(then, w), _losses(now, w)), (_messages(then, w), _messages(now, w))) for w in range(HUMAN + 1))
    cannot = tuple(
        f'"{rule.fact}" can\'t be previewed: no rule asked for it until now, so it was not kept. Run it on the simulator.'
        for rule in after
        if rule.fact not in kept
    )
    uncounted = sum(new > 0 and not there for new, there in now)
    return Preview(lines, uncounted, cannot)


def _losses(all_of_them: list[tuple[int, int]], weight: int) -> int:
    return sum(points == weight for points, _ in all_of_them)


def _messages(all_of_them: list[tuple[int, int]], weight: int) -> int:
    return sum(MESSAGES * there for points, there in all_of_them if points == weight and weight)
