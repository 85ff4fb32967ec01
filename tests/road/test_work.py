"""The work that goes with an ask: done by any phone, looked at in no time, worth nothing for another box."""

import pytest

from aftercall.outside.road.work import PIECES, done, holds

BOX, OTHER, BITS = "00112233445566778899aabbccddeeff", "f" * 32, 9


def test_what_was_done_holds_for_this_box_of_this_programme_and_for_this_much() -> None:
    told = done("kisumu", BOX, BITS)
    assert holds("kisumu", BOX, BITS, told)
    assert not holds("kisumu", OTHER, BITS, told)
    assert not holds("nairobi", BOX, BITS, told)
    assert not holds("kisumu", BOX, BITS + 7, told)
    pieces = [told[n : n + 8] for n in range(0, len(told), 8)]
    assert not holds("kisumu", BOX, BITS, "".join([*pieces[1:], pieces[0]]))


@pytest.mark.parametrize("told", ["", "0", "00" * 63, "00" * 65, "zz" * 64, "00" * 64, "\u00e9" * 128, "0" * 10_000])
def test_what_is_no_work_is_refused_and_breaks_nothing(told: str) -> None:
    assert not holds("kisumu", BOX, BITS, told)


def test_it_has_one_size_whatever_was_found() -> None:
    assert {len(done("kisumu", f"{n:032x}", 3)) for n in range(8)} == {PIECES * 8}
