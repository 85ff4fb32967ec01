"""When a word told by hand counts: its time, its code, the second person, and the third word of a week."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercall.inside.road import loss
from aftercall.inside.road.notice import Marks, Notice, Sign, worth_keeping
from aftercall.inside.road.report import Report, is_code, may_tell, mistaken, second, time_told, told, unit_code
from aftercall.words import Moment

NAIROBI = ZoneInfo("Africa/Nairobi")
NOW = datetime(2026, 11, 22, 19, 47, 30, tzinfo=UTC)  # 22:47 in Nairobi
MINUTE = timedelta(minutes=1)


def mark(text: str) -> Marks:
    return Marks(text)


def word(name: str, sender: str, state: str = "waiting", unit: str = "RES", at: Moment = NOW, what: str = "loss") -> Report:
    return Report(name, unit, at, sender, what, state, at)


@pytest.mark.parametrize(
    ("typed", "when"),
    [
        ("", datetime(2026, 11, 22, 19, 47, tzinfo=UTC)),
        ("2026-11-22T22:40", datetime(2026, 11, 22, 19, 40, tzinfo=UTC)),
        (" 2026-11-22 22:40 ", datetime(2026, 11, 22, 19, 40, tzinfo=UTC)),
        ("2026-11-22T22:40:59", datetime(2026, 11, 22, 19, 40, tzinfo=UTC)),
        ("22:40", datetime(2026, 11, 22, 19, 40, tzinfo=UTC)),
        ("9:05", datetime(2026, 11, 22, 6, 5, tzinfo=UTC)),
        ("23:30", datetime(2026, 11, 21, 20, 30, tzinfo=UTC)),
        ("22:55", datetime(2026, 11, 22, 19, 55, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_as_people_write_it(typed: str, when: Moment) -> None:
    assert time_told(typed, NOW, NAIROBI) == when


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ("half past ten", "time"),
        ("2026-11-31T10:00", "time"),
        ("25:00", "time"),
        ("2026-11-22", "time"),
        ("2026-11-19T22:40", "late"),
        ("0002-01-01T00:00", "late"),
        ("2026-11-22T23:10", "future"),
        ("9999-12-31T23:59", "future"),
    ],
)
def test_what_is_wrong_with_a_time_is_said(typed: str, wrong: str) -> None:
    assert time_told(typed, NOW, NAIROBI) == wrong


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading_of_a_time(typed: str) -> None:
    at = time_told(typed, NOW, NAIROBI)
    assert at in ("time", "late", "future") if isinstance(at, str) else abs(at - NOW) <= timedelta(hours=72, minutes=15)


@given(st.binary(min_size=32, max_size=32), st.text(min_size=1, max_size=20))
def test_a_code_is_ten_letters_that_can_be_read_aloud(key: bytes, unit: str) -> None:
    code = unit_code(key, unit)
    assert len(code) == 10
    assert not set(code) - set("0123456789abcdefghjkmnpqrstvwxyz")
    assert is_code(f" {code[:5].upper()}-{code[5:]} ", code)
    assert is_code(code.replace("0", "O").replace("1", "l"), code)
    assert not is_code(code[:-1], code)
    assert not is_code("", code)


def test_each_unit_has_its_own_code() -> None:
    assert unit_code(bytes(32), "RES") != unit_code(bytes(32), "ICU") != unit_code(bytes([1] * 32), "ICU")


def heard(*said: Notice) -> loss.Loss:
    return loss.believe(
        loss.Heard(n.body.today, n.signs, n.died, n.said_at, n.unit, "r", document="d", version=n.version) for n in said
    )


def test_what_is_told_is_believed_and_a_mistake_is_as_if_never_said() -> None:
    here = told(mark, "f", "unit screen", "RES", NOW, NOW)
    back = mistaken(mark, "f", "unit screen", NOW)
    assert worth_keeping(here) == here
    assert worth_keeping(back) == back
    assert heard(here).state == loss.CONFIRMED
    assert heard(here, back).state == heard(back, here).state == loss.WITHDRAWN


def test_a_mistake_by_hand_does_not_undo_what_a_feed_said() -> None:
    here = told(mark, "f", "unit screen", "RES", NOW, NOW, ["|778899"])
    back = mistaken(mark, "f", "unit screen", NOW + MINUTE)
    feed = loss.Heard("b", (Sign("PID-30", "yes"),), NOW, NOW, "RES", "r")
    both = [
        loss.Heard(n.body.today, n.signs, n.died, n.said_at, n.unit, "r", document="d", version=n.version) for n in (here, back)
    ]
    assert loss.believe([*both, feed]).state == loss.CONFIRMED


def test_the_patients_number_is_a_mark_and_nothing_else_of_it_is_kept() -> None:
    here = told(lambda text: Marks(str(hash(text))), "f", "unit screen", "RES", NOW, NOW, ["|778899", "KISUMU|778899"])
    assert len(here.people) == 3
    assert "778899" not in repr(here)


def test_a_second_person_confirms_and_the_same_one_does_not() -> None:
    first = word("a", "juma", at=NOW - timedelta(minutes=90))
    new = word("b", "amina")
    assert second(new, [new, first]) == first
    assert second(new, [new, replace(first, sender="amina")]) is None
    assert second(new, [new, replace(first, unit="ICU")]) is None
    assert second(new, [new, replace(first, what="there")]) is None
    assert second(new, [new, replace(first, at=NOW - timedelta(minutes=121))]) is None
    assert second(new, [new, replace(first, died=NOW - timedelta(hours=30))]) is None


def test_of_two_the_earlier_one_is_confirmed() -> None:
    words = [word("b", "peter", at=NOW - MINUTE), word("a", "juma", at=NOW - 2 * MINUTE)]
    assert second(word("c", "amina"), words) == words[1]


def test_two_unconfirmed_words_a_week_are_taken_and_a_third_is_not() -> None:
    week = [word("a", "juma", "no", at=NOW - timedelta(days=6)), word("b", "juma", "called", at=NOW - timedelta(hours=2))]
    assert may_tell(week[:1], NOW)
    assert not may_tell(week, NOW)
    assert may_tell(week, NOW + timedelta(days=1))
    assert may_tell([week[0], word("c", "juma", "sent")], NOW)
