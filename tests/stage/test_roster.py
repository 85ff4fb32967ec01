"""What the roster is worth: a ladder that forgets the caps is caught, and the same story without it is told twice alike."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from aftercall_stage.roster.programme import Programme
from aftercall_stage.roster.rates import Rates, read
from aftercall_stage.roster.table import missed, percentile, rows

from aftercall.outside.road import duty as road
from aftercall.outside.store import duty


@pytest.fixture
def rates() -> Rates:
    """One day, with a bad noon: twenty ask at once."""
    usual = read()
    return replace(usual, size={**usual.size, "days": 1}, bad_luck={**usual.bad_luck, "mass_night": [0, 12.0, 20, 10]})


def lived(folder: Path, rates: Rates) -> Programme:
    programme = Programme(folder, rates, 1, ("sms", "voice"), {})
    try:
        asyncio.run(programme.live())
    finally:
        programme.world.close()
    return programme


@pytest.fixture
def no_caps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A planted fault: everyone on duty counts as rested and with room."""
    chosen = road.ready
    monkeypatch.setattr(duty, "chosen", lambda watches: (r := chosen(watches)) and replace(r, gentle=r.all))


def test_a_day_is_told_twice_alike_and_no_cap_is_broken(tmp_path: Path, rates: Rates) -> None:
    once, again = (lived(tmp_path / name, rates) for name in ("once", "again"))
    assert rows(once) == rows(again)
    assert len(once.asked) >= 20
    assert not [what for what in missed(rows(once)) if "cap" in what or "rest" in what or "never" in what]


@pytest.mark.usefixtures("no_caps")
def test_a_ladder_that_forgets_the_caps_is_caught(tmp_path: Path, rates: Rates) -> None:
    assert [what for what in missed(rows(lived(tmp_path, rates))) if "a cap was broken" in what]


def test_a_percentile_of_nothing_is_nothing() -> None:
    assert percentile([], 0.95) == 0
    assert percentile(range(100), 0.95) == 95
