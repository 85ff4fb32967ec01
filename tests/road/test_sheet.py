"""The sheet's chance is exact, its periods are whole, and what it shows is round."""

import json
import math
import secrets
from collections import Counter
from datetime import date

import opendp.prelude as dp
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from aftercall.outside.road.directory import Steward
from aftercall.outside.road.seal import Forged, point
from aftercall.outside.road.sheet import EPSILON, Counting, Period, laplace, publish, read, shown, within

RUNS = 20_000
FAR, OFTEN = 5.5, 25  # standard errors: once in 25 million comparisons by chance, where a value comes often enough
QUARTER = Period(date(2026, 10, 1), date(2026, 12, 31))


def mass(x: int, epsilon: float) -> float:
    """What the paper says: P(x)."""
    a = math.exp(-epsilon)
    return (1 - a) / (1 + a) * a ** abs(x)


def far_off(drawn: Counter[int], chance: dict[int, float]) -> list[int]:
    """Values that came more or less often than they should."""
    n = drawn.total()
    return [x for x, p in chance.items() if abs(drawn[x] - n * p) > FAR * math.sqrt(n * p * (1 - p))]


@pytest.mark.parametrize("epsilon", [(1, 4), (1, 2), (1, 1), (3, 2), (3, 7)])
def test_a_draw_comes_as_often_as_the_paper_says(epsilon: tuple[int, int]) -> None:
    drawn = Counter(laplace(*epsilon, secrets.token_bytes) for _ in range(RUNS))
    e = epsilon[0] / epsilon[1]
    assert far_off(drawn, {x: mass(x, e) for x in range(-20, 21) if mass(x, e) * RUNS > OFTEN}) == []


def test_a_sampler_with_one_slip_is_caught() -> None:
    """0 twice as often, as it comes where its sign is not thrown away."""

    def slipped() -> int:
        x = laplace(*EPSILON, secrets.token_bytes)
        return 0 if abs(x) == 1 and secrets.randbelow(8) == 0 else x

    drawn = Counter(slipped() for _ in range(RUNS))
    assert 0 in far_off(drawn, {x: mass(x, 0.25) for x in range(-9, 10)})


def test_the_sampler_agrees_with_opendp() -> None:
    dp.enable_features("contrib")
    theirs = dp.m.make_laplace(dp.vector_domain(dp.atom_domain(T=int)), dp.l1_distance(T=int), scale=4.0)
    assert theirs.map(1) == pytest.approx(0.25)  # type: ignore[no-untyped-call]
    a = Counter(theirs([0] * RUNS))
    b = Counter(laplace(1, 4, secrets.token_bytes) for _ in range(RUNS))
    for x in range(-12, 13):
        assert abs(a[x] - b[x]) < FAR * math.sqrt(a[x] + b[x] + 1), x


def test_chance_is_asked_for_as_whole_bytes_and_nothing_else() -> None:
    """The same bytes give the same draw: there is no other source of it."""

    def replayed(tape: bytes) -> tuple[int, int]:
        left = bytearray(tape)

        def rand(n: int) -> bytes:
            out = bytes(left[:n])
            del left[:n]
            return out

        return laplace(1, 4, rand), len(left)

    tape = secrets.token_bytes(4096)
    assert replayed(tape) == replayed(tape)
    assert replayed(tape)[1] < len(tape)


@pytest.mark.parametrize(
    ("staff", "today", "ends"),
    [
        (800, date(2026, 10, 1), date(2026, 12, 31)),
        (800, date(2026, 3, 31), date(2026, 3, 31)),
        (150, date(2024, 1, 15), date(2024, 3, 31)),
        (149, date(2026, 5, 2), date(2026, 12, 31)),
        (50, date(2026, 12, 31), date(2026, 12, 31)),
        (49, date(2026, 5, 2), None),
        (0, date(2026, 5, 2), None),
    ],
)
def test_a_small_programme_has_one_page_a_year_and_a_smaller_one_none(staff: int, today: date, ends: date | None) -> None:
    period = Counting(staff, secrets.token_bytes).period(today)
    assert period == (Period(today, ends) if ends else None)


def test_what_is_shown_is_in_fives_or_is_not_said() -> None:
    assert [shown(n) for n in (-30, 0, 9)] == [None, None, None]
    assert [shown(n) for n in (10, 12, 13, 17, 18, 1002)] == [10, 10, 15, 15, 20, 1000]


def test_the_true_number_is_within_what_is_said_in_95_of_100() -> None:
    tail = sum(mass(x, 0.25) for x in range(-400, 401) if abs(x) > within() - 2)
    assert tail <= 0.05 < tail + 2 * mass(within() - 2, 0.25)


def test_a_sheet_is_read_as_it_was_signed_and_in_no_other_way() -> None:
    root, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    steward = Steward(key, point(root.public_key()), "2027-01-01", "")
    signed = publish("kisumu", QUARTER, {"asked": 37, "met": 9, "wider": -4}, 12, steward)
    sheet = read(signed)
    assert (sheet.asked, sheet.met, sheet.wider, sheet.peers) == (35, None, None, 12)
    assert (sheet.begins, sheet.ends) == (QUARTER.begins, QUARTER.ends)
    told = json.loads(signed)
    told["body"] = told["body"].replace('"asked":35', '"asked":95')
    with pytest.raises(Forged):
        read(json.dumps(told).encode())
