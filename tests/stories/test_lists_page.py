"""Lists handed in at the desk: first what they would change, then in place, and taken back within a day. Bad ones do nothing."""

import asyncio
import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from aftercall.inside import incoming
from aftercall.inside.doors import handed
from aftercall.inside.feeds.rotas.rota import rota_in
from aftercall.inside.road.crew import Shift
from aftercall.rota.rows import Tell, rows
from aftercall.words import Sealed
from tests.stories.ward import Ward, hidden, opened, sign_in
from tests.world import ROTA, STAFF, Night

NEW_STAFF = STAFF.replace(",+254700000003,,sw,RES", ",+254700000033,,en,RES").replace(
    "away,Otieno Ouma,+254700000005,,en,ICU,nurse,\n", "halima,Halima Noor,+254700000006,,en,ICU,nurse,\n"
)
NEW_ROTA = ROTA.replace("RES,nurse,2026-11-22T19:00,2026-11-23T07:00", "RES,nurse,2026-11-22T19:00,2026-11-23T08:00").replace(
    "ICU,away,2026-11-22", "ICU,halima,2026-11-22"
)


@pytest.fixture
def ward(evening: Night) -> Ward:
    this = evening, opened(evening)
    sign_in(this)
    return this


@pytest.fixture
def both(night: Night) -> Ward:
    this = night, opened(night)
    sign_in(this)
    return this


def page(ward: Ward) -> str:
    return ward[0].run(ward[1].get("/desk/lists")).text


def look(ward: Ward, **files: str | bytes) -> httpx.Response:
    given: Mapping[str, tuple[str, bytes]] = {
        which: ("list.csv", text if isinstance(text, bytes) else text.encode()) for which, text in files.items()
    }
    return ward[0].run(ward[1].post("/desk/lists/look", data={"csrf": hidden(page(ward), "csrf")}, files=given))


def press(ward: Ward, path: str, of: str) -> str:
    """A button of that page; the page it leads to."""
    night, wire = ward
    named = {"name": hidden(of, "name")} if 'name="name"' in of else {}
    answer = night.run(wire.post(f"/desk/lists/{path}", data={"csrf": hidden(of, "csrf"), **named}))
    return night.run(wire.get(answer.headers["location"])).text if answer.status_code == 303 else answer.text


def lists(night: Night) -> tuple[str, str, list[tuple[object, ...]]]:
    """The files, and the rows made of them."""
    rows = night.rows("inside", "staff", "staff_id", "rota")
    s = night.inside_settings
    return s.staff.read_text(), s.rota.read_text(), sorted((row for some in rows.values() for row in some), key=repr)


def lying(night: Night) -> list[str]:
    folder: Path = night.inside_settings.data / "incoming"
    return sorted(one.name for one in folder.iterdir()) if folder.exists() else []


def test_what_would_change_is_shown_and_nothing_has_changed(ward: Ward) -> None:
    before = lists(ward[0])
    shown = look(ward, staff=NEW_STAFF, rota=NEW_ROTA).text
    assert "Halima Noor (halima)" in shown
    assert "Wanjiru Kamau (nurse)" in shown
    assert '<span dir="ltr">phone, language</span>' in shown
    assert "Otieno Ouma (away)" in shown
    assert "Intensive care, 22.11. 19:00 – 23.11. 07:00" in shown
    assert shown.count("<dt>Added</dt><dd>1</dd>") == shown.count("<dt>Gone</dt><dd>1</dd>") == 2
    assert "+2547" not in shown
    assert lists(ward[0]) == before


def test_they_are_put_in_place_and_taken_back(both: Ward) -> None:
    night, _ = both
    before = lists(night)
    assert "The new lists are in place." in press(both, "put", look(both, staff=NEW_STAFF, rota=NEW_ROTA).text)
    after = lists(night)
    assert after[:2] == (NEW_STAFF, NEW_ROTA)
    assert any("halima" in row for row in after[2])
    assert not any("away" in row for row in after[2])
    night.clock.move(hours=11)
    shown = page(both)
    assert "22.11. 22:47, Njeri" in shown
    assert "The lists of before are in place again." in press(both, "back", shown)
    assert lists(night) == before
    assert lying(night) == []
    acts = [row[6] for row in night.rows("inside", "audit")["audit"]]
    assert acts[-2:] == ["lists", "lists back"]


