"""The marker: a product that rings for the living, misses, rings twice or too late must be caught, and a good one must not."""

from datetime import UTC, datetime, timedelta

import pytest
from aftercall_stage.simulate.score import Did, Event, Reached, Score, Sent, judge, link, source_of
from aftercall_stage.simulate.table import reached, table
from aftercall_stage.simulate.truth import Label, Plan, There

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NURSE, DOCTOR, PORTER = (
    There("nurse", ("on shift",), ("rota",), 1),
    There("doctor", ("did CPR",), ("record",), 3),
    There("porter", ("called",), (), 3),
)
DEAD = Label("E1", "stay", AT, "ICU", False, False, (NURSE, DOCTOR, PORTER), ("evening",), ("swapped",))
EXPECTED = Label("E2", "stay", AT, "PAL", True, False, (NURSE,), ())
ALIVE = Label("E3", "stay", None, "MED", False, False, (), ())
TORN = Label("E4", "stay", AT, "SUR", False, False, (NURSE,), ())
CALL = Label("R1", "run", None, "AMB1", False, True, (There("juma", ("crew",), ("ambulance",), 3),), ())
LABELS = (DEAD, EXPECTED, ALIVE, TORN, CALL)
PLANS = (
    Plan("E1", "ring", "late_death", AT + 5 * MINUTE, None),
    Plan("E2", "quiet", "", AT, None),
    Plan("E3", "never", "", None, None),
    Plan("E4", "held", "time_but_no", AT, None),
    Plan("R1", "ring", "", AT, None),
    Plan("X1-mannequin", "never", "mannequin", AT, None),
)


def saw(key: str, state: str = "confirmed", minutes: float = 5, name: str = "", unit: str = "ICU") -> Event:
    return Event(name or f"of {key}", AT + minutes * MINUTE, state, 1, AT, unit, (key,))


def wrote(key: str, staff: str = "nurse", minutes: float = 10, step: str = "first", name: str = "") -> Sent:
    return Sent(staff, AT + minutes * MINUTE, step, name or f"of {key}")


def there(key: str, *people: str, why: str = "rota of ICU") -> list[Reached]:
    return [Reached(f"of {key}", who, why) for who in people]


def well() -> Did:
    """A product that does everything right."""
    events = [saw("E1"), saw("E2"), saw("E4", "held"), saw("R1", "call")]
    people = [*there("E1", "nurse", "doctor"), *there("R1", "juma", why="eCrew.01")]
    return Did(events, people, [wrote("E1"), wrote("E1", "doctor"), wrote("E1", step="day", minutes=1450), wrote("R1", "juma")])


def marks(did: Did, plans: tuple[Plan, ...] = PLANS) -> Score:
    return judge(LABELS, plans, did)


def test_a_good_product_reaches_every_goal() -> None:
    score = marks(well())
    assert score.recall == 1
    assert score.n["false messages"] == score.n["double messages"] == score.n["false losses"] == 0
    assert score.n["hard calls found"] == 1
    assert score.waits == [0]
    assert score.there["all"].precision == 1
    assert score.there["all"].missed == 1  # the porter, whom no system knows
    assert score.there["rota"].f1 == score.there["record"].f1 == 1


def test_a_death_that_was_missed_is_counted_under_its_fault() -> None:
    did = well()
    did.events = [event for event in did.events if event.name != "of E1"]
    score = marks(did)
    assert score.recall == 0
    assert score.missed_by["late_death"] == 1
    assert not reached(score)["recall of deaths >= 99.5 %"]


def test_a_death_that_was_believed_and_lost_again_is_missed() -> None:
    did = well()
    did.events.append(saw("E1", "withdrawn", 9))
    assert marks(did).recall == 0


def test_hiding_behind_held_is_a_miss_and_its_share_is_printed() -> None:
    did = well()
    did.events[0] = saw("E1", "held")
    score = marks(did)
    assert score.recall == 0
    assert score.n["held without need"] == 1
    assert "100.00 %" in table({7: score})


def test_a_contradiction_that_is_held_is_neither_found_nor_missed_but_counts_in_the_strict_figure() -> None:
    score = marks(well())
    assert score.n["deaths"] == 1
    assert score.n["held deaths held"] == 1
    assert score.strict_recall == 0.5


@pytest.mark.parametrize("key", ["E3", "X1-mannequin"])
def test_ringing_for_who_did_not_die_is_caught(key: str) -> None:
    did = well()
    did.events.append(saw(key))
    did.sent.append(wrote(key, "amina"))
    score = marks(did)
    assert score.n["false losses"] == score.n["false messages"] == 1
    assert score.false_per_thousand == 1000
    assert not reached(score)["false messages <= 1 per 1,000 deaths"]


