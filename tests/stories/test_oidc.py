"""Who comes in by the hospital's own sign-in, a real one over TLS: at the desk and on one's own page; and all that is refused."""

import secrets
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from sqlalchemy.engine import Connection

from aftercall.config import Inside, Wrong, default_of
from aftercall.inside.doors import oidc
from aftercall.inside.store.tables import audit, credential, session
from aftercall.words import Sealed
from tests.device import Device
from tests.signin import idp as away
from tests.signin.idp import NAME, SECRET, Idp, ask, saying
from tests.stories.ward import Ward, hidden, opened, see, sign_in
from tests.world import Night

BACK = "https://hospital.example/oidc"
NOT_IN, NOBODY, AGAIN = "You were not signed in", "that account opens nothing here", "Begin again, here."
UNTRUE, CLOCK, DOWN = "this server's log says which check failed", "don't say the same", "does not answer"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Night, Idp, str]]:
    folder = tmp_path_factory.mktemp("idp")
    night = Night(tmp_path_factory.mktemp("night"))
    with away.running(folder, BACK, night.clock.now) as idp:
        yield night, idp, str(folder / "ca.pem")
    night.close()


@pytest.fixture
def night(shared: tuple[Night, Idp, str]) -> Night:
    """One night for all of these: it begins with nobody signed in, and no sign-in set up."""
    night = shared[0]
    night.run(night.inside_store.do(_cleared))
    given: dict[str, Any] = {f.name: default_of(f) for f in fields(Inside) if f.name.startswith("oidc_")}
    night.inside_settings = replace(night.inside_settings, **given)
    return night


def _cleared(conn: Connection) -> None:
    for table in (session, credential, audit):
        conn.execute(table.delete())


@pytest.fixture
def idp(shared: tuple[Night, Idp, str]) -> Idp:
    return shared[1].anew(shared[0].clock.now)


@pytest.fixture
def trust(shared: tuple[Night, Idp, str]) -> str:
    return shared[2]


@pytest.fixture
def ward(night: Night, idp: Idp, trust: str) -> Ward:
    return night, opened_to(night, idp, trust)


def opened_to(night: Night, idp: Idp, trust: str, **other: object) -> httpx.AsyncClient:
    given = {"oidc_issuer": idp.issuer, "oidc_client": NAME, "oidc_secret": Sealed(SECRET), "oidc_trust": trust}
    given |= {"oidc_coordinator": ["care-coordinators"], "oidc_it": ["it-desk"], "oidc_person": "employee"}
    given |= {"oidc_authority": "KMPDC", **other}
    night.inside_settings = replace(night.inside_settings, **given)  # type: ignore[arg-type]
    return opened(night)


def leave(ward: Ward, path: str = "/desk/oidc") -> str:
    """Where the half sends the browser."""
    answer = ward[0].run(ward[1].get(path))
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def back(ward: Ward, answer: httpx.Response) -> httpx.Response:
    return ward[0].run(ward[1].get(answer.headers["location"]))


def come(ward: Ward, who: str = "njeri", path: str = "/desk/oidc") -> httpx.Response:
    """The whole way there and back."""
    return back(ward, ask(leave(ward, path), who))


def rows(ward: Ward) -> dict[str, list[tuple[object, ...]]]:
    return ward[0].rows("inside", "session", "credential", "audit")


def acts(ward: Ward) -> list[tuple[str, ...]]:
    return [(row[4], row[5], row[6]) for row in ward[0].rows("inside", "audit")["audit"]]


def refused(ward: Ward, answer: httpx.Response, *words: str, status: int = 403) -> None:
    """A page that says so, nothing opened, and nothing kept."""
    assert answer.status_code == status, answer.text
    assert all(word in answer.text for word in (NOT_IN, *words)), answer.text
    assert not {"desk", "mine"} & ward[1].cookies.keys()
    assert not any(rows(ward).values())


# who comes in ----------------------------------------------------------------------------------------------------------------


def test_who_has_the_group_sits_at_the_desk_and_the_chain_says_who_came_and_went(ward: Ward) -> None:
    night, wire = ward
    answer = come(ward)
    assert answer.status_code == 200
    assert 'content="0;url=/desk?lang=en"' in answer.text
    assert any("desk=" in one and "SameSite=Strict" in one and "HttpOnly" in one for one in answer.headers.get_list("set-cookie"))
    assert "Nothing waits for you." in see(ward)
    night.run(wire.post("/desk/out", data={"csrf": hidden(see(ward), "csrf")}))
    assert "Sign in with your passkey" in see(ward)
    assert acts(ward) == [("Njeri Wambui", "coordinator", "in"), ("Njeri Wambui", "coordinator", "out")]
    assert "u-1" not in str(rows(ward))


