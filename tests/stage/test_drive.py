"""The driver: the real half lives through a small world, and what it did is written down with what it came from."""

import asyncio
import sqlite3
from collections import Counter
from pathlib import Path

from aftercall_stage.drive import CHARTS, Window, drive, spoken_of, together
from aftercall_stage.drive import _key as drive_key
from aftercall_stage.simulate import simulate
from aftercall_stage.simulate.score import judge, link
from aftercall_stage.simulate.truth import Told

from aftercall.words import Message

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


def test_who_was_struck_off_a_list_before_a_message_went_was_not_reached(tmp_path: Path) -> None:
    """Who was written to stays reached, and so does everybody when the list has had its three days."""
    rows = sqlite3.connect(tmp_path / "event.db", isolation_level=None)
    rows.execute("CREATE TABLE event (event, state, weight, died_at, unit, week)")
    rows.execute("CREATE TABLE attendance (event, staff, why, ref)")
    rows.execute("INSERT INTO event VALUES ('one', 'confirmed', 1, ?, 'ICU', 9999)", (int(SMALL.start.timestamp()),))
    window = Window(tmp_path / "event.db", {"+1": "amina"})
    lists = [("amina", "juma", "grace"), ("amina", "grace"), ("grace",)]
    for there in lists:
        rows.execute("DELETE FROM attendance")
        rows.executemany("INSERT INTO attendance VALUES ('one', ?, 'rota of ICU', ?)", [(who, f"ref {who}") for who in there])
        window.look(SMALL.start, ())
        window.post(SMALL.start, Message("sms", "+1", "", drive_key("ref amina", "amina", "first")))
    rows.execute("BEGIN")
    rows.execute("DELETE FROM attendance")
    rows.execute("UPDATE event SET died_at = NULL")
    rows.execute("COMMIT")
    window.look(SMALL.start, ())
    assert {one.staff for one in window.done().reached} == {"amina", "grace"}
    window.close()
    rows.close()


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
