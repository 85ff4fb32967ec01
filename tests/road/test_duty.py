"""Two peers at every hour: what is missing is found to the hour, whatever the turns look like."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from aftercall.outside.road.duty import ACTIVE, AHEAD, HOUR, SEVERAL, Ready, Turn, Watch, gaps, opened, ready, within
from aftercall.words import Moment

NOW = datetime(2026, 11, 22, 20, 40, tzinfo=UTC)
FULL = datetime(2026, 11, 22, 20, tzinfo=UTC)


def turn(pid: str, begins: float, ends: float) -> Turn:
    """Hours from now."""
    return Turn(pid, NOW + timedelta(hours=begins), NOW + timedelta(hours=ends))


def test_without_a_rota_every_hour_is_a_gap() -> None:
    assert gaps([], NOW) == ((FULL, FULL + AHEAD),)


def test_one_alone_is_a_gap_and_two_are_none() -> None:
    always = turn("grace", -9, 400)
    assert gaps([always], NOW) == ((FULL, FULL + AHEAD),)
    assert gaps([always, turn("peter", -9, 400)], NOW) == ()
    assert gaps([always, turn("grace", -20, 400)], NOW) == ((FULL, FULL + AHEAD),)  # twice the same peer is one


def test_a_change_of_duty_in_the_middle_of_an_hour_is_none_when_they_meet_and_an_hour_when_they_do_not() -> None:
    always = turn("grace", -9, 400)
    meet = [always, turn("peter", -1, 10.5), turn("halima", 10.5, 400)]
    miss = [always, turn("peter", -1, 10.5), turn("halima", 10.75, 400)]
    assert gaps(meet, NOW) == ()
    ((begins, ends),) = gaps(miss, NOW)
    assert ends - begins == 1 * HOUR
    assert begins <= NOW + timedelta(hours=10.5) < ends


def test_what_is_over_of_this_hour_is_no_gap() -> None:
    assert gaps([turn("grace", 0, 400), turn("peter", -0.1, 400)], NOW) == ()


PEERS = st.sampled_from(["grace", "peter", "halima", "kevin"])
TURNS = st.lists(st.tuples(PEERS, st.integers(-300, 900), st.integers(1, 600)), max_size=12)


@settings(max_examples=40)
@given(TURNS)
def test_going_through_the_minutes_one_by_one_finds_the_same_gaps(drawn: list[tuple[str, int, int]]) -> None:
    minute, last = timedelta(minutes=1), FULL + 26 * HOUR
    turns = [Turn(pid, NOW + at * minute, NOW + (at + long) * minute) for pid, at, long in drawn]
    hours, at = set[Moment](), NOW
    while at < last:
        if len({t.pid for t in turns if t.begins <= at < t.ends}) < 2:
            hours.add(at.replace(minute=0))
        at += minute
    assert {b + n * HOUR for b, e in within(gaps(turns, NOW), FULL, last) for n in range((e - b) // HOUR)} == hours


def test_a_gap_is_news_once_and_growing_is_no_news() -> None:
    def run(a: int, b: int) -> tuple[Moment, Moment]:
        return FULL + a * HOUR, FULL + b * HOUR

    assert opened((), (run(2, 4),)) == (run(2, 4),)
    assert opened((run(2, 4),), (run(2, 5),)) == ()
    assert opened((run(2, 4),), (run(3, 4), run(6, 7))) == (run(6, 7),)
    assert opened((run(20, 24),), (run(1, 2), run(20, 24))) == (run(1, 2),)  # an earlier one is news, although a later is known


def watch(
    pid: str,
    heard: bool = True,
    awake: bool = True,
    talks: int = 0,
    rests: bool = False,
    allied: bool = False,
    gathers: bool = False,
    professional: bool = False,
) -> Watch:
    return Watch(pid, heard, awake, talks, rests, allied, gathers, professional)


def test_who_is_spared_in_the_first_waves_is_still_on_duty() -> None:
    told = ready(
        [
            watch("grace", talks=ACTIVE - 1),
            watch("busy", talks=ACTIVE),
            watch("tired", rests=True),
            watch("silent", heard=False),
            watch("asleep", awake=False),
            watch("host", talks=SEVERAL - 1, gathers=True),
            watch("full host", talks=SEVERAL, gathers=True),
            watch("silent host", heard=False, gathers=True),
            watch("next door", allied=True),
            watch("next door, silent", heard=False, allied=True),
            watch("professional", professional=True),
            watch("professional, asleep", awake=False, professional=True),
            watch("professional next door", allied=True, professional=True),
        ]
    )
    assert told == Ready(
        frozenset({"grace"}),
        frozenset({"grace", "busy", "tired", "host", "full host"}),
        frozenset({"next door", "professional next door"}),
        busy=frozenset({"grace", "busy", "host", "full host"}),
        spared=frozenset({"busy", "tired", "host", "full host"}),
        gathering=frozenset({"host"}),
        last=frozenset({"professional"}),
    )
