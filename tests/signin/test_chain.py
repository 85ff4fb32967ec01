"""The chain of acts shows each row that was changed, removed, moved or added, and each end that was cut off."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aftercall.signin import chain
from aftercall.signin.chain import NOTHING, Act, Head
from aftercall.signin.seat import COORDINATOR, Person

KEY, OTHER, NJERI = bytes(32), bytes(31) + b"x", Person("a1", "Njeri", COORDINATOR)
BEGAN = datetime(2026, 11, 22, 19, tzinfo=UTC)


def written(count: int, since: Head = NOTHING) -> list[Act]:
    acts = list[Act]()
    for n in range(count):
        before = chain.head_of(acts[-1]) if acts else since
        acts.append(chain.act(KEY, before, NJERI, "looked", "", BEGAN + timedelta(hours=n)))
    return acts


WHOLE = written(6)
HEAD = Head(6, WHOLE[-1].seal)


def test_a_whole_chain_is_whole() -> None:
    assert chain.wrong(KEY, WHOLE, HEAD) == ""
    assert chain.wrong(KEY, [], NOTHING) == ""


def changed(**to: object) -> Callable[[list[Act]], list[Act]]:
    return lambda acts: [*acts[:2], replace(acts[2], **to), *acts[3:]]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("how", "says"),
    [
        (changed(name="Amina"), "row 3 was changed"),
        (changed(who="b2"), "row 3 was changed"),
        (changed(hour=WHOLE[2].hour + 1), "row 3 was changed"),
        (changed(act="in"), "row 3 was changed"),
        (changed(about="Peter"), "row 3 was changed"),
        (changed(role="it"), "row 3 was changed"),
        (changed(seal="0" * 64), "row 3 was changed"),
        (lambda acts: [*acts[:2], *acts[3:]], "row 3 is missing"),
        (lambda acts: acts[1:], "row 1 is missing"),
        (lambda acts: acts[:-1], "rows 6 to 6 are missing at the end"),
        (lambda acts: [], "rows 1 to 6 are missing at the end"),
        (lambda acts: [acts[0], *acts[2:0:-1], *acts[3:]], "row 2 is missing"),
        (lambda acts: [acts[0], replace(acts[2], n=2), replace(acts[1], n=3), *acts[3:]], "row 2 was changed"),
        (lambda acts: [replace(act, n=act.n - 1) for act in acts[1:]], "row 1 was changed"),
        (
            lambda acts: [*acts[:5], chain.act(OTHER, chain.head_of(acts[4]), NJERI, "in", "", BEGAN)],
            "row 6 was changed",
        ),
        (lambda acts: [chain.pruned(OTHER, acts[2]), *acts[3:]], "row 0"),
        (lambda acts: [replace(chain.pruned(KEY, acts[2]), who="4"), *acts[4:]], "row 0"),
    ],
)
def test_what_was_done_to_it_is_seen(how: Callable[[list[Act]], list[Act]], says: str) -> None:
    assert says in chain.wrong(KEY, how(WHOLE), HEAD)


def test_who_has_the_key_and_writes_another_story_is_seen_by_the_head_that_lies_elsewhere() -> None:
    other = [chain.act(KEY, NOTHING, NJERI, "in", "", BEGAN)]
    while len(other) < 6:
        other.append(chain.act(KEY, chain.head_of(other[-1]), NJERI, "in", "", BEGAN))
    assert chain.wrong(KEY, other) == ""
    assert chain.wrong(KEY, other, HEAD) == "row 6 is another than it was"
    assert other[-1].words != WHOLE[-1].words


def test_what_has_had_its_time_goes_and_the_chain_goes_on() -> None:
    root = chain.pruned(KEY, WHOLE[3])
    kept = [root, *WHOLE[4:]]
    assert chain.wrong(KEY, kept, HEAD) == ""
    assert "row 5 is missing" in chain.wrong(KEY, [root, WHOLE[5]], HEAD)
    alone = [chain.pruned(KEY, WHOLE[5])]
    assert chain.wrong(KEY, alone, HEAD) == ""
    after = chain.act(KEY, chain.head_of(alone[0]), NJERI, "in", "", BEGAN)
    assert after.n == 7
    assert chain.wrong(KEY, [*alone, after], HEAD) == ""


def test_rows_written_after_the_head_was_kept_are_no_fault() -> None:
    assert chain.wrong(KEY, WHOLE, Head(4, WHOLE[3].seal)) == ""


def test_each_week_has_its_last_act() -> None:
    acts = [replace(act, hour=act.hour + 24 * 7 * (act.n // 3)) for act in WHOLE]
    assert [one.n for one in chain.weekly(acts)] == [6, 5, 2]
    assert len(WHOLE[0].words.split("-")) == 6
