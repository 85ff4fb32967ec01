"""One's own page: who gets in, what it shows, STOP for good and for this time, and that nobody else can see any of it."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from aftercall.inside.doors import mine
from aftercall.inside.road import hush
from tests.stories.ward import AMINA, CLEANER, JUMA, NURSE, Ward, hidden, opened, sign_in
from tests.world import Night, adt


@pytest.fixture
def ward(night: Night) -> Ward:
    return night, opened(night)


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Ward]:
    """On one database: what a page says depends on none."""
    night = Night(tmp_path)
    yield night, opened(night)
    night.close()


def ask(ward: Ward, who: str) -> httpx.Response:
    night, wire = ward
    answer = night.run(wire.post("/mine/code", data={"who": who}))
    night.run(night.inside.half.flight.landed())
    return answer


def code_to(night: Night, address: str) -> str:
    found = re.search(r"\b(\d{8})\b", night.hospital_post.to(address)[-1])
    assert found is not None
    return found[1]


def come_in(ward: Ward, who: str = "amina", address: str = AMINA) -> str:
    """One's own page, by the code that came."""
    night, wire = ward
    form = hidden(ask(ward, who).text, "form")
    answer = night.run(wire.post("/mine/in", data={"form": form, "code": code_to(night, address)}))
    assert answer.status_code == 303
    return page(ward)


def page(ward: Ward) -> str:
    return ward[0].run(ward[1].get("/mine")).text


def push(ward: Ward, path: str, **typed: str) -> httpx.Response:
    return ward[0].run(ward[1].post(f"/mine{path}", data={"csrf": hidden(page(ward), "csrf"), **typed}))


def notes(night: Night, address: str) -> int:
    return sum("You have a note" in text or "ujumbe" in text.lower() for text in night.hospital_post.to(address))


def counted(night: Night) -> dict[tuple[str, str], int]:
    """What a monitor sees of what was sent."""
    return dict(night.inside.roads.went)


# the way in ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "address"), [("amina", AMINA), ("A1234", AMINA), (AMINA, AMINA), ("254 700-000-002", AMINA), (CLEANER.upper(), CLEANER)]
)
def test_a_code_to_the_address_that_hr_gave_opens_ones_own_page(quick: Ward, who: str, address: str) -> None:
    night, wire = quick
    shown = come_in(quick, who, address)
    assert counted(night) == {}, "a monitor sees that somebody opened their own page"
    assert "You get them, as everybody who was there does." in shown
    cookie = next(iter(wire.cookies.jar))
    assert (cookie.name, cookie.path, cookie.secure) == ("mine", "/mine", True)
    night.clock.move(minutes=15)
    assert "Send me the code" in page(quick)


def test_the_answer_is_the_same_for_who_is_here_and_for_nobody(quick: Ward) -> None:
    answers = [re.sub(r'value="\w{32}"', "", ask(quick, who).text) for who in ("amina", "nobody", "+254799999999", AMINA)]
    assert len(set(answers)) == 1
    night = quick[0]
    assert len(night.hospital_post.sent) == 2
    form = hidden(ask(quick, "nobody").text, "form")
    nobody = night.run(quick[1].post("/mine/in", data={"form": form, "code": "12345678"}))
    form = hidden(ask(quick, "juma").text, "form")
    wrong = night.run(quick[1].post("/mine/in", data={"form": form, "code": "x"}))
    assert (nobody.status_code, len(nobody.text)) == (wrong.status_code, len(wrong.text)) == (403, len(wrong.text))


def test_the_text_says_nothing(quick: Ward) -> None:
    ask(quick, "amina")
    ask(quick, "juma")
    assert len(quick[0].hospital_post.sent) == 2
    for message in quick[0].hospital_post.sent:
        said = re.sub(r"\d{8}", "", f"{message.text} {message.subject}").lower()
        for word in ("peer", "support", "loss", "death", "died", "aftercall", "resus", "hospital", "note", "http", "amina", "juma"):
            assert word not in said


def test_a_code_works_once_for_ten_minutes_on_the_page_that_asked_and_for_five_tries(quick: Ward) -> None:
    night, wire = quick

    def typed(form: str, code: str) -> int:
        return night.run(wire.post("/mine/in", data={"form": form, "code": code})).status_code

    form, other = hidden(ask(quick, "amina").text, "form"), hidden(ask(quick, "juma").text, "form")
    right = code_to(night, AMINA)
    assert typed(other, right) == 403
    assert typed(form, f" {right[:4]} {right[4:]} ") == 303
    assert typed(form, right) == 403
    form = hidden(ask(quick, "amina").text, "form")
    night.clock.move(minutes=10)
    assert typed(form, code_to(night, AMINA)) == 403
    form = hidden(ask(quick, "amina").text, "form")
    assert [typed(form, "1") for _ in range(5)] == [403] * 5
    assert typed(form, code_to(night, AMINA)) == 403


