"""The pages on which a loss is told by hand: what they say when something is wrong, what they load, and what they weigh."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from aftercall.inside.doors import hand, office
from aftercall.inside.doors.office import Contacts
from tests.stories.ward import (
    AMINA,
    DUTY,
    Ward,
    ask,
    night_is_empty,
    opened,
    press,
    told,
)
from tests.world import Night


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    """On one database: what a page says depends on none."""
    night = Night(tmp_path)
    yield night, opened(night)
    night.close()


@pytest.mark.parametrize(
    ("time", "says"),
    [
        ("2026-11-19T10:00", "more than three days ago"),
        ("2026-11-23T10:00", "has not come yet"),
        ("yesterday", "can&#39;t read that time"),
    ],
)
def test_a_time_that_cannot_be_is_refused_with_a_sentence(ward: Ward, time: str, says: str) -> None:
    answer = press(ward, when="earlier", time=time)
    assert answer.status_code == 400
    assert says in answer.text or says.replace("&#39;", "'") in answer.text
    assert told(ward[0]) == set()


@pytest.mark.parametrize("code", ["wrong", "0000000000", " "])
def test_without_the_units_code_nothing_is_told(ward: Ward, code: str) -> None:
    answer = press(ward, code=code, number="778899")
    assert answer.status_code == 403
    assert "not the code of this unit" in answer.text
    assert 'value="778899"' in answer.text
    assert night_is_empty(ward[0])


def test_another_units_code_opens_nothing(ward: Ward) -> None:
    night, _ = ward
    assert press(ward, code=night.inside.office.code("ICU")).status_code == 403
    assert night_is_empty(night)


def test_the_code_outlives_a_restart(ward: Ward) -> None:
    night, _ = ward
    before = night.inside.office.code("RES")
    opened(night)
    assert night.inside.office.code("RES") == before


def test_another_sites_page_cannot_press(ward: Ward) -> None:
    night, wire = ward
    given = {"form": "a" * 32, "code": night.inside.office.code("RES")}
    for head in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}):
        assert night.run(wire.post("/unit/RES", data=given, headers=head)).status_code == 404
    assert night_is_empty(night)


def test_every_page_shows_the_duty_number_and_loads_nothing_from_elsewhere(ward: Ward) -> None:
    night, wire = ward
    done = press(ward).headers["location"]
    for path in ("/unit/RES", "/tell", done, "/tell/nothing", "/unit/NOWHERE"):
        page = night.run(wire.get(path))
        assert 'href="tel:+254700000099"' in page.text, path
        assert not re.findall(r'(?:src|href)="(?:https?:)?//', page.text), path
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert page.headers["cache-control"] == "no-store"


def test_what_fails_is_said_and_shows_whom_to_call(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    night, _ = ward

    async def broken(*_: object) -> str:
        raise RuntimeError("778899")

    monkeypatch.setattr(night.inside.half, "take", broken)
    answer = press(ward, number="778899")
    assert answer.status_code == 503
    assert "It was not kept" in answer.text
    assert DUTY in answer.text
    assert "778899" not in answer.text


def test_so_many_in_a_minute_are_not_taken_and_the_page_says_to_call(ward: Ward) -> None:
    answers = [ask(ward, "nobody") for _ in range(office.ASKED + 1)]
    assert answers[-2].status_code == 200
    assert answers[-1].status_code == 503
    assert DUTY in answers[-1].text
    ward[0].pass_time(minutes=1)
    assert ask(ward, "nobody").status_code == 200


def test_who_said_stop_gets_no_link_either(ward: Ward) -> None:
    night, _ = ward
    night.run(night.inside.half.stop(AMINA))
    ask(ward, "amina")
    assert night.hospital_post.to(AMINA) == []


def test_without_an_address_no_link_is_promised(night: Night) -> None:
    wire = opened(night, Contacts(duty_tel=DUTY))
    page = night.run(wire.get("/tell"))
    assert "can't take it here yet" in page.text or "can&#39;t take it here yet" in page.text
    assert night.run(wire.post("/tell", data={"badge": "amina", "unit": "RES"})).status_code == 503
    assert DUTY in page.text


@pytest.mark.parametrize("missing", [{"unit": "NOWHERE"}, {"unit": ""}, {"badge": ""}, {"when": "earlier", "time": "soon"}])
def test_a_form_half_filled_says_what_is_missing(ward: Ward, missing: dict[str, str]) -> None:
    answer = ask(ward, **{"badge": "amina", **missing})
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert ward[0].hospital_post.sent == []


def test_the_pages_speak_the_languages_we_have(ward: Ward) -> None:
    night, wire = ward
    assert 'lang="sw"' in night.run(wire.get("/tell", headers={"Accept-Language": "sw-KE"})).text
    assert 'lang="fr"' in night.run(wire.get("/unit/RES?lang=fr")).text


def test_the_pages_are_small_over_the_wire(ward: Ward) -> None:
    night, wire = ward
    paths = ("/unit/RES", "/tell", "/hand/hand.css", "/hand/hand.mjs")
    sizes = {}
    for path in paths:

        async def size(path: str = path) -> int:
            async with wire.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as answer:
                assert answer.headers["content-encoding"] == "gzip"
                return sum([len(piece) async for piece in answer.aiter_raw()])

        sizes[path] = night.run(size())
    print(sizes)
    assert max(sizes["/unit/RES"], sizes["/tell"]) + sizes["/hand/hand.css"] < 14 * 1024


def test_a_file_that_is_not_ours_is_not_there(ward: Ward) -> None:
    night, wire = ward
    for name in ("unit.html", "..%2F__init__.py", "hand.py"):
        assert night.run(wire.get(f"/hand/{name}")).status_code == 404
    assert set(hand.WORDS.values()) == {"loss", "there", "me"}
