"""The care coordinator's desk: passkeys alone, is somebody there, and of an ask nothing but that somebody waits too long."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from aftercall.outside import confirmed
from tests.device import Device
from tests.stories.bureau import SITE, Bureau, said
from tests.stories.ward import options_in
from tests.world import Night

PAGES = ("", "/health", "/acts", "/settings", "/people")
WAITS = "Somebody is waiting: answer"


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    """On one database; the seats are the same code as the hospital's, which is tried on both."""
    one = Night(tmp_path)
    one.stop()
    one.outside_settings = replace(one.outside_settings, address=SITE)
    one.start()
    yield one
    one.close()


@pytest.fixture
def desk(night: Night) -> Bureau:
    return Bureau(night).sign_in()


def acts(night: Night) -> list[tuple[str, str, str]]:
    rows = sorted(night.rows("outside", "audit")["audit"], key=lambda row: row[1])
    return [(row[4], row[6], row[7]) for row in rows]


def test_a_link_from_the_machine_makes_a_passkey_and_the_passkey_opens_the_desk(night: Night) -> None:
    desk = Bureau(night)
    assert "Sign in with your passkey" in desk.see().text
    answer = desk.let_in(desk.link(), desk.device)
    cookie = answer.headers["set-cookie"]
    assert all(word in cookie for word in ("care=", "HttpOnly", "SameSite=Strict", "Secure", "Path=/desk", "Max-Age=43200"))
    assert "On duty" in desk.see().text
    desk.wire.cookies.clear()
    assert desk.post("", said=desk.device.shown(options_in(desk.see().text))).status_code == 303
    assert acts(night)[-2:] == [("-", "link", "Njeri"), ("Njeri", "enrol", "")], "and no sign-in: it may follow an ask"
    assert desk.wire.cookies["care"] not in str(night.rows("outside", "seat", "passkey", "audit"))


def test_without_a_session_every_page_is_the_way_in_and_its_headers_are_strict(night: Night) -> None:
    stranger = Bureau(night)
    for page in PAGES:
        answer = stranger.see(page)
        assert "Sign in with your passkey" in answer.text
        assert answer.status_code == (403 if page else 200)
        assert "form-action 'self'; base-uri 'none'; frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
    assert "form-action 'none'" in night.run(stranger.wire.get("/")).headers["content-security-policy"], "no other page has forms"


def test_no_other_site_and_no_old_page_presses_a_button(night: Night, desk: Bureau) -> None:
    page = desk.see().text
    csrf = page.partition('name="csrf" value="')[2].partition('"')[0]
    form = {"csrf": csrf, "tel": "1199"}
    for head in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        assert night.run(desk.wire.post("/desk/dialled", data=form, headers=head)).status_code == 403
    assert desk.post("/dialled", csrf="0" * 32, tel="1199").status_code == 403
    assert confirmed.read(night.outside_settings.data).dialled == {}


def test_a_session_ends_after_half_a_day_and_its_row_goes(night: Night, desk: Bureau) -> None:
    night.pass_time(hours=12, minutes=1)
    assert "Sign in with your passkey" in desk.see().text
    assert night.rows("outside", "seat")["seat"] == []


def test_whoever_runs_the_desk_is_let_in_by_another_and_put_out_again_but_for_the_last(night: Night, desk: Bureau) -> None:
    desk.touch("/people")
    page = desk.press("/people/invite", "/people", name="Otieno", role="care")
    link = page.text.partition('class="code" dir="ltr">')[2].partition("<")[0]
    other = Bureau(night)
    assert other.let_in(link, Device(SITE)).status_code == 303
    assert other.let_in(link, Device(SITE)).status_code == 404, "once"
    people = {row[3]: row[2] for row in night.rows("outside", "passkey")["passkey"]}
    assert desk.press("/people/remove", "/people", who=people["Otieno"]).headers["location"].endswith("said=done")
    assert "Sign in with your passkey" in other.see().text
    assert desk.press("/people/remove", "/people", who=people["Njeri"]).headers["location"].endswith("said=last")
    assert acts(night)[-2:] == [("Otieno", "enrol", ""), ("Njeri", "unseat", "Otieno")]
    assert desk.press("/people/invite", "/people", name="Boss", role="coordinator").headers["location"].endswith("said=name")


def test_the_hospitals_passkey_opens_nothing_here(night: Night, desk: Bureau) -> None:
    stranger = Bureau(night)
    page = stranger.see().text
    assert stranger.post("", said=stranger.device.shown(options_in(page))).status_code == 403


def test_the_desk_says_who_is_there_what_comes_and_which_number_was_never_dialled(night: Night, desk: Bureau) -> None:
    assert "Now: nobody." in said(desk.see())
    night.all_peers()
    page = said(desk.see())
    assert "Now: two peers or more." in page
    assert "Nobody has dialled it yet." in page
    assert desk.press("/dialled", tel="1199").status_code == 303
    assert "Last dialled on 22.11.2026." in said(desk.see())
    assert acts(night)[-1] == ("Njeri", "dialled", "1199")
    assert desk.press("/dialled", tel="+999").headers["location"].endswith("said=tel")
    assert "Njeri" in said(desk.see("/acts"))


def pages(desk: Bureau) -> dict[str, bytes]:
    return {page: desk.see(page).content for page in PAGES if page != "/people"}


def test_no_page_of_the_desk_moves_by_a_byte_when_forty_ask_until_the_last_wave_has_gone_by(night: Night, desk: Bureau) -> None:
    night.all_peers()
    before = pages(desk)
    askers = [night.asker() for _ in range(40)]
    for asker in askers:
        night.run(asker.ask())
    night.tick()
    assert pages(desk) == before
    for _ in range(12):
        night.pass_time(minutes=1)
    assert "open" in {row[3] for row in night.rows("outside", "box")["box"]}
    assert WAITS in said(desk.see())
    one = desk.see().content
    for asker in askers[1:]:
        night.run(asker.close())
    assert desk.see().content == one, "forty who wait are one who waits"
    night.run(askers[0].close())
    assert WAITS not in said(desk.see())