def test_five_codes_a_day_to_one_person_and_so_many_a_minute_to_all(quick: Ward) -> None:
    night, _ = quick
    for _ in range(7):
        assert ask(quick, "amina").status_code == 200
    assert len(night.hospital_post.to(AMINA)) == 5
    answers = [ask(quick, "nobody").status_code for _ in range(mine.ASKED)]
    assert answers == [200] * (mine.ASKED - 7) + [429] * 7
    night.clock.move(minutes=1)
    assert ask(quick, "juma").status_code == 200


def test_neither_code_nor_secret_stands_in_a_row(quick: Ward) -> None:
    night, wire = quick
    form = hidden(ask(quick, "amina").text, "form")
    code = code_to(night, AMINA)
    assert code not in str(night.rows("inside", "session"))
    assert form not in str(night.rows("inside", "session"))
    come_in(quick)
    assert wire.cookies["mine"] not in str(night.rows("inside", "session"))
    assert "Amina" not in str(night.rows("inside", "session"))


def test_another_sites_page_or_an_old_form_changes_nothing(quick: Ward) -> None:
    night, wire = quick
    shown = come_in(quick)
    before = night.rows("inside", "quiet", "session")
    cross = {"Sec-Fetch-Site": "cross-site"}
    for path in ("/stop", "/there", "/out"):
        for given, head in (({"csrf": hidden(shown, "csrf"), "say": "good"}, cross), ({"csrf": "x", "say": "good"}, {})):
            assert night.run(wire.post(f"/mine{path}", data=given, headers=head)).status_code == 403
    assert night.rows("inside", "quiet", "session") == before
    push(quick, "/out")
    assert "Send me the code" in page(quick)


def test_a_desks_session_opens_nobodys_page_and_ones_own_page_no_desk(quick: Ward) -> None:
    night, wire = quick
    come_in(quick)
    assert "Sign in with your passkey" in night.run(wire.get("/desk", headers={"Cookie": f"desk={wire.cookies['mine']}"})).text
    sign_in(quick)
    assert "Send me the code" in night.run(wire.get("/mine", headers={"Cookie": f"mine={wire.cookies['desk']}"})).text


# what stands there ---------------------------------------------------------------------------------------------------------


def test_it_shows_all_there_is_of_me_and_of_nobody_else(ward: Ward) -> None:
    night, _ = ward
    night.hear(adt())
    night.tick()
    shown = come_in(ward)
    for part in (
        "Amina Yusuf",
        AMINA,
        "RES, registrar",
        "KMPDC:A1234",
        "Resus, 22.11. 22:41",
        "PV1-7",
        "one more comes the day after",
    ):
        assert part in shown, part
    for other in ("Wanjiru", "Juma", "Mwangi", NURSE, JUMA):
        assert other not in shown
    assert "Nobody." in shown
    night.pass_time(days=3)
    shown = come_in(ward)
    assert "Nothing in the last three days." in shown
    days = [row[2] for row in night.rows("inside", "outbox")["outbox"] if row[1] == "amina"]
    assert len(days) == 3
    assert len(re.findall(r"\d\d\.\d\d\.202[67]", shown)) == 3


def test_who_looked_at_me_is_named_with_the_hour_and_goes_with_what_was_looked_at(ward: Ward) -> None:
    night, wire = ward
    night.hear(adt())
    night.tick()
    sign_in(ward)
    desk = night.run(wire.get("/desk/there")).text
    night.run(wire.post("/desk/there", data={"csrf": hidden(desk, "csrf"), "event": hidden(desk, "event")}))
    assert "Njeri (Coordinator), in the hour from 22.11. 22:00" in come_in(ward)
    assert "Njeri" not in come_in(ward, "away", "+254700000005")
    night.pass_time(days=3)
    assert "Njeri" not in come_in(ward)


# STOP ----------------------------------------------------------------------------------------------------------------------


