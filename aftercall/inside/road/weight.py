"""How much a loss weighs, 0 to 3, with a reason in words for each point; from facts of the event, never of a person."""

from dataclasses import dataclass

MOST = 2  # by itself; 3 is a human's word (DECISIONS 23)


@dataclass(frozen=True)
class Rule:
    """One line of weights.toml. `points` may be 0: a trigger that is shown but adds nothing."""

    fact: str
    points: int
    why: str
    source: str


@dataclass(frozen=True)
class Weight:
    points: int
    reasons: tuple[str, ...]
    rules: tuple[str, ...]


def weigh(facts: frozenset[str], rules: tuple[Rule, ...]) -> Weight:
    """0 when any rule that matches is negative (an expected death), else the sum, at most 2."""
    matched = [rule for rule in rules if rule.fact == "death" or rule.fact in facts]
    expected = [rule for rule in matched if rule.points < 0]
    if expected:
        return Weight(0, tuple(r.why for r in expected), tuple(r.fact for r in expected))
    points = min(MOST, sum(rule.points for rule in matched))
    return Weight(points, tuple(r.why for r in matched), tuple(r.fact for r in matched))
