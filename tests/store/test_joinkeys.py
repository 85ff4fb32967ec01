"""Marks are keyed BLAKE2s and nothing of our own."""

import hashlib
from datetime import timedelta
from pathlib import Path

from aftercall.inside.joinkeys import KEPT, JoinKeys
from tests.world import START


def test_a_mark_is_the_keyed_hash_under_the_key_of_each_day_that_is_kept(tmp_path: Path) -> None:
    fresh = iter(bytes([n]) * 32 for n in range(9))
    keys = JoinKeys(tmp_path, lambda n: next(fresh))
    for day in range(KEPT + 2):
        keys.on(START + timedelta(days=day))
    made = keys.mark("person|MR|42")
    keyed = [hashlib.blake2s(b"person|MR|42", key=path.read_bytes(), digest_size=16) for path in sorted(tmp_path.glob("*.key"))]
    wanted = [one.hexdigest() for one in keyed]
    assert made.all == tuple(reversed(wanted))
    assert made.today == wanted[-1]
    assert len(wanted) == KEPT


def test_a_mark_shows_nothing_of_what_it_marks(tmp_path: Path) -> None:
    made = JoinKeys(tmp_path, bytes).on(START).mark("person|MR|778899")
    assert "778899" not in f"{made} {made!r}"