def test_stop_for_good_and_taken_back(ward: Ward) -> None:
    night, _ = ward
    come_in(ward)
    push(ward, "/stop", say="good")
    assert "You get none: you said STOP." in page(ward)
    night.hear(adt())
    night.tick()
    assert notes(night, AMINA) == 0
    assert notes(night, NURSE) == 1
    assert "You get none" in come_in(ward), "who said STOP still gets the code they ask for"
    push(ward, "/stop", say="undo")
    night.pass_time(days=2)
    assert notes(night, AMINA) == 1, "the one of the day after"


def test_stop_for_this_time_is_of_what_has_happened_and_not_of_what_comes(ward: Ward) -> None:
    night, _ = ward
    night.hear(adt())
    night.tick()
    assert notes(night, AMINA) == notes(night, NURSE) == 1
    come_in(ward)
    push(ward, "/stop", say="now")
    assert "for what has happened up to now" in page(ward)
    for _ in range(2):  # a day late the second would be an offer of its own, and after three there is none
        night.pass_time(days=2)
    assert (notes(night, AMINA), notes(night, NURSE)) == (1, 2)
    night.hear(adt(night.clock.now(), "M2", "778800"))
    night.tick()
    assert notes(night, AMINA) == 2, "a new loss is a new note"
    night.pass_time(days=5)
    assert "for what has happened up to now" in come_in(ward)


def test_no_later_note_of_it_goes_and_the_marks_go_with_their_days(ward: Ward) -> None:
    night, _ = ward
    night.hear(adt())
    night.tick()
    come_in(ward)
    push(ward, "/stop", say="now")
    assert len(night.rows("inside", "quiet")["quiet"]) == 16
    for _ in range(97):
        night.pass_time(days=1)
    assert notes(night, AMINA) == 1
    assert notes(night, NURSE) > 3
    assert night.rows("inside", "quiet")["quiet"] == []
    assert "You get them" in come_in(ward)


def test_taken_back_later_notes_go_again(ward: Ward) -> None:
    night, _ = ward
    night.hear(adt())
    night.tick()
    come_in(ward)
    push(ward, "/stop", say="now")
    night.pass_time(days=4)  # the one of a week goes on the fifth day at the soonest, and on the ninth at the latest
    come_in(ward)
    push(ward, "/stop", say="undo")
    assert "You get them" in page(ward)
    for _ in range(7):
        night.pass_time(days=1)
    assert notes(night, AMINA) == 2


def test_nothing_of_it_can_be_seen_by_any_other(ward: Ward) -> None:
    """Told twice, once with all that a person may press on their page, once without: all other rows and pages are the same."""
    night, wire = ward

    def seen() -> str:
        sign_in(ward)
        rows = night.rows("inside", "attendance", "outbox", "event", "told", "report", "staff")
        plain = {name: [row[:3] + row[5:7] for row in table] for name, table in rows.items()}
        pages = [night.run(wire.get(f"/desk{path}")).text for path in ("", "/there")]
        return re.sub(r'(value|data-options)="[^"]*"', "", f"{plain} {pages}")

    night.hear(adt())
    night.tick()
    come_in(ward)
    before = seen()
    for say in ("now", "good", "undo", "now"):
        push(ward, "/stop", say=say)
    assert seen() == before
    audit = str(night.rows("inside", "audit"))
    assert "amina" not in audit.lower()


def test_i_was_there_too(ward: Ward) -> None:
    night, _ = ward
    night.hear(adt())
    night.tick()
    come_in(ward, "away", "+254700000005")
    answer = push(ward, "/there", unit="RES", when="earlier", time="22:40")
    assert "said=there" in answer.headers["location"]
    night.tick()
    assert notes(night, "+254700000005") == 1
    assert "Resus, 22.11. 22:41" in page(ward)
    assert push(ward, "/there", unit="ICU").headers["location"] == answer.headers["location"], "the same where nothing is known"


@pytest.mark.parametrize("typed", [{"unit": "NOWHERE"}, {"unit": ""}, {"unit": "RES", "when": "earlier", "time": "soon"}])
def test_a_form_half_filled_says_what_is_missing(quick: Ward, typed: dict[str, str]) -> None:
    come_in(quick)
    answer = push(quick, "/there", **typed)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text


def test_a_mark_for_this_time_is_no_mark_of_another_person_or_loss() -> None:
    first, second = hush.this_time(["a"], [("one", 100)], [], 100), hush.this_time(["b"], [("one", 100)], [], 100)
    assert len(first) == 1 + 3 * 5
    assert not first.keys() & second.keys()
    assert hush.mark("a", "two") not in first
    assert first.keys() <= hush.all_of(["a"], ["one"], 100)
    assert max(first.values()) == 100 + 90 + 2 + 1
