"""Whatever the order in which it is told, and however often, it is one loss and the same one."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from aftercall.inside.road.loss import CONFIRMED, HELD, NONE, WITHDRAWN, Heard, believe, too_late
from aftercall.inside.road.notice import Sign

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


def test_news_of_an_old_death_comes_too_late() -> None:
    loss = believe((heard(0, Y),))
    assert not too_late(loss, AT + timedelta(hours=72))
    assert too_late(loss, AT + timedelta(hours=72, seconds=1))


MARKS = st.sampled_from([Y, N, DELETE, TIME, NO_TIME, EXPIRED, HOME])
SIGNS = st.lists(MARKS, min_size=1, max_size=3, unique_by=lambda s: s[0])
NOTICES = st.builds(lambda m, s, b: heard(m, *s, body=str(b)), st.integers(0, 5), SIGNS, st.integers())


@given(st.lists(NOTICES, max_size=5, unique_by=lambda h: h.body))
def test_every_order_gives_the_same_loss(stream: list[Heard]) -> None:
    assert len({believe(order) for order in permutations(stream)}) == 1
