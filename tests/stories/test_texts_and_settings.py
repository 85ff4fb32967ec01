"""The desk shows what goes out in every language, and how this half is set, but for its secrets."""

from dataclasses import fields, replace
from typing import Any

import pytest

from aftercall.config import Inside, shown
from aftercall.inside.doors import kept
from aftercall.locale import LANGUAGES
from aftercall.words import Sealed
from tests.locale.test_words import SENT_INSIDE
from tests.stories.ward import Ward, opened, sign_in
from tests.world import Night


@pytest.fixture
def ward(evening: Night) -> Ward:
    return evening, opened(evening)


def at(ward: Ward, path: str) -> str:
    answer = ward[0].run(ward[1].get(path))
    assert answer.status_code == 200
    return answer.text


def test_every_text_of_this_half_is_shown_in_every_language_with_its_length(ward: Ward) -> None:
    sign_in(ward)
    page = at(ward, "/desk/texts")
    assert page.count(" of 160 places") == len(kept.TEXTS) * len(LANGUAGES)
    assert "You have a note. No need to answer: https://care.example/#amber-river-lamp-wind (STOP: no more of these)" in page
    assert "Words that tell a stranger:" not in page


def test_none_is_left_out() -> None:
    assert {text for text, _ in kept.TEXTS} == SENT_INSIDE


def test_a_text_that_tells_or_is_too_long_is_named() -> None:
    said = kept.spoken("Your peer support after the death on your unit: {link}", "en", {"link": "x" * 120})
    assert {"peer", "support", "death", "unit"} <= set(said.revealing)
    assert not said.fits
    assert kept.spoken("Ünïque", "en", {}).strange == "ï"


def test_settings_are_shown_with_usual_value_and_reason_and_no_secret(ward: Ward) -> None:
    night, _ = ward
    secret = "kept-from-eyes"
    secrets: dict[str, Any] = {f.name: Sealed(secret) for f in fields(Inside) if f.type in (Sealed, "Sealed")}
    more: dict[str, Any] = {
        "kannel_url": f"http://me:{secret}@gw.example/x?key={secret}",
        "theirs": [f"http://a:{secret}@b.example"],
    }
    night.inside.half.settings = replace(night.inside_settings, **secrets, **more)
    sign_in(ward)
    page = at(ward, "/desk/settings")
    assert len(secrets) > 10
    assert page.count("set, and not shown") == len(secrets)
    assert secret not in page
    assert "http://...@gw.example/x?..." in page
    for f in fields(Inside):
        assert f"<code>{f.name}</code>" in page
    assert "Seconds a loss told by a feed waits before its first message" in page


def test_of_a_database_only_where_it_is_is_shown() -> None:
    assert shown("postgresql+psycopg://me:secret@db/aftercall?password=secret") == "postgresql+psycopg://...@db/aftercall?..."
