"""Who comes in at the desk: with a passkey made from a link shown once, and with nothing else; and how they are put out again."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from aftercall.signin import reception
from aftercall.signin.seat import COORDINATOR, IT, Person
from tests.device import PRESENT, Device
from tests.stories.ward import Ward, hidden, let_in, opened, options_in, see, show, sign_in
from tests.world import Night

NJERI = Person("b" * 16, "Njeri", COORDINATOR)
WAY_IN = "Sign in with your passkey"


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    """On one database; test_looked.py is on both."""
    night = Night(tmp_path)
    yield night, opened(night)
    night.close()


def link(ward: Ward, name: str = "Njeri") -> str:
    return ward[0].run(ward[0].inside.reception.link_from_the_machine(name))


def acts(ward: Ward) -> list[tuple[str, str, str]]:
    return [(row[4], row[6], row[7]) for row in ward[0].rows("inside", "audit")["audit"]]


# the way in ----------------------------------------------------------------------------------------------------------------


def test_a_link_from_the_machine_makes_a_passkey_and_the_passkey_opens_the_desk(ward: Ward) -> None:
    device = Device()
    answer = sign_in(ward, device)
    assert answer.status_code == 303
    cookie = answer.headers["set-cookie"]
    assert all(word in cookie for word in ("HttpOnly", "SameSite=Strict", "Secure", "Path=/desk", "Max-Age=43200"))
    assert "Nothing waits for you." in see(ward)
    assert show(ward, device).status_code == 303
    assert "Nothing waits for you." in see(ward)
    assert acts(ward) == [("-", "link", "Njeri"), ("Njeri", "enrol", ""), ("Njeri", "in", "")]


def test_the_secret_of_a_link_and_of_a_session_stand_in_no_row(ward: Ward) -> None:
    night, wire = ward
    new = link(ward)
    secret = new.partition("#")[2]
    rows = str(night.rows("inside", "session", "audit"))
    assert secret not in rows
    let_in(ward, new, Device())
    assert wire.cookies["desk"] not in str(night.rows("inside", "session", "credential", "audit"))


def test_a_link_works_once(ward: Ward) -> None:
    night, wire = ward
    new = link(ward)
    assert let_in(ward, new, Device()).status_code == 303
    wire.cookies.clear()
    again = night.run(wire.post("/desk/enrol", data={"code": new.partition("#")[2]}))
    assert again.status_code == 404
    assert "That link was used" in again.text
    assert len(night.rows("inside", "credential")["credential"]) == 1


def test_two_who_open_one_link_at_once_are_one_passkey(ward: Ward) -> None:
    night, wire = ward
    code = link(ward).partition("#")[2]
    said = [Device().made(options_in(night.run(wire.post("/desk/enrol", data={"code": code})).text)) for _ in range(2)]
    answers = [night.run(wire.post("/desk/enrol/made", data={"code": code, "said": one})).status_code for one in said]
    assert answers == [303, 404]
    assert len(night.rows("inside", "credential")["credential"]) == 1


def test_a_link_is_good_for_half_an_hour(ward: Ward) -> None:
    night, wire = ward
    new = link(ward)
    night.clock.move(minutes=30)
    assert night.run(wire.post("/desk/enrol", data={"code": new.partition("#")[2]})).status_code == 404
    night.run(night.inside.reception.forget())
    assert night.rows("inside", "session")["session"] == []


def test_opening_a_link_uses_nothing_up(ward: Ward) -> None:
    night, wire = ward
    new = link(ward)
    assert night.run(wire.get("/desk/enrol")).status_code == 200
    for _ in range(3):
        assert night.run(wire.post("/desk/enrol", data={"code": new.partition("#")[2]})).status_code == 200
    assert let_in(ward, new, Device()).status_code == 303


# what does not open it -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lie", [{"origin": "https://hospital.example.evil.example"}, {"flags": PRESENT}, {"origin": "http://hospital.example"}]
)
def test_no_passkey_is_made_on_another_page_or_by_who_only_touches(ward: Ward, lie: dict[str, object]) -> None:
    answer = let_in(ward, link(ward), Device(**lie))  # type: ignore[arg-type]
    assert answer.status_code == 403
    assert ward[0].rows("inside", "credential")["credential"] == []
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("lie", [{"origin": "https://evil.example"}, {"flags": PRESENT}, {"flags": 0}, {"name": b"another" * 2}])
def test_a_passkey_shown_elsewhere_or_without_its_owner_opens_nothing(ward: Ward, lie: dict[str, object]) -> None:
    device = Device()
    sign_in(ward, device)
    answer = show(ward, replace(device, **lie))  # type: ignore[arg-type]
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_a_strangers_passkey_opens_nothing_and_says_what_a_broken_one_says(ward: Ward) -> None:
    night, wire = ward
    device = Device()
    sign_in(ward, device)
    stranger, broken = show(ward, Device()), night.run(wire.post("/desk", data={"said": "{}"}))
    assert stranger.status_code == broken.status_code == 403
    assert len(stranger.text) == len(broken.text)


def test_an_answer_opens_one_session(ward: Ward) -> None:
    night, wire = ward
    device = Device(counts=False)
    sign_in(ward, device)
    wire.cookies.clear()
    said = device.shown(options_in(night.run(wire.get("/desk")).text))
    assert night.run(wire.post("/desk", data={"said": said})).status_code == 303
    assert night.run(wire.post("/desk", data={"said": said})).status_code == 403


def test_an_old_page_opens_nothing_and_says_press_again(ward: Ward) -> None:
    night, wire = ward
    device = Device()
    sign_in(ward, device)
    wire.cookies.clear()
    said = device.shown(options_in(night.run(wire.get("/desk")).text))
    night.clock.move(minutes=10, seconds=1)
    answer = night.run(wire.post("/desk", data={"said": said}))
    assert answer.status_code == 403
    assert "lay open for more than ten minutes" in answer.text


def test_a_copy_of_a_device_is_noticed(ward: Ward) -> None:
    device = Device()
    sign_in(ward, device)
    copy = replace(device)
    assert show(ward, device).status_code == 303
    assert show(ward, device).status_code == 303
    assert show(ward, copy).status_code == 403


def test_what_is_no_answer_at_all_opens_nothing(ward: Ward) -> None:
    night, wire = ward
    sign_in(ward)
    for said in ("", "x", "[]", "null", '{"id": 1}', '{"id": "x", "response": {"clientDataJSON": "AAAA"}}', "[" * 5000):
        assert night.run(wire.post("/desk", data={"said": said})).status_code == 403, said[:40]


def test_tries_a_minute_by_everybody_together(ward: Ward) -> None:
    night, wire = ward
    device = Device()
    sign_in(ward, device)
    night.clock.move(minutes=1)
    wire.cookies.clear()
    answers = [night.run(wire.post("/desk", data={"said": "{}"})).status_code for _ in range(reception.TRIES + 1)]
    assert answers == [403] * reception.TRIES + [429]
    night.clock.move(minutes=1)
    assert show(ward, device).status_code == 303


# sessions ------------------------------------------------------------------------------------------------------------------


def test_a_session_outlives_a_restart(ward: Ward) -> None:
    night, wire = ward
    sign_in(ward)
    opened(night)
    token = wire.cookies["desk"]
    assert "Nothing waits for you." in night.run(night._wire[-1].get("/desk", headers={"Cookie": f"desk={token}"})).text


def test_who_sees_a_session_elsewhere_ends_it(ward: Ward) -> None:
    night, wire = ward
    device = Device()
    sign_in(ward, device)
    lost = wire.cookies["desk"]
    night.clock.move(hours=1)
    show(ward, device)
    page = night.run(wire.get("/desk/people")).text
    assert "22.11. 22:47" in page
    assert "22.11. 23:47, here" in page
    first = page.rindex("22.11. 22:47")
    pressed = {"csrf": hidden(page, "csrf"), "session": hidden(page[first:], "session")}
    assert night.run(wire.post("/desk/people/end", data=pressed)).status_code == 303
    assert WAY_IN in night.run(wire.get("/desk", headers={"Cookie": f"desk={lost}"})).text
    assert "Nothing waits for you." in see(ward)


def test_nobody_ends_anybody_elses(ward: Ward) -> None:
    night, wire = ward
    sign_in(ward)
    other = night.rows("inside", "session")["session"][0][1]
    wire.cookies.clear()
    let_in(ward, link(ward, "Peter"), Device())
    page = night.run(wire.get("/desk/people")).text
    assert other not in page
    night.run(wire.post("/desk/people/end", data={"csrf": hidden(page, "csrf"), "session": other}))
    assert other in {row[1] for row in night.rows("inside", "session")["session"]}


# others --------------------------------------------------------------------------------------------------------------------


def invite(ward: Ward, name: str, role: str) -> str:
    night, wire = ward
    page = night.run(wire.get("/desk/people")).text
    answer = night.run(wire.post("/desk/people/invite", data={"csrf": hidden(page, "csrf"), "name": name, "role": role}))
    assert answer.status_code == 200
    return answer.text.partition('class="code" dir="ltr">')[2].partition("<")[0]


def test_a_coordinator_lets_another_in_face_to_face(ward: Ward) -> None:
    _, wire = ward
    sign_in(ward)
    new = invite(ward, "Peter", COORDINATOR)
    wire.cookies.clear()
    assert let_in(ward, new, Device()).status_code == 303
    assert "Nothing waits for you." in see(ward)
    assert ("Njeri", "invite", "Peter") in acts(ward)


def test_it_sees_whether_all_is_well_and_nothing_else(ward: Ward) -> None:
    night, wire = ward
    sign_in(ward)
    new = invite(ward, "Omondi", IT)
    wire.cookies.clear()
    let_in(ward, new, Device())
    assert "Is it well?" in night.run(wire.get("/desk")).text
    assert "canary" in night.run(wire.get("/desk/health")).text
    page = night.run(wire.get("/desk/people")).text
    assert "Njeri" not in page
    csrf = hidden(page, "csrf")
    for path in ("/desk/there", "/desk/audit", "/desk/units", "/desk/weights"):
        assert night.run(wire.get(path)).status_code == 403, path
    for path in ("/event", "/report", "/join", "/learn", "/people/invite", "/people/renew", "/people/remove", "/there", "/weights"):
        given = {"csrf": csrf, "event": "x", "say": "dead", "name": "X", "role": IT, "who": NJERI.who}
        answer = night.run(wire.post(f"/desk{path}", data=given))
        assert answer.status_code == 403, path
    assert len(night.rows("inside", "session")["session"]) == 2, "no link was made"


def test_letting_somebody_in_needs_a_touch_not_older_than_five_minutes(ward: Ward) -> None:
    night, wire = ward
    device = Device()
    sign_in(ward, device)
    page = night.run(wire.get("/desk/people")).text
    night.clock.move(minutes=5)
    csrf = hidden(page, "csrf")
    answer = night.run(wire.post("/desk/people/invite", data={"csrf": csrf, "name": "Peter", "role": IT}))
    assert "said=key" in answer.headers["location"]
    assert all(row[2] != "link" for row in night.rows("inside", "session")["session"])
    page = night.run(wire.get("/desk/people")).text
    assert "Touch your passkey again" in page
    touched = {"csrf": csrf, "said": device.shown(options_in(page)), "next": "people"}
    assert night.run(wire.post("/desk/touch", data=touched)).headers["location"] == "/desk/people?lang=en"
    assert invite(ward, "Peter", IT)


def test_another_persons_passkey_is_no_touch(ward: Ward) -> None:
    night, wire = ward
    sign_in(ward)
    peter = Device()
    mine = wire.cookies["desk"]
    let_in(ward, link(ward, "Peter"), peter)
    wire.cookies.clear()
    wire.cookies.set("desk", mine)
    night.clock.move(minutes=5)
    page = night.run(wire.get("/desk/people")).text
    touched = {"csrf": hidden(page, "csrf"), "said": peter.shown(options_in(page)), "next": "people"}
    assert "said=key" in night.run(wire.post("/desk/touch", data=touched)).headers["location"]
    assert "Touch your passkey again" in night.run(wire.get("/desk/people")).text


def test_a_new_phone_takes_the_old_ones_place_and_ends_its_sessions(ward: Ward) -> None:
    night, wire = ward
    sign_in(ward)
    lost = Device()
    njeri = wire.cookies["desk"]
    wire.cookies.clear()
    let_in(ward, link(ward, "Peter"), lost)
    his = wire.cookies["desk"]
    wire.cookies.clear()
    wire.cookies.set("desk", njeri)
    page = night.run(wire.get("/desk/people")).text
    who = hidden(page[page.index("<h3>Peter") :], "who")
    answer = night.run(wire.post("/desk/people/renew", data={"csrf": hidden(page, "csrf"), "who": who}))
    new, found = Device(), answer.text.partition('class="code" dir="ltr">')[2].partition("<")[0]
    assert show(ward, lost).status_code == 303, "until the new one is made the old one is good"
    let_in(ward, found, new)
    assert show(ward, lost).status_code == 403
    assert WAY_IN in night.run(wire.get("/desk", headers={"Cookie": f"desk={his}"})).text
    assert show(ward, new).status_code == 303


def test_who_is_taken_away_is_out_at_once_and_the_last_coordinator_stays(ward: Ward) -> None:
    night, wire = ward
    sign_in(ward)
    peter = Device()
    njeri = wire.cookies["desk"]
    wire.cookies.clear()
    let_in(ward, link(ward, "Peter"), peter)
    his = wire.cookies["desk"]
    page = night.run(wire.get("/desk/people", headers={"Cookie": f"desk={njeri}"})).text
    who = hidden(page[page.index("<h3>Peter") :], "who")
    wire.cookies.clear()
    wire.cookies.set("desk", njeri)
    night.run(wire.post("/desk/people/remove", data={"csrf": hidden(page, "csrf"), "who": who}))
    assert ("Njeri", "remove", "Peter") in acts(ward)
    own = night.rows("inside", "credential")["credential"][0][2]
    answer = night.run(wire.post("/desk/people/remove", data={"csrf": hidden(page, "csrf"), "who": own}))
    assert "said=last" in answer.headers["location"]
    wire.cookies.clear()
    assert WAY_IN in night.run(wire.get("/desk", headers={"Cookie": f"desk={his}"})).text
    assert show(ward, peter).status_code == 403


@pytest.mark.parametrize("path", ["", "/enrol", "/enrol/made", "/touch", "/people/invite", "/people/end", "/there"])
def test_another_sites_page_presses_nothing(ward: Ward, path: str) -> None:
    night, wire = ward
    device = Device()
    sign_in(ward, device)
    page = night.run(wire.get("/desk/people")).text
    given = {"csrf": hidden(page, "csrf"), "name": "X", "role": IT, "next": "people", "session": hidden(page, "session")}
    before = night.rows("inside", "session", "credential", "audit")
    answer = night.run(wire.post(f"/desk{path}", data=given, headers={"Sec-Fetch-Site": "cross-site"}))
    assert answer.status_code in (303, 403, 404)
    assert night.rows("inside", "session", "credential", "audit") == before
