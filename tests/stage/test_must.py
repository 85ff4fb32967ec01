"""Every job of either half is one that nights die at, or one that is left out and says why."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from aftercall_stage.chaos.deal import deal
from aftercall_stage.chaos.fault import HALVES
from aftercall_stage.chaos.must import JOBS, LEFT_OUT, UNDER, cells, points

import aftercall

PASSED_ON = ("due", "job", "kept", "ring", "verb")  # no job: what a `do` hands to another one, which is found where it is named
WRAPPED = {"admitting": "admit"}  # a maker's name, where it isn't that of the job it is given


def jobs(half: str) -> Iterator[str]:
    """By the name of each function that is handed to a store; at a desk, of either half, by what stands in signin."""
    house = Path(aftercall.__file__).parent
    for file in sorted(file for folder in (half, "signin") for file in (house / folder).rglob("*.py")):
        for call in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in ("do", "_do"):
                yield _named(call.args[0])


def _named(job: ast.expr) -> str:
    match job:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Call(func=ast.Name(id=maker)) if maker in WRAPPED:
            return WRAPPED[maker]
        case ast.Call(args=[inner, *_]):
            return _named(inner)
    raise AssertionError(ast.unparse(job))


@pytest.mark.parametrize("half", HALVES)
def test_no_job_is_in_no_list_and_no_list_has_one_that_is_gone(half: str) -> None:
    must = {name.partition(":")[0] for name in JOBS[half]}
    left = {name for names in LEFT_OUT[half].values() for name in names}
    assert set(jobs(half)) - set(PASSED_ON) == must | left
    assert not must & left


def test_a_death_that_needs_a_failing_provider_comes_with_it() -> None:
    there = {half: points("sqlite", half) for half in HALVES}
    dealt = [deal(turn, turn, "sqlite", there) for turn in range(60)]
    met = set()
    for faults in dealt:
        for death in (fault for fault in faults if fault.kind == "kill"):
            kind = UNDER.get((death.half, death.where.partition(".")[2]))
            assert kind is None or kind in {fault.kind for fault in faults if fault.half == death.half}
            met |= {("sqlite", death.half, death.where)}
        numbers = [(fault.half, fault.nth) for fault in faults if fault.where == "sms"]
        assert len(numbers) == len(set(numbers))  # a message has one fate
    assert met == set(cells("sqlite"))
