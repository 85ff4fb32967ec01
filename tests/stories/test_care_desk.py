"""The care coordinator's desk: passkeys alone, is somebody there, and of an ask nothing but that somebody waits too long."""

import html
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from aftercall.outside import confirmed, keys
from tests.device import Device
from tests.stories.bureau import SITE, Bureau, asked, said
from tests.stories.ward import hidden, options_in
from tests.world import START, Night

PAGES = ("", "/health", "/acts", "/settings", "/people", "/peers", "/peers/invite", "/rota", "/needed")
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


def test_the_settings_show_what_is_set_and_no_word_of_a_secret(night: Night, desk: Bureau) -> None:
    page = said(desk.see("/settings"))
    assert "+254700000099" in page
    assert "scrypt:" not in page, "four words can be tried against their hash"


# peers ---------------------------------------------------------------------------------------------------------------------


def certified(night: Night, name: str, days: int = 0) -> Path:
    """The card that the root signed, on a machine far from here."""
    entry = keys.admit(
        night.root, "kisumu", asked(night, name), night.folder / "stick" / "peers", START.date() + timedelta(days=days)
    )
    return night.folder / "stick" / "peers" / f"{entry.pid}.json"


def put_in(desk: Bureau, card: bytes) -> httpx.Response:
    shown = desk.hand_in("/peers/card", "/peers", "card.json", card)
    if shown.status_code != 200:
        return shown
    return desk.post("/peers/admit", csrf=hidden(shown.text, "csrf"), card=html.unescape(hidden(shown.text, "card")))


def test_a_card_that_the_root_signed_elsewhere_makes_a_peer_and_a_press_ends_one(night: Night, desk: Bureau) -> None:
    card = certified(night, "Halima")
    desk.touch()
    shown = desk.hand_in("/peers/card", "/peers", card.name, card.read_bytes())
    assert {"Halima", keys.words_of(night.folder / "Halima.json")} <= set(re.findall(r"Halima|(?:\w+-){5}\w+", said(shown)))
    assert "Certified: 0" in said(desk.see("/peers")), "looking changes nothing"
    assert put_in(desk, card.read_bytes()).headers["location"].endswith("said=in")
    assert "Halima" in said(desk.see("/peers"))
    assert (night.outside_settings.data / "peers" / card.name).exists()
    night.pass_time(seconds=30)
    assert acts(night)[-1:] == [("Njeri", "admit", card.stem)], "once, and by whom"
    assert desk.press("/peers/revoke", "/peers", who=card.stem).headers["location"].endswith("said=out")
    assert "Certified: 0" in said(desk.see("/peers"))
    night.pass_time(seconds=30)
    assert acts(night)[-1] == ("Njeri", "remove", card.stem)
    assert night.run(night.outside.half.acts())[1] == ""
    assert "Halima" in said(desk.hand_in("/peers/card", "/peers", card.name, card.read_bytes())), "and they can come back by it"


def test_what_is_no_card_of_our_root_is_refused_with_what_is_wrong_and_changes_nothing(night: Night, desk: Bureau) -> None:
    older = certified(night, "Halima").read_bytes()
    card = certified(night, "Halima", 9)
    newer = card.read_bytes()
    good = json.loads(newer)
    desk.touch()
    bad = {
        b"": "no file was chosen",
        b"\xff\x00": "not a peer's file",
        (night.folder / "Halima.json").read_bytes(): "not a peer's file",
        b"[" * 9000: "at most 6000 bytes",
        json.dumps({**good, "pid": "../../x"}).encode(): "not the number of its identity key",
        json.dumps({**good, "card": good["card"].replace("Halima", "Hakima")}).encode(): "certificate does not hold",
        json.dumps({**good, "cert_after": "2099-01-01"}).encode(): "certificate does not hold",
    }
    before = night.rows("outside", "peer", "audit")
    for content, why in bad.items():
        answer = desk.hand_in("/peers/card", "/peers", "card.json", content)
        assert answer.status_code == 400
        assert "Nothing was changed." in answer.text
        assert why in html.unescape(answer.text)
        if content[:1] == b"{":
            assert desk.press("/peers/admit", "/peers", card=content.decode()).status_code == 400
    assert night.rows("outside", "peer", "audit") == before
    assert put_in(desk, newer).status_code == 303
    assert "old copy" in html.unescape(put_in(desk, older).text)
    kept = json.loads((night.outside_settings.data / "peers" / card.name).read_text())
    assert kept["cert_after"] == good["cert_after"]


