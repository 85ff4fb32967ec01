"""What event.db still tells at day 4 is measured on its real rows, and the measure notices when more is told (DECISIONS 30)."""

from statistics import fmean

from tests.promises.day_four import Guessed, played
from tests.promises.quarter import Size

SMALL = Size(units=5, each=30, team=4, losses=0.8, days=90)


def shift(these: list[Guessed]) -> float:
    return fmean(one.shift for one in these)


def test_moving_the_days_hides_something_and_not_all() -> None:
    moved, unmoved = played(1, SMALL), played(1, SMALL, moved=False)
    assert min(len(moved), len(unmoved)) > 40
    assert fmean(one.chance for one in moved) < shift(moved) < shift(unmoved)
