"""Seals and base64 are read alike at both ends, by server, page and Python phone, and bytes made by chance open nothing at any."""

import base64
import json
import os
import random
import struct
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from aftercall_stage.sealing import (
    NotOurs,
    open_contact,
    open_copy,
    open_letter,
    point,
    seal_contact,
    seal_copy,
    seal_letter,
    unpad,
)
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import example, given
from hypothesis import strategies as st

from aftercall.outside.road.directory import entry_from
from aftercall.outside.road.letter import NotALetter, number
from aftercall.outside.road.seal import COPY, LETTERS, Forged, check
from aftercall.words import b64, heard, spoken, unb64

HERE = Path(__file__).parent
PROGRAMME, BOX, PID, K, KC = "kisumu", "a1" * 16, "0badcafe", bytes(range(32)), bytes(32)
CHANCE = random.Random(2611)
TOUCHED = int(os.environ.get("SCAN", "60"))  # of each kind; `make night` tries more

# the server's own -----------------------------------------------------------------------------------------------------------


@given(st.binary(max_size=300))
def test_base64_comes_back(data: bytes) -> None:
    assert unb64(b64(data)) == data


@given(st.text(max_size=40) | st.text("ABab01+/=", max_size=12))
@example("AB==")  # two bits of nothing: another spelling of AA==
@example("AAAA====")
@example("AAAA\n")
@example("AA_-")
def test_base64_has_one_spelling(text: str) -> None:
    with suppress(ValueError):
        assert b64(unb64(text)) == text


@given(st.text(max_size=40) | st.text("badfghouz-", max_size=24))
def test_words_have_one_spelling(text: str) -> None:
    with suppress(ValueError):
        assert spoken(heard(text)) == text


@given(st.binary(max_size=80) | st.sampled_from(sorted(LETTERS)).map(bytes))
def test_a_letter_is_one_of_three_sizes_and_counted_from_one(data: bytes) -> None:
    with suppress(NotALetter):
        assert number(data) == struct.unpack(">I", data[:4])[0] > 0


@given(
    key=st.binary(max_size=70) | st.binary(min_size=64, max_size=64).map(lambda raw: b"\4" + raw),
    sig=st.text(max_size=90),
    what=st.binary(max_size=20),
)
@example(key=b"\4" + bytes(64), sig="A" * 86 + "==", what=b"")
@example(key=b"\0", sig="", what=b"")
def test_nothing_made_by_chance_is_signed(key: bytes, sig: str, what: bytes) -> None:
    with pytest.raises(Forged):
        check(key, sig, what, "it")


@given(
    st.text(max_size=80)
    | st.dictionaries(st.text(max_size=9), st.integers() | st.text(max_size=9) | st.none(), max_size=9).map(json.dumps)
)
@example("[" * 3_000)
@example('{"pid": NaN}')
def test_no_peers_file_made_by_chance_is_read(text: str) -> None:
    with pytest.raises(Forged):
        entry_from(text)


# both ends ------------------------------------------------------------------------------------------------------------------


def touched(good: bytes) -> list[bytes]:
    """One bit other at its two ends and at places by chance; cut, longer, empty, and bytes by chance in its size."""
    places = {0, 1, 3, 4, 15, 16, 64, 65, len(good) - 1, *(CHANCE.randrange(len(good)) for _ in range(TOUCHED))} & set(
        range(len(good))
    )
    bent = [good[:at] + bytes([good[at] ^ 1 << CHANCE.randrange(8)]) + good[at + 1 :] for at in sorted(places)]
    return [*bent, good[:-1], good + b"\0", b"", good[::-1], CHANCE.randbytes(len(good)), bytes(len(good)), b"\xff" * len(good)]


