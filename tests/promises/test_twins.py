"""A promise's test counts only if it catches a leak: each was planted in a running half, and the same check must name it."""

import pytest

from tests.promises.nights import Nights
from tests.promises.twins import TWINS, Caught, Twin


@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin.id)
def test_a_planted_leak_is_caught_and_named(twin: Twin, nights: Nights, caught: Caught) -> None:
    found = twin.check(nights.of(twin))
    named = [line for line in found if all(name in line for name in twin.names)]
    caught(twin.promise, twin.leak, next(iter(named), ""))
    assert named, f"not among: {found[:20]}"
