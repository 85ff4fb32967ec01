"""Whatever the order in which it is told, and however often, it is one loss and the same one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from aftercall.inside.road.loss import CONFIRMED, HELD, NONE, SUSPECTED, WITHDRAWN, Heard, believe, too_late
from aftercall.inside.road.notice import Sign
from aftercall.words import Moment

AT = datetime(2026, 11, 22, 19, 47, tzinfo=UTC)


def heard(minute: int, *signs: tuple[str, str], body: str = "") -> Heard:
    died = AT if any(path == "PID-29" and value != "delete" for path, value in signs) else None
    name = body or f"{minute}{signs}"
    return Heard(name, tuple(Sign(*s) for s in signs), died, AT + timedelta(minutes=minute), "RES")


Y, N, DELETE = ("PID-30", "yes"), ("PID-30", "no"), ("PID-30", "delete")
TIME, NO_TIME = ("PID-29", "time"), ("PID-29", "delete")
EXPIRED, HOME = ("PV1-36", "expired"), ("PV1-36", "other")


def test_nothing_said_is_nothing_believed() -> None:
    assert believe(()).state == NONE
    assert believe((heard(0, N),)).state == NONE
    assert believe((heard(0, HOME),)).state == NONE


def test_each_mark_alone_is_a_death() -> None:
    for sign in (Y, TIME, EXPIRED):
        assert believe((heard(0, sign),)).state == CONFIRMED


def test_a_newer_no_takes_it_back_and_an_older_one_does_not() -> None:
    assert believe((heard(0, Y, TIME), heard(5, N, NO_TIME))).state == WITHDRAWN
    assert believe((heard(5, Y, TIME), heard(0, N))).state == CONFIRMED
    assert believe((heard(0, Y), heard(5, DELETE))).state == WITHDRAWN


def test_a_time_of_death_beside_not_dead_is_held_for_a_human() -> None:
    assert believe((heard(0, N, TIME),)).state == HELD
    assert believe((heard(0, N, EXPIRED),)).state == HELD


def test_going_home_does_not_undo_a_death_that_was_said_otherwise() -> None:
    assert believe((heard(0, Y, EXPIRED), heard(5, HOME))).state == CONFIRMED
    assert believe((heard(0, EXPIRED), heard(5, HOME))).state == WITHDRAWN


def test_when_and_where_come_from_the_latest_that_speaks_for_it() -> None:
    loss = believe((heard(0, Y), heard(3, TIME)))
    assert (loss.died, loss.unit, loss.signs) == (AT, "RES", ("PID-29", "PID-30"))
    assert believe((heard(7, Y),)).died == AT + timedelta(minutes=7)


DAY = ("PID-29", "day")
MIDNIGHT = AT.replace(hour=0, minute=0)


def on_the_day(at: Moment, happened: Moment | None = None, *signs: tuple[str, str]) -> Heard:
    """A death told by its day alone, written down at that moment."""
    told = heard(0, *(signs or (Y, DAY)), body=f"{at}{happened}{signs}")
    return replace(told, died=MIDNIGHT if DAY in (signs or (DAY,)) else None, said_at=at, happened=happened)


def test_a_death_told_by_its_day_was_when_it_happened_or_was_first_written_down() -> None:
    noon, evening = AT.replace(hour=12), AT.replace(hour=21)
    assert believe((on_the_day(evening),)).died == evening
    assert believe((on_the_day(evening, noon),)).died == noon
    assert believe((on_the_day(evening), on_the_day(noon, None, Y))).died == noon
    assert believe((on_the_day(evening + timedelta(days=3)), on_the_day(noon))).died == noon
    assert believe((on_the_day(evening), replace(heard(9, TIME), said_at=noon))).died == AT  # another notice knows the hour


def test_a_death_told_by_its_day_after_that_day_was_late_in_it_or_nobody_knows() -> None:
    tomorrow = MIDNIGHT + timedelta(days=1)
    assert believe((on_the_day(tomorrow + timedelta(hours=8)),)).died == tomorrow - timedelta(seconds=1)
    assert believe((on_the_day(tomorrow + timedelta(hours=8), tomorrow),)).died == tomorrow - timedelta(seconds=1)
    assert believe((on_the_day(tomorrow + timedelta(hours=13)),)).died == MIDNIGHT


def test_a_day_that_corrects_a_time_takes_its_place() -> None:
    wrong = replace(heard(0, Y, TIME), died=AT - timedelta(days=2), said_at=AT - timedelta(minutes=1))
    assert believe((wrong, on_the_day(AT))).died == wrong.said_at


def test_without_a_time_it_was_when_it_was_first_said_since_they_lived() -> None:
    first, again = heard(0, Y), heard(300, Y)
    assert believe((first, again)).died == AT
    assert believe((heard(-90, Y), heard(-60, N), first, again)).died == AT


def test_news_of_an_old_death_comes_too_late() -> None:
    loss = believe((heard(0, Y),))
    assert not too_late(loss, AT + timedelta(hours=72))
    assert too_late(loss, AT + timedelta(hours=72, seconds=1))


MARKS = st.sampled_from([Y, N, DELETE, TIME, DAY, NO_TIME, EXPIRED, HOME])
SIGNS = st.lists(MARKS, min_size=1, max_size=3, unique_by=lambda s: s[0])
NOTICES = st.builds(lambda m, s, b: heard(m, *s, body=str(b)), st.integers(0, 5), SIGNS, st.integers())


@given(st.lists(NOTICES, max_size=5, unique_by=lambda h: h.body))
def test_every_order_gives_the_same_loss(stream: list[Heard]) -> None:
    assert len({believe(order) for order in permutations(stream)}) == 1


def test_every_one_of_the_5040_orders_of_seven_messages_gives_the_same_loss() -> None:
    """Two records of one patient, a merge, a correction in each, a cancelled discharge, and a copy."""
    seven = [
        replace(heard(0, Y, TIME), record="A", visit="V"),
        replace(heard(0, Y, TIME), record="A", visit="V"),
        replace(heard(2, N, NO_TIME), record="B"),
        replace(heard(3, EXPIRED), record="A", visit="V"),
        replace(heard(4, ("PV1-36", "cancelled")), record="A", visit="V"),
        replace(heard(5), joined=("B",), record="A", visit="V"),
        replace(heard(6, Y), record="B"),
    ]
    ends = {believe(order) for order in permutations(seven)}
    assert [loss.state for loss in ends] == [CONFIRMED]


def test_a_no_of_another_record_counts_only_after_the_two_were_joined() -> None:
    dead, alive = replace(heard(0, Y), record="A"), replace(heard(2, N), record="B")
    join = replace(heard(5), record="A", joined=("B",))
    assert believe((dead, alive, join)).state == CONFIRMED
    assert believe((dead, join, replace(heard(6, N), record="B"))).state == WITHDRAWN


def test_an_admission_that_never_was_takes_its_visit_and_no_other() -> None:
    void, other = replace(heard(4, ("visit", "void")), visit="V"), replace(heard(1, Y), visit="W")
    assert believe((replace(heard(0, Y), visit="V"), void)).state == WITHDRAWN
    assert believe((replace(heard(0, Y), visit="V"), void, other)).state == CONFIRMED


def test_of_one_report_only_the_newest_form_counts() -> None:
    old, new = replace(heard(0, ("Patient.deceased", "yes")), document="D"), replace(heard(3), document="D")
    assert believe((old, new)).state == WITHDRAWN
    assert believe((old, replace(heard(0), document="D", version=-1, body="x"))).state == CONFIRMED


def test_a_weak_mark_is_a_suspicion_and_a_humans_word_stands_against_a_feeds_no() -> None:
    weak = heard(0, ("OBX-3", "maybe"))
    assert believe((weak,)).state == SUSPECTED
    assert believe((weak, heard(3, N))).state == NONE
    assert believe((weak, heard(1, ("hand", "told")), heard(3, N))).state == CONFIRMED
    assert believe((heard(0, N, TIME), heard(3, ("hand", "no")))).state == WITHDRAWN
