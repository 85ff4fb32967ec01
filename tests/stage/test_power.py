"""A power cut loses nothing that was acknowledged, and the check sees it where a setting would lose it."""

from pathlib import Path

import pytest
from aftercall_stage.chaos.power.cuts import SAFE, UNSAFE, After, Cut, run
from aftercall_stage.chaos.power.work import HALVES

CUTS = 8


def cuts(half: str, synchronous: str, folder: Path) -> list[After]:
    """Spread over all writes and syncs of a run in which nothing is cut."""
    steps = run(Cut(half, 0, 0, synchronous), folder).steps
    return [run(Cut(half, n, steps * (n + 1) // (CUTS + 1), synchronous), folder) for n in range(CUTS)]


@pytest.mark.parametrize("half", HALVES)
def test_nothing_acknowledged_is_lost_in_a_power_cut(half: str, tmp_path: Path) -> None:
    after = cuts(half, SAFE, tmp_path / "run")
    assert [one.lost for one in after if one.lost] == []
    assert sum(one.promised for one in after) > CUTS


@pytest.mark.parametrize("half", HALVES)
def test_a_setting_that_would_lose_it_is_caught(half: str, tmp_path: Path) -> None:
    assert [one.lost for one in cuts(half, UNSAFE, tmp_path / "run") if one.lost]
