"""What event.db still tells at day 4 is measured on its real rows; dealt anew they tell nothing (DECISIONS 30)."""

from statistics import fmean

from tests.promises.day_four import played
from tests.promises.quarter import Size

SMALL = Size(units=5, each=30, team=4, losses=0.8, days=90)


def test_the_rows_tell_more_than_the_rota_and_dealt_anew_they_tell_nothing() -> None:
    real, dealt = played(1, SMALL), played(1, SMALL, dealt=True)
    assert min(len(real), len(dealt)) > 40
    by_the_rota = fmean(one.chance for one in real)
    assert fmean(one.shift for one in dealt) < by_the_rota < fmean(one.shift for one in real)
