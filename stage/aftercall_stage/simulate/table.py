"""The figures of several seeds side by side, as plain text."""

from collections.abc import Callable, Mapping

from aftercall_stage.simulate.score import SOURCES, Score

Row = tuple[str, str, Callable[[Score], str]]
NEAR = 0.93
GOALS = {"recall": 0.995, "false": 1.0, "f1": 0.9}


def reached(score: Score) -> dict[str, bool]:
    """Issue 3, "done when" 1: each goal, and whether this run meets it."""
    return {
        "recall of deaths >= 99.5 %": score.recall >= GOALS["recall"],
        "false messages <= 1 per 1,000 deaths": score.false_per_thousand <= GOALS["false"],
        "no double message": score.n["double messages"] == 0,
        "no message after a retraction": score.n["messages after a retraction"] == 0,
        "who was there F1 >= 0.9": score.there["all"].f1 >= GOALS["f1"],
        "who was there F1, near what record and rota allow": _near_the_best(score),
    }


def fails(score: Score) -> list[str]:
    """What must not be. The rota is wrong about whoever swapped a shift, so that F1 has a ceiling, which in a small world may lie
    below 0.9; a run is held to be near what the patient's own record and the rota allow.
    """
    return [goal for goal, met in reached(score).items() if not met and goal != "who was there F1 >= 0.9"]


def _near_the_best(score: Score) -> bool:
    return score.there["all"].f1 >= NEAR * score.there["by this record and the rota at best"].f1


def table(scores: Mapping[int, Score]) -> str:
    """One column a seed."""
    lines = [_line("", "goal", [f"seed {seed}" for seed in scores])]
    for name, goal, figure in (*_ROWS, *_there_rows()):
        lines.append(_line(name, goal, [figure(score) for score in scores.values()]))
    lines += ["", "deaths found of those told, by the fault in their telling:", *_by_fault(scores)]
    lines += ["", "false messages, by fault:", *(_false(scores) or ["  none"])]
    lines += ["", *(_line(goal, "", [str(reached(s)[goal]) for s in scores.values()]) for goal in _goals(scores))]
    return "\n".join(lines)


def _line(name: str, goal: str, cells: list[str]) -> str:
    return f"{name:<52}{goal:>10}" + "".join(f"{cell:>18}" for cell in cells)


def _n(name: str) -> Callable[[Score], str]:
    return lambda score: f"{score.n[name]:,}"


def _of(part: str, whole: str) -> Callable[[Score], str]:
    return lambda score: f"{score.n[part]} of {score.n[whole]}"


def _share_held(score: Score) -> str:
    held = score.n["held deaths held"] + score.n["held without need"]
    told = score.n["deaths"] + score.n["held deaths told"]
    return f"{100 * held / told:.2f} %" if told else "-"


def _at(values: Callable[[Score], list[float]], share: float) -> Callable[[Score], str]:
    def figure(score: Score) -> str:
        ordered = sorted(values(score))
        return f"{ordered[min(len(ordered) - 1, int(share * len(ordered)))]:,.0f} s" if ordered else "-"

    return figure


_ROWS: tuple[Row, ...] = (
    ("deaths told that had to be found", "", _n("deaths")),
    ("recall", ">= 99.5 %", lambda s: f"{100 * s.recall:.2f} %"),
    ("recall, held counted as missed", "", lambda s: f"{100 * s.strict_recall:.2f} %"),
    ("share of deaths held for a human", "", _share_held),
    ("  contradictions about the dead, held", "", _of("held deaths held", "held deaths told")),
    ("  contradictions about the living, held", "", _of("held living held", "held living told")),
    ("  contradictions about the living, believed", "0", _n("held living confirmed")),
    ("  held without a contradiction (missed)", "0", _n("held without need")),
    ("found, but nobody reached", "0", _n("found, nobody reached")),
    ("expected deaths found (and kept quiet)", "", _of("expected deaths found", "expected deaths")),
    ("hard calls whose crew was reached", "", _of("hard calls found", "hard calls")),
    ("messages that left", "", _n("messages")),
    ("false messages", "", _n("false messages")),
    ("false messages per 1,000 deaths", "<= 1", lambda s: f"{s.false_per_thousand:.2f}"),
    ("messages for an expected death", "0", _n("messages for an expected death")),
    ("losses believed of nobody who died", "0", _n("false losses")),
    ("double messages", "0", _n("double messages")),
    ("second losses of one death", "0", _n("second losses")),
    ("messages after a retraction", "0", _n("messages after a retraction")),
    ("  sent before a retraction that came late", "", _n("excused messages")),
    ("from the feed's word to the belief, median", "", _at(lambda s: s.waits, 0.5)),
    ("from the feed's word to the belief, 95 of 100", "", _at(lambda s: s.waits, 0.95)),
    ("from the feed's word to the first message", "", _at(lambda s: s.first, 0.5)),
    ("  95 of 100", "", _at(lambda s: s.first, 0.95)),
)


def _there_rows() -> list[Row]:
    names = ("all", "weighted", "without rota", "by this record and the rota at best", *SOURCES, "nobody's system knows")
    return [(f"who was there, {name}: P/R/F1", ">= 0.9" if name == "all" else "", _there(name)) for name in names]


def _there(name: str) -> Callable[[Score], str]:
    def figure(score: Score) -> str:
        tally = score.there[name]
        return f"{tally.precision:.2f}/{tally.recall:.2f}/{tally.f1:.3f}"

    return figure


def _by_fault(scores: Mapping[int, Score]) -> list[str]:
    faults = sorted({fault for score in scores.values() for fault in score.told_by})
    return [
        _line(f"  {fault}", "", [f"{s.told_by[fault] - s.missed_by[fault]} of {s.told_by[fault]}" for s in scores.values()])
        for fault in faults
    ]


def _false(scores: Mapping[int, Score]) -> list[str]:
    faults = sorted({fault for score in scores.values() for fault in score.false_by})
    return [_line(f"  {fault}", "", [str(s.false_by[fault]) for s in scores.values()]) for fault in faults]


def _goals(scores: Mapping[int, Score]) -> list[str]:
    return list(next(iter(reached(s) for s in scores.values()), {}))
