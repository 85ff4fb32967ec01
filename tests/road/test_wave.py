"""The ladder never rings early, never skips a human, and always ends with everyone and the duty phone."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aftercall.outside.road.box import PASSED, Ask, Box, Copy, opened
from aftercall.outside.road.duty import ACTIVE
from aftercall.outside.road.take import lapsed, let_go, take
from aftercall.outside.road.wave import (
    ALONE,
    DUTY,
    IN_TURN,
    LAST,
    LONGEST,
    Steps,
    awaited,
    climb,
    in_sight,
    in_turn,
    pause,
    rests,
    stirred,
    too_many,
    unheard,
)

AT = datetime(2026, 11, 22, 19, 47, tzinfo=UTC)
MINUTES = timedelta(minutes=1)
ROUNDS = 6
STEPS = Steps(3, 5, 5 * MINUTES, 10 * MINUTES, 5 * MINUTES, 2 * MINUTES, ROUNDS)
PIDS = st.lists(st.text("0123456789abcdef", min_size=8, max_size=8), min_size=1, max_size=20, unique=True)


@dataclass(frozen=True)
class Hands:
    """Who may be rung: ours who are spared in waves 1 and 2 are in `all` alone."""

    gentle: frozenset[str] = frozenset()
    all: frozenset[str] = frozenset()
    allied: frozenset[str] = frozenset()
    busy: frozenset[str] = frozenset()
    spared: frozenset[str] = frozenset()
    gathering: frozenset[str] = frozenset()
    last: frozenset[str] = frozenset()


def on(*pids: str) -> Hands:
    return Hands(frozenset(pids), frozenset(pids))


def night(order: list[str], ready: Hands, everyone: bool) -> list[tuple[int, tuple[str, ...]]]:
    """The whole ladder of a box nobody answers: minutes after the ask, and who was rung."""
    box = opened(Ask("b", "h", tuple(order), {}, b"", everyone), AT)
    copies = tuple(Copy(pid, place, 0, "") for place, pid in enumerate(order))
    told = []
    while box.due is not None:
        now = box.due
        assert climb(box, copies, ready, now - timedelta(seconds=1), STEPS) == (box, ())  # never early
        box, ring = climb(box, copies, ready, now, STEPS)
        copies = tuple(replace(c, wave=c.wave or box.wave) if c.pid in ring else c for c in copies)
        told.append((int((now - AT) / MINUTES), ring))
    return told


@given(PIDS, st.data(), st.booleans())
def test_the_ladder_of_every_programme(order: list[str], data: st.DataObject, everyone: bool) -> None:
    on_duty = set(data.draw(st.lists(st.sampled_from(order), unique=True)))
    told = night(order, on(*on_duty), everyone)
    everybody = [pid for pid in order if pid in on_duty]
    first = told[0][1]
    assert told[0][0] == 0  # somebody is rung at once
    assert list(first) == (([*everybody, DUTY]) if everyone or not everybody else everybody[:3])
    assert set(told[-1][1]) == {*everybody, DUTY}
    last = next(i for i, (_, ring) in enumerate(told) if DUTY in ring)
    assert told[last][0] <= 10
    assert len(told) == last + ROUNDS + 1
    once = [pid for _, ring in told[:last] for pid in ring]
    assert len(once) == len(set(once))  # nobody twice before the last wave
    assert not set(once) - on_duty


@given(PIDS, st.data(), st.booleans())
def test_a_talk_for_several_is_rung_alone_not_for_long_and_delays_nobody_else(
    order: list[str], data: st.DataObject, everyone: bool
) -> None:
    some = st.lists(st.sampled_from(order), unique=True)
    on_duty, hosts = set(data.draw(some)), set(data.draw(some))
    ready = Hands(frozenset(on_duty - hosts), frozenset(on_duty), spared=frozenset(hosts), gathering=frozenset(hosts & on_duty))
    told = night(order, ready, everyone)
    if everyone or order[0] not in ready.gathering:
        without = night(order, replace(ready, gathering=frozenset()), everyone)
        assert told == without  # nothing is other than it was
        return
    assert told[0] == (0, (order[0],))
    assert ALONE < 2 * MINUTES
    assert timedelta(minutes=told[1][0]) < 2 * MINUTES  # then others
    assert not set(told[1][1]) & hosts or told[1][1][-1] == DUTY  # of whom none has a talk for several, until all are rung
    assert set(told[-1][1]) == {*on_duty, DUTY}
    assert next(at for at, ring in told if DUTY in ring) <= 10


@given(PIDS, st.integers(0, 20))
def test_a_talk_for_several_rings_nobody_before_its_hour_or_twice_alone(order: list[str], more: int) -> None:
    host = Hands(frozenset(), frozenset(order), gathering=frozenset(order[:1]))
    copies = tuple(Copy(pid, place, 0, "") for place, pid in enumerate(order))
    box = opened(Ask("b", "h", tuple(order), {}, b"", False, AT + more * MINUTES), AT)
    assert awaited(box, copies, host) == order[0]
    assert (climb(box, copies, host, AT, STEPS)[1] == ()) == (more > 0)
    passed = (replace(copies[0], wave=PASSED), *copies[1:])
    assert awaited(box, passed, host) == ""  # who has said no is not rung again
    assert awaited(replace(box, wave=1), copies, host) == ""
    assert awaited(replace(box, holder="x"), copies, host) == order[0]  # but nobody climbs while it is held:
    assert climb(replace(box, holder="x"), copies, host, AT + 30 * MINUTES, STEPS)[1] == ()


@given(PIDS, st.data(), st.booleans())
def test_a_professional_is_rung_in_the_last_wave_and_with_everyone_and_changes_nothing_else(
    order: list[str], data: st.DataObject, everyone: bool
) -> None:
    some = st.lists(st.sampled_from(order), unique=True)
    named = set(data.draw(some))
    ours, next_door = (frozenset(set(data.draw(some)) - named) for _ in range(2))
    ready = Hands(ours, ours, next_door - ours, last=frozenset(named))
    told, without = night(order, ready, everyone), night(order, replace(ready, last=frozenset()), everyone)
    assert [(at, tuple(pid for pid in ring if pid not in named)) for at, ring in told] == without
    assert all(named.isdisjoint(ring) for _, ring in told if DUTY not in ring)
    assert all(named <= set(ring) for _, ring in told if DUTY in ring)


@given(st.integers(0, LAST + ROUNDS), st.integers(0, 2 * IN_TURN))
def test_beyond_their_cap_a_peer_may_take_whom_nobody_else_came_for_and_no_more_than_six(wave: int, talks: int) -> None:
    assert in_turn(wave, talks) == (wave >= LAST and talks < IN_TURN)
    assert not any(in_turn(early, talks) for early in range(LAST))  # caps hold in waves 1 and 2, whatever the talks
    assert IN_TURN > ACTIVE


@given(st.integers(1, LAST + ROUNDS), st.integers(0, 1000))
def test_a_lease_ends_when_it_ends_and_the_next_wave_is_due_then(wave: int, after: int) -> None:
    box = replace(opened(Ask("b", "h", (), {}, b"", False), AT), wave=wave, due=AT + 10 * MINUTES)
    grace, peter = Copy("grace", 0, 1, "g"), Copy("peter", 1, 1, "p")
    held = take(box, grace, AT, STEPS)
    assert held is not None
    assert take(held, peter, AT, STEPS) is None
    assert take(held, grace, AT + MINUTES, STEPS) == held  # the same yes twice
    now = AT + timedelta(seconds=after)
    assert lapsed(held, now) == (now - AT >= (STEPS.lease_all if wave >= LAST else STEPS.lease))
    free = let_go(held, now, failed=True)
    assert (free.holder, free.due, free.lapsed) == ("", now, 1)


def test_a_peer_who_was_not_rung_can_not_take() -> None:
    box = opened(Ask("b", "h", (), {}, b"", False), AT)
    assert take(box, Copy("grace", 0, 0, "g"), AT, STEPS) is None


def copies(*pids: str) -> tuple[Copy, ...]:
    return tuple(Copy(pid, place, 0, "") for place, pid in enumerate(pids))


def box(**more: Any) -> Box:
    return replace(opened(Ask("b", "h", (), {}, b"", False), AT), **more)


def test_who_is_spared_is_rung_with_the_last_wave_and_with_everyone() -> None:
    spared = Hands(frozenset({"a"}), frozenset("abc"))
    assert climb(box(), copies("c", "a", "b"), spared, AT, STEPS)[1] == ("a",)
    assert climb(box(wave=1), (Copy("a", 0, 1, ""), *copies("c", "b")), spared, AT, STEPS)[1] == ("a", "c", "b", DUTY)
    assert climb(box(all=True), copies("c", "a", "b"), spared, AT, STEPS)[1] == ("c", "a", "b", DUTY)
    nobody_rested = Hands(frozenset(), frozenset("ab"))
    assert climb(box(), copies("a", "b"), nobody_rested, AT, STEPS)[1] == ("a", "b", DUTY)


def test_allies_climb_the_same_ladder_when_none_of_ours_can_be_rung() -> None:
    allied = frozenset("vwxyz")
    told = night(list("avwxyz"), Hands(allied=allied), False)
    assert told[:3] == [(0, ("v", "w", "x")), (5, ("y", "z")), (10, (*"vwxyz", DUTY))]
    ours = Hands(frozenset("a"), frozenset("a"), allied)
    assert [ring for _, ring in night(list("avwxyz"), ours, False)][:2] == [("a",), ("a", DUTY)]
    assert climb(box(wave=1), (Copy("a", 0, PASSED, ""), *copies("v")), ours, AT, STEPS)[1] == ("v",)  # our last one said no


def test_nobody_at_all_is_the_duty_phone_at_once() -> None:
    assert climb(box(), copies("a", "b"), Hands(), AT, STEPS)[1] == (DUTY,)


def test_without_its_copies_a_box_rings_everybody_and_the_duty_phone() -> None:
    assert climb(box(), (), on("b", "a"), AT, STEPS)[1] == ("a", "b", DUTY)
    assert climb(box(), (), Hands(allied=frozenset("v")), AT, STEPS)[1] == ("v", DUTY)


def test_a_later_ask_stands_until_its_hour() -> None:
    ask = Ask("b", "h", (), {}, b"", False, AT + 13 * MINUTES)
    later = opened(ask, AT)
    assert later.standing
    assert climb(later, copies("a"), on("a"), AT + 12 * MINUTES, STEPS) == (later, ())
    higher, ring = climb(later, copies("a"), on("a"), AT + 13 * MINUTES, STEPS)
    assert ring == ("a",)
    assert not higher.standing
    assert opened(ask, AT + 60 * MINUTES).due == AT + 60 * MINUTES  # an hour that has begun is now


def test_after_the_last_wave_who_was_not_there_sees_it_and_who_said_no_does_not() -> None:
    fresh, no = Copy("a", 0, 0, ""), Copy("b", 1, PASSED, "")
    assert [in_sight(box(wave=wave), fresh) for wave in (1, 2, LAST)] == [False, False, True]
    assert not in_sight(box(wave=LAST), no)
    assert take(box(wave=LAST), fresh, AT, STEPS) is not None
    assert take(box(wave=LAST), no, AT, STEPS) is None


def test_when_all_who_were_rung_said_no_the_next_wave_need_not_wait() -> None:
    rung, no = (Copy("a", 0, 1, ""),), (Copy("a", 0, PASSED, ""), *copies("b"))
    assert not unheard(box(wave=1), rung, on("a", "b"))
    assert unheard(box(wave=1), no, on("a", "b"))
    assert unheard(box(wave=1), rung, on("b"))  # went off duty
    assert unheard(box(wave=1), rung, on("a", "b"), deaf=frozenset("a"))  # no road of theirs goes
    assert not unheard(box(wave=1), rung, on("a", "b"), deaf=frozenset("b"))
    assert not unheard(box(wave=LAST), no, on("a", "b"))  # all are rung again in their time
    assert not unheard(box(), copies("a"), on("a"))  # its hour has not come
    assert not unheard(box(wave=1, holder="b"), no, on("a", "b"))


@given(st.integers(30, 600), st.integers(0, 12))
def test_who_waits_is_rung_for_again_soon_and_then_ever_more_seldom(again: int, rounds: int) -> None:
    steps = replace(STEPS, again=timedelta(seconds=again), rounds=rounds)
    pauses = [pause(wave, steps) for wave in range(LAST, LAST + rounds)]
    assert pauses == sorted(pauses)
    assert all(timedelta(seconds=again) <= one <= LONGEST for one in pauses)
    assert [pause(wave, steps) for wave in (1, 2)] == [steps.every] * 2


@given(PIDS, st.data())
def test_who_is_free_is_rung_before_who_is_with_somebody_but_the_wished_for_first(order: list[str], data: st.DataObject) -> None:
    busy = frozenset(data.draw(st.lists(st.sampled_from(order), unique=True)))
    ring = climb(box(), copies(*order), replace(on(*order), busy=busy), AT, STEPS)[1]
    assert ring[0] == order[0]  # may be wished for, and the server can't know
    assert list(ring[1:]) == [*(p for p in order[1:] if p not in busy), *(p for p in order[1:] if p in busy)][:2]
    if len(order) >= 3:  # nobody more is rung because some are busy: the caps and the size of a wave stand
        assert len(ring) == 3


def test_a_ladder_that_rests_goes_on_while_the_phone_still_asks_and_never_sooner_than_ten_minutes() -> None:
    last = box(wave=LAST + ROUNDS, due=None)
    assert rests(last, STEPS)
    for other in (replace(last, wave=LAST), replace(last, state="talk"), replace(last, holder="a"), replace(last, due=AT)):
        assert not rests(other, STEPS)
    awake = stirred(last, AT)
    assert awake.due == AT + LONGEST
    higher, ring = climb(awake, copies("a"), on("a"), AT + LONGEST, STEPS)
    assert ring == ("a", DUTY)
    assert higher.wave > last.wave  # another message to the provider
    assert rests(higher, STEPS)  # and rests again, until the phone asks once more


def test_more_who_wait_than_are_free_are_too_many_from_four_on() -> None:
    hands = Hands(frozenset("ab"), frozenset("abcd"), busy=frozenset("cd"))
    assert too_many(hands.all, hands, replace(STEPS, many=4)) == 4
    assert too_many(frozenset("abcd"), on(*"abcd"), replace(STEPS, many=4)) == 5
    assert too_many(frozenset(), Hands(), replace(STEPS, many=4)) == 4


def test_in_a_crowd_our_allies_are_rung_with_ours_and_never_before() -> None:
    hands = replace(on("a", "b"), allied=frozenset("cd"))
    rings = [climb(box(), copies("c", "a", "d", "b"), hands, AT, STEPS, crowd)[1] for crowd in (False, True)]
    assert rings == [("a", "b"), ("c", "a", "d")]
    assert climb(box(), copies("c", "a", "d", "b"), replace(hands, spared=frozenset("c")), AT, STEPS, True)[1] == ("a", "d", "b")
    last = [climb(box(wave=LAST, due=AT), copies("c", "a", "d", "b"), hands, AT, STEPS, crowd)[1] for crowd in (False, True)]
    assert last == [("a", "b", DUTY), ("c", "a", "d", "b", DUTY)]
