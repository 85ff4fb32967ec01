"""A false peer key is refused."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from aftercall_stage.phones import Memory, Peer
from aftercall_stage.sealing import NotOurs, open_contact, open_letter, seal_contact, seal_copy, seal_letter
from aftercall_stage.talk import ASKER, PEER, Talk
from cryptography.exceptions import InvalidTag

from aftercall.outside.road.seal import point
from aftercall.words import b64
from tests.promises.liar import NOW, PROGRAMME, Programme, attacks, believed
from tests.promises.twins import Caught

ROOT = Path(__file__).parents[2]
TRUE, EVIL = Programme("Grace", "Peter"), Programme("Grace")
ATTACKS = attacks(TRUE, EVIL)
BOX, OTHER = "a1" * 16, "b2" * 16


def known() -> Memory:
    """A phone that has seen this programme before."""
    return Memory(root=b64(TRUE.steward.root), issued=NOW)


def test_a_true_list_is_believed() -> None:
    """Else all that follows would prove nothing."""
    assert asyncio.run(believed(TRUE.list_of(*TRUE.entries.values()), known())) == ["Grace", "Peter"]


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_phone_seals_nothing_to_a_key_that_the_offline_root_does_not_stand_behind(attack: str) -> None:
    answer, still = ATTACKS[attack]
    assert asyncio.run(believed(answer, known())) == still


def test_a_phone_whose_clock_is_set_back_is_not_fed_a_dead_key() -> None:
    old = TRUE.list_of(TRUE.with_key("Grace", "2026-11-21"), TRUE.entries["Peter"])
    assert asyncio.run(believed(old, known(), NOW.replace(year=2020))) == ["Peter"]


# copies and contact blocks -----------------------------------------------------------------------------------------------------

PAGE = {"k": "11" * 32, "cap": "22" * 16, "kc": "33" * 32, "lang": "en", "chan": "letters", "all": 0, "handle": "lusab-babad"}
GRACE, PETER = TRUE.peers["Grace"], TRUE.peers["Peter"]


def copy_for(peer: Peer, box: str = BOX, programme: str = PROGRAMME) -> bytes:
    return seal_copy(programme, box, peer.pid, point(peer.sealing[-1].key.public_key()), PAGE)


def test_a_copy_opens_for_its_peer_and_its_box_and_nowhere_else() -> None:
    mine = copy_for(GRACE)
    page = GRACE._opened(BOX, mine)
    assert page is not None
    assert (page.k.hex(), page.cap.hex(), page.kc.hex(), page.handle) == tuple(PAGE[name] for name in ("k", "cap", "kc", "handle"))
    assert GRACE._opened(OTHER, mine) is None, "moved to another box"
    assert PETER._opened(BOX, mine) is None, "moved to another peer"
    assert GRACE._opened(BOX, copy_for(PETER)) is None
    assert GRACE._opened(BOX, copy_for(GRACE, programme="other")) is None, "moved to another programme"
    for at in (0, 64, 65, 700, 1104):
        assert GRACE._opened(BOX, _bent(mine, at)) is None, "tampered with"


def test_a_contact_block_opens_in_its_own_box_alone() -> None:
    block = seal_contact(PROGRAMME, BOX, bytes(32), {"name": "Amina", "tel": "", "place": ""}, os.urandom)
    assert open_contact(PROGRAMME, BOX, bytes(32), block)["name"] == "Amina"
    for box, kc, what in ((OTHER, bytes(32), block), (BOX, bytes(31) + b"x", block), (BOX, bytes(32), _bent(block, 100))):
        with pytest.raises(InvalidTag):
            open_contact(PROGRAMME, box, kc, what)


def _bent(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


# letters -----------------------------------------------------------------------------------------------------------------------


def two(box: str = BOX, k: bytes = b"k" * 32) -> tuple[Talk, Talk]:
    return Talk(PROGRAMME, box, bytes(16), k, ASKER), Talk(PROGRAMME, box, bytes(16), k, PEER)


def sealed(n: int, text: str, way: str = "c2p", box: str = BOX, k: bytes = b"k" * 32) -> bytes:
    return seal_letter(PROGRAMME, box, k, way, n, text, os.urandom)


def test_a_letter_sent_twice_is_shown_once() -> None:
    _, grace = two()
    assert [grace.take(wire) for wire in [sealed(1, "one")] * 2] == ["one", None]


def test_letters_out_of_their_order_are_not_shown_and_a_missing_one_is_noticed() -> None:
    _, grace = two()
    assert [grace.take(sealed(n, str(n))) for n in (1, 3, 2)] == ["1", "3", None]
    assert grace.missing == [2]


@pytest.mark.parametrize(
    ("what", "wire"),
    {
        "a letter of one's own, sent back": sealed(1, "x", way="p2c"),
        "a letter of another box": sealed(1, "x", box=OTHER),
        "a letter under another key": sealed(1, "x", k=b"e" * 32),
        "a letter with another number": (9).to_bytes(4, "big") + sealed(1, "x")[4:],
        "a letter with another nonce": _bent(sealed(1, "x"), 8),
        "a letter with a bent byte": _bent(sealed(1, "x"), 100),
        "a letter cut short": sealed(1, "x")[:-1],
        "four bytes and no more": (1).to_bytes(4, "big"),
    }.items(),
)
def test_a_letter_that_the_other_phone_did_not_write_for_this_place_is_not_shown(what: str, wire: bytes) -> None:
    _, grace = two()
    assert grace.take(wire) is None, what
    assert grace.had == 0


def test_a_server_that_lies_about_who_answered_only_breaks_the_talk() -> None:
    """The asker's phone gave each peer a key of their own: Peter, shown as Grace, can neither read nor write."""
    for_grace, for_peter = b"g" * 32, b"p" * 32
    with pytest.raises(NotOurs):
        open_letter(PROGRAMME, BOX, for_grace, "p2c", sealed(1, "I am Grace", "p2c", k=for_peter), 0)


# twins -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("blind", "names"),
    [
        (
            "signatures",
            "test_a_phone_seals_nothing_to_a_key_that_the_offline_root_does_not_stand_behind[a sealing key of the liar]",
        ),
        ("older lists", "test_a_phone_seals_nothing_to_a_key_that_the_offline_root_does_not_stand_behind[an older list]"),
        ("replays", "test_a_letter_sent_twice_is_shown_once"),
    ],
)
def test_a_phone_without_one_of_its_checks_is_caught(blind: str, names: str, caught: Caught) -> None:
    """These very tests, in a process whose phones look away."""
    command = [sys.executable, "-m", "pytest", "-p", "tests.promises.blind", "-p", "no:cacheprovider", __file__, "-rf"]
    command += ["-k", "not is_caught"]  # or it would begin itself anew, and so on
    path = os.pathsep.join([str(ROOT), *sys.path])
    ended = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "BLIND": blind, "PYTHONPATH": path}, capture_output=True, text=True, timeout=100
    )
    named = [line for line in ended.stdout.splitlines() if line.startswith("FAILED") and names in line]
    caught("P8", f"a Python phone blind to {blind}", names if named else "")
    assert ended.returncode == 1
    assert named, ended.stdout[-3000:]
