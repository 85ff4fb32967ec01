"""In a hundred nights everybody dies everywhere, and what didn't happen is named."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

from aftercall_stage.chaos.deal import deal, others
from aftercall_stage.chaos.fault import HALVES
from aftercall_stage.chaos.met import CRASHES, Met
from aftercall_stage.chaos.must import cells
from aftercall_stage.chaos.run import Order, Verdict

POINTS = {"inside": [f"after-commit.a{n}" for n in range(20)], "outside": [f"before-commit.b{n}" for n in range(60)]}
CELLS = {(half, where) for half, points in POINTS.items() for where in points}


def test_fifty_nights_on_a_database_die_at_every_point() -> None:
    dealt = [fault for turn in range(50) for fault in deal(turn, turn, "sqlite", POINTS)]
    assert {(fault.half, fault.where) for fault in dealt if fault.kind == "kill"} == CELLS


def test_every_other_fault_meets_both_halves_as_often() -> None:
    for database in ("sqlite", "postgresql"):
        cells = others(database)
        dealt = [deal(turn, turn, database, POINTS)[-1] for turn in range(3 * len(cells))]
        assert Counter((fault.kind, fault.half) for fault in dealt) == dict.fromkeys(cells, 3)


def night(*fired: str, crashes: tuple[str, ...] = ()) -> Verdict:
    passed = {"inside": {"after-send.sms": 4}, "outside": {"before-commit.ask:ask": 2}}
    return Verdict(Order(1, Path()), (), fired, (), {}, passed, crashes, {}, 1.0, 1.0)


def test_a_point_that_was_passed_and_nobody_died_at_is_named() -> None:
    met = Met(["sqlite"])
    met.add(night("kill@outside.before-commit.ask:ask#1"))
    assert [cell for cell, _ in met.undied()] == [("sqlite", "inside", "after-send.sms")]
    assert "a death at inside.after-send.sms" in met.empty()["sqlite"]


def everything() -> Verdict:
    """One night with it all."""
    there = [(half, where) for _, half, where in cells("sqlite")]
    passed = {half: {where: 2 for of, where in there if of == half} for half in HALVES}
    deaths = [f"kill@{half}.{where}#1" for half, where in there]
    others_ = [f"{kind}@{half}.sms#1" for kind, half in others("sqlite")]
    return replace(night(*deaths, *others_, crashes=tuple(CRASHES)), passed=passed, counts={"deaths": 2, "asks": 3})


def test_nothing_is_missing_when_everything_was_met() -> None:
    met = Met(["sqlite"])
    met.add(everything())
    assert met.empty() == {}
    assert met.unlisted() == []


def test_a_listed_point_that_no_night_comes_to_and_a_point_in_no_list_are_both_named() -> None:
    met, all_of = Met(["sqlite"]), everything()
    rest = {where: times for where, times in all_of.passed["outside"].items() if where != "after-commit.ask:ask"}
    fired = [fault for fault in all_of.fired if ".after-commit.ask:ask#" not in fault]
    met.add(replace(all_of, passed={"inside": all_of.passed["inside"], "outside": rest}, fired=tuple(fired)))
    assert met.empty() == {"sqlite": ["a passing of outside.after-commit.ask:ask"]}
    met.add(replace(all_of, passed={"inside": {}, "outside": {"after-commit.renamed:ask": 1}}))
    assert met.unlisted() == ["outside.after-commit.renamed:ask"]


def test_pieces_add_up_and_no_night_counts_twice(tmp_path: Path) -> None:
    file, first, second = tmp_path / "met.json", Met(["sqlite"]), Met(["sqlite"])
    assert first.go_on(file, 1, 250) == ""
    first.add(night("kill@outside.before-commit.ask:ask#1"))
    first.keep(file)
    assert second.go_on(file, 251, 250) == ""
    second.add(everything())
    assert second.counts["runs"] == 2
    assert second.passed["sqlite", "outside", "before-commit.ask:ask"] == 4
    assert second.died["sqlite", "outside", "before-commit.ask:ask"] == 2
    assert "seeds 1 to 250" in Met(["sqlite"]).go_on(file, 250, 10)
