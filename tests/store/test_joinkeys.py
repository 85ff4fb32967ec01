"""Marks are HMAC-SHA-256 and nothing of our own."""

import hmac
from datetime import timedelta
from pathlib import Path

from aftercall.inside.joinkeys import KEPT, JoinKeys
from tests.world import START


def test_a_mark_is_the_hmac_under_the_key_of_each_day_that_is_kept(tmp_path: Path) -> None:
    fresh = iter(bytes([n]) * 32 for n in range(9))
    keys = JoinKeys(tmp_path, lambda n: next(fresh))
    for day in range(KEPT + 2):
        keys.on(START + timedelta(days=day))
    made = keys.mark("person|MR|42")
    wanted = [hmac.digest(path.read_bytes(), b"person|MR|42", "sha256").hex()[:32] for path in sorted(tmp_path.glob("*.key"))]
    assert made.all == tuple(reversed(wanted))
    assert made.today == wanted[-1]
    assert len(wanted) == KEPT