def test_units_are_handed_in_as_well(both: Ward) -> None:
    night, _ = both
    before = night.inside_settings.units.read_text(), night.rows("inside", "unit")
    wrong = look(both, units="unit,name,site\nRES,Resus,KIS\nRES,Other,KIS\n")
    assert (wrong.status_code, "row 3, column unit: RES stands there" in wrong.text) == (422, True)
    formula = look(both, units="unit,name,site\nRES,=1+1,KIS\n")
    assert (formula.status_code, "row 2, column name" in formula.text) == (422, True)
    new = before[0].replace("Intensive care", "Intensive care unit") + "NEO,Newborn unit,KIS\n"
    shown = look(both, units=new).text
    assert "Newborn unit (NEO)" in shown
    assert "Intensive care unit (ICU)" in shown
    assert (night.inside_settings.units.read_text(), night.rows("inside", "unit")) == before
    assert "The new lists are in place." in press(both, "put", shown)
    assert night.inside_settings.units.read_text() == new
    assert "NEO" in {row[1] for row in night.rows("inside", "unit")["unit"]}
    press(both, "back", page(both))
    assert (night.inside_settings.units.read_text(), night.rows("inside", "unit")) == before


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - what is waited for happens in another thread
            await asyncio.sleep(0.02)


def _read(ward: Ward, where: str) -> httpx.Response:
    """The page of lists that are being read, looked at as a browser does, until they are."""
    night, wire = ward
    end = time.monotonic() + 20
    while "refresh" in (answer := night.run(wire.get(where))).headers and time.monotonic() < end:
        night.run(asyncio.sleep(0.05))
    return answer


