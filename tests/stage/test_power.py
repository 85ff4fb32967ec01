"""A power cut loses nothing that was acknowledged, and the check sees it where a setting would lose it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from aftercall_stage.chaos.power.cuts import SAFE, UNSAFE, After, Cut, run
from aftercall_stage.chaos.power.work import HALVES

CUTS = 8
MORE = {"inside": CUTS, "outside": 6 * CUTS}  # a rollback journal loses more rarely than a log


def cuts(half: str, synchronous: str, folder: Path, many: int = CUTS) -> Iterator[After]:
    """Spread over all writes and syncs of a run in which nothing is cut."""
    steps = run(Cut(half, 0, 0, synchronous), folder).steps
    for n in range(many):
        yield run(Cut(half, n, steps * (n + 1) // (many + 1), synchronous), folder)


@pytest.mark.parametrize("half", HALVES)
def test_nothing_acknowledged_is_lost_in_a_power_cut(half: str, tmp_path: Path) -> None:
    after = list(cuts(half, SAFE, tmp_path / "run"))
    assert [one.lost for one in after if one.lost] == []
    assert sum(one.promised for one in after) > CUTS


@pytest.mark.parametrize("half", HALVES)
def test_a_setting_that_would_lose_it_is_caught(half: str, tmp_path: Path) -> None:
    """Until the first that loses something: not every cut hits the moment between the answer and the disk."""
    assert any(one.lost for one in cuts(half, UNSAFE, tmp_path / "run", MORE[half]))
