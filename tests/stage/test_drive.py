"""The driver: the real half lives through a small world, and what it did is written down with what it came from."""

import asyncio
from collections import Counter
from pathlib import Path

from aftercall_stage.drive import CHARTS, drive, spoken_of, together
from aftercall_stage.simulate import simulate
from aftercall_stage.simulate.score import judge, link
from aftercall_stage.simulate.truth import Told

SMALL = simulate(7, 60, days=2)


def test_the_half_lives_through_a_world_and_every_message_is_known_by_its_loss(tmp_path: Path) -> None:
    did, unfed = asyncio.run(drive(SMALL, tmp_path))
    score = judge(SMALL.labels, SMALL.plans, did)
    keys = link({label.key: label for label in SMALL.labels}, did.events)
    assert unfed == 0
    assert did.sent
    assert {message.step for message in did.sent} <= {"first", "day", "later"}
    assert all(keys[person.event] for person in did.reached)
    assert score.n["deaths"] > 0
    assert score.n["messages"] == len(did.sent)


def test_whatever_may_tell_of_a_death_goes_in_alone_and_in_its_order() -> None:
    groups = list(together(SMALL.stream))
    assert tuple(told for group in groups for told in group) == SMALL.stream
    assert max(len(group) for group in groups) > 1
    for group in groups:
        assert len(group) == 1 or not any(any(told.tells) or told.source not in CHARTS for told in group)
    assert Counter(len(group) for group in groups)[1] > 0


def test_a_loss_from_a_batch_is_that_of_whom_the_batch_calls_dead() -> None:
    batch = Told(SMALL.start, "hl7-adt", "hl7v2", b"", ("E1", "E2"), ("", "dead"))
    assert spoken_of([batch]) == ("E2",)
    assert spoken_of([Told(SMALL.start, "hl7-lab", "hl7v2", b"", ("E1", "E2"), ("", ""))]) == ("E1", "E2")