def test_it_comes_in_as_it_and_sees_no_row(ward: Ward) -> None:
    night, wire = ward
    assert come(ward, "omondi").status_code == 200
    assert "Is it well?" in night.run(wire.get("/desk")).text
    assert night.run(wire.get("/desk/there")).status_code == 403


def test_whoever_is_both_is_a_coordinator_and_a_claim_may_be_one_text(ward: Ward, idp: Idp) -> None:
    idp.people["njeri"]["groups"] = ["it-desk", "care-coordinators"]
    come(ward)
    assert acts(ward)[-1][1] == "coordinator"
    ward[1].cookies.clear()
    idp.people["njeri"]["groups"] = "it-desk"
    come(ward)
    assert acts(ward)[-1][1] == "it"


def test_staff_see_their_own_page_and_no_row_says_that_they_looked(ward: Ward) -> None:
    answer = come(ward, "amina", "/mine/oidc")
    assert 'content="0;url=/mine?lang=en"' in answer.text
    page = ward[0].run(ward[1].get("/mine")).text
    assert "You get them, as everybody who was there does." in page
    assert acts(ward) == []
    ward[0].clock.move(minutes=15)
    assert "Send me the code" in ward[0].run(ward[1].get("/mine")).text


def test_without_an_authority_the_claim_is_the_staff_id(night: Night, idp: Idp, trust: str) -> None:
    ward = night, opened_to(night, idp, trust, oidc_person="sub", oidc_authority="")
    idp.people["amina"]["sub"] = "amina"
    assert come(ward, "amina", "/mine/oidc").status_code == 200


@pytest.mark.parametrize(("who", "path"), [("amina", "/desk/oidc"), ("stranger", "/desk/oidc"), ("stranger", "/mine/oidc")])
def test_who_is_unknown_hears_what_who_is_refused_hears(ward: Ward, who: str, path: str) -> None:
    unknown, broken_off = come(ward, who, path), come(ward, "nothing", path)
    refused(ward, unknown, NOBODY)
    assert (unknown.status_code, unknown.text, dict(unknown.headers)) == (403, broken_off.text, dict(broken_off.headers))


def test_the_same_number_of_another_authority_is_nobody(ward: Ward, idp: Idp) -> None:
    idp.people["amina"]["employee"] = "7001"  # Juma's, at EMS
    refused(ward, come(ward, "amina", "/mine/oidc"), NOBODY)


# asked anew ------------------------------------------------------------------------------------------------------------------


def fresh(ward: Ward) -> bool:
    return "Let somebody in" in ward[0].run(ward[1].get("/desk/people")).text


def test_letting_in_needs_that_they_were_asked_within_five_minutes(ward: Ward, idp: Idp) -> None:
    night, wire = ward
    cookies = httpx.Cookies()
    back(ward, ask(leave(ward), "njeri", cookies))
    assert fresh(ward)
    night.clock.move(minutes=5)
    assert not fresh(ward)
    wire.cookies.delete("desk")
    back(ward, ask(leave(ward), "njeri", cookies))  # single sign-on: nobody was asked
    assert not fresh(ward)
    page = night.run(wire.get("/desk/people")).text
    assert "/desk/oidc?next=people" in page
    assert "Touch your passkey again" not in page
    there = leave(ward, "/desk/oidc?next=people")
    assert {("prompt", "login"), ("max_age", "0")} <= set(parse_qsl(urlsplit(there).query))
    answer = back(ward, ask(there, "njeri", cookies))
    assert 'content="0;url=/desk/people?lang=en"' in answer.text
    assert fresh(ward)
    assert [act for *_, act in acts(ward)] == ["in", "in"]


def test_a_sign_in_that_asks_nobody_anew_is_no_touch(ward: Ward, idp: Idp) -> None:
    cookies = httpx.Cookies()
    back(ward, ask(leave(ward), "njeri", cookies))
    ward[0].clock.move(minutes=5)
    idp.asks_anew = False
    answer = back(ward, ask(leave(ward, "/desk/oidc?next=there"), "njeri", cookies))
    assert (answer.status_code, "without asking who you are" in answer.text) == (403, True)
    idp.asks_anew, idp.lie = True, saying(auth_time=None)
    assert back(ward, ask(leave(ward, "/desk/oidc?next=people"), "njeri", cookies)).status_code == 403
    assert not fresh(ward)


def test_another_account_is_no_touch_and_neither_is_one_that_has_lost_its_role(ward: Ward, idp: Idp) -> None:
    come(ward)
    ward[0].clock.move(minutes=5)
    idp.people["amina"]["groups"] = ["care-coordinators"]
    assert NOBODY in come(ward, "amina", "/desk/oidc?next=people").text
    idp.people["njeri"]["groups"] = ["staff"]
    assert NOBODY in come(ward, "njeri", "/desk/oidc?next=people").text
    assert not fresh(ward)