def test_a_message_for_an_expected_death_is_counted_by_itself() -> None:
    did = well()
    did.sent.append(wrote("E2"))
    score = marks(did)
    assert score.n["messages for an expected death"] == 1
    assert score.n["false messages"] == 0


def test_a_message_that_belongs_to_nothing_is_false() -> None:
    did = well()
    did.sent.append(Sent("amina", AT, "unknown", ""))
    assert marks(did).n["false messages"] == 1


def test_messages_of_a_week_later_belong_to_no_event_and_are_no_fault() -> None:
    did = well()
    did.sent.append(Sent("nurse", AT + timedelta(days=7), "later", ""))
    assert marks(did).n["false messages"] == 0


def test_the_same_message_twice_is_caught_and_the_one_a_day_later_is_not() -> None:
    did = well()
    assert marks(did).n["double messages"] == 0
    did.sent.append(wrote("E1", minutes=30))
    assert marks(did).n["double messages"] == 1


def test_two_losses_of_one_death_are_caught_and_their_messages_are_doubles() -> None:
    did = well()
    did.events.append(saw("E1", name="again"))
    did.sent.append(wrote("E1", name="again"))
    score = marks(did)
    assert score.n["second losses"] == 1
    assert score.n["double messages"] == 1


def retracted(minutes: float, in_time: bool) -> tuple[Plan, ...]:
    plan = Plan("E3", "never", "retracted_soon", AT, AT + minutes * MINUTE, in_time)
    return tuple(plan if p.key == "E3" else p for p in PLANS)


def test_a_message_after_a_retraction_is_caught() -> None:
    did = well()
    did.events += [saw("E3", minutes=0), saw("E3", "withdrawn", 3)]
    did.sent.append(wrote("E3", minutes=5))
    score = marks(did, retracted(3, in_time=True))
    assert score.n["messages after a retraction"] == score.n["false messages"] == 1
    assert score.n["false losses"] == 0


def test_a_message_before_a_retraction_that_came_late_is_excused_and_one_after_it_is_not() -> None:
    did = well()
    did.events += [saw("E3", minutes=0), saw("E3", "withdrawn", 60)]
    did.sent.append(wrote("E3", minutes=5))
    assert marks(did, retracted(60, in_time=False)).n["false messages"] == 0
    did.sent.append(wrote("E3", "doctor", minutes=61))
    assert marks(did, retracted(60, in_time=False)).n["messages after a retraction"] == 1


def test_a_loss_that_was_never_taken_back_though_the_feed_did_is_false() -> None:
    did = well()
    did.events.append(saw("E3", minutes=0))
    assert marks(did, retracted(3, in_time=True)).n["false losses"] == 1


def test_who_was_there_counts_the_wrong_ones_and_leaves_out_who_may_be_either() -> None:
    did = well()
    did.reached += there("E1", "evening", "swapped", "stranger")
    tally = marks(did).there["all"]
    assert (tally.right, tally.wrong, tally.missed) == (3, 2, 1)  # nurse, doctor and juma; the porter is missed
    assert marks(did).there["rota"].wrong == 2


def test_closeness_weighs() -> None:
    did = well()
    did.reached = there("E1", "nurse")
    assert marks(did).there["weighted"].missed == 3 + 3 + 3
    assert marks(did).there["weighted"].right == 1


def test_without_the_rota_only_the_record_counts() -> None:
    did = well()
    did.reached = [*there("E1", "nurse"), *there("E1", "doctor", why="PV1-7 attending")]
    assert marks(did).there["without rota"].right == 1


def test_an_event_is_linked_by_unit_and_time_when_no_message_came_with_it() -> None:
    far = Label("E9", "stay", AT + timedelta(hours=3), "ICU", False, False, (NURSE,), ())
    truth = {label.key: label for label in (DEAD, far)}
    first = Event("a", AT, "confirmed", 1, AT + MINUTE, "ICU")
    second = Event("b", AT, "confirmed", 1, AT + 2 * MINUTE, "ICU")
    elsewhere = Event("c", AT, "confirmed", 1, AT, "MAT")
    assert link(truth, [first, second, elsewhere]) == {"a": "E1", "b": "E9", "c": ""}


def test_a_reason_is_known_by_the_place_it_names() -> None:
    assert source_of("rota of RES") == "rota"
    assert source_of("PV1-7 attending") == source_of("Encounter.participant ATND") == "record"
    assert source_of("OBX-16") == source_of("MedicationAdministration.performer") == "charted"
    assert source_of("eCrew.01 paramedic") == "ambulance"
    assert source_of("said so") == "other"


def test_the_table_has_a_column_for_each_seed() -> None:
    text = table({7: marks(well()), 8: marks(Did())})
    assert "seed 7" in text
    assert "seed 8" in text
    assert "late_death" in text