def test_a_long_list_has_a_page_that_says_how_far_it_is(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    night, wire = ward
    going, far = threading.Event(), threading.Event()
    read = rota_in

    def slowly(*given: Any, tell: Tell, **more: Any) -> list[Shift]:
        tell(0.42)
        far.set()
        assert going.wait(20)
        return read(*given, tell=tell, **more)

    monkeypatch.setattr(incoming, "rota_in", slowly)
    monkeypatch.setattr(handed, "SOON", 0.0)
    before = lists(night)
    led = look(ward, rota=NEW_ROTA.replace("halima", "away"))
    assert led.status_code == 303
    where = led.headers["location"]
    night.run(_until(far.is_set))
    for _ in range(2):  # a reload, or a second look
        waits = night.run(wire.get(where))
        assert ('value="42"' in waits.text, waits.headers["refresh"]) == (True, "1")
    assert lists(night) == before
    going.set()
    shown = _read(ward, where).text
    assert "What would change" in shown
    assert "The new lists are in place." in press(ward, "put", shown)
    wrong = look(ward, rota="unit,staff,begins,ends\nRES,nobody,2026-11-22T19:00,2026-11-23T07:00\n")
    said = _read(ward, wrong.headers["location"])
    assert (said.status_code, "row 2, column staff: nobody is not in the staff list" in said.text) == (422, True)
    for gone in ("0" * 20, "..%2F..", "before"):
        assert night.run(wire.get(f"/desk/lists/looked/{gone}")).status_code in (303, 404)


def test_how_far_a_list_was_read_is_told_in_order(tmp_path: Path) -> None:
    path, told = tmp_path / "long.csv", list[float]()
    path.write_text("a\n" + "1\n" * 20_000)
    assert sum(1 for _ in rows(path, ("a",), tell=told.append)) == 20_000
    assert told == sorted(told)
    assert len(told) == 5
    assert 0 < told[0] < 0.25 < told[-1] <= 1


def test_after_a_day_they_can_not_be_taken_back_and_nothing_of_before_lies_there(ward: Ward) -> None:
    night, _ = ward
    press(ward, "put", look(ward, rota=NEW_ROTA.replace("halima", "away")).text)
    assert lying(night) == ["before"]
    shown = page(ward)
    night.clock.move(hours=24)
    sign_in(ward)
    assert "the day is over" in press(ward, "back", page(ward))
    assert "Take that back" in shown
    assert "Take that back" not in page(ward)
    night.run(night.inside.incoming.forget())
    assert lying(night) == []


def test_what_was_only_looked_at_goes_after_an_hour(ward: Ward) -> None:
    night, _ = ward
    shown = look(ward, staff=NEW_STAFF, rota=NEW_ROTA).text
    night.clock.move(minutes=59)
    night.run(night.inside.incoming.forget())
    assert len(lying(night)) == 1
    night.clock.move(minutes=1)
    night.run(night.inside.incoming.forget())
    assert lying(night) == []
    assert "Hand the files in again." in press(ward, "put", shown)


def test_lists_that_somebody_else_has_changed_meanwhile_stay_as_they_are(ward: Ward) -> None:
    night, _ = ward
    shown, other = look(ward, staff=NEW_STAFF, rota=NEW_ROTA).text, STAFF + "zawadi,Zawadi,,z@x.example,en,ICU,nurse,\n"
    night.inside_settings.staff.write_text(other)
    assert "the lists are others by now" in press(ward, "put", shown)
    assert lists(night)[:2] == (other, ROTA)
    press(ward, "put", look(ward, rota=NEW_ROTA.replace("halima", "away")).text)
    night.inside_settings.rota.write_text(ROTA)
    assert "somebody has changed the lists since" in press(ward, "back", page(ward))
    assert lists(night)[:2] == (other, ROTA)


def test_a_list_that_can_not_be_put_there_changes_nothing_and_says_what_to_do(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    night, _ = ward
    before = lists(night)
    shown = look(ward, staff=NEW_STAFF, rota=NEW_ROTA).text
    real = os.open

    def full(path: Path, *given: int) -> int:
        if Path(path).parent == night.inside_settings.staff.parent and Path(path).name.startswith("rota"):
            raise OSError(28, "No space left on device", str(path))
        return real(path, *given)

    monkeypatch.setattr(os, "open", full)
    said = press(ward, "put", shown)
    assert "can&#39;t be written (No space left on device)" in said
    monkeypatch.undo()
    assert lists(night) == before


BAD: tuple[tuple[str, str | bytes, str], ...] = (
    ("staff", "staff,name\nx,X\n", "staff.csv: row 1 must be staff,name,phone,mail,language,unit,role,ids; phone stands there 0"),
    ("staff", STAFF + "juma,Juma,,,sw,AMB7,driver,\n", "staff.csv: row 7, column staff: juma stands there"),
    ("staff", STAFF.encode() + b"z,Zo\xeb,,,en,ICU,nurse,\n", "staff.csv: row 7, column name: byte 0xeb is not UTF-8"),  # cp1252
    ("staff", STAFF + "z,=HYPERLINK(0),,,en,ICU,nurse,\n", "staff.csv: row 7, column name: it begins as a formula does"),
    ("staff", STAFF + "z,Z,,,en,ICU,-1+cmd|x,\n", "staff.csv: row 7, column role: it begins as a formula does"),
    ("staff", STAFF.replace("away", "left"), "rota.csv: row 5, column staff: away is not in the staff list"),
    ("rota", ROTA + "ICU,nurse,2026-11-22T23:00,2026-11-23T06:00\n", "rota.csv: row 6, column begins: row 2 has that person at"),
    ("rota", ROTA + "@ICU,nurse,2026-11-24T23:00,2026-11-25T06:00\n", "rota.csv: row 6, column unit: it begins as a formula"),
    ("rota", ROTA + "ICU,nurse,tomorrow,2026-11-23T06:00\n", "rota.csv: row 6, column begins: write the time as"),
    ("rota", b"PK\x03\x04\xff\xfe", "rota.csv: row 1, column 1: byte 0xff is not UTF-8"),
    ("rota", "", "no file came"),
)


def test_a_bad_list_is_refused_by_row_and_column_and_changes_nothing(ward: Ward) -> None:
    before = lists(ward[0])
    for which, text, said in BAD:
        answer = look(ward, **{which: text})
        assert answer.status_code == (422 if text else 400), said
        assert "Nothing was changed." in answer.text
        assert said in answer.text
    assert lists(ward[0]) == before
    assert lying(ward[0]) == []


def test_a_list_that_is_too_long_is_let_go_by_and_said_to_be(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handed, "BOTH", 10_000)
    answer = look(ward, rota="x" * 20_000)
    assert answer.status_code == 413
    assert "more than 64 MB" in answer.text
    assert lying(ward[0]) == []


def test_on_call_may_lie_beside_a_shift_and_a_repeated_row_is_one(ward: Ward) -> None:
    on_call = "ICU,nurse,2026-11-22T08:00,2026-11-29T08:00\n"
    assert look(ward, rota=ROTA + on_call + ROTA.splitlines()[1] + "\n").status_code == 200


def test_where_the_staff_come_from_a_directory_only_a_rota_can_be_handed_in(evening: Night) -> None:
    evening.inside_settings = type(evening.inside_settings)(**{**vars(evening.inside_settings), "scim_token": Sealed("x")})
    ward = evening, opened(evening)
    sign_in(ward)
    shown = page(ward)
    assert "The staff come from the directory" in shown
    assert 'name="staff"' not in shown
