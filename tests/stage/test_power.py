"""A power cut loses nothing that was acknowledged, and the check sees it where a setting would lose it."""

from pathlib import Path

import pytest
from aftercall_stage.chaos.power.cuts import NEVER, Cut, run
from aftercall_stage.chaos.power.work import HALVES

CUTS = 8


@pytest.mark.parametrize("half", HALVES)
def test_nothing_acknowledged_is_lost_in_a_power_cut(half: str, tmp_path: Path) -> None:
    """Spread over all writes and syncs of a run in which nothing is cut."""
    steps = run(Cut(half, 0, 0), tmp_path / "run").steps
    after = [run(Cut(half, n, steps * (n + 1) // (CUTS + 1)), tmp_path / "run") for n in range(CUTS)]
    assert [one.lost for one in after if one.lost] == []
    assert sum(one.promised for one in after) > CUTS


@pytest.mark.parametrize("half", HALVES)
def test_a_setting_that_would_lose_it_is_caught(half: str, tmp_path: Path) -> None:
    """With it nothing is ever synced, and of what was not synced nothing gets through: whatever was acknowledged by the middle
    of the work is lost, by no chance. How often the setting next to ours loses is shown by `make chaos`.
    """
    steps = run(Cut(half, 0, 0, NEVER), tmp_path / "run").steps
    after = run(Cut(half, 0, steps * 2 // 3, NEVER, keeps=0.0), tmp_path / "run")
    assert after.promised > 0
    assert after.lost