def test_who_came_by_passkey_is_not_touched_by_an_account(ward: Ward) -> None:
    sign_in(ward, Device())
    ward[0].clock.move(minutes=5)
    assert NOBODY in come(ward, "njeri", "/desk/oidc?next=people").text
    assert not fresh(ward)


# what can't be trusted ---------------------------------------------------------------------------------------------------------
# Each check's own forged twin is in tests/signin/test_idtoken.py.


def test_a_token_for_another_program_opens_nothing_and_the_true_one_does(ward: Ward, idp: Idp) -> None:
    idp.lie = saying(aud=["payroll"])
    refused(ward, come(ward), UNTRUE)
    refused(ward, come(ward, "amina", "/mine/oidc"), UNTRUE)
    idp.lie = None
    assert come(ward).status_code == 200


def test_a_clock_that_is_wrong_is_named(ward: Ward, idp: Idp) -> None:
    idp.lie = saying(exp=int(ward[0].clock.now().timestamp()) - 60)
    refused(ward, come(ward), CLOCK)


# where it does not answer ---------------------------------------------------------------------------------------------------


def test_a_provider_that_is_down_is_said_and_let_rest(ward: Ward, idp: Idp) -> None:
    idp.down = True
    for _ in range(3):
        refused(ward, ward[0].run(ward[1].get("/desk/oidc")), DOWN, status=503)
    assert idp.heard == ["discovery"]
    idp.down = False
    ward[0].clock.move(seconds=10)
    assert come(ward).status_code == 200


def test_nobody_listening_and_a_certificate_of_no_known_authority_are_down(night: Night, idp: Idp, trust: str) -> None:
    for other in ({"oidc_trust": ""}, {"oidc_issuer": "https://127.0.0.1:9"}):
        ward = night, opened_to(night, idp, trust, **other)
        refused(ward, night.run(ward[1].get("/mine/oidc")), DOWN, status=503)
    assert idp.heard == []


def test_the_secret_may_go_in_the_form_and_a_wrong_one_is_said(night: Night, idp: Idp, trust: str, tmp_path: Path) -> None:
    idp.says = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    ward = night, opened_to(night, idp, trust, oidc_secret=Sealed(""), oidc_secret_file=str(tmp_path / "secret"))
    assert come(ward).status_code == 200
    for secret in ("wrong", ""):
        wrong = night, opened_to(night, idp, trust, oidc_secret=Sealed(secret), oidc_secret_file="")
        answer = come(wrong)
        assert (answer.status_code, UNTRUE in answer.text) == (403, True)


# the way back ------------------------------------------------------------------------------------------------------------------


def test_a_second_tap_on_the_way_back_opens_nothing_more(ward: Ward) -> None:
    night, wire = ward
    held = dict(answer_cookies(ward))
    there = ask(held.pop("there"), "njeri")
    assert back(ward, there).status_code == 200
    before = rows(ward)
    assert AGAIN in back(ward, there).text  # the cookie is gone
    again = night.run(wire.get(there.headers["location"], headers={"Cookie": f"oidc={held['oidc']}"}))
    assert (again.status_code, AGAIN in again.text) == (403, True)
    assert rows(ward) == before


def answer_cookies(ward: Ward) -> Iterator[tuple[str, str]]:
    yield "there", leave(ward)
    yield "oidc", ward[1].cookies["oidc"]


def test_a_state_is_used_once_even_where_the_provider_takes_its_code_twice(ward: Ward, idp: Idp) -> None:
    night, wire = ward
    held = dict(answer_cookies(ward))
    there = ask(held["there"], "njeri")
    code = dict(parse_qsl(urlsplit(there.headers["location"]).query))["code"]
    kept = idp.codes[code]
    assert back(ward, there).status_code == 200
    idp.codes[code] = kept
    again = night.run(wire.get(there.headers["location"], headers={"Cookie": f"oidc={held['oidc']}"}))
    assert (again.status_code, AGAIN in again.text) == (403, True)
    assert len(acts(ward)) == 1


def test_who_did_not_begin_it_is_not_signed_in(ward: Ward) -> None:
    """Whoever is led here with a stranger's code, or has no cookie, or another trip's: nobody is seated as somebody else."""
    night, wire = ward
    there = ask(leave(ward), "njeri").headers["location"]
    wire.cookies.clear()
    refused(ward, night.run(wire.get(there)), AGAIN)
    leave(ward)
    refused(ward, night.run(wire.get(there)), AGAIN)
    refused(ward, night.run(wire.get("/oidc")), AGAIN)
    refused(ward, night.run(wire.get("/oidc?code=x&state=%00")), AGAIN)


