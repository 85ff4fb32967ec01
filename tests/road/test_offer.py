"""Who has gone home is left to sleep, nobody gets more than one offer in two days, and later days tell little."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from aftercall.inside.road.crew import Shift, Stay, Trace, there
from aftercall.inside.road.offer import Quiet, key, when
from aftercall.inside.road.stay import DAYS, SHIFT, stay
from aftercall.inside.road.weight import Rule, weigh
from aftercall.words import StaffId

AT = datetime(2026, 11, 22, 19, 47, tzinfo=UTC)
NAIROBI = Quiet(time(22), time(7), ZoneInfo("Africa/Nairobi"))
RULES = tuple(Rule(f, p, f, "") for f, p in (("death", 1), ("emergency", 1), ("short stay", 1), ("young", 0), ("expected", -1)))


def test_at_work_it_comes_now_and_at_home_in_the_morning() -> None:
    assert when(AT, True, NAIROBI) == AT
    assert when(AT, False, NAIROBI) == datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
    assert when(AT - timedelta(hours=2), False, NAIROBI) == AT - timedelta(hours=2)


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1)),
    st.sampled_from(["Africa/Nairobi", "Europe/Paris", "America/New_York"]),
)
def test_no_hour_of_any_year_is_in_the_quiet_hours_after_waiting(at: datetime, zone: str) -> None:
    quiet = Quiet(time(22), time(7), ZoneInfo(zone))
    then = quiet.over(at.replace(tzinfo=UTC))
    assert then >= at.replace(tzinfo=UTC)
    assert then - at.replace(tzinfo=UTC) <= timedelta(hours=10)
    assert time(7) <= then.astimezone(quiet.zone).time() < time(22)


def test_the_key_of_a_message_says_nothing_and_is_always_the_same() -> None:
    assert key("e", "amina", "first") == key("e", "amina", "first") != key("e", "amina", "day")
    assert "amina" not in key("e", "amina", "first")


@given(st.integers(20000, 30000), st.lists(st.integers(-SHIFT, SHIFT), min_size=3, max_size=3), st.lists(st.integers(20000, 30100)))
def test_later_days_are_a_week_apart_from_all_that_wait(died_on: int, moves: list[int], waiting: list[int]) -> None:
    days = stay(StaffId("amina"), died_on, tuple(moves), tuple(waiting))
    for later in days:
        assert min(abs(later.day - died_on - d) for d in DAYS) <= SHIFT
        assert all(abs(later.day - w) >= 7 for w in waiting)


def test_the_weight_has_a_reason_for_each_point_and_never_three_by_itself() -> None:
    assert weigh(frozenset(), RULES).points == 1
    young = weigh(frozenset({"young"}), RULES)
    assert (young.points, young.reasons) == (1, ("death", "young"))  # a trigger, not a score
    assert weigh(frozenset({"emergency", "short stay"}), RULES).points == 2
    assert weigh(frozenset({"emergency", "expected"}), RULES).points == 0


def test_who_was_there_is_the_record_and_the_rota_and_nobody_else() -> None:
    def shift(who: str, unit: str, begins: int, ends: int) -> Shift:
        return Shift(StaffId(who), unit, AT + timedelta(minutes=begins), AT + timedelta(minutes=ends))

    named = (Trace(StaffId("amina"), "PV1-7 attending", "attending", AT, AT, "RES"),)
    shifts = (
        shift("amina", "RES", -60, 60),
        shift("nurse", "RES", -60, -30),
        shift("late", "RES", 31, 60),
        shift("icu", "ICU", -60, 60),
    )
    lay = (Stay("RES", AT - timedelta(minutes=10), None),)
    assert [(p.staff, p.why) for p in there(AT, named, lay, shifts)] == [("amina", "PV1-7 attending"), ("nurse", "rota of RES")]
    assert there(AT, (), (), shifts) == ()