def spellings() -> list[str]:
    true = [b64(CHANCE.randbytes(n)) for n in range(12)]
    bent = ["".join(CHANCE.choice("ABCab019+/=-_ \n\u00e9") for _ in range(CHANCE.randrange(9))) for _ in range(150)]
    return [*true, *bent, "AB==", "AAB=", "AAAA====", "AA=A", "====", "=", "AAAA ", " AAAA", "AA==AA==", "AA\u0661A", "A" * 5]


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any], dict[str, list[str | None]]]:
    """What was given to both, what the page made of it, and what the phones in Python did."""
    key = ec.generate_private_key(ec.SECP256R1())
    kem, secret = point(key.public_key()), key.private_numbers().private_value.to_bytes(32, "big")
    good = {
        "copy": seal_copy(PROGRAMME, BOX, PID, kem, {"handle": "lusab-babad"}),
        "contact": seal_contact(PROGRAMME, BOX, KC, {"name": "Amina", "tel": "", "place": ""}, os.urandom),
        "letter": seal_letter(PROGRAMME, BOX, K, "p2c", 1, "I'm here.", os.urandom),
    }
    sealed = {kind: [one, *touched(one)] for kind, one in good.items()}
    wide, tall = kem[1:33], kem[33:]
    jwk = {name: base64.urlsafe_b64encode(part).rstrip(b"=").decode() for name, part in (("x", wide), ("y", tall), ("d", secret))}
    told = {
        "b64": spellings(), "padded": [CHANCE.randbytes(n).hex() for n in range(9)] + ["0000", "0001", "ffff00", "0002aabb"],
        "sealed": {kind: [one.hex() for one in all_] for kind, all_ in sealed.items()},
        "at": {
            "programme": PROGRAMME, "box": BOX, "pid": PID, "k": K.hex(), "kc": KC.hex(), "kem": kem.hex(),
            "jwk": {"kty": "EC", "crv": "P-256", **jwk},
        },
    }  # fmt: skip
    opens = {
        "copy": lambda raw: open_copy(PROGRAMME, BOX, PID, key, raw)["handle"],
        "contact": lambda raw: open_contact(PROGRAMME, BOX, KC, raw)["name"],
        "letter": lambda raw: open_letter(PROGRAMME, BOX, K, "p2c", raw, 0)[1],
    }
    python = {kind: [_tried(opens[kind], one) for one in all_] for kind, all_ in sealed.items()}
    return told, _in_the_page(tmp_path_factory.mktemp("ends"), told), python


def _tried(make: Any, what: bytes) -> str | None:
    try:
        return str(make(what))
    except (InvalidTag, NotOurs, ValueError, struct.error):
        return None


def _in_the_page(folder: Path, told: dict[str, Any]) -> dict[str, Any]:
    (folder / "given.json").write_text(json.dumps(told), "utf-8")
    env = {**os.environ, "GIVEN": str(folder / "given.json"), "MADE": str(folder / "made.json")}
    subprocess.run(["node", "--experimental-global-webcrypto", str(HERE / "decoders.mjs")], check=True, env=env, timeout=120)
    made: dict[str, Any] = json.loads((folder / "made.json").read_text("utf-8"))
    return made


def test_base64_is_read_alike_by_page_and_server(ends: Any) -> None:
    told, page, _ = ends
    server = [_tried(lambda text: unb64(text).hex(), text) for text in told["b64"]]
    assert dict(zip(told["b64"], page["b64"], strict=True)) == dict(zip(told["b64"], server, strict=True))
    assert any(server)
    assert None in server


def test_padding_is_read_alike(ends: Any) -> None:
    told, page, _ = ends
    for text, there in zip(told["padded"], page["unpadded"], strict=True):
        raw = bytes.fromhex(text)
        assert there in (None, unpad(raw).hex() if len(raw) > 1 else ""), text


@pytest.mark.parametrize(("kind", "says"), [("copy", "lusab-babad"), ("contact", "Amina"), ("letter", "I'm here.")])
def test_what_was_touched_opens_at_neither_end(ends: Any, kind: str, says: str) -> None:
    _, page, python = ends
    assert page["opened"][kind][0] == python[kind][0] == says  # the control
    assert set(page["opened"][kind][1:]) == {None}
    assert set(python[kind][1:]) == {None}


def test_a_copy_that_opens_has_the_size_the_server_asks_for(ends: Any) -> None:
    told, _, _ = ends
    assert len(bytes.fromhex(told["sealed"]["copy"][0])) == COPY