def test_a_card_or_an_end_needs_a_passkey_touched_just_now(night: Night, desk: Bureau) -> None:
    grace, card = night.peer("Grace"), certified(night, "Halima").read_bytes()
    night.clock.move(minutes=6)
    page = desk.see("/peers").text
    assert "touch your passkey first" in page
    assert "/peers/revoke" not in page
    assert desk.press("/peers/revoke", "/peers", who=grace.pid).headers["location"].endswith("said=key")
    assert desk.hand_in("/peers/card", "/peers", "card.json", card).headers["location"].endswith("said=key")
    assert desk.press("/peers/admit", "/peers", card=card.decode()).headers["location"].endswith("said=key")
    assert {row[1] for row in night.rows("outside", "peer")["peer"]} == {grace.pid}
    desk.touch()
    assert desk.press("/peers/revoke", "/peers", who="nobody").headers["location"].endswith("said=gone")
    assert desk.press("/peers/revoke", "/peers", who=grace.pid).headers["location"].endswith("said=out")


def test_a_test_ring_goes_by_the_peers_own_road_and_the_page_says_what_came_of_it(night: Night, desk: Bureau) -> None:
    grace = night.peer("Grace")
    assert "On duty now." in said(desk.see("/peers"))
    assert desk.press("/peers/test", "/peers", who=grace.pid, road="sms").headers["location"].endswith("said=rung")
    night.tick()
    assert len(night.care_post.to("+254700100000")) == 1
    assert "text message: went out" in said(desk.see("/peers"))
    for road in ("sms", "voice", "../x"):
        assert desk.press("/peers/test", "/peers", who=grace.pid, road=road).headers["location"].endswith("said=quiet"), road


def test_the_invitation_is_the_same_address_for_everybody_and_lets_nobody_in(night: Night, desk: Bureau) -> None:
    page = desk.see("/peers/invite")
    assert f"{SITE}/peer" in said(page)
    assert 'src="data:image/svg+xml' in page.text
    assert night.rows("outside", "seat")["seat"], "and no link of it is kept"
    assert {row[2] for row in night.rows("outside", "seat")["seat"]} == {"desk"}


# duties --------------------------------------------------------------------------------------------------------------------


def test_the_rota_is_read_with_its_gaps_and_what_is_wrong_with_a_file(night: Night, desk: Bureau) -> None:
    for name in ("Grace", "Peter"):
        night.peer(name, on=False)
    folder = night.outside_settings.data / "rota"
    folder.mkdir()
    (folder / "week.csv").write_text(
        "peer,begins,ends\nGrace,2026-11-23T19:00,2026-11-24T07:00\nPeter,2026-11-23T19:00,2026-11-24T06:00\n"
    )
    night.pass_time(seconds=20)
    page = said(desk.see("/rota"))
    assert "23.11. 19:00 24.11. 07:00 Grace" in page
    assert "week.csv" in page
    assert page.index("23.11. 19:00 ") < page.index("24.11. 06:00 "), "a gap ends, and the next begins"
    (folder / "week.csv").write_text("peer,begins,ends\nNobody,2026-11-23T19:00,2026-11-24T07:00\n")
    night.pass_time(seconds=20)
    page = said(desk.see("/rota"))
    assert "week.csv: row 2, column peer: nobody of that name" in page
    assert "23.11. 19:00 24.11. 07:00 Grace" in page, "it stays as it was"


def test_how_many_peers_are_needed_is_reckoned_from_what_is_typed_and_a_slip_is_said_beside_its_field(desk: Bureau) -> None:
    assert "6 peers, for 18 hours of talk a month." in said(desk.see("/needed"))
    assert "90 peers, for 270 hours" in said(desk.see("/needed?deaths=3&team=10&accept=30%25"))
    for name, text, why in (
        ("accept", "many", "one in ten"),
        ("deaths", "-1", "above 0"),
        ("hours", "<b>", "above 0"),
        ("team", "nan", "above 0"),
    ):
        page = desk.see(f"/needed?{name}={text}")
        assert page.status_code == 400
        assert why in html.unescape(page.text.partition(f'id="{name}-wrong">')[2].partition("<")[0])
        assert 'value="<b>"' not in page.text


# of asks -------------------------------------------------------------------------------------------------------------------


def pages(desk: Bureau) -> dict[str, bytes]:
    """All but the challenge for a passkey, which is another each time."""
    return {page: re.sub(rb'data-options="[^"]*"', b"", desk.see(page).content) for page in PAGES}


def test_no_page_of_the_desk_moves_by_a_byte_when_forty_ask_until_the_last_wave_has_gone_by(night: Night, desk: Bureau) -> None:
    for name in ("Grace", "Peter", "Zawadi"):
        night.peer(name)
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
