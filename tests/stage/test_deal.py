"""In a hundred nights everybody dies everywhere, and what didn't happen is named."""

from collections import Counter
from pathlib import Path

from aftercall_stage.chaos.deal import deal, others
from aftercall_stage.chaos.met import CRASHES, Met
from aftercall_stage.chaos.run import Order, Verdict

POINTS = {"inside": [f"after-commit.a{n}" for n in range(20)], "outside": [f"before-commit.b{n}" for n in range(60)]}
CELLS = {(half, where) for half, points in POINTS.items() for where in points}


def test_fifty_nights_on_a_database_die_at_every_point() -> None:
    dealt = [fault for turn in range(50) for fault in deal(turn, turn, "sqlite", POINTS)]
    assert {(fault.half, fault.where) for fault in dealt if fault.kind == "kill"} == CELLS


def test_every_other_fault_meets_both_halves_as_often() -> None:
    for database in ("sqlite", "postgresql"):
        cells = others(database)
        dealt = [fault for turn in range(3 * len(cells)) for fault in deal(turn, turn, database, POINTS) if fault.kind != "kill"]
        assert Counter((fault.kind, fault.half) for fault in dealt) == dict.fromkeys(cells, 3)


def night(*fired: str, crashes: tuple[str, ...] = ()) -> Verdict:
    passed = {"inside": {"after-send.sms": 4}, "outside": {"before-commit.ask:ask": 2}}
    return Verdict(Order(1, Path()), (), fired, (), {}, passed, crashes, {}, 1.0, 1.0)


def test_a_point_that_was_passed_and_nobody_died_at_is_named() -> None:
    met = Met(["sqlite"])
    met.add(night("kill@outside.before-commit.ask:ask#1"))
    assert [cell for cell, _ in met.undied()] == [("sqlite", "inside", "after-send.sms")]
    assert "a death at inside.after-send.sms" in met.empty()["sqlite"]


def test_nothing_is_missing_when_everything_was_met() -> None:
    met = Met(["sqlite"])
    every = [f"{kind}@{half}.sms#1" for kind, half in others("sqlite")]
    met.add(night("kill@outside.before-commit.ask:ask#1", "kill@inside.after-send.sms#1", *every, crashes=tuple(CRASHES)))
    assert met.empty() == {}
