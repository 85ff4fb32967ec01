"""The ladder never rings early, never skips a human, and always ends with everyone and the duty phone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from aftercall.outside.road.box import Ask, Copy, opened
from aftercall.outside.road.take import lapsed, let_go, take
from aftercall.outside.road.wave import DUTY, LAST, ROUNDS, Steps, climb

AT = datetime(2026, 11, 22, 19, 47, tzinfo=UTC)
MINUTES = timedelta(minutes=1)
STEPS = Steps(3, 5, 5 * MINUTES, 10 * MINUTES, 5 * MINUTES, 2 * MINUTES)
PIDS = st.lists(st.text("0123456789abcdef", min_size=8, max_size=8), min_size=1, max_size=20, unique=True)


def night(order: list[str], on_duty: set[str], everyone: bool) -> list[tuple[int, tuple[str, ...]]]:
    """The whole ladder of a box nobody answers: minutes after the ask, and who was rung."""
    box = opened(Ask("b", "h", tuple(order), {}, b"", everyone), AT, 0)
    copies = tuple(Copy(pid, place, 0, "") for place, pid in enumerate(order))
    told = []
    while box.due is not None:
        now = box.due
        assert climb(box, copies, frozenset(on_duty), now - timedelta(seconds=1), STEPS) == (box, ())  # never early
        box, ring = climb(box, copies, frozenset(on_duty), now, STEPS)
        copies = tuple(replace(c, wave=c.wave or box.wave) if c.pid in ring else c for c in copies)
        told.append((int((now - AT) / MINUTES), ring))
    return told


@given(PIDS, st.data(), st.booleans())
def test_the_ladder_of_every_programme(order: list[str], data: st.DataObject, everyone: bool) -> None:
    on_duty = set(data.draw(st.lists(st.sampled_from(order), unique=True)))
    told = night(order, on_duty, everyone)
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


@given(st.integers(1, LAST + ROUNDS), st.integers(0, 1000))
def test_a_lease_ends_when_it_ends_and_the_next_wave_is_due_then(wave: int, after: int) -> None:
    box = replace(opened(Ask("b", "h", (), {}, b"", False), AT, 0), wave=wave, due=AT + 10 * MINUTES)
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
    box = opened(Ask("b", "h", (), {}, b"", False), AT, 0)
    assert take(box, Copy("grace", 0, 0, "g"), AT, STEPS) is None
