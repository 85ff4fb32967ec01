"""A challenge is good for one purpose and ten minutes, and nobody else can make one."""

import secrets
from datetime import UTC, datetime, timedelta

from aftercall.signin import challenge
from aftercall.signin.pace import Pace
from aftercall.signin.passkey import site_of

KEY, NOW = bytes(32), datetime(2026, 11, 22, 19, tzinfo=UTC)


def test_it_holds_for_its_purpose_and_its_time() -> None:
    made = challenge.fresh(KEY, "in", NOW, secrets.token_bytes)
    assert challenge.holds(KEY, "in", made, NOW)
    assert challenge.holds(KEY, "in", made, NOW + challenge.GOOD)
    assert not challenge.holds(KEY, "in", made, NOW + challenge.GOOD + timedelta(seconds=1))
    assert not challenge.holds(KEY, "in", made, NOW - timedelta(seconds=1))
    assert not challenge.holds(KEY, "touch x", made, NOW)
    assert not challenge.holds(b"x" * 32, "in", made, NOW)


def test_a_bit_more_or_less_is_another() -> None:
    made = challenge.fresh(KEY, "in", NOW, secrets.token_bytes)
    for other in (b"", made[:-1], made + b"x", made[:20] + bytes([made[20] ^ 1]) + made[21:], bytes(len(made))):
        assert not challenge.holds(KEY, "in", other, NOW)


def test_a_pace_counts_what_it_allows_and_forgets_after_a_minute() -> None:
    pace = Pace(2)
    assert [pace.may(NOW + timedelta(seconds=n)) for n in (0, 1, 2, 59)] == [True, True, False, False]
    assert pace.may(NOW + timedelta(seconds=60))


def test_the_origin_is_written_as_a_browser_writes_it() -> None:
    assert site_of("https://Hospital.example:443/", "x").origin == "https://hospital.example"
    assert site_of("https://hospital.example:8443", "x").origin == "https://hospital.example:8443"
    assert site_of("http://localhost:8401", "x").origin == "http://localhost:8401"
    assert site_of("https://hospital.example:8443", "x").host == "hospital.example"
