"""A STOP changes nothing at the desk, not even while the provider is away and a STOP alone is done with (P11)."""

import re
from pathlib import Path

import pytest

from aftercall.inside.alike import Alike
from aftercall.inside.store import losses
from aftercall.send import Later
from tests.promises.twins import Caught
from tests.stories.ward import AMINA, opened, sign_in
from tests.world import Night, adt

WENT_BACK = 60  # minutes, at which the provider is there again


def shown(folder: Path, stops: bool) -> list[str]:
    """What the desk shows of a loss through an hour without a provider, and a day after it."""
    folder.mkdir()
    night = Night(folder)
    try:
        ward = night, opened(night)
        if stops:
            night.run(night.inside.half.stop(AMINA))
        night.hospital_post.down = Later("away")
        night.hear(adt())
        pages = list[str]()
        for minutes in (0, 1, 30, WENT_BACK, 23 * 60, 40, 59):
            if minutes == WENT_BACK:
                night.hospital_post.down = None
            night.pass_time(minutes=minutes)
            sign_in(ward)
            several = night.run(ward[1].get("/desk/losses")).text
            [path] = re.findall(r'href="(/desk/losses/\w+)', several)
            pages += [
                re.sub(r'(name="(csrf|event)" value|href)="[^"]*"', "", one) for one in (several, night.run(ward[1].get(path)).text)
            ]
        return pages
    finally:
        night.close()


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return shown(tmp_path_factory.mktemp("desk") / "plain", stops=False)


def test_a_stop_changes_nothing_at_the_desk_while_nothing_goes_out(tmp_path: Path, plain: list[str]) -> None:
    assert "Have had their turn: 4" in plain[1]
    assert shown(tmp_path / "stop", stops=True) == plain


def test_a_count_of_what_went_out_is_caught_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caught: Caught) -> None:
    """The planted leak: what is done with is counted as gone, and what is held back for a STOP is done with at once."""

    async def at_once(_: Alike, __: str) -> None:
        return

    monkeypatch.setattr(Alike, "_share", at_once)
    monkeypatch.setattr(losses, "_stands", lambda step, due, tries, now: "turn" if step != "first" else "asks")
    pages = [shown(tmp_path / str(stops), stops) for stops in (False, True)]
    unlike = [(one, other) for one, other in zip(*pages, strict=True) if one != other]
    caught("P11", "the desk counts what went out", f"{len(unlike)} pages of the desk differ by a STOP" if unlike else "")
    assert unlike