def test_a_trip_to_ones_own_page_is_none_to_the_desk(ward: Ward) -> None:
    night, wire = ward
    there = ask(leave(ward, "/mine/oidc"), "njeri").headers["location"]
    trip = wire.cookies["oidc"]
    wire.cookies.clear()
    for other in (trip.replace("mine.", "desk."), trip.replace("mine.", "people."), "x", "mine.en.x", "..."):
        refused(ward, night.run(wire.get(there, headers={"Cookie": f"oidc={other}"})), AGAIN)


def test_ten_minutes_are_the_longest_way(ward: Ward) -> None:
    there = ask(leave(ward), "njeri")
    ward[0].clock.move(minutes=10, seconds=1)
    refused(ward, back(ward, there), AGAIN)


def test_what_it_leads_back_with_has_to_fit(ward: Ward) -> None:
    night, wire = ward
    state = dict(parse_qsl(urlsplit(leave(ward)).query))["state"]
    trip = {"Cookie": f"oidc={wire.cookies['oidc']}"}
    for query, words in (
        ("error=server_error", NOBODY), ("", UNTRUE), ("code=", UNTRUE), (f"code={'x' * 5000}", UNTRUE), ("code=made-up", AGAIN),
        ("code=x&iss=https://evil.example", UNTRUE),
    ):  # fmt: skip
        refused(ward, night.run(wire.get(f"/oidc?state={state}&{query}", headers=trip)), words)


def test_a_code_goes_with_its_verifier_alone(ward: Ward, idp: Idp) -> None:
    """PKCE: a code that somebody else began, in our own browser's trip."""
    mine = dict(parse_qsl(urlsplit(leave(ward)).query))
    trip = ward[1].cookies["oidc"]
    theirs = dict(parse_qsl(urlsplit(ask(leave(ward), "njeri").headers["location"]).query))["code"]
    answer = ward[0].run(ward[1].get(f"/oidc?state={mine['state']}&code={theirs}", headers={"Cookie": f"oidc={trip}"}))
    refused(ward, answer, AGAIN)


def test_nothing_of_a_token_stands_in_a_log_a_page_or_an_address(ward: Ward, idp: Idp, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "aftercall")
    seen = list[str]()

    def kept(idp: Idp, true: str) -> str:
        seen.append(true)
        return true

    idp.lie = kept
    there = ask(leave(ward), "njeri")
    good = back(ward, there)
    idp.lie = lambda idp, true: kept(idp, saying(aud="payroll")(idp, true))
    ward[1].cookies.clear()
    bad = come(ward)
    code = dict(parse_qsl(urlsplit(there.headers["location"]).query))["code"]
    told = caplog.text + good.text + bad.text + str(good.headers) + str(bad.headers) + str(rows(ward))
    assert "aud: the ID token is for another program" in caplog.text
    assert not any(secret in told for secret in (code, SECRET, *seen, *(one.split(".")[1] for one in seen)))


def test_tries_a_minute_by_everybody_together(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ward[0].inside.reception.pace, "_most", 1)
    assert come(ward).status_code == 200
    assert come(ward).status_code == 429


# the settings -------------------------------------------------------------------------------------------------------------------


def test_without_settings_there_is_no_such_door_and_no_page_speaks_of_one(night: Night) -> None:
    wire = opened(night)
    nothing = night.run(wire.get(f"/tell/{secrets.token_hex(16)}"))
    for path in ("/desk/oidc", "/mine/oidc", "/oidc", "/oidc?code=x&state=y"):
        answer = night.run(wire.get(path))
        assert (answer.status_code, answer.text) == (404, nothing.text), path
    assert all("oidc" not in night.run(wire.get(path)).text for path in ("/desk", "/mine"))


def test_with_them_both_doors_show_the_other_way_in(ward: Ward) -> None:
    assert "/desk/oidc?lang=en" in see(ward)
    assert "The code leaves no such note." in ward[0].run(ward[1].get("/mine")).text


RIGHT = {"oidc_issuer": "https://login.example", "oidc_client": NAME, "address": "https://hospital.example"}


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ({"oidc_issuer": "http://login.example"}, "oidc_issuer"), ({"oidc_issuer": "https://login.example?x"}, "oidc_issuer"),
        ({"oidc_client": ""}, "oidc_client"), ({"address": ""}, "address"), ({"oidc_scope": "profile"}, "oidc_scope"),
        ({"oidc_secret_file": "nowhere"}, "oidc_secret_file"), ({"oidc_trust": "nowhere"}, "oidc_trust"),
        ({"oidc_trust": __file__}, "oidc_trust"), ({"oidc_secret": Sealed("x"), "oidc_secret_file": __file__}, "oidc_secret"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_used_are_named(night: Night, other: dict[str, object], named: str) -> None:
    right: Inside = replace(night.inside_settings, **RIGHT)  # type: ignore[arg-type]
    oidc.check(right)
    with pytest.raises(Wrong, match=f"^{named}"):
        oidc.check(replace(right, **other))  # type: ignore[arg-type]
